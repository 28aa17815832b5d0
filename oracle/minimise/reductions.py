"""The order in which a failing case is made smaller: large strides first, then one by one.

Zeller's delta debugging in its plain form: of n things, halves are left out, then quarters, down to single
ones, wherever the case still fails.  Before that a few things alone are tried, because a fault that shows at
all mostly shows on one sample and one coordinate.

Source: Zeller and Hildebrandt 2002 (delta debugging).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from oracle.minimise.draft import DEFAULT_SCALES, Draft, numbers_of
from oracle.minimise.edits import (
    exact_in,
    kept_coordinates,
    kept_samples,
    merged_batches,
    one_scale,
    representable,
    shortened_batch,
    simpler_at,
    started_later,
    with_numbers,
    without_batches,
    without_factors,
)
from oracle.minimise.numbers import BITS, SIMPLEST, rank, rounded_to_bits
from oracle.minimise.search import Search
from reference.exact import ExactNumberError

__all__ = ["shrink", "single_reductions"]

DEFAULT_LOSS = "half_mean_square"
FEW = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 24, 32, 33, 64, 65)
BACK = (1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 256)  # steps before the first divergent one

Kept = Callable[[Draft, Sequence[int]], Draft | None]
Dropped = Callable[[Draft, range], Draft | None]


def shrink(search: Search) -> None:
    """Reduce until no stride and no single reduction fails any more.

    Raises
    ------
    oracle.minimise.search.SpentError
        If the budget is used up before; the search holds what was reached.
    """
    while True:
        before = search.best
        _make_exact(search)
        _start_later(search)
        _keep_fewer(search, kept_samples, lambda draft: len(draft.y))
        _keep_fewer(search, kept_coordinates, lambda draft: len(draft.init[0]), search.finding.coordinate)
        _simplify_batches(search)
        _simplify_schedule(search)
        _simplify_settings(search)
        _simplify_groups(search)
        _simplify_numbers(search)
        if search.best == before and not search.first(single_reductions(before, search.on_trial.dtype)):
            return


def single_reductions(draft: Draft, fmt: str) -> Iterator[Draft]:
    """Yield every draft that is one reduction smaller; a minimum is one on which none of them fails.

    Parameters
    ----------
    draft : Draft
    fmt : str
        Whose numbers stand in for exact ones.
    """
    if draft.last:
        yield replace(draft, last=draft.last - 1)
    n, d, batches = len(draft.y), len(draft.init[0]), draft.batches
    proposed = [kept_coordinates(draft, _but(d, j, j + 1)) for j in range(d)]
    proposed += [kept_samples(draft, _but(n, i, i + 1)) for i in range(n)]
    proposed += [without_batches(draft, [i]) for i in range(len(batches))]
    proposed += [without_factors(draft, [i]) for i in range(len(draft.schedule))]
    proposed += [merged_batches(draft, i) for i in range(len(batches))]
    proposed += [shortened_batch(draft, i, j) for i, batch in enumerate(batches) for j in range(len(batch))]
    yield from (smaller for smaller in proposed if smaller is not None)
    if draft.loss != DEFAULT_LOSS and draft.kind == "regression":
        yield replace(draft, loss=DEFAULT_LOSS)
    if draft.scales != DEFAULT_SCALES:
        yield replace(draft, scales=DEFAULT_SCALES)
    for index in range(len(numbers_of(draft))):
        yield from simpler_at(draft, index, fmt)


def _make_exact(search: Search) -> None:
    """Hand the numbers over as they are, if the case fails with numbers of the format alone."""
    fmt = search.on_trial.dtype
    try:
        if search.best.inputs_as != "exact" or not representable(search.best, fmt):
            search.accepts(exact_in(search.best, fmt))
    except ExactNumberError:  # a number overflows the format: simpler ones will not
        return


def _start_later(search: Search) -> None:
    """Start a few steps before the first divergent one."""
    last, arrays = search.best.last, search.tried.arrays
    for back in BACK:
        if search.kind.check == "start" or back >= last:
            return
        draft = started_later(search.best, arrays, last - back)
        if draft.inputs_as == "exact":
            draft = exact_in(draft, search.on_trial.dtype) or draft
        if search.accepts(draft):
            return


def _keep_fewer(search: Search, kept: Kept, count: Callable[[Draft], int], around: int | None = None) -> None:
    """Try a few of the things alone, then leave out halves, quarters, …, single ones."""
    total = count(search.best)
    for size in FEW:
        if size >= total:
            break
        starts = {0, min(around or 0, total - size)}
        if search.first(kept(search.best, range(start, start + size)) for start in sorted(starts)):
            break
    stride = count(search.best) // 2
    while stride:
        at = 0
        while at < (left := count(search.best)):
            if not search.accepts(kept(search.best, _but(left, at, at + stride))):
                at += stride
        stride //= 2


def _simplify_batches(search: Search) -> None:
    """Drop all batches, half of them, single ones; merge neighbours; shorten them one index at a time."""
    _drop(search, without_batches, lambda draft: len(draft.batches))
    at = 0
    while at < len(search.best.batches):
        if not search.accepts(merged_batches(search.best, at)) and not _shorten(search, at):
            at += 1


def _simplify_schedule(search: Search) -> None:
    """Drop the schedule, half of it, single factors; let it scale the gradient."""
    _drop(search, without_factors, lambda draft: len(draft.schedule))
    if search.best.scales != DEFAULT_SCALES:
        search.accepts(replace(search.best, scales=DEFAULT_SCALES))


def _drop(search: Search, without: Dropped, count: Callable[[Draft], int]) -> None:
    """Drop all of the things, halves, quarters, …, single ones."""
    stride = count(search.best)
    while stride:
        at = 0
        while at < count(search.best):
            if not search.accepts(without(search.best, range(at, at + stride))):
                at += stride
        stride //= 2


def _shorten(search: Search, at: int) -> bool:
    """Leave one index out of a batch."""
    return search.first(shortened_batch(search.best, at, j) for j in range(len(search.best.batches[at])))


def _simplify_settings(search: Search) -> None:
    """Take the initial momentum to zero, the loss to the usual one and the data to one scale."""
    best = search.best
    if any(any(row) for row in best.p0):
        search.accepts(replace(best, p0=tuple((Fraction(0),) * len(row) for row in best.p0)))
    if search.best.loss != DEFAULT_LOSS and search.best.kind == "regression":
        search.accepts(replace(search.best, loss=DEFAULT_LOSS))
    search.accepts(one_scale(search.best))


def _simplify_groups(search: Search) -> None:
    """Replace many numbers at once: all of them rounded to few bits, then each parameter, y, X made one number."""
    for bits in BITS:
        rounded = [_simplest([value, rounded_to_bits(value, bits)]) for value in numbers_of(search.best)]
        if search.accepts(with_numbers(search.best, rounded)):
            break
    for start, end in reversed(_groups(search.best)):
        stride = end - start
        while stride > 1:
            for at in range(start, end, stride):
                search.first(_made_one(search.best, at, min(at + stride, end)))
            stride //= 2


def _made_one(draft: Draft, start: int, end: int) -> Iterator[Draft | None]:
    """Yield the draft with a stretch of numbers made one simple number, where each becomes simpler by it."""
    values = numbers_of(draft)
    for value in SIMPLEST:
        made = [_simplest([old, value]) for old in values[start:end]]
        if tuple(made) != values[start:end]:
            yield with_numbers(draft, (*values[:start], *made, *values[end:]))


def _simplify_numbers(search: Search) -> None:
    """Replace numbers one at a time: μ, η, the schedule, p0, the start from its last parameter to its first, y, X."""
    for index in reversed(range(len(numbers_of(search.best)))):
        search.first(simpler_at(search.best, index, search.on_trial.dtype))


def _groups(draft: Draft) -> list[tuple[int, int]]:
    """Return where X, y, each parameter's start and momentum and the schedule lie among the numbers."""
    n, d = len(draft.y), len(draft.init[0])
    sizes = [n * d, n, *(len(row) for row in (*draft.init, *draft.p0, draft.schedule))]
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return [(end - size, end) for size, end in zip(sizes, ends, strict=True)]


def _simplest(values: Sequence[Fraction]) -> Fraction:
    return min(values, key=rank)


def _but(count: int, start: int, end: int) -> list[int]:
    return [i for i in range(count) if not start <= i < end]
