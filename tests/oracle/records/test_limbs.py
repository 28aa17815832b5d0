"""Limb expansions against exact rational arithmetic."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.records.limbs import LimbArray, difference, from_grid, to_grid
from reference.decimal_grid import GridArray, GridRow

UNIT_ROUNDOFF = Fraction(1, 2**53)
# the same examples every time, however busy the machine
REPEATABLE = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(REPEATABLE, max_examples=300)


@st.composite
def rows(draw: st.DrawFn, width: int) -> GridRow:
    """Rows with units from 10^25 down to 10^−60, values of up to 45 digits, some exact."""
    places = draw(st.integers(-25, 60))
    values = (
        st.integers(-(10**45), 10**45) | st.integers(-20, 20) | st.sampled_from([2**80, 5**60, -(10**40)])
    )
    half_units = draw(st.sampled_from([st.just(0), st.integers(0, 3), st.integers(0, 10**6)]))
    return GridRow(places, draw(st.tuples(*[values] * width)), draw(st.tuples(*[half_units] * width)))


@st.composite
def grids(draw: st.DrawFn) -> GridArray:
    """Arrays of one to three rows of one to three values, scalar ones among them."""
    width = draw(st.integers(1, 3))
    scalar = width == 1 and draw(st.booleans())
    return GridArray(tuple(draw(st.lists(rows(width), min_size=1, max_size=3))), scalar)


def power(base: int, exponent: int) -> Fraction:
    """Return base^exponent exactly."""
    return Fraction(base) ** exponent


def sums(golden: LimbArray, first: int = 0) -> list[Fraction]:
    """Return the exact sums of the limbs from `first` on, flat."""
    parts = golden.limbs.reshape(len(golden.limbs), -1)[first:]
    scales = [power(2, int(e)) for e in golden.limb_exponents[first:]]
    return [
        sum((Fraction(float(x)) * s for x, s in zip(column, scales, strict=True)), Fraction(0))
        for column in parts.T
    ]


def radii(golden: LimbArray) -> list[Fraction]:
    """Return the radii exactly, flat."""
    return [Fraction(float(r)) * power(2, golden.radius_exponent) for r in golden.radius.ravel()]


def balls(grid: GridArray) -> list[tuple[Fraction, Fraction]]:
    """Return centre and radius of every value, flat, straight from the definition of the grid."""
    return [
        (n * power(10, -row.places), h * power(10, -row.places) / 2)
        for row in grid.rows
        for n, h in zip(row.integers, row.half_units, strict=True)
    ]


def units(grid: GridArray) -> tuple[list[int], list[tuple[int, ...]]]:
    """Return what `to_grid` needs beside the limbs."""
    return [row.places for row in grid.rows], [row.half_units for row in grid.rows]


def random_grid(digits: int, width: int, seed: int, places: int | None = None) -> GridArray:
    """Return two rows of values with so many digits, the unit decided for all but one."""
    source = random.Random(seed)
    values = [tuple(source.randrange(-(10**digits), 10**digits) for _ in range(width)) for _ in range(2)]
    place = digits if places is None else places
    return GridArray(tuple(GridRow(place, row, (2,) + (1,) * (width - 1)) for row in values))


@REPEATABLE
@given(grids())
def test_limbs_enclose_the_grid(grid: GridArray) -> None:
    """|Σ limbs − N·unit| + half_units·unit/2 ≤ radius, by exact rational arithmetic."""
    golden = from_grid(grid, 15)
    for (centre, width), total, radius in zip(balls(grid), sums(golden), radii(golden), strict=True):
        assert abs(total - centre) + width <= radius


@REPEATABLE
@given(grids())
def test_radius_is_tight(grid: GridArray) -> None:
    """Radius ≤ (half_units + 2⁻²⁰)·unit/2 to a float64 rounding: next to nothing is added."""
    golden = from_grid(grid)
    spare = 1 + 4 * UNIT_ROUNDOFF
    units_ = [power(10, -row.places) for row in grid.rows for _ in row.integers]
    for (_, width), unit, radius in zip(balls(grid), units_, radii(golden), strict=True):
        assert radius <= (width + unit / 2**20) * spare


@REPEATABLE
@given(grids(), st.integers(0, 4))
def test_each_limb_is_the_nearest_float64_to_what_remains(grid: GridArray, index: int) -> None:
    """limbs[i] = round(Σ_{j≥i} limbs[j]), ties to even, as Python's own fraction rounding has it."""
    golden = from_grid(grid, 15)
    if index < len(golden.limbs):
        assert golden.limbs[index].ravel().tolist() == [float(total) for total in sums(golden, index)]


@REPEATABLE
@given(grids())
def test_grid_comes_back_from_its_limbs(grid: GridArray) -> None:
    """to_grid ∘ from_grid is the identity."""
    assert to_grid(from_grid(grid, 15), *units(grid)) == grid


