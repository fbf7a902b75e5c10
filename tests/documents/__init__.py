"""Documents: from files to texts."""
