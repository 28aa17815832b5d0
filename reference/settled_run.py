"""Follow a discrete run until what it can still move is provably below what is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, log2
from typing import Any

from flint import arb, fmpq, fmpq_mat

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball, ball_precision
from reference.case import Case, Regression
from reference.contraction import Tail, settling_tail
from reference.coupling import coupling_of
from reference.enclosures import enclose
from reference.error_bound import LostError
from reference.lyapunov import certainly_at_most
from reference.objective import objective_of
from reference.progress import Progress
from reference.state import State
from reference.strict_minimum import strict_minimum_tail

__all__ = ["MOST_STEPS", "Rest", "UnsettledRunError", "follow_until_settled", "interpolates", "running_form"]

MOST_STEPS = 1 << 18
FIRST_STEPS = 32
STILL = 3  # doublings of the horizon that must leave the run where it is, where there is no proof
MOST_BITS = 1 << 16
SPARE = 64
GROWTH = 4  # of the horizon, at most
HASTE = 1.05  # of a predicted horizon


class UnsettledRunError(ArithmeticError):
    """The run has not come to rest within the steps allowed.

    Parameters
    ----------
    step : int
        Where it was given up.
    movement : arb
        What it can still move, or moved since half that step.
    """

    def __init__(self, step: int, movement: Any, proved: bool) -> None:
        what = "is proved to move by at most" if proved else "still moved, since half that step, by"
        super().__init__(
            f"no limit was found within {step} steps: the position {what} {movement.str(3, radius=False)}. Asked was "
            "`want.limit`; ask for `iterates` at finite steps, for fewer `digits`, choose another "
            "`method.step_size`, or check that the data can be interpolated"
        )
        self.step = step


@dataclass(frozen=True)
class Rest:
    """Where a run was left.

    Parameters
    ----------
    step : int
        K.
    position : Vector of arb
        y_K, the point at which the next gradient is taken.
    movement : arb
        Bound on |y_∞ − y_K|₂; without a proof, what the run moved since step K/2, doubled.
    tail : Tail or None
        The proof.
    interpolating : bool
        Whether the proof says that the limit has zero residuals.
    bits : int
        Precision at which the run was enclosed.
    """

    step: int
    position: Vector
    movement: Any
    tail: Tail | None
    interpolating: bool
    bits: int


def interpolates(case: Case) -> bool:
    """Return whether the problem is a regression whose rows are independent, so that Xθ = y has solutions."""
    problem = case.problem
    if not isinstance(problem, Regression):
        return False
    rows = [[fmpq(x.numerator, x.denominator) for x in row] for row in problem.X]
    return bool(fmpq_mat(rows).rank() == len(rows))


def running_form(case: Case) -> Case:
    """Return the case in the form that is followed: Nesterov's method in its look-ahead form."""
    if case.method.name != "nesterov":
        return case
    return replace(case, method=replace(case.method, name="nesterov_lookahead"))


def follow_until_settled(
    case: Case,
    bits: int,
    wanted: int,
    *,
    most_steps: int = MOST_STEPS,
    progress: Progress | None = None,
) -> Rest:
    """Follow a run until it can move by no more than 2^−wanted times its largest coordinate.

    Without a proof, the run must stay where it is while the horizon is doubled `STILL` times.

    Parameters
    ----------
    case : Case
    bits : int
        First precision of the enclosures; it is raised until their radius is as small as `wanted` says.
    wanted : int
    most_steps : int
        Where the search is given up.
    progress : callable, optional
        As for the enclosures of the pass under way.

    Raises
    ------
    UnsettledRunError
        If nothing was found within `most_steps`, or the enclosure was lost at `MOST_BITS` bits before.
    DivergedError
        As from `reference.enclosures`.
    """
    search = _Search(running_form(case), bits, wanted)
    step = min(FIRST_STEPS, most_steps)
    while True:
        rest = search.look(step, progress)
        if rest is not None:
            return rest
        if step >= most_steps:
            raise UnsettledRunError(step, search.movement, bool(search.proved))
        step = min(search.next_step(step), most_steps)