def test_grid_does_not_come_back_when_a_limb_is_altered() -> None:
    """Planted fault: one unit in the last place of the middle limb moves the decimal value."""
    grid = random_grid(41, 3, 1)
    golden = from_grid(grid)
    golden.limbs[1, 0, 0] = np.nextafter(golden.limbs[1, 0, 0], np.inf)
    golden.limbs[1, 0, 0] *= 1 + 2.0**-30
    assert to_grid(golden, *units(grid)) != grid


def test_exact_values_that_float64_holds_have_one_limb_and_no_radius() -> None:
    """0.25 and −3 are dyadic: nothing is lost."""
    golden = from_grid(GridArray((GridRow(2, (25, -300), (0, 0)),)), 40)
    assert (golden.limbs.tolist(), golden.radius.tolist()) == ([[[0.25, -3.0]]], [[0.0, 0.0]])


@pytest.mark.parametrize("digits", [15, 40, 200])
def test_exact_decimals_are_split_to_the_digits_asked(digits: int) -> None:
    """0.1 has no finite expansion: its radius is at most 10^−digits of it, and not zero."""
    (radius,) = radii(from_grid(GridArray((GridRow(1, (1,), (0,)),)), digits))
    assert 0 < radius <= Fraction(1, 10) * power(10, -digits)


def test_forty_one_digits_take_three_limbs_without_scaling() -> None:
    """Unit 10⁻⁴²: three limbs, every exponent 0."""
    golden = from_grid(random_grid(42, 30, 2))
    assert (golden.limb_exponents.tolist(), golden.radius_exponent) == ([0, 0, 0], 0)


@pytest.mark.parametrize("places", [1000, 1700, -400, 300])
def test_thousand_digits_are_enclosed(places: int) -> None:
    """1000 digits, also where unit or value is outside float64's range: still an enclosure."""
    grid = random_grid(1000, 4, 3, places)
    golden = from_grid(grid, 999)
    for (centre, width), total, radius in zip(balls(grid), sums(golden), radii(golden), strict=True):
        assert abs(total - centre) + width <= radius <= width * (1 + Fraction(1, 2**18))


def test_thousand_digits_come_back_from_their_limbs() -> None:
    """to_grid inverts from_grid at 1000 digits."""
    grid = random_grid(1000, 4, 4)
    assert to_grid(from_grid(grid, 1000), *units(grid)) == grid


def test_leading_limbs_of_thousand_digits_are_not_scaled() -> None:
    """The first limbs are plain float64 numbers, the last are scaled."""
    golden = from_grid(random_grid(1000, 4, 5))
    assert golden.limb_exponents[:8].tolist() == [0] * 8
    assert golden.limb_exponents[-1] < -2000


def test_rows_of_very_different_size_are_enclosed() -> None:
    """1 and 10⁻⁹⁰⁰ in one array share their limb exponents: both stay enclosed."""
    grid = GridArray((GridRow(40, (10**40,), (1,)), GridRow(940, (10**40 + 7,), (1,))))
    golden = from_grid(grid)
    for (centre, width), total, radius in zip(balls(grid), sums(golden), radii(golden), strict=True):
        assert abs(total - centre) + width <= radius


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[np.ndarray[Any, np.dtype[Any]], GridArray]:
    """Goldens with candidates near and far, in three dtypes."""
    grid = draw(grids())
    nearest = from_grid(grid, 15).limbs[0]
    kind = draw(st.sampled_from(["nearest", "neighbour", "double", "any"]))
    anything = draw(st.floats(-1e30, 1e30) | st.floats(-1e-30, 1e-30))
    near = {"nearest": nearest, "neighbour": np.nextafter(nearest, -np.inf), "double": 2 * nearest}
    values = near.get(kind, np.full_like(nearest, anything))
    dtype = draw(st.sampled_from([np.float64, np.float32, np.float16]))
    with np.errstate(over="ignore", under="ignore"):
        narrow: Any = values.astype(dtype)
    return np.nan_to_num(narrow, posinf=1, neginf=-1), grid


def violations(candidate: Any, grid: GridArray, found: Any, error: Any) -> int:
    """Count values with |(candidate − t) − found| > error for t at either end of the enclosure."""
    flat = zip(candidate.ravel(), balls(grid), found.ravel(), error.ravel(), strict=True)
    return sum(
        max(abs(Fraction(float(c)) - end - Fraction(float(d))) for end in (centre - width, centre + width))
        > Fraction(float(e))
        for c, (centre, width), d, e in flat
    )


@MANY
@given(comparisons())
def test_difference_is_within_its_error(comparison: tuple[Any, GridArray]) -> None:
    """|(candidate − t) − difference| ≤ error for every t enclosed, by exact rational arithmetic."""
    candidate, grid = comparison
    assert violations(candidate, grid, *difference(candidate, from_grid(grid, 15))) == 0


