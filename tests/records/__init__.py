"""Records: what they hold, and what is refused where they are read."""
