"""Benchmarks: small scripts that print tables, never timed tests; BENCHMARKS.md says how to repeat them."""
