"""Quadrature: integrals along a path to a tolerance, with an error for each value; arithmetic without a model."""
