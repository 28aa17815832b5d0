"""`optax.sgd` inside `jax.lax.scan`, jitted, gradients from `jax.grad`; buffer form.

Optax chains `trace` and `scale_by_learning_rate`, which is torch's update to the letter::

    b₊ = g + μ b          β₊ = β + (−η) b₊
    nesterov=True         y₊ = y + (−η) (g + μ b₊)

so with p = −η b it holds heavy ball, and with nesterov=True the look-ahead sequence y = β + μ p of
Nesterov's method, not Nesterov's own.  An initial momentum enters as b = −p0/η, rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lightning_runs.kernels.update import NETWORKS
from lightning_runs.peers.jax_scan import scanned
from lightning_runs.peers.jax_start import bits_of, start_jax
from lightning_runs.peers.prepared_peer import Run, whole_data
from lightning_runs.run_batch import RunBatch
from oracle.records.candidate import Array

__all__ = ["make"]


def make(batch: RunBatch, wanted: Sequence[int], threads: int) -> Run:
    """Return the runs of a batch, which share η and μ; the first call compiles.

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
    jax, rows = start_jax(threads), whole_data(batch, "optax_sgd")
    eta, names = batch.step_size[0], batch.parameters
    with bits_of(batch.dtype):
        constants = jax.device_put((rows.X, rows.y))
        buffers = [-batch.start[f"p_{name}"] / eta for name in names]
        start = jax.device_put(tuple([batch.start[name] for name in names] + buffers))
    advance = scanned(jax, _step(jax, batch, rows.factor), wanted)

    def run() -> dict[str, Array]:
        with bits_of(batch.dtype):
            # the buffers behind the parameters stay here: −η b is not a recorded momentum
            return dict(zip(names, advance(start, constants), strict=False))

    return run


def _step(jax: Any, batch: RunBatch, factor: float) -> Any:
    """Return one step of Optax's update."""
    import optax  # noqa: PLC0415 - on use

    nesterov = batch.methods[0] == "nesterov_lookahead"
    optimiser = optax.sgd(float(batch.step_size[0]), momentum=float(batch.momentum[0]), nesterov=nesterov)
    fresh = optimiser.init(())
    theta, precision = NETWORKS[batch.model].theta, jax.lax.Precision.HIGHEST

    def loss(weights: Any, X: Any, y: Any) -> Any:
        residual = jax.numpy.matmul(theta(weights), X.T, precision=precision) - y
        return factor * jax.numpy.sum(residual * residual)

    def step(state: Any, constants: Any) -> Any:
        half = len(state) // 2
        weights = state[:half]
        held = (fresh[0]._replace(trace=state[half:]), *fresh[1:])
        updates, held = optimiser.update(jax.grad(loss)(weights, *constants), held, weights)
        return (*optax.apply_updates(weights, updates), *held[0].trace)

    return step
