"""The report for programs: one JSON object with every verdict and finding."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from oracle.report.comparison import Comparison, Report
from oracle.report.facts import facts_of, headline
from oracle.report.theory import TheorySection

__all__ = ["SCHEMA", "comparison_json", "render_json", "report_json"]

SCHEMA = "momentum-oracle/report/1"


def render_json(report: Report) -> str:
    """Return the report as JSON text; a number that JSON cannot hold becomes a string."""
    return json.dumps(report_json(report), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def report_json(report: Report) -> dict[str, Any]:
    """Return the whole report as a JSON-able object."""
    return {
        "schema": SCHEMA,
        "title": report.title,
        "verdict": str(report.outcome),
        "sentence": headline(report),
        "comparisons": [comparison_json(comparison) for comparison in report.comparisons],
        "theory": [_theory_json(section) for section in report.theory],
        "not_run": [asdict(entry) for entry in report.not_run],
        "provenance": dict(report.provenance),
        "seconds": report.seconds,
    }


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return one comparison as a JSON-able object; `check --json` prints exactly this."""
    verdict, facts = comparison.verdict, facts_of(comparison)
    plain = {
        "candidate": comparison.candidate,
        "method": comparison.method,
        "dtype": comparison.dtype,
        "verdict": str(verdict.outcome),
        "golden": comparison.golden.digest,
        "grade": comparison.golden.grade,
        "inputs_as": comparison.golden.spec["inputs_as"],
        "states": len(comparison.steps),
        "declaration": asdict(verdict.declaration),
        "findings": [{**asdict(found), "outcome": str(found.outcome)} for found in verdict.findings],
        "localisation": None if verdict.localisation is None else asdict(verdict.localisation),
        "diagnosis": None if verdict.diagnosis is None else asdict(verdict.diagnosis),
        "largest_local_error": {"in_bounds": facts.local_ratio, "step": facts.local_step},
        "final_step": facts.final_step,
        "final_errors": [asdict(error) for error in facts.final_errors],
        "seconds": {"run": comparison.run_seconds, "check": verdict.seconds},
        "runs_together": comparison.runs_together,
    }
    return {name: _jsonable(value) for name, value in plain.items()}


def _theory_json(section: TheorySection) -> dict[str, Any]:
    """Return one section on the formulas as a JSON-able object."""
    return {
        "section": section.anchor,
        "title": section.title,
        "verdict": str(section.outcome),
        "statements": [{**asdict(row), "outcome": str(row.outcome)} for row in section.rows],
        "ladders": [asdict(series) for series in section.ladders],
    }


def _jsonable(value: Any) -> Any:
    """Return the value with infinities and NaN as text: JSON has no such numbers."""
    if isinstance(value, dict):
        return {name: _jsonable(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
