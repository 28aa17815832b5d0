"""Examples to copy: how an optimiser or a kernel of your own comes before the oracle."""
