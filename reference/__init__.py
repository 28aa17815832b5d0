"""Definitions, exact and enclosed values: the mathematics, in the order a reader meets it."""
