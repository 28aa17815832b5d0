"""Buffer form by `optax.sgd`, one compiled step after the other, gradients by `jax.value_and_grad`.

b ← g + μ b,  w ← w + (−η) b;  with `nesterov=True`, which is the look-ahead sequence, y ← y + (−η)(g + μ b)

An initial momentum enters as b = −p0/η.  Rows and columns are filled up with zeros, as in `jax_scanned`.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any

import numpy as np

from lightning_runs.implementations.implementation import States, initial_momenta, samples_of, step_sizes_of
from lightning_runs.implementations.jax_scanned import COLUMNS, ROWS, filled
from lightning_runs.peers.jax_start import bits_of, start_jax
from oracle.records.candidate import CandidateTask

__all__ = ["states"]


def states(task: CandidateTask) -> States:
    """Yield the parameters; the buffers stay inside."""
    name, d, number = task.method.name, task.problem.X.shape[1], task.problem.X.dtype.type
    mu, etas = task.method.momentum * (name != "gradient_descent"), step_sizes_of(task)
    w, buffers = dict(task.problem.init), initial_momenta(task)
    if name == "nesterov_lookahead":
        w = {n: part + mu * buffers[n] for n, part in w.items()}
    w = {n: filled(part, 0, COLUMNS) for n, part in w.items()}
    held: Any = {n: filled(-p / etas[0], 0, COLUMNS) for n, p in buffers.items()}
    cycle = [
        (filled(filled(s.X, 0, ROWS), 1, COLUMNS), filled(s.y, 0, ROWS), number(s.power / s.count))
        for s in samples_of(task)
    ]
    step = _compiled(name == "nesterov_lookahead", task.problem.model)
    for k in count():
        yield {n: np.asarray(part)[:d] for n, part in w.items()}
        with bits_of(task.problem.X.dtype.name):
            w, held = step(w, held, cycle[k % len(cycle)], etas[k % len(etas)], mu)


@cache
def _compiled(nesterov: bool, model: str) -> Any:
    """Return ``step(w, buffers, samples, eta, mu) -> (w, buffers)``; JAX compiles it for each shape and dtype."""
    jax = start_jax(1)
    import optax  # noqa: PLC0415 - on use, once JAX is started

    def loss(w: Any, X: Any, y: Any, scale: Any) -> Any:
        first, *others = w.values()
        theta = first * others[0] if others else first
        if model == "diagonal":
            theta = first**2 - others[0] ** 2
        r = jax.numpy.dot(X, theta, precision=jax.lax.Precision.HIGHEST) - y
        return jax.numpy.sum(r**2) * (scale / 2)

    def step(w: Any, buffers: Any, samples: Any, eta: Any, mu: Any) -> Any:
        optimiser = optax.sgd(eta, momentum=mu, nesterov=nesterov)
        fresh = optimiser.init(w)
        held = (fresh[0]._replace(trace=buffers), *fresh[1:])
        _, gradients = jax.value_and_grad(loss)(w, *samples)
        updates, held = optimiser.update(gradients, held, w)
        return optax.apply_updates(w, updates), held[0].trace

    return jax.jit(step)
