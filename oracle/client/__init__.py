"""A client of the oracle's HTTP service: goldens, checks and jobs from a machine that computes none of them."""
