"""How well an attempt explains a record: every number in which the right method fails, and no other.

Where a fault is not at work everywhere, it must account for all the numbers in which the right method fails, and
for whole steps or whole coordinates of them:

===========  =====================================================================================
everywhere   every number of every step is within the attempt's bound, and so is the start
steps        so are all numbers of each step in which the right method fails anywhere
coordinates  so are all steps of each coordinate in which the right method fails anywhere
tail         the same, and these coordinates are the last ones of their parameter
cells        so is each single number in which the right method fails, at no step all of them
===========  =====================================================================================

In the last a coordinate whose momentum is read off its positions may fail once more, the step after: what its
buffer held there is not recorded.  Nesterov's gradient is asked at β + μp, so there all coordinates may.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from oracle.diagnosis.narrowing import rounded_to
from oracle.diagnosis.variant import Attempt, Subject, with_method
from oracle.error_free import Floats
from oracle.replay import replay, replayable_rows
from oracle.residuals import Replay, Rows
from oracle.trace import Trace
from reference.case import Case
from reference.exact import BINARY_FORMATS
from reference.models import MODELS

__all__ = [
    "SCOPES",
    "Evidence",
    "Misses",
    "evidence_of",
    "misses_of",
    "ratios",
    "start_misses",
    "start_positions",
]

SCOPES = ("everywhere", "steps", "tail", "coordinates", "cells")
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Misses:
    """Where the right method fails on a record.

    Parameters
    ----------
    rows : int64, shape (R,)
        Rows of the trace that were replayed.
    ratio : float64, shape (R, C)
        |residual| / bound; C = D, or 2D where the momenta are recorded.
    bound : float64, shape (R, C)
    failed : bool, shape (R, C)
    start : bool, shape (D,)
        Coordinates that do not start where they should.
    sizes : tuple of int
        Coordinates of each parameter, D together.
    momentum_recorded : bool
    ahead : bool
        Whether the gradient is asked at β + μp.
    """

    rows: Rows
    ratio: Floats
    bound: Floats
    failed: Mask
    start: Mask
    sizes: tuple[int, ...]
    momentum_recorded: bool
    ahead: bool

    def at(self, rows: Rows) -> Misses:
        """Return the misses in some of the rows."""
        chosen = np.isin(self.rows, rows)
        return Misses(
            self.rows[chosen],
            self.ratio[chosen],
            self.bound[chosen],
            self.failed[chosen],
            self.start,
            self.sizes,
            self.momentum_recorded,
            self.ahead,
        )


@dataclass(frozen=True)
class Evidence:
    """How an attempt fares.

    Parameters
    ----------
    scope : str
        The first of the attempt's scopes in which it explains the record; empty for none.
    largest_ratio : float
        Of the numbers that it has to explain, in its own bounds: at most 1 where it does.
    share : float
        Of those numbers, how many it explains.
    looseness : float
        Median of its bounds in units of the right method's.
    where : str
        For a person.
    """

    scope: str
    largest_ratio: float
    share: float
    looseness: float
    where: str = ""


def ratios(replayed: Replay) -> tuple[Floats, Floats]:
    """Return ratio and bound of positions, and momenta where recorded, side by side."""
    parts = [replayed.position] + ([replayed.momentum] if replayed.momentum is not None else [])
    ratio, bound = (
        np.concatenate([getattr(part, name) for part in parts], axis=1) for name in ("ratio", "bound")
    )
    return ratio, bound


def misses_of(subject: Subject) -> Misses:
    """Return where the right method fails."""
    replayed = replay(subject.case, subject.declaration, subject.trace)
    ratio, bound = ratios(replayed)
    start = start_misses(subject.case, subject.declaration.kept_in, subject.trace)
    failed = (ratio > 1) & np.isfinite(ratio)
    sizes = tuple(size for _, size in subject.trace.names)
    recorded, ahead = subject.trace.momenta is not None, subject.case.method.name == "nesterov"
    return Misses(replayed.rows, ratio, bound, failed, start, sizes, recorded, ahead)


def start_misses(case: Case, kept_in: str, trace: Trace) -> Mask:
    """Return which coordinates do not start where the case says, shape (D,); none where step 0 is not recorded."""
    given = start_positions(case)
    if not len(trace) or trace.steps[0] != 0:
        return np.zeros(len(given), dtype=bool)
    if case.method.name == "nesterov_lookahead" and any(any(p) for p in case.method.p0.values()):
        # y_0 = β_0 + μ p_0 is computed: β_0, p_0, μ, their product and sum may all be rounded
        size = np.abs(given) + 2 * np.abs(given - start_positions(with_method(case, p0={})))
        room = 5 * 2.0 ** -BINARY_FORMATS[kept_in].precision * size
        return np.asarray(np.abs(trace.positions[0] - given) > room)
    differs: Mask = trace.positions[0] != rounded_to(given, kept_in)
    return differs


def start_positions(case: Case) -> Floats:
    """Return β_0, or y_0 = β_0 + μ p_0 of a look-ahead sequence, to float64, shape (D,)."""
    names, method = MODELS[case.model].names, case.method
    ahead = method.momentum if method.name == "nesterov_lookahead" else Fraction(0)
    moves = {name: method.p0.get(name, (Fraction(0),) * len(case.init[name])) for name in names}
    pairs = [pair for name in names for pair in zip(case.init[name], moves[name], strict=True)]
    return np.array([float(value + ahead * move) for value, move in pairs])


def evidence_of(attempt: Attempt, misses: Misses) -> Evidence:
    """Replay an attempt in the rows of `misses` and weigh it.

    Parameters
    ----------
    attempt : Attempt
    misses : Misses
        Of the right method in the rows that count.
    """
    targets = misses.rows
    if not attempt.same_rows:
        targets = replayable_rows(attempt.trace, attempt.case.method.name)
    replayed = replay(attempt.case, attempt.declaration, attempt.trace, attempt.recurrence, targets)
    ratio, bound = ratios(replayed)
    start = start_misses(attempt.case, attempt.declaration.kept_in, attempt.trace)
    if not attempt.same_rows:
        return _by_itself(ratio, start)
    return _weighed(attempt, misses, Outcome(ratio, (ratio <= 1) | ~np.isfinite(misses.ratio), bound, start))


@dataclass(frozen=True)
class Outcome:
    """The attempt's own figures, shapes as in `Misses`."""

    ratio: Floats
    holds: Mask
    bound: Floats
    start: Mask


