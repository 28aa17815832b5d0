"""One step under running error analysis, quick enough to be made at every step of a run.

`oracle.rounding` says what errors of a step's inputs, and the roundings of the step itself, make of its
result.  Here it is run on plain float64 values: bounds need no more.  r = Xθ − y is an input of its own,
see `oracle.step_bounds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from oracle.error_free import Floats
from oracle.leading_parts import FloatArithmetic, leading
from oracle.objectives import RoundedPolynomial
from oracle.rounding import RoundedArithmetic, RoundedArray
from reference.case import Case, Polynomial
from reference.objective import RegressionObjective, Samples
from reference.state import Coefficients, State
from reference.trajectory import step_of

__all__ = ["FLOAT64", "SHARE", "ErrorRun", "residual_at", "shares_of"]

SHARE = 2.0**-40  # t of `oracle.step_bounds`
FLOAT64 = 2.0**-40  # what float64 may lose of a bound


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
