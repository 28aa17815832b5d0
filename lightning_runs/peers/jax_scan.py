"""`jax.lax.scan` over the steps, jitted as a whole, the runs of a batch as one matrix; velocity form.

The update is that of `kernels.update` on JAX's arrays, its gradient written out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from lightning_runs.kernels.update import NETWORKS, asked_at, stepped
from lightning_runs.peers.jax_start import bits_of, start_jax
from lightning_runs.peers.prepared_peer import Run, whole_data
from lightning_runs.run_batch import RunBatch, state_names
from oracle.records.candidate import Array

__all__ = ["make", "scanned", "stretches"]

Step = Callable[[Any, Any], Any]
"""(state, constants) to the next state."""


def make(batch: RunBatch, wanted: Sequence[int], threads: int) -> Run:
    """Return the runs of a batch; the first call compiles.

    Parameters
    ----------
    batch : RunBatch
    wanted : sequence of int
    threads : int

    Raises
    ------
    KernelError
        If the runs have mini-batches, or XLA runs with another number of threads.
    """
    jax, rows = start_jax(threads), whole_data(batch, "jax_scan")
    names = state_names(batch.model)
    with bits_of(batch.dtype):
        scale = (2 * rows.factor * NETWORKS[batch.model].constant * batch.step_size).astype(batch.dtype)
        constants = jax.device_put((rows.X, rows.y, scale[:, None], batch.momentum[:, None]))
        start = jax.device_put(tuple(batch.start[name] for name in names))
    advance = scanned(jax, _step(jax, batch.model, batch.methods[0]), wanted)

    def run() -> dict[str, Array]:
        with bits_of(batch.dtype):
            return dict(zip(names, advance(start, constants), strict=True))

    return run


def scanned(jax: Any, step: Step, wanted: Sequence[int]) -> Callable[[Any, Any], list[Array]]:
    """Return a function of (start, constants) to the states at the wanted steps.

    Parameters
    ----------
    jax : module
    step : callable
        (state, constants) to state, a tuple of arrays of shape (runs, d).
    wanted : sequence of int
        Ascending, above 0.

    Returns
    -------
    callable
        To one array of shape (len(wanted), runs, d) for each of the state's.
    """

    def stretch(state: Any, constants: Any, gap: int, count: int) -> Any:
        def between(state: Any, _: None) -> Any:
            state, _ = jax.lax.scan(lambda s, _: (step(s, constants), None), state, None, length=gap)
            return state, state

        return jax.lax.scan(between, state, None, length=count)

    compiled = jax.jit(stretch, static_argnums=(2, 3))

    def advance(state: Any, constants: Any) -> list[Array]:
        pieces = []
        shape = (0, *state[0].shape)
        for gap, count in stretches(wanted):
            state, kept = compiled(state, constants, gap, count)
            pieces.append([np.asarray(array) for array in kept])
        if len(pieces) == 1:
            return pieces[0]
        return [np.concatenate(parts) for parts in zip(*pieces, strict=True)] or [np.empty(shape)] * len(
            state
        )

    return advance


def stretches(wanted: Sequence[int]) -> list[tuple[int, int]]:
    """Return the wanted steps as (gap, how often), so that each stretch compiles to one scan."""
    gaps = [b - a for a, b in zip([0, *wanted], wanted, strict=False)]
    return [(gap, len(list(same))) for gap, same in groupby(gaps)]


def _step(jax: Any, model: str, method: str) -> Step:
    """Return one step in velocity form."""
    network = NETWORKS[model]
    precision = jax.lax.Precision.HIGHEST  # an accelerator would round float32 products to fewer bits

    def step(state: Any, constants: Any) -> Any:
        X, y, scale, mu = constants
        half = len(state) // 2
        weights, momenta = state[:half], state[half:]
        at = asked_at(method, weights, momenta, mu)
        residual = jax.numpy.matmul(network.theta(at), X.T, precision=precision) - y
        descent = jax.numpy.matmul(residual * scale, X, precision=precision)
        moved, after = stepped(method, weights, momenta, mu, network.descents(at, descent))
        return (*moved, *after)

    return step
