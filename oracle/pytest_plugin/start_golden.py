"""The golden that needs no computation: the start of a spec, exactly.

Judged against it, a record is decided step by step by local replay alone, which needs numpy and nothing else;
what is lost is the distance to the true trajectory, and every state that no step leads to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import count
from typing import Any

from oracle.case import case_of
from oracle.records.golden import Golden
from reference.arithmetic import RationalArithmetic
from reference.decimal_grid import GridArray, GridRow
from reference.models import MODELS
from reference.trajectory import start_of

__all__ = ["start_golden"]

LEAST_PLACES = -400  # below every magnitude that a binary format holds


def start_golden(canonical: Mapping[str, Any]) -> Golden:
    """Return the golden of step 0 of a spec.

    Parameters
    ----------
    canonical : mapping
        `oracle.spec.Spec.canonical` of a discrete method; of its ``want`` only step 0 is answered.

    Raises
    ------
    oracle.spec_error.SpecError
        If the spec is no case.
    """
    case, arithmetic = case_of(canonical), RationalArithmetic()
    names = MODELS[case.model].names
    position = start_of(case, arithmetic).position
    parts = arithmetic.split(position, [len(case.init[name]) for name in names])
    digits = int(canonical["digits"])
    arrays = {name: GridArray((_row(list(part), digits),)) for name, part in zip(names, parts, strict=True)}
    spec = {**canonical, "want": {"kind": "iterates", "steps": [0]}}
    return Golden(spec, arrays, (0,), "certified", digits, {"made": "the start of the spec alone"})


def _row(values: Sequence[Fraction], digits: int) -> GridRow:
    """Return exact values on a grid of at least `digits` digits; those on it have radius 0."""
    largest = max(map(abs, values))
    if not largest:
        return GridRow(0, (0,) * len(values), (0,) * len(values))
    places = next(p for p in count(LEAST_PLACES) if largest * Fraction(10) ** p >= 10**digits)
    scaled = [value * Fraction(10) ** places for value in values]
    integers = tuple(round(value) for value in scaled)
    radii = tuple(int(value != integer) for value, integer in zip(scaled, integers, strict=True))
    return GridRow(places, integers, radii)
