"""A self-test made by hand: what counts, what passes, and every form of the report."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from oracle.findings import Outcome
from oracle.report.power import Absent, Alarm, FaultCase, PowerReport, Share, Tally, share
from oracle.report.power_html import render_power_html
from oracle.report.power_json import SCHEMA, render_power_json
from oracle.report.power_rows import fault_rows, total_row
from oracle.report.power_text import power_headline, power_lines, tolerance_rows


def case(fault: str = "dampening", outcome: Outcome = Outcome.DISAGREES, **fields: Any) -> FaultCase:
    """Return a fault that moved the run a thousand times as far as rounding, caught at step 2 and named."""
    known: dict[str, Any] = {
        "kernel": "eager",
        "dtype": "float64",
        "problem": "heavy_ball on linear",
        "explained_by": ("dampening",),
        "identical": False,
        "moved": 1000.0,
        "moved_at": 1,
        "check": "local replay",
        "step": 2,
        "excess": 50.0,
        "names": ("dampening",),
        "torch_final": True,
        "torch_all": False,
        "numpy_final": False,
        "numpy_all": False,
    } | fields
    return FaultCase(fault, outcome=outcome, **known)


TALLY = Tally(
    "numpy", "float64", "velocity form, float64", 20, 15, 5, 2, 0, 4, 0.75, 0.25,
    numpy_all=6, torch_all=3, tolerances_asked=20,
)  # fmt: skip
ALARM = Alarm("<bad>", "float64", 3, 17, 1, "local replay: missed & lost", False, '{"<spec>": 1}')


@pytest.fixture
def report() -> PowerReport:
    """Return a self-test that is passed: ten caught, nine named rightly, one left out."""
    return PowerReport(
        cases=(
            *[case(dtype=dtype, step=k) for k in (2, 5) for dtype in ("float64", "float32", "bfloat16")],
            *[case(kernel="fused", names=("dampening", "gradient_averaged"), refuted=("gradient_averaged",))]
            * 3,
            case("row_skipped", names=("<other>",), explained_by=("row_skipped",), excess=3.5, moved=inf),
            case("row_skipped", Outcome.AGREES, names=(), moved=0.5, moved_at=None, identical=True),
        ),
        tallies=(TALLY,),
        alarms=(),
        absent=(Absent("triton", "lacks a <device>"),),
        strayed=1.5,
        factor=8.0,
        settings={"size": "full"},
        versions={"python": "CPython 3.11"},
        seconds=75.0,
    )


def test_figures_follow_from_the_cases(report: PowerReport) -> None:
    """Ten of eleven runs count; all are caught, nine named; twenty correct runs."""
    assert (report.caught, report.named, len(report.below)) == (Share(10, 10), Share(9, 10), 1)
    assert (report.correct_runs, report.false_alarms, report.implementations) == (20, 0, ("numpy",))
    assert report.passed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: {"cases": (*r.cases, case(outcome=Outcome.UNDECIDED, names=()))}, "1 of 11 planted runs were not caught"),
        (lambda r: {"cases": (*r.cases, case(names=()))}, "9/11 of the caught are named rightly"),
        (lambda r: {"cases": r.below}, "nothing was tried"),
        (lambda r: {"tallies": (replace(TALLY, disagrees=1),)}, "1 false alarms in 20 correct runs"),
        (lambda r: {"tallies": ()}, "no correct implementation ran"),
        (lambda r: {"alarms": (replace(ALARM, broke=True),)}, "1 correct runs did not come to an end"),
        (lambda r: {"strayed": 8.5}, "the count is not fair"),
    ],
    ids=["missed", "unnamed", "no faults", "alarm", "no runs", "broke", "unfair"],
)  # fmt: skip
def test_anything_short_fails(report: PowerReport, change: Any, reason: str) -> None:
    """One thing at a time."""
    worse = replace(report, **change(report))
    assert not worse.passed
    assert any(reason in shortfall for shortfall in worse.shortfalls)
    assert power_headline(worse).startswith("The self-test is not passed")


@pytest.mark.parametrize(
    ("fields", "naming", "rightly"),
    [
        ({}, "alone", True),
        ({"names": ("x", "dampening")}, "among several", True),
        ({"names": ("x",), "equivalent": ("x",)}, "by an equivalent", True),
        ({"names": ("x",)}, "wrongly", False),
        ({"names": ()}, "none", False),
        ({"outcome": Outcome.AGREES}, "not caught", False),
    ],
)
def test_naming_has_six_kinds(fields: dict[str, Any], naming: str, rightly: bool) -> None:
    """And three of them are right."""
    assert (case(**fields).naming, case(**fields).named_rightly) == (naming, rightly)


def test_row_sums_up_a_fault(report: PowerReport) -> None:
    """Over kernels and dtypes: steps from 2 to 5, smallest size, names, and what tolerances refused."""
    dampening, row = fault_rows(report.cases)
    assert (dampening.caught, dampening.kernels, dampening.first_step) == (Share(9, 9), Share(2, 2), (2, 5))
    assert (dampening.alone, dampening.several, dampening.refused["torch_final"]) == (6, 3, Share(0, 9))
    assert (row.caught, row.smallest, row.wrongly, row.mistaken) == (Share(1, 1), 3.5, 1, "<other>")
    assert (row.below, row.below_caught) == (1, 0)


def test_total_is_the_row_of_all_faults(report: PowerReport) -> None:
    """Ten caught in two kernels, from step 2 to 5, the smallest 3.5 bounds; tolerances asked of the same ten."""
    row = total_row(report)
    assert (row.caught, row.kernels, row.first_step, row.smallest) == (
        Share(10, 10),
        Share(2, 2),
        (2, 5),
        3.5,
    )
    assert (row.alone, row.several, row.wrongly, row.below) == (6, 3, 1, 1)
    assert row.refused["torch_all"] == Share(10, 10)


def test_kernel_with_one_miss_is_not_whole() -> None:
    """Two kernels, one of which hides the fault in one dtype."""
    cases = [case(), case(kernel="fused"), case(kernel="fused", dtype="float32", outcome=Outcome.AGREES)]
    (row,) = fault_rows(cases)
    assert (row.kernels, row.caught) == (Share(1, 2), Share(2, 3))


def test_tallies_add_up() -> None:
    """Counts are added, the largest error is the larger."""
    both = TALLY.plus(replace(TALLY, largest=0.9, disagrees=1))
    assert (both.runs, both.agrees, both.disagrees, both.numpy_all) == (40, 30, 1, 12)
    assert (both.largest, both.largest_across_gaps) == (0.9, 0.25)


def test_share_of_nothing_is_not_whole() -> None:
    """All of none proves nothing."""
    assert (Share(0, 0).whole, Share(0, 0).value, Share(2, 2).whole, str(Share(1, 3))) == (
        False,
        0,
        True,
        "1/3",
    )
    assert share([True, False, True]) == Share(2, 3)


def test_text_has_every_table(report: PowerReport) -> None:
    """Faults with their total, kernels, implementations, what went wrong, and the verdict."""
    text = "\n".join(power_lines(report))
    for part in (
        "11 planted runs of 2 faults, 20 correct runs of 1 implementations, 1 min 15 s",
        "all of them",
        "named wrongly: row_skipped in eager, float64, heavy_ball on linear: <other> for row_skipped",
        "fused",
        "took no part: triton: lacks a <device>",
        "torch.testing.assert_close, final iterate",
        "1 planted runs stayed below rounding and are left out: 1 are the correct run bit for bit",
        "All 10 planted faults above rounding are caught, 90 % of them named rightly; no false alarm in 20 correct runs",
    ):
        assert part in text
    columns = [line.split() for line in text.splitlines() if line.startswith("dampening")]
    assert columns[0][:4] == ["dampening", "9/9", "2/2", "2–5"]


def test_nothing_is_rounded_up_to_what_is_asked(report: PowerReport) -> None:
    """899 of 1000 is 89.9 %, not 90 %; 9999 of 10 000 is not all."""
    short = replace(report, cases=(*[case()] * 1799, *[case(names=())] * 201))
    assert "1799/2000 (89.9 %)" in "\n".join(power_lines(short))
    nearly = replace(report, cases=(*[case()] * 9999, case(names=())))
    assert "99.9 %" in power_headline(nearly)


def test_text_tells_how_to_see_it_again(report: PowerReport) -> None:
    """A missed fault with its place, an alarm with the call that makes its problem, a long list cut."""
    missed = [case(outcome=Outcome.AGREES, names=(), problem=f"problem {i}") for i in range(20)]
    text = "\n".join(power_lines(replace(report, cases=tuple(missed), alarms=(ALARM,))))
    assert (
        "not caught: dampening in eager, float64, problem 0, AGREES, 1e+03 times what rounding moves it"
        in text
    )
    assert "… and 8 more like the last" in text
    assert (
        "false alarm: <bad>, float64, random_problem(3, 17, 'float64', 1): local replay: missed & lost"
        in text
    )


def test_tolerances_stand_beside_the_oracle(report: PowerReport) -> None:
    """assert_close on the final iterate refuses none of ten faults, and on all states three of twenty correct runs."""
    rows = {label: (str(faults), str(runs)) for label, faults, runs in tolerance_rows(report)}
    assert rows["the oracle"] == ("10/10", "0/20")
    assert rows["torch.testing.assert_close, final iterate"] == ("0/10", "0/20")
    assert rows["torch.testing.assert_close, all states"] == ("10/10", "3/20")
    assert rows["numpy.testing.assert_allclose, all states"] == ("10/10", "6/20")


def test_json_holds_everything_and_no_infinity(report: PowerReport) -> None:
    """Strict JSON: what lies infinitely far is null."""
    content = json.loads(render_power_json(report), parse_constant=pytest.fail)
    assert (content["schema"], content["summary"]["passed"]) == (SCHEMA, True)
    assert content["summary"]["caught"] == {"found": 10, "of": 10}
    assert (len(content["cases"]), len(content["faults"]), content["cases"][9]["moved"]) == (11, 2, None)
    assert [c["naming"] for c in content["cases"][6:11]] == ["among several"] * 3 + ["wrongly", "not caught"]


def test_page_shows_everything_escaped(report: PowerReport) -> None:
    """Names, reasons and specs are somebody else's text; the page loads nothing."""
    page = render_power_html(
        replace(report, alarms=(ALARM,), cases=(*report.cases, case(outcome=Outcome.AGREES)))
    )
    for text in (
        "&lt;other&gt;",
        "&lt;bad&gt;",
        "missed &amp; lost",
        "&lt;spec&gt;",
        "a &lt;device&gt;",
        "Not caught",
        "Not named rightly",
    ):
        assert text in page
    assert not any(
        markup in page for markup in ("<other>", "<bad>", "<device>", "<script", "http://", "https://")
    )


def test_page_of_half_a_self_test(report: PowerReport) -> None:
    """Without faults, or without correct runs, the tables are left out and the page is whole."""
    assert "Every fault" not in render_power_html(replace(report, cases=()))
    assert "Every correct implementation" not in render_power_html(replace(report, tallies=()))


@pytest.mark.parametrize(("arithmetic", "passed"), [("float32", False), ("bfloat16", True), ("", False)])
def test_fault_hidden_by_sixteen_bits_is_told_and_not_held_against_the_oracle(
    report: PowerReport, arithmetic: str, passed: bool
) -> None:
    """What every step's own rounding may hide in bfloat16 is counted apart; in float32 a miss fails the self-test."""
    missed = case(
        "weight_decay", Outcome.AGREES, names=(), explained_by=("weight_decay",), arithmetic=arithmetic
    )
    found = replace(report, cases=(*report.cases, missed))
    assert found.passed is passed
    assert missed in found.missed
    assert "weight_decay" in "\n".join(power_lines(found))
    if passed:
        assert found.caught_in_coarse == Share(0, 1)
        assert "(and 0/1 where every operation is in bfloat16)" in power_headline(found)
