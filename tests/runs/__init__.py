"""Runs: what is measured is saved, resumed and done anywhere."""
