"""The promises of salience-report, and what keeps them."""
