"""Exports in other formats."""
