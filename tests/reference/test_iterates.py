"""Certified iterates: digits against independent computations, and every way of refusing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import pytest

import reference.iterates
import reference.raising
from reference.case import Case, Method, Regression
from reference.decimal_grid import GridRow
from reference.enclosures import enclose_naively
from reference.iterates import CertificateViolationError, DivergedError, certified_iterates
from reference.objective import RegressionObjective

METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")


def values_of(row: GridRow) -> list[Fraction]:
    """Return a row's published values."""
    return [Fraction(n) * Fraction(10) ** -row.places for n in row.integers]


def half_unit(row: GridRow) -> Fraction:
    """Return a row's half unit."""
    return Fraction(10) ** -row.places / 2


def method_options(name: str) -> dict[str, Fraction]:
    """Return coefficients that suit the method."""
    return {"momentum": Fraction(0)} if name == "gradient_descent" else {}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", ["diagonal", "hadamard", "linear", "scalar_product", "polynomial"])
def test_short_horizons_agree_with_exact_rationals(
    make_case: Callable[..., Case], positions: Callable[..., Any], method: str, model: str
) -> None:
    """The first three steps, rounded by hand from rationals that carry every digit."""
    case = make_case(method, model, **method_options(method))
    result = certified_iterates(case, [0, 1, 2, 3], 25)
    exact = positions(case, 4)
    names = list(case.init)
    for k in range(4):
        published = [x for name in names for x in values_of(result.arrays[name].rows[k])]
        bounds = [half_unit(result.arrays[name].rows[k]) for name in names for _ in case.init[name]]
        assert all(abs(a - b) <= bound for a, b, bound in zip(published, exact[k], bounds, strict=True))


def test_forty_digits_of_heavy_ball_on_a_quadratic_agree_with_its_roots() -> None:
    """β_k = (A r₁^k + B r₂^k), r² − (1 + μ − ηλ) r + μ = 0, evaluated by mpmath at 80 digits."""
    eta, mu = Fraction(1, 10), Fraction(3, 4)
    case = Case(
        Regression(((Fraction(3, 2),),), (Fraction(0),), "half_sum_square"),
        "linear",
        {"beta": (Fraction(1),)},
        Method("heavy_ball", eta, mu),
    )
    result = certified_iterates(case, [500], 40)
    with mpmath.workdps(80):
        trace = mpmath.mpf(1) + mpmath.mpf(3) / 4 - mpmath.mpf(9) / 40
        spread = mpmath.sqrt(trace**2 - 3)  # imaginary: the roots are complex
        r1, r2 = (trace + spread) / 2, (trace - spread) / 2
        after_one_step = 1 - mpmath.mpf(9) / 40
        A = (after_one_step - r2) / (r1 - r2)
        value = mpmath.re(A * r1**500 + (1 - A) * r2**500)
        row = result.arrays["beta"].rows[0]
        assert abs(value * mpmath.mpf(10) ** row.places - row.integers[0]) <= mpmath.mpf("0.5001")


@pytest.mark.parametrize("digits", [15, 40, 300, 1000])
def test_asked_digits_are_certified(make_case: Callable[..., Case], digits: int) -> None:
    """Radius ≤ 10^−digits × the largest magnitude, in every array at every step."""
    result = certified_iterates(make_case(), [0, 1, 50], digits)
    assert result.digits == digits
    for array in result.arrays.values():
        for row in array.rows:
            largest = max(map(abs, values_of(row)))
            assert half_unit(row) <= Fraction(10) ** -digits * largest
            assert max(row.half_units) <= 1


