"""Limits of discrete runs, against closed forms and runs followed much longer in mpmath."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from flint import arb
from mpmath import mp, mpf

from oracle.sparse_regression import generate
from reference import discrete_limit
from reference.case import Case, Method, Polynomial, Regression, Term
from reference.centred_run import DivergedError
from reference.certified import CERTIFIED, CONFIRMED
from reference.cross_check import CertificateViolationError
from reference.decimal_grid import GridArray
from reference.discrete_limit import certified_limit
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.settled_run import Rest, UnsettledRunError, follow_until_settled
from reference.trajectory import states

DIGITS = 30
X = ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(0), Fraction(1), Fraction(3, 4)))
Y = (Fraction(1), Fraction(-1, 2))
KERNEL = (Fraction(5, 8), Fraction(-3, 4), Fraction(1))  # X times it is zero
METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
BATCHES = ((0,), (1, 1), (0, 1))
STARTS: dict[str, dict[str, tuple[Fraction, ...]]] = {
    "diagonal": {"u": (Fraction(1, 2),) * 3, "v": (Fraction(1, 4),) * 3},
    "hadamard": {"u": (Fraction(1, 2),) * 3, "v": (Fraction(1, 4), Fraction(-1, 4), Fraction(1, 3))},
    "linear": {"beta": (Fraction(1, 3), Fraction(2), Fraction(-1))},
}


def wide(method: str, model: str, y: tuple[Fraction, ...] = Y, **changes: Any) -> Case:
    """Return a case of two rows in three dimensions that settles fast."""
    coefficients = {"step_size": Fraction(1, 5), "momentum": Fraction(1, 2), **changes}
    return Case(Regression(X, y, "half_sum_square"), model, STARTS[model], Method(method, **coefficients))


def polynomial(terms: tuple[Term, ...], start: tuple[Fraction, ...]) -> Case:
    """Return heavy ball on a polynomial."""
    method = Method("heavy_ball", Fraction(1, 5), Fraction(1, 2))
    return Case(Polynomial(terms), "polynomial", {"b": start}, method)


def values(array: GridArray) -> list[Fraction]:
    """Return the published numbers of the only row."""
    (row,) = array.rows
    return [Fraction(integer) / Fraction(10) ** row.places for integer in row.integers]


def agrees(array: GridArray, expected: Any, digits: int = DIGITS) -> bool:
    """Tell whether every number is within its own radius of the expected one, and the radius small."""
    (row,) = array.rows
    unit = Fraction(10) ** -row.places
    largest = max(map(abs, values(array)))
    return unit * max(row.half_units) / 2 <= largest / Fraction(10) ** digits and all(
        abs(found - _exact(wanted)) <= unit * half / 2 + Fraction(1, 10**50)
        for found, wanted, half in zip(values(array), expected, row.half_units, strict=True)
    )


def _exact(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    sign, mantissa, exponent, _ = value._mpf_
    magnitude: Fraction = Fraction(int(mantissa)) * Fraction(2) ** exponent
    return -magnitude if sign else magnitude


def long_run(case: Case, steps: int = 3000) -> list[Any]:
    """Return the position of a run far beyond any settling, in mpmath."""
    with mpmath_precision(400):
        return list(next(islice(states(case, MpmathArithmetic()), steps, None)).position)


@pytest.mark.parametrize("method", METHODS)
def test_linear_limits_are_the_projection_of_the_start(method: str) -> None:
    """GD, HB and NAG from rest end in β0 + X⁺(y − Xβ0), whatever the method (P1)."""
    limit = certified_limit(wide(method, "linear"), DIGITS)
    beta0 = STARTS["linear"]["beta"]
    # the interpolator β = p + cK, p a solution, whose part along the kernel K is that of β0
    solution = (Fraction(5, 4), Fraction(-1, 2), Fraction(0))
    along = sum(k * (b - p) for k, b, p in zip(KERNEL, beta0, solution, strict=True))
    share = along / sum(k * k for k in KERNEL)
    expected = [p + share * k for p, k in zip(solution, KERNEL, strict=True)]
    assert limit.grade == CERTIFIED
    assert limit.digits == DIGITS
    assert agrees(limit.arrays["beta"], expected)


def test_momentum_carries_the_linear_limit_along_the_kernel() -> None:
    """Heavy ball with p0 along the kernel ends μ p0/(1 − μ) further."""
    still = certified_limit(wide("heavy_ball", "linear"), DIGITS).arrays["beta"]
    moved = certified_limit(wide("heavy_ball", "linear", p0={"beta": KERNEL}), DIGITS).arrays["beta"]
    expected = [b + k for b, k in zip(values(still), KERNEL, strict=True)]  # μ/(1 − μ) = 1
    assert max(abs(a - b) for a, b in zip(values(moved), expected, strict=True)) < Fraction(1, 10**29)


@pytest.mark.parametrize("batches", [(), BATCHES], ids=["every sample", "batches"])
@pytest.mark.parametrize("model", ["diagonal", "hadamard"])
@pytest.mark.parametrize("method", METHODS[:3])
def test_limits_agree_with_a_long_run(method: str, model: str, batches: tuple[tuple[int, ...], ...]) -> None:
    """3000 steps in mpmath end at the published digits, and the proof has the grade to say so."""
    case = wide(method, model, batches=batches)
    limit = certified_limit(case, DIGITS, cross_check=False)
    found = long_run(case)
    assert limit.grade == CERTIFIED
    assert agrees(limit.arrays["u"], found[:3])
    assert agrees(limit.arrays["v"], found[3:])


def test_interpolating_loss_is_exactly_zero() -> None:
    """The loss of a limit that provably interpolates is 0 ± 0."""
    limit = certified_limit(wide("heavy_ball", "diagonal"), DIGITS)
    assert limit.arrays["loss"].scalar
    assert [row.half_units for row in limit.arrays["loss"].rows] == [(0,)]
    assert values(limit.arrays["loss"]) == [0]


def test_limit_interpolates() -> None:
    """Xθ = y to the digits published."""
    theta = values(certified_limit(wide("nesterov", "diagonal"), DIGITS).arrays["theta"])
    for row, target in zip(X, Y, strict=True):
        assert abs(sum(x * t for x, t in zip(row, theta, strict=True)) - target) < Fraction(1, 10**28)


def test_least_squares_of_too_many_rows_is_proved() -> None:
    """Three rows in one dimension do not interpolate: the limit is the mean of y, the loss its variance."""
    problem = Regression(((Fraction(1),),) * 3, (Fraction(1), Fraction(2), Fraction(6)), "mean_square")
    method = Method("nesterov", Fraction(1, 5), Fraction(1, 2))
    limit = certified_limit(Case(problem, "linear", {"beta": (Fraction(0),)}, method), DIGITS)
    assert limit.grade == CERTIFIED
    assert agrees(limit.arrays["beta"], [Fraction(3)])
    assert agrees(limit.arrays["loss"], [Fraction(14, 3)])


def test_polynomial_minimum_is_proved() -> None:
    """¼b⁴ − ½b² from ½ ends in 1."""
    wells = (Term(Fraction(1, 4), (4,)), Term(Fraction(-1, 2), (2,)))
    limit = certified_limit(polynomial(wells, (Fraction(1, 2),)), DIGITS)
    assert limit.grade == CERTIFIED
    assert agrees(limit.arrays["b"], [Fraction(1)])


def test_curve_of_minima_is_confirmed_only() -> None:
    """½(b₁b₂ − 1)² from b₁ = b₂ ends in (1, 1), but no strict minimum proves it."""
    terms = (Term(Fraction(1, 2), (2, 2)), Term(Fraction(-1), (1, 1)), Term(Fraction(1, 2), (0, 0)))
    limit = certified_limit(polynomial(terms, (Fraction(1, 2), Fraction(1, 2))), 15)
    assert limit.grade == CONFIRMED
    assert agrees(limit.arrays["b"], [Fraction(1), Fraction(1)], 15)


def test_saddle_is_confirmed_only() -> None:
    """From u = v = 0 nothing moves: a limit without interpolation, and without the grade of one."""
    case = replace(wide("heavy_ball", "diagonal"), init={"u": (Fraction(0),) * 3, "v": (Fraction(0),) * 3})
    limit = certified_limit(case, 15)
    assert limit.grade == CONFIRMED
    assert agrees(limit.arrays["loss"], [Fraction(5, 8)], 15)


def test_scalar_product_ends_on_the_root() -> None:
    """f = a₁a₂x with a₁ = a₂: the limit is √(y/x) for both."""
    problem = Regression(((Fraction(3, 2),),), (Fraction(5, 4),), "half_sum_square")
    start = {"a1": (Fraction(1, 2),), "a2": (Fraction(1, 2),)}
    limit = certified_limit(
        Case(problem, "scalar_product", start, Method("heavy_ball", Fraction(1, 10), Fraction(1, 2))), DIGITS
    )
    with mpmath_precision(300):
        assert agrees(limit.arrays["a1"], [mp.sqrt(mpf(5) / 6)])


def test_zero_limit_does_not_ask_for_digits_for_ever() -> None:
    """y = 0 and u = v: θ is zero in the limit, and that is published."""
    case = wide("heavy_ball", "diagonal", y=(Fraction(0), Fraction(0)))
    case = replace(case, init={"u": STARTS["diagonal"]["u"], "v": STARTS["diagonal"]["u"]})
    limit = certified_limit(case, 15)
    assert values(limit.arrays["theta"]) == [0, 0, 0]
    assert limit.digits == 15


def test_random_sparse_problem_is_proved() -> None:
    """A generated problem, n = 3 and d = 6, interpolates to 30 digits."""
    made = generate(3, 6, 2, 5)
    start = {"u": (Fraction(1, 2),) * 6, "v": (Fraction(1, 2),) * 6}
    case = Case(
        Regression(made.X, made.y, "half_mean_square"),
        "diagonal",
        start,
        Method("heavy_ball", Fraction(1, 50), Fraction(3, 4)),
    )
    limit = certified_limit(case, DIGITS, cross_check=False)
    theta = values(limit.arrays["theta"])
    assert limit.grade == CERTIFIED
    for row, target in zip(made.X, made.y, strict=True):
        assert abs(sum(x * t for x, t in zip(row, theta, strict=True)) - target) < Fraction(1, 10**28)


def test_divergence_is_an_error() -> None:
    """Too large a step size says so."""
    with pytest.raises(DivergedError, match="diverges"):
        certified_limit(wide("heavy_ball", "diagonal", step_size=Fraction(9)), DIGITS)


def test_batches_that_disagree_have_no_limit() -> None:
    """Inconsistent rows taken in turns end in a cycle, which is not called a limit."""
    problem = Regression(((Fraction(1),), (Fraction(1),)), (Fraction(0), Fraction(1)), "half_sum_square")
    method = Method("gradient_descent", Fraction(1, 2), batches=((0,), (1,)))
    case = Case(problem, "linear", {"beta": (Fraction(0),)}, method)
    with pytest.raises(UnsettledRunError, match=r"no limit was found within 512 steps.*`want\.limit`"):
        certified_limit(case, 15, most_steps=512)


def test_giving_up_says_what_is_proved() -> None:
    """A run cut short says by how much it can still move."""
    with pytest.raises(
        UnsettledRunError, match=r"within 64 steps: the position is proved to move by at most"
    ):
        certified_limit(wide("heavy_ball", "linear"), DIGITS, most_steps=64)


def test_false_rest_is_caught_by_mpmath(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault, the position of another step with too small a movement, is not published."""
    honest = follow_until_settled

    def early(case: Case, bits: int, wanted: int, **options: Any) -> Rest:
        rest = honest(case, bits, wanted, **options)
        return replace(rest, step=rest.step // 2, movement=arb(2) ** -150)

    monkeypatch.setattr(discrete_limit, "follow_until_settled", early)
    with pytest.raises(CertificateViolationError, match="nothing is published"):
        certified_limit(wide("heavy_ball", "diagonal"), DIGITS)
