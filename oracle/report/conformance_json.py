"""A run of the conformance suite for programs: one JSON object with every row."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from oracle.report.conformance import Conformance, ConformanceRow, summary_line, sure_of

__all__ = ["SCHEMA", "render_conformance_json"]

SCHEMA = "momentum-oracle/conformance/1"


def render_conformance_json(found: Conformance) -> str:
    """Return the run as JSON text; a number that JSON cannot hold becomes a string."""
    content = {
        "schema": SCHEMA,
        "target": found.target,
        "verdict": str(found.outcome),
        "sentence": sure_of(found),
        "summary": summary_line(found),
        "suite": {"version": found.suite_version, "digest": found.suite_digest, "size": found.suite_size},
        "rows": [_row(row) for row in found.rows],
        "not_asked": [asdict(entry) for entry in found.not_asked],
        "left_out": found.left_out,
        "provenance": dict(found.provenance),
        "seconds": found.seconds,
    }
    return json.dumps(_plain(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _row(row: ConformanceRow) -> dict[str, Any]:
    n, d, steps = row.size
    findings = row.verdict.findings if row.verdict else ()
    return {
        "problem": row.problem,
        "theme": row.theme,
        "method": row.method,
        "model": row.model,
        "dtype": row.dtype,
        "n": n,
        "d": d,
        "steps": steps,
        "status": str(row.status),
        "largest_error_in_bounds": row.ratio,
        "reason": row.reason,
        "remedy": row.remedy,
        "findings": [asdict(found) for found in findings],
        "localisation": asdict(row.localisation) if row.localisation else None,
        "diagnosis": asdict(row.diagnosis) if row.diagnosis else None,
        "declaration": asdict(row.declaration) if row.declaration else None,
        "golden": row.golden,
        "seconds": row.seconds,
    }


def _plain(value: Any) -> Any:
    """Return the value with infinities and NaN as text: JSON has no such numbers."""
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
