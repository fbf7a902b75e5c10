"""The index: the audit of a run, and the list of its documents."""
