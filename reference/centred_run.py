"""Run a method from exact point to exact point in balls, and measure what bounds the error.

Each step starts from a point (a vector of exact dyadics), is done in balls, and goes on from the
midpoint of the result.  The ball's radii bound that step's own rounding, the *defect*; no ball is
ever fed back, so nothing is wrapped and no radius grows.  How defects add up is the business of
`reference.error_bound`, which needs from every step only the few floats in `StepMeasure`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import Any

from flint import arb, arb_mat

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, Regression
from reference.curvature import CURVATURES
from reference.data_norms import DataNorms
from reference.losses import batch_loss_factor, loss_factor
from reference.methods import METHODS
from reference.objective import RegressionObjective
from reference.state import State
from reference.trajectory import coefficients_of, start_of

__all__ = ["LARGEST", "CentredRun", "DivergedError", "StepMeasure"]

LARGEST = 1e100  # a position beyond this is called divergent
SLACK = 1 + 1e-12  # covers float roundings of the sums below, at most (2d + 9)·2^-53 relative
FLOAT_CHANGE = 2.0**-52  # a and a' are rounded to floats before a' − a: 2^-53(|a| + |a'|) is lost


class DivergedError(ArithmeticError):
    """The iteration left every reasonable bound: the step size is too large for the problem."""

    def __init__(self, step: int) -> None:
        super().__init__(
            f"the run diverges: at step {step} a parameter exceeds {LARGEST:g} in magnitude. "
            "Asked was a trajectory that can be recorded; choose a smaller `method.step_size` or ask "
            f"for steps before {step} only"
        )
        self.step = step


@dataclass(frozen=True)
class StepMeasure:
    """What one step contributes to the error bound; all are upper bounds.

    Parameters
    ----------
    position_defect, momentum_defect : arb
        Euclidean norms of the rounding of the state that this step starts from.
    residual_gradient : float
        max_j |g_j| at the point where the gradient is taken.
    jacobian : float
        max_j √(Σ_i a_ij²) there: |J|₂.
    curvature : float
        A bound on |A|₂, A = η·2f JᵀXᵀXJ.
    turn : float
        A bound on |ΔB|₂ since the step before (0 at the first).
    """

    position_defect: Any
    momentum_defect: Any
    residual_gradient: float
    jacobian: float
    curvature: float
    turn: float


class CentredRun:
    """The midpoint trajectory of a regression case at one precision.

    Parameters
    ----------
    case : Case
        Its problem is a `Regression`.
    bits : int
        Working precision of the balls.
    """

    def __init__(self, case: Case, bits: int) -> None:
        problem = case.problem
        assert isinstance(problem, Regression)
        self.case, self.bits = case, bits
        self.arithmetic = BallArithmetic()
        self.model = CURVATURES[case.model]
        with ball_precision(bits):
            self.objective = RegressionObjective(case, self.arithmetic)
            self.coefficients = coefficients_of(case, self.arithmetic)
        self.sizes = self.objective.sizes
        self.looks_ahead = case.method.name == "nesterov"
        self.hessian_factor = _hessian_factor(case)
        self.data = DataNorms(problem.X)
        self._argument: Vector | None = None
        self._gradient: Vector | None = None
        self._curvature = 0.0

    def steps(self) -> Iterator[tuple[State, StepMeasure]]:
        """Yield the exact states at steps 0, 1, 2, … with their measures, without end.

        Raises
        ------
        DivergedError
            If a parameter exceeds `LARGEST`.
        """
        method = METHODS[self.case.method.name]
        with ball_precision(self.bits):
            rounded = start_of(self.case, self.arithmetic)
        before: list[list[float]] | None = None
        step = 0
        while True:
            with ball_precision(self.bits):
                state, defects = _recentre(rounded)
                rounded = method.step(state, partial(self._traced_gradient, step=step), self.coefficients)
            jacobian = self._jacobian(step)
            yield state, self._measure(defects, jacobian, before)
            before, step = jacobian, step + 1

    def _traced_gradient(self, position: Vector, step: int) -> Vector:
        """Return ∇L and keep the point and g = ∇_θ L for the measure."""
        objective = self.objective
        self._argument = position
        parameters = self.arithmetic.split(position, self.sizes)
        g = objective.predictor_gradient(position, step)
        self._gradient = g
        return self.arithmetic.join(objective.model.pullback(parameters, g, self.arithmetic.number))

    def _jacobian(self, step: int) -> list[list[float]]:
        """Return the lists a_1, a_2, … at the point of the last gradient."""
        assert self._argument is not None
        values = list(map(float, self._argument.entries))
        if not max(map(abs, values)) < LARGEST:
            raise DivergedError(step)
        parameters, start = [], 0
        for size in self.sizes:
            parameters.append(values[start : start + size])
            start += size
        return self.model.jacobian(parameters)

    def _measure(
        self, defects: tuple[Any, Any], jacobian: list[list[float]], before: list[list[float]] | None
    ) -> StepMeasure:
        """Return the step's measure from the rounding defects and the Jacobian's entries."""
        assert self._gradient is not None
        squares = _squares(jacobian)
        curvature, turn = self._gram_bound(squares), 0.0
        if before is not None:
            change = self._gram_bound(_squared_changes(before, jacobian))
            turn = (sqrt(change) + FLOAT_CHANGE * sqrt(max(curvature, self._curvature))) * SLACK
        self._curvature = curvature
        return StepMeasure(
            position_defect=defects[0],
            momentum_defect=defects[1],
            residual_gradient=max(float(g.abs_upper()) for g in self._gradient.entries) * SLACK,
            jacobian=sqrt(max(squares)) * SLACK,
            curvature=curvature,
            turn=turn,
        )

    def _gram_bound(self, squares: list[float]) -> float:
        """Return a bound on η·2f |X diag(√squares)|₂²."""
        scale = float(self.case.method.step_size) * self.hessian_factor
        return scale * self.data.weighted_norm_squared(squares) * SLACK


def _recentre(state: State) -> tuple[State, tuple[Any, Any]]:
    """Return the midpoints as an exact state, and Euclidean bounds on what was cut off."""
    position, position_defect = _centre(state.position)
    momentum, momentum_defect = _centre(state.momentum)
    return State(position, momentum), (position_defect, momentum_defect)


def _centre(vector: Vector) -> tuple[Vector, Any]:
    """Return the midpoints of a vector of balls and the Euclidean norm of its radii."""
    column = arb_mat(len(vector.entries), 1, vector.entries)
    middle = column.mid()
    spread = column - middle
    squared = (spread.transpose() * spread)[0, 0]
    return Vector(middle.entries()), arb(squared.abs_upper()).sqrt()


def _hessian_factor(case: Case) -> float:
    """Return 2f, the largest over the batches; a row that a batch holds r times counts r times."""
    problem = case.problem
    assert isinstance(problem, Regression)
    if not case.method.batches:
        return 2 * float(loss_factor(problem.loss, len(problem.y))) * SLACK
    return (
        2
        * SLACK
        * max(
            float(batch_loss_factor(problem.loss, len(batch))) * max(Counter(batch).values())
            for batch in case.method.batches
        )
    )


def _squares(jacobian: list[list[float]]) -> list[float]:
    """Return Σ_i a_ij² for every coordinate j."""
    first, *others = jacobian
    squares = [a * a for a in first]
    for row in others:
        squares = [square + a * a for square, a in zip(squares, row, strict=True)]
    return squares


def _squared_changes(before: list[list[float]], after: list[list[float]]) -> list[float]:
    """Return Σ_i (a_ij' − a_ij)² for every coordinate j."""
    return _squares(
        [[b - a for a, b in zip(old, new, strict=True)] for old, new in zip(before, after, strict=True)]
    )
