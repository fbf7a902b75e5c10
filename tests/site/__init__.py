"""Pages: what they show is what was measured."""
