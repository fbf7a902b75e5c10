"""Audit: what is changed, forged or untrusted is found."""
