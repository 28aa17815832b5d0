"""The command line: one door among several; it holds no arithmetic."""
