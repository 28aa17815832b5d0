"""Claims of paper 000 (Lyu, Wang, Wang, Zhu: effects of momentum in implicit bias), a file each."""
