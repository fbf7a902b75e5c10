"""Attribution: integration, certificates and the arithmetic around them."""
