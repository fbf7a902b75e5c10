"""Recompute what follows from the rest of a record or from a run's settings; no network is needed."""
