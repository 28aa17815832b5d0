"""What can be done to a draft: cut samples, coordinates and batches, replace numbers, start later.

Every edit of a valid draft is a valid draft, or None where nothing would be left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

import numpy as np

from oracle.minimise.draft import DEFAULT_SCALES, Draft, Row, numbers_of
from oracle.minimise.numbers import rank, simpler
from oracle.records.candidate import Array
from reference.exact import round_to_format
from reference.models import MODELS

__all__ = [
    "exact_in",
    "kept_coordinates",
    "kept_samples",
    "merged_batches",
    "one_scale",
    "representable",
    "shortened_batch",
    "simpler_at",
    "started_later",
    "with_numbers",
    "without_batches",
    "without_factors",
]


T = TypeVar("T")


def kept_samples(draft: Draft, kept: Sequence[int]) -> Draft | None:
    """Return the draft with some samples alone, batches renumbered; one that is left empty goes."""
    if not kept or len(kept) == len(draft.y):
        return None
    place = {old: new for new, old in enumerate(kept)}
    batches = (tuple(place[i] for i in batch if i in place) for batch in draft.batches)
    return replace(
        draft,
        X=_chosen(draft.X, kept),
        y=_chosen(draft.y, kept),
        batches=tuple(batch for batch in batches if batch),
    )


def kept_coordinates(draft: Draft, kept: Sequence[int]) -> Draft | None:
    """Return the draft with some coordinates alone: columns of X with their place in every parameter."""
    if not kept or len(kept) == len(draft.init[0]):
        return None
    X, init, p0 = (tuple(_chosen(row, kept) for row in rows) for rows in (draft.X, draft.init, draft.p0))
    return replace(draft, X=X, init=init, p0=p0)


def without_batches(draft: Draft, dropped: Collection[int]) -> Draft | None:
    """Return the draft without some batches; without any, every step takes all samples."""
    kept = tuple(batch for i, batch in enumerate(draft.batches) if i not in dropped)
    return replace(draft, batches=kept) if len(kept) < len(draft.batches) else None


def without_factors(draft: Draft, dropped: Collection[int]) -> Draft | None:
    """Return the draft without some factors of the schedule; without any, the step size is the same at each step."""
    kept = tuple(factor for i, factor in enumerate(draft.schedule) if i not in dropped)
    if len(kept) == len(draft.schedule):
        return None
    return replace(draft, schedule=kept, scales=draft.scales if kept else DEFAULT_SCALES)


def merged_batches(draft: Draft, at: int) -> Draft | None:
    """Return the draft with batch `at` and the next as one."""
    if at + 1 >= len(draft.batches):
        return None
    union = tuple(dict.fromkeys(draft.batches[at] + draft.batches[at + 1]))
    return replace(draft, batches=(*draft.batches[:at], union, *draft.batches[at + 2 :]))


def shortened_batch(draft: Draft, at: int, index: int) -> Draft | None:
    """Return the draft with one index less in batch `at`."""
    batch = draft.batches[at]
    if len(batch) == 1:
        return None
    shorter = (*batch[:index], *batch[index + 1 :])
    return replace(draft, batches=(*draft.batches[:at], shorter, *draft.batches[at + 1 :]))


def with_numbers(draft: Draft, values: Sequence[Fraction]) -> Draft | None:
    """Return the draft with other numbers, in the order of `numbers_of`; None if η, a factor or μ leaves its range."""
    *rows, step_size, momentum = values
    schedule = tuple(rows[len(rows) - len(draft.schedule) :])
    if any(value <= 0 for value in (step_size, *schedule)) or not 0 <= momentum < 1:
        return None
    n, d = len(draft.y), len(draft.init[0])
    taken = iter(rows)
    X = tuple(_taken(taken, d) for _ in range(n))
    y = _taken(taken, n)
    init, p0 = (tuple(_taken(taken, d) for _ in rows) for rows in (draft.init, draft.p0))
    return replace(
        draft, X=X, y=y, init=init, p0=p0, schedule=schedule, step_size=step_size, momentum=momentum
    )


def simpler_at(draft: Draft, index: int, fmt: str) -> Iterator[Draft]:
    """Yield the draft with one number replaced by ever less simple ones, of a format where its numbers are exact."""
    values = numbers_of(draft)
    for value in simpler(values[index], fmt if draft.inputs_as == "exact" else "exact"):
        edited = with_numbers(draft, (*values[:index], value, *values[index + 1 :]))
        if edited is not None:
            yield edited


def exact_in(draft: Draft, fmt: str) -> Draft | None:
    """Return the draft with its numbers rounded to a format, and handed over as they are.

    Scheduled step sizes become factors of η = 1, because it is their products with η that are rounded.
    """
    if draft.schedule:
        factors = tuple(draft.step_size * factor for factor in draft.schedule)
        draft = replace(draft, schedule=factors, step_size=Fraction(1))
    values = (round_to_format(round_to_format(x, draft.inputs_as), fmt) for x in numbers_of(draft))
    edited = with_numbers(replace(draft, inputs_as="exact"), tuple(values))
    return None if edited == draft else edited


def representable(draft: Draft, fmt: str) -> bool:
    """Tell whether every number of a draft, and every scheduled step size, is one of the format."""
    scheduled = {draft.step_size * factor for factor in draft.schedule}
    return all(round_to_format(value, fmt) == value for value in scheduled.union(numbers_of(draft)))


def one_scale(draft: Draft) -> Draft | None:
    """Return the draft with X and y divided, and η multiplied, by powers of two that bring max |X| near 1.

    The gradient is quadratic in the scale of the data, so η·2^(2e) with X·2^−e leaves every iterate as it is.
    """
    largest = max(abs(value) for row in draft.X for value in row)
    if largest == 0:
        return None
    scale = Fraction(2) ** (largest.numerator.bit_length() - largest.denominator.bit_length())
    scaled = replace(
        draft,
        X=tuple(tuple(value / scale for value in row) for row in draft.X),
        y=tuple(value / scale for value in draft.y),
        step_size=draft.step_size * scale**2,
    )
    return scaled if _weight(scaled) < _weight(draft) else None


def started_later(draft: Draft, arrays: Mapping[str, Array], step: int) -> Draft:
    """Return the draft started from the state that the candidate recorded at a step.

    The last move comes along as p0 where the draft has an initial momentum at all: no candidate is asked for
    more than it was asked for first.
    """
    names = MODELS[draft.model].names
    states = {name: arrays[name].astype(np.float64) for name in names}
    moves = {name: states[name][step] - states[name][step - 1] for name in names}
    moving = any(any(row) for row in draft.p0)
    return replace(
        draft,
        init=tuple(_rationals(states[name][step]) for name in names),
        p0=tuple(_rationals(moves[name]) for name in names) if moving else draft.p0,
        batches=_turned(draft.batches, step),
        schedule=_turned(draft.schedule, step),
        last=draft.last - step,
    )


def _chosen(items: tuple[T, ...], kept: Sequence[int]) -> tuple[T, ...]:
    return tuple(items[i] for i in kept)


def _turned(cycle: tuple[T, ...], step: int) -> tuple[T, ...]:
    at = step % len(cycle) if cycle else 0
    return cycle[at:] + cycle[:at]


def _taken(values: Iterator[Fraction], count: int) -> Row:
    return tuple(next(values) for _ in range(count))


def _rationals(values: Array) -> Row:
    return tuple(Fraction(float(value)) for value in values)


def _weight(draft: Draft) -> int:
    return sum(rank(value)[0] for value in numbers_of(draft))
