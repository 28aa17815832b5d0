"""The oracle over HTTP: one door among several; it holds no arithmetic."""
