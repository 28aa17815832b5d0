"""A golden: the certified values of a spec, their radii and their digest.

The digest is the SHA-256 of the spec together with the values and radii in the spelling of the JSON
form, keys sorted, no spaces.  Anyone can recompute it from what `oracle golden --json` prints::

    part = {key: golden[key] for key in ("spec", "values", "radius")}
    text = json.dumps(part, sort_keys=True, separators=(",", ":"))
    "sha256:" + hashlib.sha256(text.encode()).hexdigest()

Neither the grade nor the provenance is part of it: what was proved does not depend on who proved it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from oracle.records.decimal_text import grid_row, radius_texts, value_texts
from oracle.records.limbs import LimbArray, from_grid
from oracle.records.record_errors import DamagedRecordError
from reference.decimal_grid import GridArray, GridRow

__all__ = [
    "GOLDEN_SCHEMA",
    "GRADES",
    "DamagedRecordError",
    "Golden",
    "canonical_text",
    "golden_from_json",
    "golden_json",
    "guaranteed_digits",
    "sha256_name",
]

GOLDEN_SCHEMA = "momentum-oracle/golden/1"
GRADES = ("certified", "confirmed")
_MOST_BITS = 13_000  # of one value in units: 3900 decimal digits, beyond which Python will not print it
_MOST_PLACES = 20_000


@dataclass(frozen=True)
class Golden:
    """The values that a spec asks for.

    Parameters
    ----------
    spec : dict
        Canonical: defaults filled, numbers as canonical text.
    arrays : dict of observable name to GridArray
        Each with one row per step.
    steps : tuple of int, shape (K,)
        Increasing, K ≥ 1.
    grade : str
        ``certified`` or ``confirmed``.
    digits : int
        In every row radius ≤ 10^−digits × the largest magnitude.
    provenance : dict
        Who computed it, with what, how long; any JSON.

    Raises
    ------
    ValueError
        If shapes, names, grade or digits do not fit together.
    """

    spec: dict[str, Any]
    arrays: dict[str, GridArray]
    steps: tuple[int, ...]
    grade: str
    digits: int
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, content in (("spec", self.spec), ("provenance", self.provenance)):
            if type(content) is not dict:
                raise ValueError(f"`{name}` is a {type(content).__name__}; expected a dict.")
        _check_steps(self.steps)
        if not self.arrays:
            raise ValueError("a golden holds no arrays; expected at least one observable.")
        for name, grid in self.arrays.items():
            _check_grid(name, grid, len(self.steps))
        if self.grade not in GRADES:
            raise ValueError(f"`grade` is {self.grade!r}; expected one of {', '.join(GRADES)}.")
        reached = guaranteed_digits(self.arrays)
        if type(self.digits) is not int or self.digits < 0 or (reached is not None and self.digits > reached):
            raise ValueError(
                f"`digits` is {self.digits!r}; expected an integer from 0 to {reached}, which is "
                "what the radii guarantee."
            )

    @cached_property
    def limbs(self) -> dict[str, LimbArray]:
        """The arrays as float64 limbs, for comparing."""
        return {name: from_grid(grid, self.digits) for name, grid in self.arrays.items()}

    @cached_property
    def digest(self) -> str:
        """``sha256:<hex>`` of spec, values and radii."""
        return _digest_of(golden_parts(self))

    @cached_property
    def spec_digest(self) -> str:
        """``sha256:<hex>`` of the canonical spec's text."""
        return sha256_name(canonical_text(self.spec).encode())


def golden_json(golden: Golden) -> dict[str, Any]:
    """Return the contract's JSON form, ready for `json.dumps`."""
    return {
        "schema": GOLDEN_SCHEMA,
        "digest": golden.digest,
        **golden_parts(golden),
        "grade": golden.grade,
        "digits": golden.digits,
        "provenance": golden.provenance,
    }


def golden_parts(golden: Golden) -> dict[str, Any]:
    """Return what the digest covers: spec, values and radii in the spelling of the JSON form."""
    values = {name: _texts(grid, value_texts) for name, grid in golden.arrays.items()}
    radius = {name: _texts(grid, radius_texts) for name, grid in golden.arrays.items()}
    return {"spec": golden.spec, "values": {"steps": list(golden.steps), **values}, "radius": radius}


