"""The figures that every form of a report states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from oracle.findings import Finding, Outcome
from oracle.report.comparison import Comparison, NotRun, Report
from oracle.report.facts import decisive_finding, facts_of, finding_text, headline, step_words


def test_largest_local_ratio_is_found_with_its_step(comparison: Callable[..., Comparison]) -> None:
    """0.75 of the bound, at step 10."""
    facts = facts_of(comparison("AGREES"))
    assert (facts.local_ratio, facts.local_step) == (0.75, 10)


def test_largest_local_ratio_is_nan_where_there_is_one(comparison: Callable[..., Comparison]) -> None:
    """A ratio that is no number outweighs every number: it is never passed over."""
    made = comparison("AGREES")
    assert made.verdict.curves is not None
    curves = replace(made.verdict.curves, replay_ratio=np.array([0.25, np.nan, 0.75]))
    facts = facts_of(replace(made, verdict=replace(made.verdict, curves=curves)))
    assert facts.local_step == 2
    assert facts.local_ratio is not None
    assert np.isnan(facts.local_ratio)


def test_final_error_is_relative_to_the_largest_coordinate(comparison: Callable[..., Comparison]) -> None:
    """u is 4e-17 off where the golden is 2/3."""
    final = facts_of(comparison("AGREES")).final_error
    assert final is not None
    assert (final.observable, final.absolute) == ("u", 4e-17)
    assert final.relative == pytest.approx(6e-17, rel=1e-12)


def test_decisive_finding_is_the_one_with_the_outcome(comparison: Callable[..., Comparison]) -> None:
    """The first finding agrees; it is not what decided."""
    found = decisive_finding(comparison("DISAGREES"))
    assert found is not None
    assert found.check == "local replay"


def test_finding_text_names_step_place_and_excess(comparison: Callable[..., Comparison]) -> None:
    """Everything a person needs to look it up stands in one line."""
    found = decisive_finding(comparison("DISAGREES"))
    assert found is not None
    text = finding_text(found)
    for part in ("first divergent step 10", "u[1]", "candidate 0.6667", "bound 1.1e-08", "3e+03 times"):
        assert part in text


@pytest.mark.parametrize(
    ("outcome", "excess", "words"),
    [
        (Outcome.DISAGREES, 2.0, "first divergent step"),
        (Outcome.UNDECIDED, 2.0, "first undecided step"),
        (Outcome.UNDECIDED, None, "first undecided step"),
        (Outcome.UNDECIDED, np.nan, "first undecided step"),
        (Outcome.UNDECIDED, 0.5, "nearest to its bound at step"),
        (Outcome.AGREES, 0.5, "nearest to its bound at step"),
    ],
)
def test_step_diverges_only_where_the_finding_disagrees(
    outcome: Outcome, excess: float | None, words: str
) -> None:
    """What could not be decided, or agreed, has no divergent step."""
    found = Finding("global envelope", outcome, "a reason", 7, excess=excess)
    assert step_words(found) == words
    assert f"; {words} 7" in finding_text(found)


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ((), "Nothing was compared"),
        (("AGREES",), "The run agrees with the mathematics"),
        (("AGREES", "AGREES"), "All 2 runs agree"),
        (("AGREES", "DISAGREES"), "1 of 2 runs is not what the mathematics says"),
        (("DISAGREES",), "The run is not what the mathematics says: it departs at step 10."),
        (("UNDECIDED", "UNDECIDED", "AGREES"), "2 of 3 runs are undecided"),
    ],
)
def test_headline_says_the_outcome(
    report: Callable[..., Report], outcomes: tuple[str, ...], sentence: str
) -> None:
    """One sentence, with the counts."""
    assert sentence in headline(report(*outcomes))


def test_headline_names_a_crash(report: Callable[..., Report]) -> None:
    """Agreement of the rest does not hide a candidate that failed."""
    crashed = NotRun("mine", "ValueError", "repair it", crashed=True)
    assert "1 candidate failed to run" in headline(report("AGREES", not_run=(crashed,)))
