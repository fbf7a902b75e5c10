"""Every task over every method, and what each makes of its texts."""
