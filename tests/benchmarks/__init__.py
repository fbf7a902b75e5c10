"""Benchmarks: small scripts that print tables, never timed tests; each says at its head how to repeat it."""
