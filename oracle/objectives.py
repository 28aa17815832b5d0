"""The reference's loss and gradient under the rounding model, with what the replay needs besides.

A regression's gradient passes through r = Xθ − y, which every coordinate shares; an `Evaluation` keeps
what an error of r makes of ∇L.  A polynomial's gradient may be summed in any order, which running error
analysis of one order does not cover; it is widened here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from oracle.error_free import Floats
from oracle.given_data import given_data
from oracle.rounding import NONE, SPARE, RoundedArithmetic, RoundedArray
from reference.case import Case, Polynomial, Regression, Term
from reference.objective import PolynomialObjective, RegressionObjective, Samples

__all__ = ["Evaluation", "RoundedPolynomial", "RoundedRegression", "rounded_objective"]


@dataclass(frozen=True)
class Evaluation:
    """How an error of r enters the gradient at one point.

    Parameters
    ----------
    factors : list of float64, each shape (K, d)
        ∂θ/∂β of each parameter: its gradient is factor ⊙ ∇_θ L.
    shared : float64, shape (K, d)
        Bound on what the error of r adds to ∇_θ L, the same for every parameter.
    errors : list of float64, each shape (K, d) or (1, 1)
        Of the factors; `NONE` at recorded positions, where they are what they are.
    """

    factors: list[Floats]
    shared: Floats
    errors: list[Floats]


class RoundedRegression(RegressionObjective):
    """`reference.objective.RegressionObjective` that keeps an `Evaluation` of each gradient.

    Parameters
    ----------
    case : Case
    arithmetic : RoundedArithmetic
    """

    def __init__(self, case: Case, arithmetic: RoundedArithmetic) -> None:
        self.arithmetic: RoundedArithmetic
        super().__init__(case, arithmetic)
        self.evaluations: list[Evaluation] = []
        self._shared: Floats = np.zeros((1, 1))

    def residual(self, position: Any, samples: Any) -> Any:
        """Return r = Xθ(β) − y, shape (K, n)."""
        r = super().residual(position, samples)
        self._shared = float(2 * samples.factor) * (r.error @ samples.X.size)
        return r

    def gradient(self, position: Any, step: int = 0) -> Any:
        """Return ∇L(β), shape (K, D)."""
        result = super().gradient(position, step)
        self.evaluations.append(self._evaluation(position))
        return result

    def _evaluation(self, position: Any) -> Evaluation:
        """Return the evaluation that belongs to the last residual."""
        parameters = self.arithmetic.split(position, self.sizes)
        one, number = Fraction(1), self.arithmetic.number
        if position.error is NONE:
            values = [part.value for part in parameters]
            pulled = self.model.pullback(values, number(one).value, lambda factor: number(factor).value)
            errors = [NONE for _ in pulled]
        else:
            rounded = self.model.pullback(parameters, number(one), number)
            pulled, errors = [part.value for part in rounded], [part.error for part in rounded]
        shape = self._shared.shape
        return Evaluation([np.broadcast_to(part.hi, shape) for part in pulled], self._shared, errors)

    def _samples(self, problem: Regression, rows: tuple[int, ...], factor: Fraction) -> Samples:
        """Return some rows of the data, which are converted once for all."""
        data, chosen = given_data(problem), list(rows)
        return Samples(
            self.arithmetic.given_matrix(data.X[chosen]),
            self.arithmetic.given_vector(data.y[:, chosen]),
            factor,
        )


class RoundedPolynomial(PolynomialObjective):
    """`reference.objective.PolynomialObjective` whose monomials may be formed and added in any order.

    With T monomials of degree at most q, and A the sum of their sizes, a computation by products
    and powers makes at most 2q + `SPARE` roundings in each (a library's power errs by a unit in the
    last place, 2u) and T − 1 additions: the error is at most ((1 + u)^(2q + SPARE + T) − 1)·A.
    Factored and nested evaluations are not admitted.

    Parameters
    ----------
    case : Case
    arithmetic : RoundedArithmetic
    """

    def __init__(self, case: Case, arithmetic: RoundedArithmetic) -> None:
        super().__init__(case, arithmetic)
        self.evaluations: list[Evaluation] = []
        positive = tuple(Term(abs(term.coefficient), term.powers) for term in self.terms)
        self._sizes = PolynomialObjective(replace(case, problem=Polynomial(positive)), arithmetic)
        degree = max((sum(term.powers) for term in self.terms), default=0)
        self._growth = arithmetic.rounding.compound(2 * degree + SPARE + len(self.terms))

    def gradient(self, position: Any, step: int = 0) -> Any:
        """Return ∇L(b), shape (K, d)."""
        sizes = self._sizes.gradient(_absolute(position), step)
        return super().gradient(position, step).widened(self._growth * sizes.size())

    def loss(self, position: Any) -> Any:
        """Return L(b), shape (K, 1)."""
        sizes = self._sizes.loss(_absolute(position))
        return super().loss(position).widened(self._growth * sizes.size())


def rounded_objective(case: Case, arithmetic: RoundedArithmetic) -> RoundedRegression | RoundedPolynomial:
    """Return the case's objective under the rounding model."""
    if isinstance(case.problem, Polynomial):
        return RoundedPolynomial(case, arithmetic)
    return RoundedRegression(case, arithmetic)


def _absolute(position: RoundedArray) -> RoundedArray:
    """Return |b| with the sign of each coordinate taken off."""
    sign = np.where(position.value.hi < 0, -1.0, 1.0)
    value = type(position.value)(sign * position.value.hi, sign * position.value.lo)
    return replace(position, value=value)
