"""What the kernels race against: torch.optim.SGD, captured and compiled torch, JAX, Optax."""
