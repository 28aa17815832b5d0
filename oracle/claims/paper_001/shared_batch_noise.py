"""Moments of the batch gradients and of their weighted sums G_r at a fixed point, for batches drawn independently.

Σ_{j≤r} β^j E_j has the mean (1 − β^(r+1))/(1 − β) E and, the draws being independent, 1 + β² + … + β^(2r) times the
covariance of one batch.  Nothing here uses those sums in closed form: they are run step by step, and small ones are
checked by drawing every sequence of batches once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from oracle.claims.instances import HADAMARD, LINEAR, Instance
from reference.arithmetic import RationalArithmetic
from reference.case import Case, Regression
from reference.models import MODELS
from reference.objective import objective_of

__all__ = ["Batches", "covariance_of_sum", "drawn_sums", "expected_regulariser", "known_batches"]

Gradient = tuple[Fraction, ...]


@dataclass(frozen=True)
class Batches:
    """Batches, equally likely, at a fixed point.

    Parameters
    ----------
    name : str
    losses : tuple of Fraction
    gradients : tuple of tuples of Fraction
    """

    name: str
    losses: tuple[Fraction, ...]
    gradients: tuple[Gradient, ...]

    @property
    def mean_gradient(self) -> Gradient:
        """Return ∇E."""
        return _mean(self.gradients)

    @property
    def mean_square(self) -> Fraction:
        """Return ‖∇E‖²."""
        return _square(self.mean_gradient)

    @property
    def gradient_variance(self) -> Fraction:
        """Return E‖∇E_n − ∇E‖²."""
        mean = self.mean_gradient
        squares = [_square([a - b for a, b in zip(one, mean, strict=True)]) for one in self.gradients]
        return sum(squares, start=Fraction(0)) / len(squares)

    @property
    def loss_variance(self) -> Fraction:
        """Return E(E_n − E)²."""
        return Batches("", (), tuple((loss,) for loss in self.losses)).gradient_variance

    @property
    def covariance(self) -> tuple[Gradient, ...]:
        """Return C = E(∇E_n − ∇E)(∇E_n − ∇E)ᵀ."""
        return _covariance(self.gradients)


def known_batches() -> tuple[Batches, ...]:
    """Return two regressions with a batch a sample, and one pair of batches whose losses differ by a constant alone."""
    half = Fraction(1, 2)
    apart = Batches(
        "two batches E ± ½ whose gradients are equal", (Fraction(2), Fraction(1)), ((half, Fraction(1)),) * 2
    )
    return (_one_row_each(LINEAR), _one_row_each(HADAMARD), apart)


def expected_regulariser(batches: Batches, beta: Fraction, steps: int) -> Fraction:
    """Return E(IGRM_s)/h of step k = `steps` by running the two moments of G_r from r = 0."""
    mean, spread, past = Fraction(1), Fraction(1), Fraction(0)  # of G_r, over those of one batch
    square = batches.mean_square + batches.gradient_variance
    for _ in range(steps):
        past = beta * (past + square)
        mean, spread = 1 + beta * mean, 1 + beta**2 * spread
        square = mean**2 * batches.mean_square + spread * batches.gradient_variance
    return (square + 2 * past) / 4


def drawn_sums(batches: Batches, beta: Fraction, steps: int) -> Iterator[list[Gradient]]:
    """Yield ∇G_0, …, ∇G_k, k = `steps`, for every sequence of batches, each as likely as any other."""
    for sequence in product(batches.gradients, repeat=steps + 1):
        sums = [sequence[0]]
        for gradient in sequence[1:]:
            sums.append(tuple(beta * a + b for a, b in zip(sums[-1], gradient, strict=True)))
        yield sums


def covariance_of_sum(batches: Batches, beta: Fraction, steps: int) -> tuple[Gradient, ...]:
    """Return the covariance of ∇G_k over every sequence of batches."""
    return _covariance([sums[-1] for sums in drawn_sums(batches, beta, steps)])


def _one_row_each(instance: Instance) -> Batches:
    problem, arithmetic = instance.case.problem, RationalArithmetic()
    assert isinstance(problem, Regression)
    names = MODELS[instance.case.model].names
    position = arithmetic.join([arithmetic.vector(instance.case.init[name]) for name in names])
    losses, gradients = [], []
    for x, y in zip(problem.X, problem.y, strict=True):
        row = Case(
            Regression((x,), (y,), problem.loss),
            instance.case.model,
            instance.case.init,
            instance.case.method,
        )
        objective = objective_of(row, arithmetic)
        losses.append(objective.loss(position))
        gradients.append(tuple(objective.gradient(position)))
    return Batches(f"{instance.name}, a batch a sample, at the start", tuple(losses), tuple(gradients))


def _mean(vectors: Sequence[Gradient]) -> Gradient:
    return tuple(sum(column, start=Fraction(0)) / len(vectors) for column in zip(*vectors, strict=True))


def _covariance(vectors: Sequence[Gradient]) -> tuple[Gradient, ...]:
    mean = _mean(vectors)
    moved = [[a - b for a, b in zip(one, mean, strict=True)] for one in vectors]
    width = range(len(mean))
    return tuple(
        tuple(sum((v[i] * v[j] for v in moved), start=Fraction(0)) / len(moved) for j in width) for i in width
    )


def _square(vector: Sequence[Fraction]) -> Fraction:
    return sum((entry**2 for entry in vector), start=Fraction(0))
