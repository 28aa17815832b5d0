"""Claims of this project itself: corrected statements and new results, a file each."""
