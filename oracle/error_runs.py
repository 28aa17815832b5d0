"""One step under running error analysis, quick enough to be made at every step of a run.

`oracle.rounding` says what errors of a step's inputs, and the roundings of the step itself, make of its
result.  Here it is run on plain float64 values: bounds need no more.  r = Xθ − y is an input of its own,
see `oracle.step_bounds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from oracle.error_free import DoubleDouble, DoubleDoubleArithmetic, Floats
from oracle.objectives import RoundedPolynomial
from oracle.records.candidate import Declaration
from oracle.rounding import RoundedArithmetic, RoundedArray, Rounding
from reference.case import Case, Polynomial
from reference.objective import RegressionObjective, Samples
from reference.state import Coefficients, State
from reference.trajectory import step_of

__all__ = ["FLOAT64", "SHARE", "ErrorRun", "FloatArithmetic", "LeadingArithmetic", "residual_at", "shares_of"]

SHARE = 2.0**-40  # t of `oracle.step_bounds`
FLOAT64 = 2.0**-40  # what float64 may lose of a bound


@dataclass(frozen=True, eq=False)
class LeadingPart(DoubleDouble):
    """A `DoubleDouble` whose arithmetic is that of its leading part, plain float64."""

    def __add__(self, other: DoubleDouble) -> LeadingPart:
        return leading(self.hi + other.hi)

    def __mul__(self, other: DoubleDouble) -> LeadingPart:
        return leading(self.hi * other.hi)

    def __neg__(self) -> LeadingPart:
        return LeadingPart(-self.hi, self.lo)

    def __abs__(self) -> Floats:
        return np.abs(self.hi)

    def __getitem__(self, index: Any) -> LeadingPart:
        return leading(self.hi[index])


class LeadingArithmetic(DoubleDoubleArithmetic):
    """`DoubleDoubleArithmetic` on leading parts; numbers of the spec keep what they leave over."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Sequence[Fraction], LeadingPart]] = {}

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> LeadingPart:
        """Return the rationals, with their remainders, which tell what a format holds."""
        parts = [self._row(row) for row in rows]
        return LeadingPart(
            np.concatenate([part.hi for part in parts]), np.concatenate([part.lo for part in parts])
        )

    def _row(self, row: Sequence[Fraction]) -> LeadingPart:
        """Return one row, shape (1, d), converted once for all the matrices it stands in."""
        if not isinstance(row, tuple):
            value = super().matrix([row])
            return LeadingPart(value.hi, value.lo)
        if id(row) not in self._kept:  # the row is kept too, so that no other takes its place in memory
            value = super().matrix([row])
            self._kept[id(row)] = row, LeadingPart(value.hi, value.lo)
        return self._kept[id(row)][1]

    def times(self, matrix: DoubleDouble, vector: DoubleDouble) -> LeadingPart:
        """Return X θ, from shapes (n, d) and (K, d) to (K, n)."""
        return leading(vector.hi @ matrix.hi.T)

    def join(self, vectors: Sequence[DoubleDouble]) -> LeadingPart:
        """Return one vector that holds the given ones end to end."""
        return LeadingPart(
            np.concatenate([vector.hi for vector in vectors], axis=-1),
            np.concatenate([np.broadcast_to(vector.lo, vector.hi.shape) for vector in vectors], axis=-1),
        )

    def stack(self, numbers: Sequence[DoubleDouble]) -> LeadingPart:
        """Return the vector of the given numbers, shape (K, len(numbers))."""
        return self.join(numbers)


def leading(hi: Floats) -> LeadingPart:
    """Return float64 values with nothing left over."""
    return LeadingPart(hi, NOTHING)


NOTHING = np.zeros((1, 1))


class FloatArithmetic(RoundedArithmetic):
    """`RoundedArithmetic` with given units, on leading parts, which makes each number of the spec once."""

    def __init__(self, declaration: Declaration, rounding: Rounding, exact: LeadingArithmetic) -> None:
        super().__init__(declaration)
        self.rounding, self.exact = rounding, exact
        self._numbers: dict[Fraction, RoundedArray] = {}

    def number(self, value: Fraction) -> RoundedArray:
        """Return a number of the spec, shape (1, 1)."""
        if value not in self._numbers:
            self._numbers[value] = super().number(value)
        return self._numbers[value]


class _Regression(RegressionObjective):
    """A regression whose residual may be given.

    Parameters
    ----------
    case : Case
    arithmetic : RoundedArithmetic
    """

    def __init__(self, case: Case, arithmetic: RoundedArithmetic) -> None:
        super().__init__(case, arithmetic)
        self.given: RoundedArray | None = None

    def residual(self, position: RoundedArray, samples: Samples) -> RoundedArray:
        """Return r = Xθ(β) − y, or what was given for it."""
        r: RoundedArray = super().residual(position, samples) if self.given is None else self.given
        return r


def residual_at(case: Case, objective: Any, state: State, coefficients: Coefficients, k: int) -> Any:
    """Return r = Xθ − y of the samples of step k, at the point where its gradient is asked for."""
    ahead = case.method.name == "nesterov"
    position = state.position + coefficients.momentum * state.momentum if ahead else state.position
    batches = objective.batches
    return objective.residual(position, batches[k % len(batches)] if batches else objective.all_samples)


class ErrorRun:
    """The case's step and observables under `RoundedArithmetic`, with given units."""

    def __init__(self, case: Case, arithmetic: FloatArithmetic) -> None:
        self.case, self.arithmetic, self.make_step = case, arithmetic, step_of(case)
        polynomial = isinstance(case.problem, Polynomial)
        self.objective = (RoundedPolynomial if polynomial else _Regression)(case, self.arithmetic)

    def array(self, value: Floats, error: Floats) -> RoundedArray:
        """Return a value, shape (1, m), with errors, shape (rows, m)."""
        return RoundedArray(leading(value), error, self.arithmetic.rounding)

    def coefficients(self, pairs: Sequence[tuple[float, Floats]]) -> Coefficients:
        """Return η and μ from their values and errors, shape (rows, 1)."""
        return Coefficients(*[self.array(np.array([[value]]), error) for value, error in pairs])

    def residual(self, state: State, coefficients: Coefficients, k: int) -> RoundedArray:
        """Return the residual of step k."""
        self._give(None)
        r: RoundedArray = residual_at(self.case, self.objective, state, coefficients, k)
        return r

    def step(self, state: State, coefficients: Coefficients, k: int, residual: RoundedArray | None) -> State:
        """Return the state one step on, with a given residual for its own."""
        self._give(residual)
        reached: State = self.make_step(state, partial(self.objective.gradient, step=k), coefficients)
        return reached

    def observed(self, name: str, position: RoundedArray) -> RoundedArray:
        """Return ``theta`` or ``loss`` of a position."""
        self._give(None)
        if name == "loss":
            loss: RoundedArray = self.objective.loss(position)
            return loss
        assert isinstance(self.objective, _Regression)  # no other problem shows θ
        theta: RoundedArray = self.objective.predictor(position)
        return theta

    def _give(self, residual: RoundedArray | None) -> None:
        if isinstance(self.objective, _Regression):
            self.objective.given = residual


def shares_of(ball: Floats) -> Floats:
    """Return a ball, its share t, and one row of nothing, from shape (B, m) to (2B + 1, m)."""
    return np.concatenate([ball, SHARE * ball, 0 * ball[:1]])
