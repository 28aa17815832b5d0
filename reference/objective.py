"""The loss L(β) and its gradient, over any arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from reference.arithmetic import Arithmetic
from reference.case import Case, FlowCase, Polynomial, Regression, batches_of
from reference.losses import batch_loss_factor, loss_factor
from reference.models import MODELS

__all__ = ["Objective", "PolynomialObjective", "RegressionObjective", "objective_of"]


class Samples(NamedTuple):
    """The rows a gradient uses: X, y and the factor in front of Σ r²."""

    X: Any
    y: Any
    factor: Fraction


class RegressionObjective:
    """L(β) = factor · Σ (Xθ(β) − y)², with ∇_θ L = 2 · factor · Xᵀ(Xθ − y).

    Parameters
    ----------
    case : Case or FlowCase
        Its problem is a `Regression`.
    arithmetic : Arithmetic
        What every number below is computed in.
    """

    def __init__(self, case: Case | FlowCase, arithmetic: Arithmetic) -> None:
        problem = case.problem
        assert isinstance(problem, Regression)
        self.arithmetic = arithmetic
        self.model = MODELS[case.model]
        self.sizes = [len(case.init[name]) for name in self.model.names]
        n = len(problem.y)
        self.all_samples = self._samples(problem, tuple(range(n)), loss_factor(problem.loss, n))
        self.batches = [
            self._samples(problem, batch, batch_loss_factor(problem.loss, len(batch)))
            for batch in batches_of(case)
        ]

    def _samples(self, problem: Regression, rows: tuple[int, ...], factor: Fraction) -> Samples:
        return Samples(
            self.arithmetic.matrix([problem.X[i] for i in rows]),
            self.arithmetic.vector([problem.y[i] for i in rows]),
            factor,
        )

    def predictor(self, position: Any) -> Any:
        """Return θ(β), shape (d,)."""
        return self.model.predictor(self.arithmetic.split(position, self.sizes))

    def residual(self, position: Any, samples: Samples) -> Any:
        """Return r = Xθ(β) − y over the given samples, shape (n,)."""
        return self.arithmetic.times(samples.X, self.predictor(position)) - samples.y

    def predictor_gradient(self, position: Any, step: int = 0) -> Any:
        """Return g = ∇_θ L = 2·factor·Xᵀr of the batch that step `step` uses, shape (d,)."""
        samples = self.batches[step % len(self.batches)] if self.batches else self.all_samples
        correlation = self.arithmetic.transposed_times(samples.X, self.residual(position, samples))
        return self.arithmetic.number(2 * samples.factor) * correlation

    def gradient(self, position: Any, step: int = 0) -> Any:
        """Return ∇L(β) of the batch that step `step` uses, shape of β."""
        parameters = self.arithmetic.split(position, self.sizes)
        g = self.predictor_gradient(position, step)
        return self.arithmetic.join(self.model.pullback(parameters, g, self.arithmetic.number))

    def loss(self, position: Any) -> Any:
        """Return L(β) over all samples, a number."""
        r = self.residual(position, self.all_samples)
        return self.arithmetic.number(self.all_samples.factor) * self.arithmetic.total(r * r)


class PolynomialObjective:
    """L(b) = Σ_t coefficient_t Π_i b_i^{powers_ti}, differentiated term by term.

    Parameters
    ----------
    case : Case or FlowCase
        Its problem is a `Polynomial`.
    arithmetic : Arithmetic
    """

    def __init__(self, case: Case | FlowCase, arithmetic: Arithmetic) -> None:
        problem = case.problem
        assert isinstance(problem, Polynomial)
        self.arithmetic = arithmetic
        self.terms = problem.terms
        self.sizes = [len(case.init["b"])]

    def gradient(self, position: Any, step: int = 0) -> Any:
        """Return ∇L(b), shape (d,)."""
        return self.arithmetic.stack([self._partial(position, i) for i in range(self.sizes[0])])

    def loss(self, position: Any) -> Any:
        """Return L(b), a number."""
        return self._sum([(term.coefficient, term.powers) for term in self.terms], position)

    def _partial(self, position: Any, i: int) -> Any:
        lowered = [
            (term.coefficient * term.powers[i], _lower(term.powers, i))
            for term in self.terms
            if term.powers[i]
        ]
        return self._sum(lowered, position)

    def _sum(self, monomials: list[tuple[Fraction, tuple[int, ...]]], position: Any) -> Any:
        result = self.arithmetic.number(Fraction(0))
        for coefficient, powers in monomials:
            product = self.arithmetic.number(coefficient)
            for i, power in enumerate(powers):
                for _ in range(power):
                    product = product * self.arithmetic.entry(position, i)
            result = result + product
        return result


Objective = RegressionObjective | PolynomialObjective


def objective_of(case: Case | FlowCase, arithmetic: Arithmetic) -> Objective:
    """Return the case's loss and gradient over the given arithmetic."""
    if isinstance(case.problem, Polynomial):
        return PolynomialObjective(case, arithmetic)
    return RegressionObjective(case, arithmetic)


def _lower(powers: tuple[int, ...], i: int) -> tuple[int, ...]:
    """Return the powers after one differentiation in coordinate i."""
    return (*powers[:i], powers[i] - 1, *powers[i + 1 :])
