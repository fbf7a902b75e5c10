"""Evidence: every measure against its definition, and verdicts by hand."""