def test_the_published_values_do_not_depend_on_the_working_precision(
    make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started from twice the bits, the same integers come out."""
    once = certified_iterates(make_case(), [0, 1, 80], 40)
    monkeypatch.setattr(reference.iterates, "SPARE_BITS", 700)
    again = certified_iterates(make_case(), [0, 1, 80], 40)
    assert again.bits > once.bits
    assert again.arrays == once.arrays


def test_naive_and_centred_balls_publish_the_same(
    make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two ways to enclose, one truth."""
    centred = certified_iterates(make_case(), [60], 40)
    monkeypatch.setattr(reference.iterates, "enclose", enclose_naively)
    naive = certified_iterates(make_case(), [60], 40)
    assert (centred.way, naive.way) == ("centred", "naive")
    assert naive.arrays == centred.arrays


def test_precision_is_raised_when_the_first_guess_falls_short(
    make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a first guess with no spare bits the asked digits are still reached."""
    monkeypatch.setattr(reference.iterates, "SPARE_BITS", -60)
    result = certified_iterates(make_case(), [60], 40)
    assert result.digits == 40
    assert result.bits > 32 * 4


def test_the_call_says_what_it_reached_when_precision_runs_out(
    make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a single attempt that is too short, fewer digits are published, with their true radius."""
    exact = certified_iterates(make_case(), [60], 60)
    monkeypatch.setattr(reference.iterates, "SPARE_BITS", -60)
    monkeypatch.setattr(reference.raising, "ATTEMPTS", 1)
    short = certified_iterates(make_case(), [60], 40)
    assert 0 < short.digits < 40
    for name, array in short.arrays.items():
        (row,), (true,) = array.rows, exact.arrays[name].rows
        reach = [h * half_unit(row) for h in row.half_units]
        pairs = zip(values_of(row), values_of(true), reach, strict=True)
        assert all(abs(a - b) <= r for a, b, r in pairs)
        assert max(reach) <= Fraction(10) ** -short.digits * max(map(abs, values_of(true))) * 2


def test_an_mpmath_value_outside_its_ball_is_a_hard_error(
    make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative fault of 2^-200 in mpmath's gradient, nothing in the balls, stops the run."""
    honest = RegressionObjective.gradient

    def faulty(self: RegressionObjective, position: Any, step: int = 0) -> Any:
        gradient = honest(self, position, step)
        number = gradient.entries[0]
        if isinstance(number, mpmath.mpf) and step == 3:
            gradient.entries[0] = number * (1 + mpmath.mpf(2) ** -200)
        return gradient

    monkeypatch.setattr(RegressionObjective, "gradient", faulty)
    with pytest.raises(CertificateViolationError, match=r"`u\[0\]` at step 4: mpmath gives"):
        certified_iterates(make_case(), [4], 40)


@pytest.mark.parametrize("model", ["diagonal", "polynomial"])
def test_divergence_is_refused_with_the_step(make_case: Callable[..., Case], model: str) -> None:
    """A step size far beyond stability ends in DivergedError, not in digits."""
    with pytest.raises(DivergedError, match="the run diverges"):
        certified_iterates(make_case(model=model, step_size=Fraction(7)), [200], 20)


def test_progress_counts_up_to_the_last_step(make_case: Callable[..., Case]) -> None:
    """The callback sees both passes end at (last, last)."""
    seen: list[tuple[int, int]] = []
    certified_iterates(make_case(), [70], 15, progress=lambda done, total: seen.append((done, total)))
    assert seen.count((70, 70)) == 2
    assert {total for _, total in seen} == {70}


def test_a_tie_on_the_grid_is_published_one_digit_further() -> None:
    """β = 1 + 5·10^-16 stays put (its column is zero): half a unit of 15 digits, a multiple at 16."""
    tie = 1 + Fraction(5, 10**16)
    case = Case(
        Regression(((Fraction(0), Fraction(1)),), (Fraction(1, 3),), "half_sum_square"),
        "linear",
        {"beta": (tie, Fraction(1, 7))},
        Method("heavy_ball", Fraction(1, 10), Fraction(1, 2)),
    )
    (row,) = certified_iterates(case, [3], 15).arrays["beta"].rows
    assert row.places == 16
    assert Fraction(row.integers[0], 10**16) == tie


@pytest.mark.parametrize("model", ["diagonal", "hadamard"])
def test_coordinates_that_rest_at_zero_are_exactly_zero(make_case: Callable[..., Case], model: str) -> None:
    """A parameter that cannot leave zero keeps every digit and costs none of the others'."""
    case = make_case(model=model)
    zeros = (Fraction(0),) * 3
    resting = replace(case, init={"u": case.init["u"] if model == "diagonal" else zeros, "v": zeros})
    result = certified_iterates(resting, [0, 40], 40)
    assert result.digits == 40
    assert result.bits == 320
    assert result.arrays["v"].rows[-1] == GridRow(0, (0, 0, 0), (0, 0, 0))
    moved = certified_iterates(replace(case, init={"u": case.init["u"], "v": zeros}), [40], 40)
    assert model == "diagonal" or any(moved.arrays["v"].rows[0].integers)


@pytest.mark.parametrize(
    ("scale", "start", "momentum"),
    [
        (Fraction(10**140), Fraction(1, 3 * 10**170), Fraction(1, 2)),
        (Fraction(1, 10**170), Fraction(10**90, 3), Fraction(1, 2)),
        (Fraction(10**400), Fraction(1, 10**200), Fraction(9, 10)),
        (Fraction(1), Fraction(1, 3), 1 - Fraction(1, 10**9)),
    ],
)
def test_numbers_beyond_float_bounds_fall_back_to_balls(
    scale: Fraction, start: Fraction, momentum: Fraction
) -> None:
    """Where squares leave float's range nothing is proved in floats, and mpmath confirms the digits."""
    step_size = Fraction(1, 10) / (scale * start) ** 2
    target = scale * start * start * (1 + Fraction(1, 10**20))
    case = Case(
        Regression(((scale,),), (target,), "half_sum_square"),
        "diagonal",
        {"u": (start,), "v": (Fraction(0),)},
        Method("heavy_ball", step_size, momentum),
    )
    result = certified_iterates(case, [0, 40], 15)
    assert (result.way, result.digits) == ("naive", 15)


def test_threads_do_not_disturb_each_other_s_precision(make_case: Callable[..., Case]) -> None:
    """Four threads at four accuracies give what each gives alone: precision is the process's, not theirs."""
    wanted = [15, 60, 120, 240]
    alone = [certified_iterates(make_case(), [60], digits).arrays for digits in wanted]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda digits: certified_iterates(make_case(), [60], digits).arrays, wanted))
    assert together == alone


def test_a_loss_of_exactly_zero_does_not_take_the_digits_of_the_rest() -> None:
    """θ0 interpolates: the loss is 0 at every step, and the parameters keep their digits."""
    case = Case(
        Regression(((Fraction(1), Fraction(1, 3)),), (Fraction(1),), "half_mean_square"),
        "linear",
        {"beta": (Fraction(1), Fraction(0))},
        Method("heavy_ball", Fraction(1, 7), Fraction(9, 10)),
    )
    found = certified_iterates(case, [0, 5], 30)
    assert found.digits == 30
    assert found.arrays["loss"].rows[1].integers == (0,)
