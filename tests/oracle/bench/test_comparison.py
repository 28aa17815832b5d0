"""The gate: ratios then and now, with what is planted to have regressed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oracle.bench.comparison import changes, lost
from oracle.candidate_file import CandidateError
from oracle.findings import Outcome


def with_ratio(make_race: Any, make_row: Any, ratio: Any, **fields: Any) -> Any:
    """Return a race in which `mine` has this ratio to `jax_scan`."""
    return make_race(make_row(ratios={"jax_scan": ratio}, **fields))


@pytest.mark.parametrize(
    ("medians", "spread", "fell"),
    [
        ((2.0, 1.7), 0.0, True),
        ((2.0, 1.9), 0.0, False),
        ((2.0, 1.7), 0.05, False),
        ((2.0, 1.2), 0.05, True),
        ((2.0, 3.0), 0.0, False),
    ],
    ids=["regressed", "within the share", "within the spread of both", "beyond both", "better"],
)
def test_ratio_fell_beyond_share_and_spread(
    make_race: Any, make_row: Any, make_ratio: Any, medians: tuple[float, float], spread: float, fell: bool
) -> None:
    """now (1 + s) < 0.9 · then (1 − s)."""
    races = [with_ratio(make_race, make_row, make_ratio(value, spread)) for value in medians]
    (change,) = changes(*races)
    assert change.fell is fell
    assert change.factor == pytest.approx(medians[1] / medians[0])


def test_seconds_decide_nothing(make_race: Any, make_row: Any, make_ratio: Any) -> None:
    """A machine a tenth as fast, with the same ratios, has not regressed."""
    ratio = make_ratio(2.0, 0.0)
    then, now = (make_race(make_row(rate=rate, ratios={"jax_scan": ratio})) for rate in (1e6, 1e5))
    assert not changes(then, now)[0].fell


def test_races_without_a_common_ratio_are_refused(make_race: Any, make_row: Any, make_ratio: Any) -> None:
    """Nothing compared is not a pass."""
    ratio = make_ratio(2.0, 0.0)
    one = with_ratio(make_race, make_row, ratio)
    with pytest.raises(CandidateError, match="share no ratio"):
        changes(one, with_ratio(make_race, make_row, ratio, runs=16))
    with pytest.raises(CandidateError, match="the same problem and threads"):
        changes(one, replace(one, threads=2))


def test_who_agreed_and_does_not_is_lost(make_race: Any, make_row: Any) -> None:
    """A racer that DISAGREES now, or has no row at a size that was raced."""
    then = make_race(make_row(), make_row("other"))
    wrong = make_race(make_row(outcome=Outcome.DISAGREES), make_row("other"))
    assert lost(then, wrong) == ("mine, float64, 1 runs",)
    assert lost(then, then) == ()
