"""Taylor series of the flows, with proved remainders."""
