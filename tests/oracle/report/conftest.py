"""Comparisons made by hand: every figure that a report must show is known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from oracle.records.candidate import Declaration
from oracle.records.golden import Golden
from oracle.report.comparison import Comparison, Report
from oracle.verdict import Curves, Finding, Outcome, Verdict
from reference.decimal_grid import GridArray, GridRow

STEPS = (0, 1, 2, 10, 100)
# the digits of 1/7 and 2/3, on a grid of 30 places
SEVENTH, TWO_THIRDS = 142857142857142857142857142857, 666666666666666666666666666667
SPEC = {
    "problem": {"kind": "regression"},
    "model": "diagonal",
    "method": {"name": "heavy_ball", "step_size": "0.03", "momentum": "0.9"},
    "init": {"u": ["1/7", "2/3"]},
    "inputs_as": "float64",
    "digits": 29,
}


def golden() -> Golden:
    """Return a golden that stays at u = (1/7, 2/3) with loss 1/7."""
    row = GridRow(30, (SEVENTH, TWO_THIRDS), (1, 1))
    loss = GridRow(30, (SEVENTH,), (1,))
    arrays = {"u": GridArray((row,) * len(STEPS)), "loss": GridArray((loss,) * len(STEPS), scalar=True)}
    provenance = {"seconds": 4.25, "precision_bits": 293, "bits_lost_per_step": 0.0125, "python": "3.11.9",
                  "cross_checked_by_mpmath": True}  # fmt: skip
    return Golden(SPEC, arrays, STEPS, "certified", 29, provenance)


def curves() -> Curves:
    """Return curves whose last errors and largest ratio (0.75 at step 10) are known."""
    return Curves(
        steps=np.array(STEPS),
        error={"u": np.array([0, 1e-17, 2e-17, 3e-17, 4e-17]), "loss": np.full(5, 5e-17)},
        scale={"u": np.full(5, 2 / 3), "loss": np.full(5, 1 / 7)},
        envelope=None,
        replay_steps=np.array([1, 2, 10]),
        replay_ratio=np.array([0.25, 0.5, 0.75]),
        replay_residual=np.array([1e-17, 2e-17, 3e-17]),
        replay_bound=np.full(3, 4e-17),
    )


def agreeing() -> Comparison:
    """Return a comparison that agrees."""
    arrays = {"u": np.tile([1 / 7, 2 / 3], (5, 1)), "loss": np.full(5, 1 / 7)}
    findings = (Finding("data", Outcome.AGREES, "shapes are as asked", *[None] * 7),)
    verdict = Verdict(Outcome.AGREES, findings, Declaration(), curves(), 0.5)
    return Comparison("lightning", golden(), arrays, STEPS, verdict, run_seconds=1.5, runs_together=4)


def disagreeing(reason: str = "the step is not heavy ball") -> Comparison:
    """Return a comparison that disagrees at step 10, u[1], by 3000 bounds."""
    good = agreeing()
    arrays = {name: array.copy() for name, array in good.arrays.items()}
    arrays["u"][3:, 1] = 0.6667
    finding = Finding(
        "local replay", Outcome.DISAGREES, reason, 10, "u", 1, "0.6667", "0.66666666666666666667",
        1.1e-8, 3000.0,
    )  # fmt: skip
    verdict = replace(good.verdict, outcome=Outcome.DISAGREES, findings=(*good.verdict.findings, finding))
    return replace(good, candidate="broken", arrays=arrays, verdict=verdict)


def undecided() -> Comparison:
    """Return a comparison without curves that nobody can decide."""
    good = agreeing()
    finding = Finding("global envelope", Outcome.UNDECIDED, "past the horizon", *[None] * 7)
    return replace(
        good, verdict=replace(good.verdict, outcome=Outcome.UNDECIDED, findings=(finding,), curves=None)
    )


@pytest.fixture
def comparison() -> Callable[..., Comparison]:
    """Return a maker of comparisons by outcome."""
    makers: dict[str, Callable[..., Comparison]] = {
        "AGREES": agreeing,
        "DISAGREES": disagreeing,
        "UNDECIDED": undecided,
    }
    return lambda outcome, *arguments: makers[outcome](*arguments)


@pytest.fixture
def report(comparison: Callable[..., Comparison]) -> Callable[..., Report]:
    """Return a maker of reports from outcomes."""

    def make(*outcomes: str, **fields: Any) -> Report:
        made = tuple(comparison(outcome) for outcome in outcomes)
        return Report("a small problem", made, provenance={"python": "CPython 3.11"}, seconds=2.5, **fields)

    return make
