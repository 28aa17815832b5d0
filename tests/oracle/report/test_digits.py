"""Digits that stand marked as agreeing do agree, and the first that does not is not marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from oracle.report.comparison import Comparison
from oracle.report.digits import chosen_rows, digit_row
from reference.decimal_grid import GridRow


def test_digits_part_where_the_float_does() -> None:
    """The float64 nearest 1/7 is 0.142857142857142849212692681248881854116916656494140625 exactly."""
    row = digit_row(GridRow(30, (142857142857142857142857142857,), (1,)), 0, 1 / 7, 5, "u[0]")
    assert (row.agreeing, row.golden_rest, row.candidate_rest) == (
        "1.428571428571428",
        "57142857",
        "49212692",
    )
    assert (row.digits, row.golden_exponent) == (16, "e-01")


@pytest.mark.parametrize(
    ("integer", "places", "candidate", "agreeing", "exponent"),
    [
        (-25, 2, -0.25, "-2.50000000000000000000000", "e-01"),
        (0, 0, 0.0, "0.00000000000000000000000", ""),
        (12, -40, 1.2e41, "1.2000000000000000", "e+41"),
        (5, 1, -0.5, "", "e-01"),
        (5, 1, float("nan"), "", "e-01"),
        (5, 1, float("inf"), "", "e-01"),
        (1, 300, 1.0, "", "e-300"),
    ],
    ids=["exact", "zero", "large", "sign", "nan", "infinity", "far apart"],
)
def test_digits_agree_exactly_as_far_as_written(
    integer: int, places: int, candidate: float, agreeing: str, exponent: str
) -> None:
    """Signs, zeros, infinities and scales far apart have the shared start that the eye sees."""
    row = digit_row(GridRow(places, (integer,), (0,)), 0, candidate, 1, "x")
    assert row.agreeing.startswith(agreeing) if agreeing else row.agreeing == ""
    assert row.golden_exponent == exponent


def test_chosen_rows_hold_the_divergent_place(comparison: Callable[..., Comparison]) -> None:
    """The step and coordinate of the finding are among the rows; 0.6667 is 0.66669999… as a float."""
    rows = {(row.label, row.step): row for row in chosen_rows(comparison("DISAGREES"), steps=2)}
    found = rows[("u[1]", 10)]
    assert (found.agreeing, found.golden_rest[:2], found.candidate_rest[:2]) == ("6.666", "66", "99")


def test_chosen_rows_skip_arrays_of_another_shape(comparison: Callable[..., Comparison]) -> None:
    """An array that cannot be laid beside the golden gives no row and no failure."""
    made = comparison("AGREES")
    made = replace(made, arrays={**made.arrays, "u": made.arrays["u"][:, :1]})
    assert {row.label for row in chosen_rows(made)} == {"loss"}


def test_digits_far_apart_keep_their_own_exponents() -> None:
    """A candidate of another scale is not printed over the golden's power of ten."""
    row = digit_row(GridRow(300, (1,), (0,)), 0, 1.0, 1, "x")
    assert (row.candidate_rest, row.candidate_exponent, row.digits) == ("1.0000000000000000e+00", "", 0)
