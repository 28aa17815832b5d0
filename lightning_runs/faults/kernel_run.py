"""One task in one kernel, a step at a time and from any state: what a fault is planted with.

Three things are asked of the kernel itself, each computed by its own machinery:

step
    The whole step from a state.
descents
    η ∇L at any point: heavy ball from that point with momentum 0 moves by μ·0 − η∇L, exactly its negative.
product
    M z: gradient descent with η = 1 on ½‖Mᵀβ + z‖² from β = 0 moves by −M z.

What a fault does to them is computed here, every operation rounded to the kernel's format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lightning_runs.faults.rounded_numbers import RoundedNumbers
from lightning_runs.implementations.formats import rounded
from lightning_runs.kernels.interface import Kernel, Loop
from lightning_runs.kernels.update import NETWORKS, Network, asked_at, stepped
from lightning_runs.run_batch import Rows, batch_of
from lightning_runs.tasks import PARAMETERS
from oracle.records.candidate import Array, CandidateTask

__all__ = ["KernelRun", "Parts", "State"]

Parts = tuple[Array, ...]
"""One array of shape (d,) a parameter."""


@dataclass(frozen=True, eq=False)
class State:
    """Parameters w and their momenta p, as a kernel holds them."""

    w: Parts
    p: Parts

    def taking(self, part: int, other: State) -> State:
        """Return this state with one parameter and its momentum from another."""
        return State(_replaced(self.w, part, other.w[part]), _replaced(self.p, part, other.p[part]))

    def without_momentum(self) -> State:
        """Return this state at rest."""
        return State(self.w, tuple(np.zeros_like(p) for p in self.p))


class KernelRun:
    """A task in a kernel.

    Parameters
    ----------
    kernel : Kernel
    task : CandidateTask
    kept_in : str
        Format that parameters and momenta are rounded to between steps; empty for none.
    """

    def __init__(self, kernel: Kernel, task: CandidateTask, kept_in: str = "") -> None:
        self.kernel, self.task, self.kept_in = kernel, task, kept_in
        self.batch = batch_of([task])
        self.method, self.format = task.method.name, self.batch.dtype
        self.network: Network = NETWORKS[task.problem.model]
        self._start = {name: rounded(array, self.format) for name, array in self.batch.start.items()}
        self._loop = kernel.prepare(self.batch)
        self._others: dict[str, KernelRun] = {}

    def start(self) -> State:
        """Return the state at step 0."""
        return self._state_of(self._start)

    def step(self, state: State, k: int) -> State:
        """Return the state after the kernel's own step, the k-th from 0."""
        return self._advanced(self._loop, state, k)

    def recorded(self, steps: Sequence[int]) -> dict[str, Array]:
        """Return the states of the kernel's own run at some steps, in any order, shape (steps, d)."""
        after = sorted({step for step in steps if step > 0})
        self._loop.restore(0, self._start)
        made = self._loop.advance(after[-1], after) if after else {}
        rows = np.searchsorted([0, *after], steps)
        states = {
            name: [start, *made[name][:, 0]] if after else [start] for name, (start,) in self._start.items()
        }
        return {name: np.stack(states[name])[rows] for name in states}

    def kept(self, state: State) -> State:
        """Return the state as it is kept between steps."""
        if not self.kept_in:
            return state
        w, p = (tuple(rounded(part, self.kept_in) for part in parts) for parts in (state.w, state.p))
        return State(w, p)

    def of(self, ask: Callable[[CandidateTask], CandidateTask], key: str) -> KernelRun:
        """Return the run of an altered task, made once for each key."""
        if key not in self._others:
            self._others[key] = KernelRun(self.kernel, ask(self.task), self.kept_in)
        return self._others[key]

    def asked(self, state: State) -> Parts:
        """Return where the method asks for the gradient."""
        return self.values(asked_at(self.method, self.numbers(state.w), self.numbers(state.p), self.mu))

    def descents(self, points: Parts, k: int) -> Parts:
        """Return η times the gradient of step k at any points."""
        still = State(points, points).without_momentum()
        run = self if self.method == "heavy_ball" else self.of(_as_heavy_ball, "heavy_ball")
        return tuple(-p for p in run.step(still, k).p)

    def updated(self, state: State, descents: Parts) -> State:
        """Return what the method makes of a state and η times a gradient."""
        before, momenta = self.numbers(state.w), self.numbers(state.p)
        w, p = stepped(self.method, before, momenta, self.mu, self.numbers(descents))
        return State(self.values(w), self.values(p))

    def product(self, matrix: Array, vector: Array) -> Array:
        """Return M z by the kernel's own multiplication, shapes (m, k) and (k,) to (m,)."""
        rows = Rows(np.ascontiguousarray(matrix.T), -vector, 0.5)
        nothing = np.zeros((1, len(matrix)), dtype=matrix.dtype)
        number = matrix.dtype.type
        batch = replace(
            self.batch,
            model="linear",
            cycles=((rows,),),
            methods=("gradient_descent",),
            step_size=np.array([number(1)]),
            momentum=np.array([number(0)]),
            start={"beta": nothing, "p_beta": nothing},
            schedules=(),
        )
        moved: Array = self.kernel.prepare(batch).advance(1, [1])["beta"][0, 0]
        return -moved

    def rows(self, k: int) -> Rows:
        """Return the samples of step k."""
        cycle = self.batch.cycles[0]
        return cycle[k % len(cycle)]

    @property
    def mu(self) -> RoundedNumbers:
        """μ."""
        return self.number(self.batch.momentum[0])

    def eta(self, k: int) -> RoundedNumbers:
        """Return η of step k."""
        sizes = self.batch.schedules[0] if self.batch.schedules else self.batch.step_size
        return self.number(sizes[k % len(sizes)])

    def number(self, value: Any) -> RoundedNumbers:
        """Return a number, or an array of them, rounded to the kernel's format."""
        return RoundedNumbers(
            rounded(np.asarray(value, dtype=self.batch.step_size.dtype), self.format), self.format
        )

    def numbers(self, parts: Parts) -> list[RoundedNumbers]:
        """Return numbers to compute with."""
        return [RoundedNumbers(part, self.format) for part in parts]

    @staticmethod
    def values(numbers: Sequence[RoundedNumbers]) -> Parts:
        """Return what was computed."""
        return tuple(number.values for number in numbers)

    def _advanced(self, loop: Loop, state: State, k: int) -> State:
        names = PARAMETERS[self.task.problem.model]
        held = {name: part[None] for name, part in zip(names, state.w, strict=True)}
        held |= {f"p_{name}": part[None] for name, part in zip(names, state.p, strict=True)}
        loop.restore(k, held)
        after = loop.advance(k + 1, [k + 1])
        return self._state_of({name: array[0] for name, array in after.items()})

    def _state_of(self, arrays: Mapping[str, Array]) -> State:
        names = PARAMETERS[self.task.problem.model]
        return State(tuple(arrays[n][0] for n in names), tuple(arrays[f"p_{n}"][0] for n in names))


def _as_heavy_ball(task: CandidateTask) -> CandidateTask:
    return replace(task, method=replace(task.method, name="heavy_ball"))


def _replaced(parts: Parts, at: int, part: Array) -> Parts:
    return (*parts[:at], part, *parts[at + 1 :])
