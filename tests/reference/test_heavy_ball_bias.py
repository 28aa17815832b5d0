"""κ along heavy ball's modified equation: the derived formula to every digit, the printed one not."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from reference.case import Flow, FlowCase, Regression
from reference.flows.certified_flow import certified_flow
from reference.flows.integrals import certified_flow_integrals
from reference.heavy_ball_bias import kappa, kappa_as_printed, tilt, tilt_as_printed

PROBLEM = Regression(
    ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(0), Fraction(1), Fraction(3, 4))),
    (Fraction(1), Fraction(-1, 2)),
    "half_mean_square",
)
START = (Fraction(1, 2), Fraction(3, 8), Fraction(1, 4))  # u = v, so θ(0) = 0
TIME = Fraction(3)


def flow_of(eta: Fraction) -> Flow:
    """Return the modified equation of order two."""
    return Flow("hb_flow", eta, Fraction(1, 2), order=2, variant="stationary")


def arrays_at(eta: Fraction) -> dict[str, list[Fraction]]:
    """Return θ, φ and the balancedness 4uv at the time, certified."""
    case = FlowCase(PROBLEM, "diagonal", {"u": START, "v": START}, flow_of(eta))
    found = certified_flow(case, [TIME], 25, cross_check=False).arrays
    found = found | certified_flow_integrals(case, [TIME], 25).arrays
    return {
        name: [Fraction(integer) / Fraction(10) ** grid.rows[0].places for integer in grid.rows[0].integers]
        for name, grid in found.items()
    }


@pytest.fixture(autouse=True)
def precise() -> Iterator[None]:
    """Compare at forty digits."""
    with mpmath.workdps(40):
        yield


def gaps(values: list[Any], balancedness: list[Fraction]) -> float:
    """Return the largest relative difference to κ = balancedness/4."""
    exact = [mpmath.mpf(b.numerator) / b.denominator / 4 for b in balancedness]
    return max(float(abs(v / e - 1)) for v, e in zip(values, exact, strict=True))


def test_kappa_follows_the_derived_formula_to_every_digit() -> None:
    """κ(t) = κ(0) exp(−αφ(t)) exactly along the flow of order two."""
    seen = arrays_at(Fraction(1, 10))
    squares = [x * x for x in START]
    assert gaps(kappa(flow_of(Fraction(1, 10)), squares, seen["phi"]), seen["signed_balancedness"]) < 1e-22


def test_printed_term_in_q_is_off_by_its_own_size() -> None:
    """Paper 002, Eq. 27: the term in q is of first order in η and does not belong there."""
    squares = [x * x for x in START]
    off = []
    for eta in (Fraction(1, 20), Fraction(1, 40)):
        seen = arrays_at(eta)
        printed = kappa_as_printed(flow_of(eta), squares, seen["phi"], PROBLEM, seen["theta"])
        off.append(gaps(printed, seen["signed_balancedness"]))
    assert off[1] > 0.01
    assert off[0] / off[1] == pytest.approx(2, rel=0.1)


def test_tilt_lies_in_the_row_space_and_is_minus_twice_the_printed_one() -> None:
    """φ_j = (Xᵀz)_j: orthogonal to the kernel of X, so it moves no minimiser; printed: half of it, sign lost."""
    theta = [Fraction(1), Fraction(-1, 3), Fraction(2, 5)]
    right = tilt(flow_of(Fraction(1, 10)), PROBLEM, theta)
    printed = tilt_as_printed(flow_of(Fraction(1, 10)), PROBLEM, theta)
    kernel = (5, -6, 8)
    assert all(sum(x * k for x, k in zip(row, kernel, strict=True)) == 0 for row in PROBLEM.X)
    assert abs(mpmath.fdot(right, kernel)) < mpmath.mpf(10) ** -38
    assert all(abs(r + 2 * p) < mpmath.mpf(10) ** -38 for r, p in zip(right, printed, strict=True))


def test_tilt_is_what_the_slope_gains_beside_the_gradient() -> None:
    """¼Δln|u/v| + φ is in the row space of X up to O(η²); φ itself is there too, so both sides are."""
    kernel = [mpmath.mpf(5), mpmath.mpf(-6), mpmath.mpf(8)]
    case = FlowCase(PROBLEM, "diagonal", {"u": START, "v": START}, flow_of(Fraction(1, 10)))
    found = certified_flow(case, [TIME], 25, cross_check=False).arrays
    u, v = (
        [mpmath.mpf(n) / mpmath.mpf(10) ** found[x].rows[0].places for n in found[x].rows[0].integers]
        for x in "uv"
    )
    slopes = [mpmath.log(abs(a / b)) / 4 for a, b in zip(u, v, strict=True)]
    assert abs(mpmath.fdot(slopes, kernel)) < mpmath.mpf(10) ** -22
