"""What travels between the reference, the candidates and the judge."""
