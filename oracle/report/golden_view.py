"""A golden as a person looks at it: its facts, its spec on readable lines, the first of its values, a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from oracle.records.decimal_text import radius_texts, value_texts
from oracle.records.golden import Golden
from oracle.report.golden_plots import golden_svg, shown_array
from oracle.report.html import certificate_facts

__all__ = ["golden_view", "readable_json"]

FIRST_ROWS, LAST_ROWS, COORDINATES = 3, 2, 3
FEW_ROWS, FEW_COORDINATES = 8, 4  # up to so many nothing is left out
LONGEST_SPEC = 20_000  # characters shown
WIDTH = 100


def golden_view(golden: Golden) -> dict[str, Any]:
    """Return what a page about a golden shows, JSON-able; of a long one the first and last rows alone.

    Parameters
    ----------
    golden : Golden

    Returns
    -------
    dict
        ``certificate`` (label to text or number), ``versions``, ``spec`` (JSON on readable lines, cut at some length:
        ``spec_cut``), ``arrays`` (name, shape, rows with place and entries: label, value, radius), ``svg``, and
        facts: of these ``digits`` bounds every radius of a row by 10^−digits × the largest magnitude in that row, and
        ``axis`` is ``step``, ``time``, or empty where the rows are those of neither.
    """
    text = readable_json(golden.spec)
    certificate = certificate_facts(golden.provenance)
    versions = ("momentum_oracle", "mpmath", "python_flint", "python")
    return {
        "digest": golden.digest,
        "spec_digest": golden.spec_digest,
        "grade": golden.grade,
        "digits": golden.digits,
        "asked": golden.spec["digits"],
        "kind": golden.spec["problem"]["kind"],
        "want": golden.spec["want"]["kind"],
        "method": golden.spec.get("method", {}).get("name", ""),
        "model": golden.spec.get("model", ""),
        "inputs_as": golden.spec["inputs_as"],
        "place": _places(golden),
        "axis": "step" if golden.steps else "time" if golden.times else "",
        "certificate": certificate,
        "versions": {name: golden.provenance[name] for name in versions if name in golden.provenance},
        "spec": text[:LONGEST_SPEC],
        "spec_cut": len(text) > LONGEST_SPEC,
        "arrays": [_array(golden, name) for name in _ordered(golden)],
        "svg": golden_svg(golden, "g"),
    }


def readable_json(content: Any, width: int = WIDTH) -> str:
    """Return JSON whose objects and lists stand on one line where they fit into `width` characters."""
    return "".join(_written(content, 0, width))


def _written(content: Any, depth: int, width: int) -> Iterator[str]:
    short = json.dumps(content, ensure_ascii=False)
    if len(short) + 2 * depth <= width and not (isinstance(content, dict) and depth == 0):
        yield short
    elif isinstance(content, dict) and content:
        lead = {name: f"{json.dumps(name, ensure_ascii=False)}: " for name in content}
        yield from _lines("{}", [(lead[name], value) for name, value in content.items()], depth, width)
    elif isinstance(content, list) and any(isinstance(item, list | dict) for item in content):
        yield from _lines("[]", [("", item) for item in content], depth, width)
    else:
        yield short


def _lines(brackets: str, items: list[tuple[str, Any]], depth: int, width: int) -> Iterator[str]:
    yield brackets[0] + "\n"
    for i, (lead, item) in enumerate(items):
        yield "  " * (depth + 1) + lead
        yield from _written(item, depth + 1, width)
        yield ",\n" if i + 1 < len(items) else "\n"
    yield "  " * depth + brackets[1]


def _places(golden: Golden) -> str:
    """Return which rows there are, in words."""
    if golden.steps:
        return _span("step", golden.steps)
    if golden.times:
        return _span("time", golden.times)
    if golden.used:
        ((name, value),) = golden.used.items()
        return (
            f"the limit, read off after {value} steps"
            if name == "steps"
            else f"the limit, read off at time {value}"
        )
    return "the minimiser"


def _span(word: str, places: tuple[Any, ...]) -> str:
    if len(places) == 1:
        return f"{word} {places[0]}"
    return f"{len(places)} {word}s, from {places[0]} to {places[-1]}"


def _ordered(golden: Golden) -> list[str]:
    """Return the names, the one that is drawn first."""
    first = shown_array(golden)
    return [first, *(name for name in golden.arrays if name != first)]


def _array(golden: Golden, name: str) -> dict[str, Any]:
    grid, count = golden.arrays[name], golden.rows
    chosen = [row for row in range(count) if count <= FEW_ROWS or not FIRST_ROWS <= row < count - LAST_ROWS]
    width = 1 if grid.scalar else len(grid.rows[0].integers)
    shown = width if width <= FEW_COORDINATES else COORDINATES
    return {
        "name": name,
        "width": width,
        "scalar": grid.scalar,
        "rows_left_out": count - len(chosen),
        "coordinates_left_out": width - shown,
        "rows": [
            {"place": _place(golden, row), "entries": _entries(golden, name, row, shown)} for row in chosen
        ],
    }


def _place(golden: Golden, row: int) -> str:
    places = golden.steps or golden.times
    return str(places[row]) if places else ""


def _entries(golden: Golden, name: str, row: int, count: int) -> list[dict[str, str]]:
    """Return the first `count` coordinates of a row, each with its radius."""
    grid = golden.arrays[name]
    pairs = zip(value_texts(grid.rows[row]), radius_texts(grid.rows[row]), strict=True)
    shown = [pair for pair, _ in zip(pairs, range(count), strict=False)]
    return [
        {"label": name if grid.scalar else f"{name}[{i}]", "value": value, "radius": radius}
        for i, (value, radius) in enumerate(shown)
    ]