def golden_from_json(record: Mapping[str, Any]) -> Golden:
    """Return the golden of a JSON form, once its digest agrees.

    Each row comes back on the coarsest decimal grid that holds it.

    Raises
    ------
    DamagedRecordError
        If a key is missing or misshapen, a number misspelled, or the digest disagrees.
    """
    try:
        _check_schema_and_digest(record)
        return _golden_of(record)
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        what = f"the key {cause} is missing." if isinstance(cause, KeyError) else str(cause)
        raise DamagedRecordError(
            f"this JSON golden is damaged or was altered: {what} "
            "Print it anew with `oracle golden SPEC.json --json`."
        ) from cause


def guaranteed_digits(arrays: Mapping[str, GridArray]) -> int | None:
    """Return the largest D with radius ≤ 10^−D × largest magnitude in every row; None when all is exact.

    A row of zeros with a radius guarantees nothing: D is then 0.
    """
    found = [_row_digits(row) for grid in arrays.values() for row in grid.rows if any(row.half_units)]
    return min(found) if found else None


def canonical_text(content: Any) -> str:
    """Return JSON with sorted keys and no spaces, in ASCII: the text that digests are taken of."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def sha256_name(data: bytes) -> str:
    """Return ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _digest_of(parts: Mapping[str, Any]) -> str:
    return sha256_name(canonical_text({key: parts[key] for key in ("spec", "values", "radius")}).encode())


def _texts(grid: GridArray, texts: Callable[[GridRow], list[str]]) -> list[Any]:
    """Return nested lists of strings; a scalar observable gives a plain list."""
    rows = [texts(row) for row in grid.rows]
    return [row[0] for row in rows] if grid.scalar else rows


def _grid(values: list[Any], radii: list[Any]) -> GridArray:
    scalar = bool(values) and isinstance(values[0], str)
    pairs = zip(values, radii, strict=True)
    rows = [grid_row([v], [r]) if scalar else grid_row(v, r) for v, r in pairs]
    return GridArray(tuple(rows), scalar)


def _check_schema_and_digest(record: Mapping[str, Any]) -> None:
    if record["schema"] != GOLDEN_SCHEMA:
        raise ValueError(f"`schema` is {record['schema']!r}; expected {GOLDEN_SCHEMA!r}.")
    actual = _digest_of(record)
    if record["digest"] != actual:
        raise ValueError(f"`digest` is {record['digest']!r}, but spec, values and radii give {actual!r}.")


def _golden_of(record: Mapping[str, Any]) -> Golden:
    values, radius = dict(record["values"]), record["radius"]
    steps = tuple(values.pop("steps"))
    if set(values) != set(radius):
        raise ValueError(f"`values` holds {list(values)} but `radius` {list(radius)}.")
    arrays = {name: _grid(values[name], radius[name]) for name in values}
    return Golden(record["spec"], arrays, steps, record["grade"], record["digits"], record["provenance"])


def _check_steps(steps: tuple[int, ...]) -> None:
    whole = all(type(step) is int and step >= 0 for step in steps)
    if not steps or not whole or any(b <= a for a, b in pairwise(steps)):
        raise ValueError(f"`steps` is {steps!r:.80}; expected increasing integers from 0 on, at least one.")


def _check_grid(name: str, grid: GridArray, count: int) -> None:
    if not (name.isascii() and name.isidentifier()) or name == "steps":
        raise ValueError(f"an observable is named {name!r}; expected an ASCII identifier other than `steps`.")
    if len(grid.rows) != count:
        raise ValueError(f"`{name}` has {len(grid.rows)} rows; expected one for each of {count} steps.")
    width = 1 if grid.scalar else len(grid.rows[0].integers)
    for row in grid.rows:
        _check_row(name, row, width)


def _check_row(name: str, row: GridRow, width: int) -> None:
    if not len(row.integers) == len(row.half_units) == width or width == 0:
        raise ValueError(
            f"`{name}` has a row of {len(row.integers)} values and {len(row.half_units)} radii; "
            f"expected {max(width, 1)} of each."
        )
    if min(row.half_units) < 0 or max(row.half_units) >= 2**53:
        raise ValueError(f"`{name}` has a radius outside 0 to 2^53 half units; use a coarser grid.")
    largest = max(map(abs, row.integers))
    if largest.bit_length() > _MOST_BITS or abs(row.places) > _MOST_PLACES:
        raise ValueError(
            f"`{name}` has a value of {largest.bit_length()} bits at {row.places} decimal places; "
            f"a record holds {_MOST_BITS} bits and {_MOST_PLACES} places at most."
        )


def _row_digits(row: GridRow) -> int:
    """Return the largest D ≥ 0 with half_units/2 ≤ 10^−D · max |N|."""
    largest = 2 * max(map(abs, row.integers))
    widest = max(row.half_units)
    return max(0, len(str(largest // widest)) - 1)
