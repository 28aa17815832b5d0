"""The derivatives of a regression's ∇L in given directions.

∇L(β) = B(β, g(β)) with the pullback B, bilinear in β and g, and g = ∇_θ L = 2·factor·Xᵀ(Xθ − y)
where θ is quadratic in β at most.  With J(s)[t], the change of θ at s in direction t, which is symmetric,

    Dg[t] = 2·factor·XᵀX J(β)[t],    D²g[s, t] = 2·factor·XᵀX J(s)[t],    D³g = 0,
    Dᵐ∇L[t1 … tm] = B(β, Dᵐg[t1 … tm]) + Σ_i B(t_i, Dᵐ⁻¹g[the others]),

so that the fourth derivative of ∇L is zero; for θ = β, B does not depend on β and the second is.
At one position the derivatives share what they have in common: every J(s)[t] and XᵀX J(s)[t] is computed once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from reference.arithmetic import Arithmetic
from reference.case import Case, FlowCase, Regression, batches_of
from reference.losses import batch_loss_factor, loss_factor
from reference.models import MODELS

__all__ = ["SHAPES", "RegressionDerivatives", "RegressionDerivativesAt", "Shape"]

Parts = list[Any]  # the parameters of one vector, in the order of the model's names


@dataclass(frozen=True)
class Shape:
    """What a model's derivatives need beside its predictor and pullback.

    Parameters
    ----------
    change : callable
        (s, t, the number 2) to J(s)[t], shape (d,), s and t lists of parameters.
    highest : int
        The last derivative of ∇L that is not zero.
    """

    change: Callable[[Parts, Parts, Any], Any]
    highest: int


def diagonal_change(s: Parts, t: Parts, two: Any) -> Any:
    """J(s)[t] = 2 (u_s⊙u_t − v_s⊙v_t) of θ = u⊙u − v⊙v."""
    return two * (s[0] * t[0] - s[1] * t[1])


def hadamard_change(s: Parts, t: Parts, two: Any) -> Any:
    """J(s)[t] = u_s⊙v_t + v_s⊙u_t of θ = u⊙v."""
    return s[0] * t[1] + s[1] * t[0]


def linear_change(s: Parts, t: Parts, two: Any) -> Any:
    """J[t] = t of θ = β."""
    return t[0]


SHAPES = {
    "diagonal": Shape(diagonal_change, 3),
    "hadamard": Shape(hadamard_change, 3),
    "scalar_product": Shape(hadamard_change, 3),
    "linear": Shape(linear_change, 1),
}


class Samples(NamedTuple):
    """The rows of one batch: X, y and 2·factor, in the arithmetic's own types."""

    X: Any
    y: Any
    scale: Any


class RegressionDerivatives:
    """The derivatives of ∇L for a regression; constants are built here, at the precision in force. Final.

    Parameters
    ----------
    case : Case or FlowCase
        Its problem is a `Regression`.
    arithmetic : Arithmetic

    Attributes
    ----------
    colours : int
        How many gradients there are: one for each batch, or one.
    highest : int
        The last derivative that is not zero.
    """

    def __init__(self, case: Case | FlowCase, arithmetic: Arithmetic) -> None:
        problem = case.problem
        assert isinstance(problem, Regression)
        self.arithmetic = arithmetic
        self.model = MODELS[case.model]
        self.shape = SHAPES[case.model]
        self.highest = self.shape.highest
        self.sizes = [len(case.init[name]) for name in self.model.names]
        self.counts = {count: arithmetic.number(Fraction(count)) for count in (2, 3)}
        n, batches = len(problem.y), batches_of(case)
        rows = [(batch, batch_loss_factor(problem.loss, len(batch))) for batch in batches]
        self.samples = [
            self._samples(problem, batch, factor)
            for batch, factor in rows or [(tuple(range(n)), loss_factor(problem.loss, n))]
        ]
        self.colours = len(self.samples)

    def at(self, position: Any) -> RegressionDerivativesAt:
        """Return the derivatives at one position."""
        return RegressionDerivativesAt(self, position)

    def _samples(self, problem: Regression, rows: tuple[int, ...], factor: Fraction) -> Samples:
        return Samples(
            self.arithmetic.matrix([problem.X[i] for i in rows]),
            self.arithmetic.vector([problem.y[i] for i in rows]),
            self.arithmetic.number(2 * factor),
        )


class RegressionDerivativesAt:
    """The derivatives of ∇L at one position, in directions that are named by the index `direction` gave them."""

    def __init__(self, of: RegressionDerivatives, position: Any) -> None:
        self.of = of
        self.parts: list[Parts] = [of.arithmetic.split(position, of.sizes)]
        self._changes: dict[tuple[int, int], Any] = {}
        self._correlations: dict[tuple[int, tuple[int, ...]], Any] = {}

    def direction(self, vector: Any) -> int:
        """Return an index for a vector to differentiate along."""
        self.parts.append(self.of.arithmetic.split(vector, self.of.sizes))
        return len(self.parts) - 1

    def derivative(self, colour: int, directions: Sequence[int]) -> Any:
        """Return Dᵐ∇L[t1 … tm] of the batch `colour`, shape of β; ∇L itself for no directions."""
        terms = []
        if len(directions) <= min(2, self.of.highest):
            terms.append(self._pulled(0, colour, directions, 1))
        if self.of.highest > 1:
            for moved, count in Counter(directions).items():
                others = list(directions)
                others.remove(moved)
                terms.append(self._pulled(moved, colour, others, count))
        sums = [reduce(add, blocks) for blocks in zip(*terms, strict=True)]
        return self.of.arithmetic.join(sums)

    def _pulled(self, at: int, colour: int, directions: Sequence[int], count: int) -> list[Any]:
        """Return count · B(t_at, Dg[directions]), parameter by parameter."""
        g = self._correlation(colour, tuple(sorted(directions)))
        blocks = self.of.model.pullback(self.parts[at], g, self.of.arithmetic.number)
        return blocks if count == 1 else [self.of.counts[count] * b for b in blocks]

    def _correlation(self, colour: int, directions: tuple[int, ...]) -> Any:
        """Return Dᵐg in at most two directions."""
        key = (colour, directions)
        if key not in self._correlations:
            X, y, scale = self.of.samples[colour]
            change = self.of.arithmetic.times(X, self._change(directions))
            residual = change if directions else change - y
            self._correlations[key] = scale * self.of.arithmetic.transposed_times(X, residual)
        return self._correlations[key]

    def _change(self, directions: tuple[int, ...]) -> Any:
        """Return θ, J(β)[t] or J(s)[t]."""
        if not directions:
            return self.of.model.predictor(self.parts[0])
        s, t = directions if len(directions) == 2 else (0, directions[0])
        if (s, t) not in self._changes:
            self._changes[s, t] = self.of.shape.change(self.parts[s], self.parts[t], self.of.counts[2])
        return self._changes[s, t]
