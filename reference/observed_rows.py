"""Rows of observables from positions: enclosed in balls, or exact at a rational start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from flint import fmpq

from reference.arithmetic import RationalArithmetic, Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, FlowCase
from reference.decimal_grid import GridRow
from reference.grid_rounding import exact_row
from reference.objective import objective_of
from reference.observables import observe

__all__ = ["ball_rows", "exact_rows"]


def ball_rows(case: Case | FlowCase, positions: Iterable[Vector], bits: int) -> dict[str, list[Vector]]:
    """Return balls around every observable, one row for each position.

    Parameters
    ----------
    case : Case or FlowCase
    positions : iterable of Vector of arb
    bits : int
        Working precision.
    """
    rows: dict[str, list[Vector]] = {}
    with ball_precision(bits):
        objective = objective_of(case, BallArithmetic())
        for position in positions:
            for name, vector in observe(case, objective, position).items():
                rows.setdefault(name, []).append(vector)
    return rows


def exact_rows(
    case: Case | FlowCase, position: Sequence[Fraction], digits: int
) -> dict[str, dict[int, GridRow]]:
    """Return the first row of every observable at a rational position, by name and index 0.

    Parameters
    ----------
    case : Case or FlowCase
    position : sequence of rationals
        The joined parameters.
    digits : int
        As in `reference.grid_rounding.exact_row`.
    """
    arithmetic = RationalArithmetic(lambda value: fmpq(value.numerator, value.denominator))
    named = observe(case, objective_of(case, arithmetic), arithmetic.vector(position))
    return {
        name: {0: exact_row([Fraction(int(x.p), int(x.q)) for x in vector], digits)}
        for name, vector in named.items()
    }
