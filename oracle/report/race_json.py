"""A race as JSON, and an earlier one read back to be compared with."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from oracle.candidate_file import CandidateError
from oracle.findings import Outcome
from oracle.report.race import GrowthPoint, Machine, NotRaced, Race, RaceRow, Ratio, Roof, Target

__all__ = ["SCHEMA", "read_race", "render_race_json"]

SCHEMA = "momentum-oracle/race/1"


def render_race_json(race: Race) -> str:
    """Return the race as JSON, one field a line; rates are stored beside what they follow from."""
    content = asdict(race)
    for stored, row in zip(content["rows"], race.rows, strict=True):
        stored |= {"run_steps_per_second": row.rate, "useful_flop_per_second": row.flops}
        if row.error is not None and not isfinite(row.error):
            stored["error"] = None  # JSON has no infinity; the verdict stands
        stored["wins"] = race.winner(row.dtype, row.runs) == row.racer
    return json.dumps({"schema": SCHEMA, **content}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_race(path: Path) -> Race:
    """Return a race from its JSON.

    Raises
    ------
    CandidateError
        If the file holds no race of this schema.
    OSError
        As the system says.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = content.pop("schema", None) if isinstance(content, dict) else None
        if found != SCHEMA:
            raise CandidateError(
                f"`{path}` has schema {found!r}: expected {SCHEMA!r}, as `oracle bench --out DIR` writes it "
                "to `race.json`"
            )
        return _race(content)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, CandidateError):
            raise
        raise CandidateError(
            f"`{path}` cannot be read as a race ({type(error).__name__}: {error}): it is truncated or altered; "
            "run `oracle bench --out DIR` again"
        ) from error


def _race(content: dict[str, Any]) -> Race:
    content["machine"] = Machine(**content["machine"])
    content["rows"] = tuple(_row(row) for row in content["rows"])
    for name, kind in (
        ("roofs", Roof),
        ("growth", GrowthPoint),
        ("targets", Target),
        ("not_raced", NotRaced),
    ):
        content[name] = tuple(kind(**entry) for entry in content[name])
    return Race(**content)


def _row(row: dict[str, Any]) -> RaceRow:
    for derived in ("run_steps_per_second", "useful_flop_per_second", "wins"):
        row.pop(derived)
    row["outcome"] = Outcome(row["outcome"])
    row["ratios"] = {name: Ratio(**ratio) for name, ratio in row["ratios"].items()}
    row["of_gemm"] = None if row["of_gemm"] is None else Ratio(**row["of_gemm"])
    return RaceRow(**row)
