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
from fractions import Fraction
from functools import partial
from math import sqrt
from typing import Any

from flint import arb, arb_mat

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, Regression
from reference.curvature import CURVATURES
from reference.data_norms import DataNorms
from reference.error_norm import NoCertificateError
from reference.losses import batch_loss_factor, loss_factor
from reference.methods import METHODS
from reference.objective import RegressionObjective
from reference.state import State
from reference.trajectory import coefficients_of, start_of

__all__ = ["LARGEST", "CentredRun", "DivergedError", "StepMeasure"]

LARGEST = 1e100  # a position beyond this is called divergent
SLACK = 1 + 1e-12  # covers float roundings of the sums below, at most (2d + 9)·2^-53 relative
TINY = 1e-50  # covers what underflows in the sums below while the case keeps to FLOAT_RANGE
FLOAT_RANGE = Fraction(1, 10**60), Fraction(10**60)  # of data and step size, for bounds held in floats
SMALLEST_FRICTION = Fraction(1, 10**6)  # of 1 − μ, likewise
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
        _require_provable(case, problem)
        self.case, self.bits = case, bits
        self.arithmetic = BallArithmetic()
        self.model = CURVATURES[case.model]
        with ball_precision(bits):
            self.objective = RegressionObjective(case, self.arithmetic)
            self.coefficients = coefficients_of(case, self.arithmetic)
        self.sizes = self.objective.sizes
        self.hessian_factor = _hessian_factor(case)
        self.step_scale = float(case.method.step_size) * self.hessian_factor * SLACK
        self.data = DataNorms(problem.X)
        self._argument: Vector | None = None
        self._gradient: Vector | None = None
        self._curvature = 0.0
        self._blur = 0.0

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
        blur = self._argument_blur()
        blurred = sqrt(self.step_scale * self.data.norm_squared) * blur
        curvature, turn = (sqrt(self._gram_bound(squares)) + blurred) ** 2 * SLACK, 0.0
        if before is not None:
            change = self._gram_bound(_squared_changes(before, jacobian))
            floats = FLOAT_CHANGE * sqrt(max(curvature, self._curvature))
            turn = (sqrt(change) + floats + blurred + self._blur) * SLACK
        self._curvature, self._blur = curvature, blurred
        return StepMeasure(
            position_defect=defects[0],
            momentum_defect=defects[1],
            residual_gradient=max(float(g.abs_upper()) for g in self._gradient.entries) * SLACK + TINY,
            jacobian=(sqrt(max(squares)) + blur) * SLACK + TINY,
            curvature=curvature,
            turn=turn,
        )

    def _gram_bound(self, squares: list[float]) -> float:
        """Return a bound on η·2f |X diag(√squares)|₂²."""
        return self.step_scale * self.data.weighted_norm_squared(squares) * SLACK + TINY

    def _argument_blur(self) -> float:
        """Return how far J may be from the one at the argument's midpoint: the argument may be a ball."""
        assert self._argument is not None
        widest = max(float(x.rad()) for x in self._argument.entries)
        return sqrt(2) * self.model.jacobian_change * widest * SLACK


def _require_provable(case: Case, problem: Regression) -> None:
    """Refuse early what no bound can be proved for, and numbers beyond the floats that bounds are held in."""
    if case.method.batches and case.method.name != "gradient_descent":
        raise NoCertificateError(
            "the curvature jumps from batch to batch, so no one norm follows it; balls fed back do"
        )
    if case.method.step_sizes or case.method.scales != "gradient":
        raise NoCertificateError(
            "the step size changes from step to step, so no one norm follows it; balls fed back do"
        )
    low, high = FLOAT_RANGE
    data = [abs(x) for row in problem.X for x in row if x]
    sizes = [max(data, default=Fraction(1)), case.method.step_size]
    if not (all(low < size < high for size in sizes) and 1 - case.method.momentum >= SMALLEST_FRICTION):
        raise NoCertificateError(
            "a number is too large or too small, or the momentum too near 1, for an error bound held in "
            "floats; balls fed back bear it"
        )


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