def _by_itself(ratio: Floats, start: Mask) -> Evidence:
    """Weigh an attempt on rows of its own: all of it must hold."""
    holds = ratio <= 1
    explained = bool(holds.all()) and not start.any() and holds.size > 0
    return Evidence("everywhere" if explained else "", _largest(ratio), _share(holds), 1.0)


def _weighed(attempt: Attempt, misses: Misses, found: Outcome) -> Evidence:
    known = (misses.bound > 0) & np.isfinite(misses.bound) & np.isfinite(found.bound)
    looseness = float(np.median(found.bound[known] / misses.bound[known])) if known.any() else 1.0
    for scope in attempt.scopes:
        asked = _asked(scope, misses)
        if asked is None or (found.start.any() and not (scope == "tail" and misses.start.any())):
            continue
        if found.holds[asked].all() and asked.any():
            return Evidence(scope, _largest(found.ratio[asked]), 1.0, looseness, _where(scope, misses))
    asked = misses.failed if attempt.scopes[0] != "everywhere" else np.ones_like(misses.failed)
    return Evidence("", _largest(found.ratio[asked]), _share(found.holds[asked]), looseness)


def _asked(scope: str, misses: Misses) -> Mask | None:
    """Return the numbers that must be explained in a scope; None where the failures have another shape."""
    failed = misses.failed
    if scope == "everywhere":
        return np.ones_like(failed)
    if scope == "steps":
        return np.broadcast_to(failed.any(axis=1, keepdims=True), failed.shape)
    echoless = failed & ~_echo(misses)
    if scope == "cells":
        return None if echoless.all(axis=1).any() else echoless  # a whole step is no single number
    columns: Mask = np.any(failed, axis=0)
    if columns.all() or (scope == "tail" and not _is_tail(columns, misses)):
        return None
    return np.broadcast_to(columns, failed.shape)


def _echo(misses: Misses) -> Mask:
    """Return the failures one step after another failure of the same coordinate."""
    echo = np.zeros_like(misses.failed)
    if not misses.momentum_recorded and len(misses.rows) > 1:
        follows = np.diff(misses.rows) == 1
        failed = misses.failed
        if misses.ahead:
            failed = np.broadcast_to(failed.any(axis=1, keepdims=True), failed.shape)
        first = failed[:-1] & ~np.concatenate([[np.zeros_like(failed[0])], failed[:-2]])
        echo[1:] = first & follows[:, None]
    return echo


def _is_tail(columns: Mask, misses: Misses) -> bool:
    """Whether the failing coordinates of every parameter are its last ones, and not all there are."""
    size = len(misses.start)
    failing = columns[:size] | columns[size:] if len(columns) > size else columns
    parts = np.split(failing, np.cumsum(misses.sizes)[:-1])
    return (
        bool(failing.any())
        and not failing.all()
        and all(bool(part[len(part) - int(part.sum()) :].all()) for part in parts)
    )


def _where(scope: str, misses: Misses) -> str:
    failed = misses.failed
    if scope == "everywhere":
        return ""
    if scope == "steps":
        return f"at {_count(int(failed.any(axis=1).sum()), 'step')} of {len(failed)}"
    if scope == "cells":
        return f"in {_count(int(failed.sum()), 'number')} of {failed.size}"
    size = len(misses.start)
    return f"in {_count(len({int(c) % size for c in np.flatnonzero(failed.any(axis=0))}), 'coordinate')} of {size}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _largest(ratio: Floats) -> float:
    return float(np.max(np.where(np.isnan(ratio), np.inf, ratio), initial=0.0))


def _share(holds: Mask) -> float:
    return float(holds.mean()) if holds.size else 0.0
