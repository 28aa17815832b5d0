"""Races made by hand: who wins, which roof counts, and every form of the report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oracle.candidate_file import CandidateError
from oracle.findings import Outcome
from oracle.report.race import GrowthPoint, Machine, NotRaced, Race, RaceRow, Ratio, Roof, Target
from oracle.report.race_files import write_race
from oracle.report.race_html import race_headline, render_race_html
from oracle.report.race_json import SCHEMA, read_race, render_race_json
from oracle.report.race_plots import race_svg
from oracle.report.race_text import race_lines, target_lines


def row(racer: str, seconds: float, outcome: Outcome = Outcome.AGREES, **fields: Any) -> RaceRow:
    """Return a row of 100 steps of one run."""
    known: dict[str, Any] = {
        "role": "candidate", "dtype": "float64", "runs": 1, "threads": 1, "steps": 100, "spread": 0.02,
        "cores": 1.0, "fixed": 0.1, "flop": 16_000,
    } | fields  # fmt: skip
    return RaceRow(racer, seconds=seconds, outcome=outcome, **known)


@pytest.fixture
def race() -> Race:
    """Return a race: `mine` at 1e6 run-steps a second, a wrong racer ten times as fast, and a peer."""
    return Race(
        problem={"n": 40, "d": 100, "model": "diagonal", "method": "heavy_ball"},
        rounds=5,
        threads=1,
        trial="mine",
        machine=Machine("a processor", 2, {"float64": 5e10}, 1e10),
        rows=(
            row("mine", 1e-4, error=0.5, ratios={"jax_scan": Ratio(2.0, 0.03)}, of_gemm=Ratio(0.53, 0.01)),
            row("mine", 1e-3, runs=16, error=0.25),
            row("<wrong>", 1e-5, Outcome.DISAGREES, error=7.0, reason="not heavy ball"),
            row("jax_scan", 2e-4, role="peer"),
        ),
        roofs=(
            Roof("numpy", "float64", 1, 1, 3e10, 0.01, 1.0),
            Roof("greedy", "float64", 1, 1, 6e10, 0.01, 2.0),
        ),
        growth=(GrowthPoint("steps", 10.0, 0.1, 1.0),),
        targets=(
            Target("faster than <that>", 2.0, 1.3, True),
            Target("linear", 1.3, 1.0, False, "the cause"),
        ),
        not_raced=(NotRaced("absent", "float64, 1 run", "needs a <device>"),),
        versions={"made": "2030-01-02 03:04 UTC", "python": "CPython 3.11"},
        seconds=12.5,
    )


def test_rates_follow_from_runs_steps_and_seconds(race: Race) -> None:
    """16 runs of 100 steps in 1 ms: 1.6 million a second, 25.6 GFLOP/s, 10 µs a step."""
    wide = race.row("mine", "float64", 16)
    assert wide is not None
    assert (wide.rate, wide.flops, wide.step_seconds) == pytest.approx((1.6e6, 2.56e10, 1e-5))


def test_racer_that_disagrees_never_wins(race: Race) -> None:
    """Ten times as fast, and wrong; where nobody agrees nobody wins."""
    assert race.winner("float64", 1) == "mine"
    assert replace(race, rows=race.rows[2:3]).winner("float64", 1) == ""


def test_gemm_on_more_cores_is_no_roof_of_one(race: Race) -> None:
    """The faster product kept two cores busy with one thread asked for."""
    roof = race.best_roof("float64", 1)
    assert roof is not None
    assert roof.engine == "numpy"


def test_json_is_read_back_as_it_was(race: Race, tmp_path: Path) -> None:
    """Every field, through the file."""
    write_race(race, tmp_path)
    assert read_race(tmp_path / "race.json") == race
    content = json.loads((tmp_path / "race.json").read_text(encoding="utf-8"))
    assert (content["schema"], content["rows"][0]["wins"]) == (SCHEMA, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: len(text) // 2], "cannot be read as a race"),
        (lambda text: text.replace(SCHEMA, "another/1"), "has schema 'another/1': expected"),
        (lambda text: text.replace('"rounds"', '"circles"'), "truncated or altered"),
        (lambda _: "[]", "has schema None"),
    ],
    ids=["truncated", "another schema", "another field", "no object"],
)
def test_what_is_no_race_is_refused(race: Race, tmp_path: Path, change: Any, message: str) -> None:
    """With what was found and what would write one."""
    path = tmp_path / "race.json"
    path.write_text(change(render_race_json(race)), encoding="utf-8")
    with pytest.raises(CandidateError, match=message):
        read_race(path)


def test_infinite_error_is_still_json(race: Race, tmp_path: Path) -> None:
    """JSON has no infinity; it is stored as its absence."""
    wrong = replace(race, rows=(replace(race.rows[0], error=float("inf"), outcome=Outcome.DISAGREES),))
    write_race(wrong, tmp_path)
    assert read_race(tmp_path / "race.json").rows[0].error is None


def test_page_shows_every_row_escaped(race: Race) -> None:
    """Names, verdicts, targets, causes and reasons; no markup of theirs."""
    page = render_race_html(race)
    for text in (
        "&lt;wrong&gt;",
        "DISAGREES",
        "faster than &lt;that&gt;",
        "the cause",
        "needs a &lt;device&gt;",
    ):
        assert text in page
    assert "<wrong>" not in page


def test_plot_has_the_limits_and_every_racer(race: Race) -> None:
    """A line each, the one that disagrees marked in its name."""
    svg = race_svg(race, "race")
    for text in ("GEMM, same shapes", "GEMM peak", ">mine<", "jax_scan", "wrong&gt; (DISAGREES)"):
        assert text in svg
    assert svg == race_svg(race, "race")


def test_text_says_everything_a_terminal_needs(race: Race) -> None:
    """The winner's mark, the verdicts, the machine, who is missing; targets with their cause."""
    text = "\n".join([*race_lines(race), *target_lines(race.targets, race.trial)])
    for part in ("*  mine", "DISAGREES", "a processor", "not raced: absent", "reached", "short", "the cause"):
        assert part in text
    assert race_headline(race) == "`mine` reaches 1 of 2 targets that were measured"


def test_headline_without_a_trial(race: Race) -> None:
    """Nobody to judge is said."""
    assert race_headline(replace(race, trial="")).startswith("No candidate on trial")


def test_shared_processor_is_said(race: Race) -> None:
    """A row that had half a core is a warning; rows that had theirs are none."""
    shared = replace(race, rows=(replace(race.rows[0], cores=0.5), *race.rows[1:]))
    assert "1 of 4 rows had less than 0.85 of a core, down to 0.50" in "\n".join(race_lines(shared))
    assert "shared" not in "\n".join(race_lines(race))
