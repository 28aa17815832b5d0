"""What a check says: an outcome with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

import numpy as np

from oracle.records.candidate import Array, Declaration

__all__ = ["Finding", "Outcome", "arithmetic_text", "candidate_text", "exact_text"]

SHORTEST = {"float64": np.float64, "float32": np.float32, "float16": np.float16}


class Outcome(StrEnum):
    """What a comparison comes to; UNDECIDED is not a pass."""

    AGREES = "AGREES"
    DISAGREES = "DISAGREES"
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True)
class Finding:
    """One check's outcome, with the place that decided it.

    Parameters
    ----------
    check : str
        ``data``, ``start``, ``local replay`` or ``global envelope``.
    outcome : Outcome
    reason : str
        A sentence for a person.
    step : int, optional
        First divergent step, or the step that came nearest to its bound.
    observable, coordinate : str and int, optional
    candidate_value, expected_value : str, optional
        Decimal text.
    bound : float, optional
        What the difference of the two values may be; the excess counts in it.
    excess : float, optional
        |difference| / bound.
    """

    check: str
    outcome: Outcome
    reason: str
    step: int | None = None
    observable: str | None = None
    coordinate: int | None = None
    candidate_value: str | None = None
    expected_value: str | None = None
    bound: float | None = None
    excess: float | None = None


def arithmetic_text(declaration: Declaration) -> str:
    """Return the declared arithmetic in words: its dtype, and what is narrower or wider than that."""
    parts = [declaration.dtype]
    if declaration.accumulate not in ("", declaration.dtype):
        parts.append(f"sums in {declaration.accumulate}")
    if declaration.operands:
        parts.append(f"operands of products in {declaration.operands}")
    if declaration.kept_in != declaration.dtype:
        parts.append(f"state kept in {declaration.state}")
    return ", ".join(parts)


def candidate_text(value: float, dtype: str) -> str:
    """Return the shortest decimal that names a recorded value in its dtype."""
    return str(SHORTEST.get(dtype, np.float32)(value))


def exact_text(hi: float, lo: float = 0.0, digits: int = 25) -> str:
    """Return hi + lo to `digits` decimal digits."""
    if not (np.isfinite(hi) and np.isfinite(lo)):
        return str(hi)
    with localcontext() as context:
        context.prec = digits
        return str((Decimal(float(hi)) + Decimal(float(lo))).normalize())


def place_of_largest(values: Array) -> tuple[int, ...]:
    """Return the index of the largest value."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(values)), values.shape))
