"""Put any optax gradient transformation before the oracle.  Copy this file, change `sgd` at its end, then::

oracle conformance my_adapter:sgd
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, Declaration

__all__ = ["OptaxTransform", "sgd"]

THETA: dict[str, Callable[..., Any]] = {
    "diagonal": lambda u, v: u * u - v * v,
    "hadamard": lambda u, v: u * v,
    "linear": lambda beta: beta,
    "scalar_product": lambda a1, a2: a1 * a2,
}


class OptaxTransform:
    """A candidate: `make(eta, mu, nesterov)` returns the transformation on trial."""

    # optax keeps a trace t and steps by η t; with nesterov=True its parameters are the look-ahead points
    methods = frozenset({"gradient_descent", "heavy_ball", "nesterov_lookahead"})

    def __init__(self, make: Callable[[float, float, bool], Any]) -> None:
        self.make = make

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Train from step 0 and return each parameter, shape (len(steps), d)."""
        # unless told otherwise JAX makes float64 into float32, and on a GPU multiplies in TF32
        with jax.enable_x64(problem.X.dtype == np.float64), jax.default_matmul_precision("highest"):
            return self._train(problem, method, steps)

    def _train(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        eta, mu, nesterov = float(method.step_size), float(method.momentum), "lookahead" in method.name
        on_trial = self.make(eta, mu, nesterov)
        w = {name: jnp.asarray(start) for name, start in problem.init.items()}
        state = on_trial.init(w)
        if any(p.any() for p in method.p0.values()):  # a start that already moves: p = −η t
            state = optax.tree_utils.tree_set(state, trace={name: -p / eta for name, p in method.p0.items()})
            w = {name: w[name] + mu * method.p0[name] for name in w} if nesterov else w

        @jax.jit
        def step(w: Any, state: Any, X: Any, y: Any) -> Any:
            def loss(w: Any) -> Any:
                squares = (X @ THETA[problem.model](*(w[name] for name in problem.init)) - y) ** 2
                # over a batch the loss is a mean, whatever it is over all samples
                summed = problem.loss.endswith("sum_square") and not method.batches
                return (squares.sum() if summed else squares.mean()) / (2 if "half" in problem.loss else 1)

            updates, state = on_trial.update(jax.grad(loss)(w), state, w)
            return optax.apply_updates(w, updates), state

        cycle = [np.array(batch) for batch in method.batches] or [np.arange(len(problem.y))]
        data, rows = [(jnp.asarray(problem.X[i]), jnp.asarray(problem.y[i])) for i in cycle], []
        for k in range(max(steps) + 1):
            if k in steps:
                rows.append({name: np.asarray(array) for name, array in w.items()})
            w, state = step(w, state, *data[k % len(data)])
        return {name: np.stack([row[name] for row in rows]) for name in problem.init}

    def declare(self, dtype: str, method: str) -> Declaration:
        """Say how the update is written: the rounding bounds follow from it, and hold for nothing else."""
        return Declaration(form="buffer", dtype=dtype)


sgd = OptaxTransform(lambda eta, mu, nesterov: optax.sgd(eta, momentum=mu, nesterov=nesterov))
