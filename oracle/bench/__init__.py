"""The race: every candidate and peer on the paper's problem, against each other and the machine's roofline."""
