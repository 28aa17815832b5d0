"""Misimplementations of the loss: its scaling, its signs, the samples and columns that enter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from oracle.diagnosis.variant import Attempt, Subject, Variant, with_method
from oracle.error_free import DoubleDouble
from oracle.objectives import RoundedRegression
from oracle.replay import Recurrence
from oracle.rounding import RoundedArithmetic, RoundedMatrix
from reference.case import Case, Regression

__all__ = ["SCALINGS"]


def _scaled(name: str, sentence: str, remedy: str, *factors: Callable[[Case], Fraction | None]) -> Variant:
    """Return the variant whose gradient is multiplied by a constant."""

    def attempts(subject: Subject) -> Iterator[Attempt]:
        if not isinstance(subject.case.problem, Regression):
            return
        for factor in sorted({factor(subject.case) or Fraction(1) for factor in factors} - {Fraction(1)}):
            eta = factor * subject.case.method.step_size
            yield Attempt.of(
                subject, case=with_method(subject.case, step_size=eta), note=f"the gradient times {factor}"
            )

    return Variant(name, sentence, remedy, attempts)


def _samples(case: Case) -> Fraction:
    assert isinstance(case.problem, Regression)
    return Fraction(len(case.problem.y))


def _batch(case: Case) -> Fraction | None:
    """Return the size of the batches where all have one."""
    sizes = {len(batch) for batch in case.method.batches}
    return Fraction(sizes.pop()) if len(sizes) == 1 else None


def _over(count: Fraction | None) -> Fraction | None:
    return None if count is None else 1 / count


def _two_on_squares(case: Case) -> Fraction | None:
    return Fraction(1, 2) if case.model == "diagonal" else None


class WrongSecondSign(RoundedRegression):
    """The gradient by the second parameter with the other sign."""

    def gradient(self, position: Any, step: int = 0) -> Any:
        """Return (∇_u L, −∇_v L)."""
        first, second = self.arithmetic.split(super().gradient(position, step), self.sizes)
        return self.arithmetic.join([first, -second])


class SwappedParameters(RoundedRegression):
    """Each parameter gets the gradient of the other."""

    def gradient(self, position: Any, step: int = 0) -> Any:
        """Return (∇_v L, ∇_u L)."""
        first, second = self.arithmetic.split(super().gradient(position, step), self.sizes)
        return self.arithmetic.join([second, first])


class AveragedOverAll(RoundedRegression):
    """A batch's sum divided by the number of all samples."""

    def __init__(self, case: Case, arithmetic: RoundedArithmetic) -> None:
        super().__init__(case, arithmetic)
        assert isinstance(case.problem, Regression)
        n = len(case.problem.y)
        self.batches = [
            samples._replace(factor=samples.factor * len(batch) / n)
            for samples, batch in zip(self.batches, case.method.batches, strict=True)
        ]


def without_columns(count: int) -> Callable[[Case, RoundedArithmetic], RoundedRegression]:
    """Return the objective whose Xθ leaves out the last columns of X."""

    class FewerColumns(RoundedRegression):
        """Xθ over the first columns alone, Xᵀr over all."""

        def residual(self, position: Any, samples: Any) -> Any:
            """Return r without what the last columns add."""
            X = samples.X
            kept = np.arange(X.size.shape[1]) < X.size.shape[1] - count
            value = DoubleDouble(X.value.hi * kept, X.value.lo * kept)
            cut = RoundedMatrix(value, X.size * kept, X.error * kept)
            return super().residual(position, samples._replace(X=cut))

    return FewerColumns


def _of_two(
    objective: Callable[[Case, RoundedArithmetic], RoundedRegression],
) -> Callable[[Subject], Iterator[Attempt]]:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        if len(subject.case.init) == 2:
            yield Attempt.of(subject, recurrence=Recurrence(objective=objective, shares_residual=False))

    return attempts


def _target_sign(subject: Subject) -> Iterator[Attempt]:
    problem = subject.case.problem
    if isinstance(problem, Regression) and any(problem.y):
        negated = replace(problem, y=tuple(-y for y in problem.y))
        yield Attempt.of(subject, case=replace(subject.case, problem=negated))


def _without_a_row(subject: Subject) -> Iterator[Attempt]:
    problem = subject.case.problem
    if not isinstance(problem, Regression) or len(problem.y) == 1:
        return
    for i in range(len(problem.y)):
        rows = tuple(tuple(Fraction(0) for _ in row) if k == i else row for k, row in enumerate(problem.X))
        targets = tuple(Fraction(0) if k == i else y for k, y in enumerate(problem.y))
        less = replace(problem, X=rows, y=targets)
        note = "the last sample" if i == len(problem.y) - 1 else f"sample {i}"
        yield Attempt.of(subject, case=replace(subject.case, problem=less), note=note)


