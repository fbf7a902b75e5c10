"""Influence of training examples."""
