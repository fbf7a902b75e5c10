"""Drawings: figures in SVG, and where their marks and lines lie."""
