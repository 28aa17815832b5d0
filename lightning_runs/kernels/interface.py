"""What a kernel is: it prepares a loop for a batch of runs, and the loop makes steps.

::

    loop = kernel.prepare(batch)
    records = loop.advance(1000, wanted=[500, 1000])

`prepare` compiles, packs and moves; `advance` does nothing but steps, many to a call.  The arithmetic
of a step does not depend on how steps are cut into calls, so a run resumed from `state` gives the very
bits of an uninterrupted one.

The update, in velocity form, of each run with its own η, μ and g = ∇L at the point that its method asks
(see `lightning_runs.momentum`)::

    p₊ = μ p − η g        β₊ = β + p₊        (look-ahead: y₊ = y + μ p₊ − η g)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from lightning_runs.run_batch import RunBatch
from oracle.records.candidate import Array, Declaration

__all__ = ["Kernel", "KernelError", "Loop"]


class KernelError(ValueError):
    """A kernel that cannot do what it is asked; the message says what it can, and which other does."""


@runtime_checkable
class Loop(Protocol):
    """A batch of runs on its way."""

    @property
    def step(self) -> int:
        """Steps made so far."""

    def advance(self, stop: int, wanted: Sequence[int] = ()) -> dict[str, Array]:
        """Make steps until `stop` have been made.

        Parameters
        ----------
        stop : int
            At least `step`.
        wanted : sequence of int
            Ascending, each above `step` and at most `stop`: the steps whose states to return.

        Returns
        -------
        dict of state name to ndarray, shape (len(wanted), runs, d)
            Names as in `run_batch.state_names`; bfloat16 in float32.
        """

    def state(self) -> dict[str, Array]:
        """Return a copy of the state, each array of shape (runs, d)."""

    def restore(self, step: int, state: Mapping[str, Array]) -> None:
        """Go on from a state that `state` returned after `step` steps."""


@runtime_checkable
class Kernel(Protocol):
    """A way to make the steps.

    Attributes
    ----------
    name : str
        As in configurations and on the command line.
    dtypes, methods, models : frozenset of str
        What it runs.

    A kernel whose `advance` leaves Python's lock to others may say so by an attribute ``runs_ahead = True``; one
    that follows a batch's schedules of step sizes names what they may scale in ``schedules``, as in
    `tasks.SCALES`.
    """

    name: str
    dtypes: frozenset[str]
    methods: frozenset[str]
    models: frozenset[str]

    def missing(self) -> str:
        """Return what this machine lacks to run it, with what to do about it; empty for nothing."""

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return update form, dtype of state and products, and dtype of the sums."""

    def prepare(self, batch: RunBatch, threads: int = 1) -> Loop:
        """Return the loop of a batch, at step 0.

        Raises
        ------
        KernelError
            If it runs no such dtype, model or method, or this machine lacks something.
        """
