"""A self-test as JSON: every planted run and every tally, with the figures that follow from them."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from typing import Any

from oracle.report.power import PowerReport, Share
from oracle.report.power_rows import fault_rows
from oracle.report.power_text import tolerance_rows

__all__ = ["SCHEMA", "render_power_json"]

SCHEMA = "momentum-oracle/power/1"


def render_power_json(report: PowerReport) -> str:
    """Return the self-test as JSON, one field a line; what is not finite is null."""
    content = asdict(report)
    for stored, case in zip(content["cases"], report.cases, strict=True):
        stored |= {"counts": case.counts, "caught": case.caught, "naming": case.naming}
    summary = {
        "passed": report.passed,
        "shortfalls": list(report.shortfalls),
        "caught": _share(report.caught),
        "named_rightly": _share(report.named),
        "below_rounding": len(report.below),
        "correct_runs": report.correct_runs,
        "false_alarms": report.false_alarms,
        "implementations": list(report.implementations),
        "refused": {
            label: {"planted": _share(faults), "correct": _share(runs)}
            for label, faults, runs in tolerance_rows(report)
        },
    }
    whole = {
        "schema": SCHEMA,
        "summary": summary,
        "faults": [asdict(row) for row in fault_rows(report.cases)],
        **content,
    }
    return json.dumps(_finite(whole), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _share(found: Share) -> dict[str, int]:
    return asdict(found)


def _finite(value: Any) -> Any:
    """Return a value as JSON can hold it: without infinities."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
