"""The ledger of published claims: what papers print about momentum, put to numbers that anyone can recompute."""
