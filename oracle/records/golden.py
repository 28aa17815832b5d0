"""A golden: the certified values of a spec, their radii and their digest.

Values come in rows: one for each step of a run or time of a flow, or a single one where the spec asks for
neither (a limit, a minimiser).

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
from math import log10
from typing import Any

from oracle.case import case_of
from oracle.records.decimal_text import grid_row, radius_texts, value_texts
from oracle.records.limbs import LimbArray, from_grid
from oracle.records.record_errors import DamagedRecordError
from reference.case import Case
from reference.decimal_grid import GridArray, GridRow
from reference.exact import parse_number

__all__ = [
    "GOLDEN_SCHEMA",
    "GRADES",
    "DamagedRecordError",
    "Golden",
    "UnrecordableError",
    "canonical_text",
    "golden_from_json",
    "golden_json",
    "guaranteed_digits",
    "sha256_name",
]

GOLDEN_SCHEMA = "momentum-oracle/golden/1"
GRADES = ("certified", "confirmed")
AXES = ("steps", "times", "time")  # names in `values` that are no observables
_MOST_BITS = 13_000  # of one value in units: 3900 decimal digits, beyond which Python will not print it
_MOST_PLACES = 20_000


class UnrecordableError(ValueError):
    """A value is too small, too large or too long for a record."""


@dataclass(frozen=True)
class Golden:
    """The values that a spec asks for.

    Parameters
    ----------
    spec : dict
        Canonical: defaults filled, numbers as canonical text.
    arrays : dict of observable name to GridArray
        Each with one row per step or time, or a single row.
    steps : tuple of int, shape (K,)
        Increasing; empty where the rows are not those of steps.
    grade : str
        ``certified`` or ``confirmed``.
    digits : int
        In every row that is not zero, radius ≤ 10^−digits × the largest magnitude.
    provenance : dict
        Who computed it, with what, how long; any JSON.
    times : tuple of str, shape (K,)
        Canonical texts of the times of a flow, increasing; empty where the rows are not those of times.
    used : dict
        Of a limit: ``steps`` or ``time`` after which it was read off.

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
    times: tuple[str, ...] = ()
    used: dict[str, int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, content in (("spec", self.spec), ("provenance", self.provenance)):
            if type(content) is not dict:
                raise ValueError(f"`{name}` is a {type(content).__name__}; expected a dict.")
        _check_axis(self.steps, self.times, self.used)
        if not self.arrays:
            raise ValueError("a golden holds no arrays; expected at least one observable.")
        for name, grid in self.arrays.items():
            _check_grid(name, grid, self.rows, self._place)
        if self.grade not in GRADES:
            raise ValueError(f"`grade` is {self.grade!r}; expected one of {', '.join(GRADES)}.")
        reached = guaranteed_digits(self.arrays)
        if type(self.digits) is not int or self.digits < 0 or (reached is not None and self.digits > reached):
            raise ValueError(
                f"`digits` is {self.digits!r}; expected an integer from 0 to {reached}, which is "
                "what the radii guarantee."
            )

    @property
    def rows(self) -> int:
        """How many rows every array has."""
        return max(1, len(self.steps), len(self.times))

    def _place(self, index: int) -> str:
        """Return where a row is, for a message."""
        if self.is_single:
            return ""
        return f" at step {self.steps[index]}" if self.steps else f" at time {self.times[index]}"

    @property
    def is_single(self) -> bool:
        """Whether there is one row that belongs to no step and no time."""
        return not self.steps and not self.times

    @cached_property
    def limbs(self) -> dict[str, LimbArray]:
        """The arrays as float64 limbs, for comparing."""
        return {name: from_grid(grid, self.digits) for name, grid in self.arrays.items()}

    @cached_property
    def case(self) -> Case:
        """The exact case of a spec with a discrete method; raises what `oracle.case.case_of` raises."""
        return case_of(self.spec)

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
    values, radius = (
        {name: _texts(grid, texts, golden.is_single) for name, grid in golden.arrays.items()}
        for texts in (value_texts, radius_texts)
    )
    axis: dict[str, Any] = dict(golden.used)
    if golden.steps:
        axis["steps"] = list(golden.steps)
    if golden.times:
        axis["times"] = list(golden.times)
    return {"spec": golden.spec, "values": {**axis, **values}, "radius": radius}


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

    A row of zeros has no magnitude to be relative to: it is known to its radius, and does not count.
    """
    rows = [row for grid in arrays.values() for row in grid.rows]
    found = [_row_digits(row) for row in rows if any(row.half_units) and any(row.integers)]
    return min(found) if found else None


def canonical_text(content: Any) -> str:
    """Return JSON with sorted keys and no spaces, in ASCII: the text that digests are taken of."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def sha256_name(data: bytes) -> str:
    """Return ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _digest_of(parts: Mapping[str, Any]) -> str:
    return sha256_name(canonical_text({key: parts[key] for key in ("spec", "values", "radius")}).encode())


def _texts(grid: GridArray, texts: Callable[[GridRow], list[str]], single: bool) -> Any:
    """Return nested lists of strings; a scalar observable gives a plain list, a single row no outer list."""
    rows = [texts(row) for row in grid.rows]
    plain: list[Any] = [row[0] for row in rows] if grid.scalar else rows
    return plain[0] if single else plain


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
    axis = {name: values.pop(name) for name in AXES if name in values}
    steps, times = (tuple(axis[n]) if isinstance(axis.get(n), list) else () for n in ("steps", "times"))
    used = {name: entry for name, entry in axis.items() if not isinstance(entry, list)}
    if set(values) != set(radius):
        raise ValueError(f"`values` holds {list(values)} but `radius` {list(radius)}.")
    single = not steps and not times
    arrays = {
        name: _grid([values[name]], [radius[name]]) if single else _grid(values[name], radius[name])
        for name in values
    }
    return Golden(
        record["spec"], arrays, steps, record["grade"], record["digits"], record["provenance"], times, used
    )


def _check_axis(steps: tuple[int, ...], times: tuple[str, ...], used: Mapping[str, Any]) -> None:
    """Refuse steps or times that do not increase, both at once, and a note of use that is none."""
    whole = all(type(step) is int and step >= 0 for step in steps)
    if not whole or any(b <= a for a, b in pairwise(steps)):
        raise ValueError(f"`steps` is {steps!r:.80}; expected increasing integers from 0 on.")
    if not all(type(time) is str for time in times):
        raise ValueError(f"`times` is {times!r:.80}; expected numbers as text.")
    values = [parse_number(time) for time in times]
    if any(value < 0 for value in values) or any(b <= a for a, b in pairwise(values)):
        raise ValueError(f"`times` is {times!r:.80}; expected increasing numbers from 0 on.")
    if steps and times:
        raise ValueError("a golden has `steps` and `times`; expected one of the two, or neither.")
    kinds = {"steps": int, "time": str}
    if any(type(entry) is not kinds.get(name) for name, entry in used.items()) or (used and (steps or times)):
        raise ValueError(
            f"`used` is {dict(used)!r:.80}; expected `steps` or `time` of a single row, or nothing."
        )


def _check_grid(name: str, grid: GridArray, count: int, place: Callable[[int], str]) -> None:
    if not (name.isascii() and name.isidentifier()) or name in AXES:
        raise ValueError(
            f"an observable is named {name!r}; expected an ASCII identifier other than {', '.join(AXES)}."
        )
    if len(grid.rows) != count:
        raise ValueError(f"`{name}` has {len(grid.rows)} rows; expected {count}.")
    width = 1 if grid.scalar else len(grid.rows[0].integers)
    for index, row in enumerate(grid.rows):
        largest = _checked_row(name, row, width)
        if largest > _MOST_BITS or abs(row.places) > _MOST_PLACES:
            exponent = round(largest * log10(2)) - row.places
            raise UnrecordableError(
                f"`{name}`{place(index)} is about 10^{exponent}, {largest} bits at {row.places} decimal places; a record "
                f"holds {_MOST_BITS} bits and {_MOST_PLACES} places at most: ask for other steps or times, or fewer `digits`"
            )


def _checked_row(name: str, row: GridRow, width: int) -> int:
    """Return the bits of the largest value of a row that fits its array."""
    if not len(row.integers) == len(row.half_units) == width or width == 0:
        raise ValueError(
            f"`{name}` has a row of {len(row.integers)} values and {len(row.half_units)} radii; "
            f"expected {max(width, 1)} of each."
        )
    if min(row.half_units) < 0 or max(row.half_units) >= 2**53:
        raise ValueError(f"`{name}` has a radius outside 0 to 2^53 half units; use a coarser grid.")
    return max(map(abs, row.integers)).bit_length()


def _row_digits(row: GridRow) -> int:
    """Return the largest D ≥ 0 with half_units/2 ≤ 10^−D · max |N|."""
    largest = 2 * max(map(abs, row.integers))
    widest = max(row.half_units)
    return max(0, len(str(largest // widest)) - 1)
