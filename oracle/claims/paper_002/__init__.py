"""Claims of paper 002 (Lyu, Zhang, Zheng, Wang, Wang, Zhu: heavy-ball momentum in continuous time), a file each."""