class _Search:
    """One run, looked at from ever later steps."""

    def __init__(self, case: Case, bits: int, wanted: int) -> None:
        self.case, self.bits, self.wanted = case, bits, wanted
        self.coupling = coupling_of(case)
        self.can_interpolate = interpolates(case)
        self.proved: list[tuple[int, float]] = []  # step and log2 of the movement left
        self.before: Vector | None = None
        self.still = 0
        self.movement: Any = arb("inf")

    def look(self, step: int, progress: Progress | None) -> Rest | None:
        """Return the rest at a step if it is one."""
        path = self._enclosed(step, progress)
        tail = self._tail(path, step)
        with ball_precision(self.bits):
            return self._rest(path, step, tail)

    def _enclosed(self, step: int, progress: Progress | None) -> dict[int, Vector]:
        """Return balls around the last cycle of positions, narrow enough to be worth a proof."""
        first = max(0, step - max(1, len(self.case.method.batches)))
        while True:
            try:
                found = enclose(self.case, range(first, step + 1), self.bits, progress)
                needed = ceil(found.bits_lost) + self.wanted
                if needed <= self.bits:
                    return found.positions
            except LostError as lost:
                if self.bits >= MOST_BITS:
                    raise UnsettledRunError(step, self.movement, bool(self.proved)) from lost
                needed = ceil(self.bits * step / max(1, lost.step)) + self.wanted
            self.bits = max(needed + SPARE, self.bits * 3 // 2)

    def next_step(self, step: int) -> int:
        """Return where to look next: twice as far, or where two proofs predict that it is enough."""
        if len(self.proved) < 2:
            return 2 * step
        (k1, m1), (k2, m2) = self.proved[-2:]
        rate = (m1 - m2) / (k2 - k1)
        if rate <= 0:
            return 2 * step
        needed = m2 + self.wanted - self.size
        return max(step + 8, min(GROWTH * step, step + ceil(HASTE * needed / rate) + 8))

    def _rest(self, path: dict[int, Vector], step: int, tail: Tail | None) -> Rest | None:
        """Return the rest, proved or confirmed."""
        position = path[step]
        self.size = _log2(max(x.abs_upper() for x in position))
        enough = arb(2) ** ball(Fraction(self.size).limit_denominator(1 << 20) - self.wanted)
        if tail is not None:
            self.movement = tail.movement
            self.proved.append((step, _log2(tail.movement)))
            settled = certainly_at_most(tail.movement, enough)
            return (
                Rest(step, position, tail.movement, tail, self.can_interpolate, self.bits)
                if settled
                else None
            )
        if self.proved:
            return None
        self.movement = self._moved(path)
        self.before, self.still = position, self.still + 1 if certainly_at_most(self.movement, enough) else 0
        if self.still < STILL:
            return None
        return Rest(step, position, 2 * self.movement, None, interpolating=False, bits=self.bits)

    def _moved(self, path: dict[int, Vector]) -> Any:
        """Return how far the run moved since the look before and within the last cycle."""
        points = [path[k] for k in sorted(path)]
        pairs = list(pairwise(points)) + ([] if self.before is None else [(self.before, points[-1])])
        if self.before is None:
            return arb("inf")
        gaps = [abs(a.mid() - b.mid()) for old, new in pairs for a, b in zip(old, new, strict=True)]
        return arb(max(gap.abs_upper() for gap in gaps))

    def _tail(self, path: dict[int, Vector], step: int) -> Tail | None:
        """Return a proof that the run settles, if one is found."""
        state = self._state(path, step)
        if self.can_interpolate:
            return settling_tail(self.case, step, state, self.bits)
        if self.case.method.batches:
            return None
        return strict_minimum_tail(self.case, state, self._after(state))

    def _state(self, path: dict[int, Vector], step: int) -> State:
        """Return y_K and p_K, the momentum from the last two points."""
        mu, c1, c2 = self.coupling.momentum, self.coupling.carried, self.coupling.taken
        with ball_precision(self.bits):
            now, last = path[step], path[step - 1]
            if mu == 0:  # no step looks at it
                return State(now, Vector([arb(0)] * len(now)))
            move, push = now - last, self._push(last, step - 1)
            # y₊ − y = c₁p + c₂d and p₊ = μp + d
            return State(now, ball(mu / c1) * (move - ball(c2) * push) + push)

    def _after(self, state: State) -> State:
        """Return the state one step later; without batches, which step it is does not matter."""
        with ball_precision(self.bits):
            _, c1, c2, mu = self.coupling.balls()
            push = self._push(state.position, 0)
            moved = state.position + c1 * state.momentum + c2 * push
            return State(moved, mu * state.momentum + push)

    def _push(self, position: Vector, step: int) -> Vector:
        """Return d = −η∇L(y)."""
        objective = objective_of(self.case, BallArithmetic())
        result: Vector = ball(-self.coupling.step_size) * objective.gradient(position, step)
        return result


def _log2(value: Any) -> float:
    """Return log2 of a magnitude of any size; very low for zero."""
    mantissa, exponent = value.abs_upper().man_exp()
    return log2(int(mantissa)) + int(exponent) if mantissa else -1e9
