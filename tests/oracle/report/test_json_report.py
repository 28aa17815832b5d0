"""The report as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from oracle.report.comparison import Comparison, Report
from oracle.report.json_report import comparison_json, render_json


def refuse(constant: str) -> Any:
    """Refuse what JSON does not have."""
    raise AssertionError(constant)


def test_json_states_verdict_and_findings(report: Callable[..., Report]) -> None:
    """The planted disagreement is there, with its numbers."""
    found = json.loads(render_json(report("AGREES", "DISAGREES")))
    assert found["schema"] == "momentum-oracle/report/1"
    assert found["verdict"] == "DISAGREES"
    finding = found["comparisons"][1]["findings"][1]
    assert (finding["step"], finding["observable"], finding["coordinate"]) == (10, "u", 1)
    assert (finding["outcome"], finding["excess"]) == ("DISAGREES", 3000.0)


def test_json_names_the_golden(comparison: Callable[..., Comparison]) -> None:
    """A program finds the golden again by its digest."""
    made = comparison("AGREES")
    assert comparison_json(made)["golden"] == made.golden.digest


@pytest.mark.parametrize(("value", "text"), [(np.inf, "inf"), (np.nan, "nan")])
def test_json_holds_no_number_that_json_lacks(
    comparison: Callable[..., Comparison], value: float, text: str
) -> None:
    """An infinite excess travels as text; the output is JSON by the letter."""
    made = comparison("DISAGREES")
    findings = tuple(replace(found, excess=value) for found in made.verdict.findings)
    made = replace(made, verdict=replace(made.verdict, findings=findings))
    found = json.loads(render_json(Report("t", (made,))), parse_constant=refuse)
    assert found["comparisons"][0]["findings"][1]["excess"] == text
