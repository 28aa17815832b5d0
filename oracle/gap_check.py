"""The golden across gaps: recorded states that no replay reaches, judged by the global envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from oracle.compare import Distance
from oracle.envelope import Envelope
from oracle.error_free import Floats
from oracle.findings import Finding, Outcome, candidate_text, exact_text
from oracle.records.candidate import Declaration

__all__ = ["gap_finding"]

GRAVITY = (Outcome.AGREES, Outcome.UNDECIDED, Outcome.DISAGREES)
REASONS = {
    Outcome.AGREES: "rounding, carried along the trajectory, explains the distance to the golden",
    Outcome.UNDECIDED: "the distance to the golden is more than independent roundings make and less than "
    "conspiring ones might; record successive steps, which are decided one by one",
    Outcome.DISAGREES: "no roundings explain the distance to the golden, however they add up",
}
HORIZON = (
    "rounding may move the state by more than the state's own size, or in ways that no first order tells, "
    "from step {} on; record successive steps, which are decided one by one"
)


class Zones(NamedTuple):
    """Outcome of each number of one observable, and how many of its bounds the distance is.

    Parameters
    ----------
    gravity : int64, shape (G, m)
        Index into `GRAVITY`.
    excess, bound : float64, shape (G, m)
        In units of the bound that decides: worst case where it is broken, else typical.
    """

    gravity: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    excess: Floats
    bound: Floats


def gap_finding(
    declaration: Declaration,
    steps: Sequence[int],
    found: Mapping[str, Distance],
    envelope: Envelope,
    rows: Sequence[int],
) -> Finding:
    """Judge states that were not replayed.

    Parameters
    ----------
    declaration : Declaration
    steps : sequence of int
        Of the candidate's rows.
    found : mapping of observable to Distance
    envelope : Envelope
        At the rows of `found`, in their order.
    rows : sequence of int, not empty
        Candidate's rows to judge, each one of those of `found`.
    """
    zones = {name: _zones(found[name], envelope, name, rows) for name in envelope.typical}
    gravest = max(int(zone.gravity.max()) for zone in zones.values())
    name, at, coordinate = _first_or_nearest(zones, gravest)
    chosen = np.flatnonzero(np.isin(found[name].rows, rows))[at]
    zone, distance = zones[name], found[name]
    return Finding(
        "global envelope",
        GRAVITY[gravest],
        f"{_reason(GRAVITY[gravest], envelope, steps, rows)} ({_kind(found[name], envelope, rows)})",
        steps[int(distance.rows[chosen])],
        name,
        None if name == "loss" else coordinate,
        candidate_text(float(distance.candidate[chosen, coordinate]), declaration.dtype),
        exact_text(float(distance.golden[chosen, coordinate]), digits=17),
        float(zone.bound[at, coordinate]),
        float(zone.excess[at, coordinate]),
    )


def _reason(outcome: Outcome, envelope: Envelope, steps: Sequence[int], rows: Sequence[int]) -> str:
    """Return the sentence, with the horizon where that is what leaves the verdict open."""
    past = envelope.horizon is not None and steps[max(rows)] >= envelope.horizon
    return HORIZON.format(envelope.horizon) if past and outcome is Outcome.UNDECIDED else REASONS[outcome]


def _kind(distance: Distance, envelope: Envelope, rows: Sequence[int]) -> str:
    """Return how many states were judged, and whether their bounds are proved."""
    proved = int(envelope.rigorous[np.isin(distance.rows, rows)].sum())
    count = f"{len(rows)} state{'s' * (len(rows) != 1)} without a replay"
    return f"{count}, {'all' if proved == len(rows) else proved or 'none'} judged by a proved bound"


def _zones(distance: Distance, envelope: Envelope, name: str, rows: Sequence[int]) -> Zones:
    """Place every number in one of the three zones of `oracle.envelope`.

    Parameters decide only where their bound is no larger than they are.  θ and the loss follow from them, and
    are checked against them by themselves: a loss may vanish below what rounding makes of it.
    """
    chosen = np.isin(distance.rows, rows)
    gap, error = np.abs(distance.difference[chosen]), distance.error[chosen]
    typical, worst = envelope.typical[name][chosen], envelope.worst[name][chosen]
    largest = np.abs(distance.golden[chosen]).max(axis=1, keepdims=True)
    if name in ("theta", "loss"):
        largest = np.full_like(largest, np.finfo(np.float64).max)
    with np.errstate(all="ignore"):
        inside = (gap + error <= typical) & (typical <= largest) | (gap + error == 0)
        outside = (gap - error > worst) & (worst <= largest)
        bound = np.where(outside, worst, typical)
        excess = np.where(gap == 0, 0.0, gap / bound)
    gravity = np.where(outside, 2, np.where(inside, 0, 1))
    return Zones(gravity, excess, bound)


def _first_or_nearest(zones: Mapping[str, Zones], gravest: int) -> tuple[str, int, int]:
    """Return where the gravest outcome stands first, or where agreement came nearest to its bound."""
    best: tuple[float, str, int, int] | None = None
    for name, zone in zones.items():
        excess = np.where(zone.gravity == gravest, np.nan_to_num(zone.excess, posinf=np.inf), -1.0)
        if (excess < 0).all():
            continue
        reached = (excess >= 0).any(axis=1)
        at = int(np.argmax(reached)) if gravest else int(np.argmax(excess.max(axis=1)))
        coordinate = int(np.argmax(excess[at]))
        key = float(at) if gravest else -float(excess[at, coordinate])
        if best is None or key < best[0]:
            best = key, name, at, coordinate
    assert best is not None
    return best[1:]
