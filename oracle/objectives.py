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
from oracle.rounding import SPARE, RoundedArithmetic, RoundedArray
from reference.case import Case, Polynomial, Term
from reference.objective import PolynomialObjective, RegressionObjective

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
    """

    factors: list[Floats]
    shared: Floats


class RoundedRegression(RegressionObjective):
    """`reference.objective.RegressionObjective` that keeps an `Evaluation` of each gradient.

    Parameters
    ----------
    case : Case
    arithmetic : RoundedArithmetic
    """

    def __init__(self, case: Case, arithmetic: RoundedArithmetic) -> None:
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
        parameters = self.arithmetic.split(position, self.sizes)
        one = self.arithmetic.number(Fraction(1))
        pulled = self.model.pullback(parameters, one, self.arithmetic.number)
        shape = self._shared.shape
        factors = [np.broadcast_to(part.value.hi, shape) for part in pulled]
        self.evaluations.append(Evaluation(factors, self._shared))
        return result


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
