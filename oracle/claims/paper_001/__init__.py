"""Claims of paper 001 (Ghosh, Lyu, Zhang, Wang: implicit regularization in heavy-ball momentum), a file each."""