@MANY
@given(comparisons())
def test_difference_is_accurate_to_a_few_roundings(comparison: tuple[Any, GridArray]) -> None:
    """Error ≤ radius + 4u|difference| + a floor below 10⁻³⁰⁰: no cancellation is left."""
    candidate, grid = comparison
    golden = from_grid(grid, 15)
    found, error = difference(candidate, golden)
    for d, e, r in zip(found.ravel(), error.ravel(), golden.radius.ravel(), strict=True):
        allowed = Fraction(float(r)) + 4 * UNIT_ROUNDOFF * abs(Fraction(float(d)))
        assert Fraction(float(e)) <= allowed * (1 + Fraction(1, 2**49)) + power(10, -300)


def test_difference_to_a_candidate_as_small_as_a_rounding_is_within_its_error() -> None:
    """Golden near 1, candidate near u: the rounding error of c − l weighs as much as the second limb."""
    source = random.Random(9)
    grid = GridArray(
        (GridRow(40, tuple(source.randrange(10**40, 11 * 10**39) for _ in range(300)), (1,) * 300),)
    )
    golden = from_grid(grid)
    candidate = golden.limbs[1] * np.linspace(-1, 1, 300)
    assert violations(candidate, grid, *difference(candidate, golden)) == 0


def test_error_refuses_a_difference_from_the_first_limb_alone() -> None:
    """Planted fault: candidate − limbs[0] differs from the true difference by more than the error."""
    grid = random_grid(41, 50, 6)
    golden = from_grid(grid)
    candidate = np.nextafter(golden.limbs[0], np.inf)
    _, error = difference(candidate, golden)
    assert violations(candidate, grid, candidate - golden.limbs[0], error) >= 90


def test_difference_is_the_same_for_one_value_as_among_many() -> None:
    """20,000 values in pieces give what each gives alone."""
    grid = random_grid(30, 10_000, 7)
    golden = from_grid(grid)
    candidate = golden.limbs[0] * (1 + 1e-9)
    found, error = difference(candidate, golden)
    for row, column in [(0, 0), (0, 8191), (0, 8192), (1, 6383), (1, 6384), (1, 9999)]:
        place = (slice(row, row + 1), slice(column, column + 1))
        part = LimbArray(golden.limbs[:, *place], golden.limb_exponents, golden.radius[place])
        alone = difference(candidate[place], part)
        assert (alone[0].item(), alone[1].item()) == (found[row, column], error[row, column])


@pytest.mark.parametrize("places", [1000, 1700])
def test_difference_is_within_its_error_at_thousand_digits(places: int) -> None:
    """Scaled limbs and radii, down to values that underflow: the bound still holds."""
    grid = random_grid(1000, 20, 8, places)
    golden = from_grid(grid)
    candidate = np.ldexp(golden.limbs[0], int(golden.limb_exponents[0])) * (1 + 2.0**-50)
    assert violations(candidate, grid, *difference(candidate, golden)) == 0


def test_difference_to_values_beyond_float64_has_infinite_error() -> None:
    """10⁴⁰⁰ has no float64: the error says so, without a warning."""
    _, error = difference(np.ones((1, 1)), from_grid(GridArray((GridRow(-400, (1,), (1,)),))))
    assert error.tolist() == [[np.inf]]


def test_difference_to_a_small_value_beside_a_huge_one_is_within_its_error() -> None:
    """1 beside 10⁴⁰⁰ shares limb exponents with it: the bound still holds."""
    golden = from_grid(GridArray((GridRow(0, (10**400, 1), (1, 1)),)))
    found, error = difference(np.array([[1.0, 1.0]]), golden)
    assert abs(found[0, 1]) + 0.5 <= error[0, 1]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_difference_of_a_value_that_is_no_number_has_infinite_error(value: float) -> None:
    """NaN and infinity are no evidence of closeness."""
    golden = from_grid(GridArray((GridRow(3, (1, 2), (1, 1)),)))
    assert difference(np.array([[value, 0.002]]), golden)[1][0, 0] == np.inf


@pytest.mark.parametrize("dtype", ["int64", "bool", "complex128", "longdouble", "object"])
def test_difference_refuses_other_dtypes(dtype: str) -> None:
    """Only float64 and narrower are upcast exactly."""
    golden = from_grid(GridArray((GridRow(0, (1,), (0,)),)))
    with pytest.raises(
        ValueError, match=r"`candidate` has dtype .*; expected `float64`, `float32` or `float16`"
    ):
        difference(np.ones((1, 1)).astype(dtype), golden)


def test_difference_refuses_other_shapes() -> None:
    """Nothing is broadcast."""
    golden = from_grid(GridArray((GridRow(0, (1, 2), (0, 0)),)))
    with pytest.raises(ValueError, match=r"`candidate` has shape \(2,\); the golden has \(1, 2\)"):
        difference(np.ones(2), golden)
