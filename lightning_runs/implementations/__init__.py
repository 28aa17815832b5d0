"""Right code, written many times over, with no arithmetic in common: whoever refuses one of them is wrong."""
