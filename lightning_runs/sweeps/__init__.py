"""Sweeps: a grid over seeds, η, μ, initial scale and biasedness, made as one batched run."""