def _without_columns(subject: Subject) -> Iterator[Attempt]:
    problem = subject.case.problem
    if not isinstance(problem, Regression):
        return
    d = len(problem.X[0])
    tails = {*range(1, 9), *(d % 2**k for k in range(1, 9)), d // 2} - {0}
    for count in sorted(tail for tail in tails if tail < d):
        recurrence = Recurrence(objective=without_columns(count))
        yield Attempt.of(subject, recurrence=recurrence, note=f"the last {count} of {d} columns")


def _other_batches(
    change: Callable[[Case], list[tuple[tuple[int, ...], ...]]],
) -> Callable[[Subject], Iterator[Attempt]]:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        batches = subject.case.method.batches
        if len(batches) < 2:
            return
        for others in change(subject.case):
            if others != batches:
                yield Attempt.of(subject, case=with_method(subject.case, batches=others))

    return attempts


def _all_samples(case: Case) -> list[tuple[tuple[int, ...], ...]]:
    return [(), (tuple(range(int(_samples(case)))),)]


def _averaged(subject: Subject) -> Iterator[Attempt]:
    if subject.case.method.batches:
        yield Attempt.of(subject, recurrence=Recurrence(objective=AveragedOverAll))


SCALINGS = (
    _scaled(
        "loss_doubled",
        "works with twice the loss",
        "look for a factor 2: Σr² in the place of ½Σr², or r² differentiated without the ½",
        lambda _: Fraction(2),
    ),
    _scaled(
        "loss_halved",
        "works with half the loss",
        "look for a factor ½: the loss may be halved twice, or the 2 of the derivative of r² is missing",
        lambda _: Fraction(1, 2),
    ),
    _scaled(
        "loss_summed",
        "sums over the samples where the loss is a mean",
        "divide the gradient by the number of samples, or ask for a `sum` loss",
        _samples,
        _batch,
    ),
    _scaled(
        "loss_averaged_twice",
        "divides by the number of samples once too often",
        "the mean over samples is taken twice, or a `sum` loss is averaged",
        lambda case: _over(_samples(case)),
        lambda case: _over(_batch(case)),
    ),
    _scaled(
        "missing_factor_two",
        "leaves out the 2 of the derivative of u² and v²",
        "∂θ/∂u = 2u and ∂θ/∂v = −2v: multiply by 2",
        _two_on_squares,
    ),
    Variant(
        "second_gradient_sign",
        "gives the second parameter's gradient the wrong sign",
        "θ = u² − v² has ∂θ/∂v = −2v; θ = uv has ∂θ/∂v = +u",
        _of_two(WrongSecondSign),
    ),
    Variant(
        "parameters_swapped",
        "applies each parameter's gradient to the other parameter",
        "look at the order in which the two gradients are returned and used",
        _of_two(SwappedParameters),
    ),
    Variant("target_sign", "takes y with the wrong sign", "the residual is Xθ − y", _target_sign),
    Variant(
        "row_skipped",
        "leaves a sample out of the sums",
        "look at the loop over samples: its last index, and what masks it",
        _without_a_row,
    ),
    Variant(
        "last_column_skipped",
        "leaves the last columns of X out of Xθ",
        "look at the inner loop over coordinates: its last tile, and what masks it",
        _without_columns,
    ),
    Variant(
        "batches_reversed",
        "takes the batches in reverse order",
        "step k takes batch k mod the number of batches, in the order given",
        _other_batches(lambda case: [case.method.batches[::-1]]),
    ),
    Variant(
        "batches_shifted",
        "is one batch ahead or behind",
        "step 0 takes batch 0: look where the batch counter is advanced",
        _other_batches(
            lambda case: [
                case.method.batches[1:] + case.method.batches[:1],
                case.method.batches[-1:] + case.method.batches[:-1],
            ]
        ),
    ),
    Variant(
        "batches_ignored",
        "takes all samples at every step",
        "hand the batch's rows to the gradient",
        _other_batches(_all_samples),
    ),
    Variant(
        "first_batch_only",
        "takes the first batch at every step",
        "advance the batch counter after each step",
        _other_batches(lambda case: [case.method.batches[:1]]),
    ),
    Variant(
        "batches_averaged_over_all",
        "divides a batch's sum by the number of all samples",
        "divide by the size of the batch",
        _averaged,
    ),
)
