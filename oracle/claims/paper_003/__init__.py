"""Claims of paper 003 (the poster on momentum gradient flow and diagonal networks), a file each."""
