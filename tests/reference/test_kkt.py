"""Minimisers of the hyperbolic entropy: closed forms, a second method, errors, planted faults."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath
import pytest

import reference.kkt as module
from oracle.sparse_regression import generate
from reference.arithmetic import Vector
from reference.case import Regression
from reference.certified import Certified
from reference.cross_check import CertificateViolationError
from reference.dual_newton import Dual, newton_start, refined
from reference.feasibility import InfeasibleError, RankDeficientError, require_full_rank
from reference.hyperbolic_entropy import (
    MpmathFunctions,
    bregman_divergence,
    conjugate,
    entropy,
    gradient,
    hessian_diagonal,
    inverse_gradient,
)
from reference.kkt import KktError, UnprovedMinimiserError, certified_minimiser, enclosed_minimiser


def regression(rows: Sequence[Sequence[int]], y: Sequence[int]) -> Regression:
    """Return a regression on small integers."""
    return Regression(
        tuple(tuple(Fraction(x, 4) for x in row) for row in rows), tuple(map(Fraction, y)), "half_mean_square"
    )


PROBLEM = regression([[4, 2, -1, 3], [0, 4, 3, -2]], [1, -2])
XI = (Fraction(1, 10), Fraction(1, 5), Fraction(1, 100), Fraction(3))
LINEAR = (Fraction(0), Fraction(1, 3), Fraction(-1, 2), Fraction(1, 7))


def array(found: Certified, name: str) -> list[Any]:
    """Return an array's only row as mpf."""
    row = found.arrays[name].rows[0]
    return [mpmath.mpf(integer) / mpmath.mpf(10) ** row.places for integer in row.integers]


def mpf(value: Fraction) -> Any:
    """Return a rational as mpf."""
    return mpmath.mpf(value.numerator) / value.denominator


@pytest.fixture(autouse=True)
def precise() -> Any:
    """Compare at 130 digits."""
    with mpmath.workdps(130):
        yield


def test_one_equation_in_one_unknown_leaves_no_choice() -> None:
    """Xθ = y alone decides: θ = y/x, and the dual follows from the slope there."""
    problem = Regression(((Fraction(2),),), (Fraction(3),), "half_mean_square")
    found = certified_minimiser(problem, [Fraction(1, 2)], [Fraction(1, 4)], 40)
    assert array(found, "theta") == [mpmath.mpf(3) / 2]
    (dual,) = array(found, "dual")
    assert abs(dual - (mpmath.asinh(mpmath.mpf(3) / 2) / 4 + mpmath.mpf(1) / 4) / 2) < mpmath.mpf(10) ** -40


def test_equal_columns_share_equally() -> None:
    """x = (1, 1), equal ξ: θ = (y/2, y/2)."""
    problem = Regression(((Fraction(1), Fraction(1)),), (Fraction(1),), "half_mean_square")
    theta = array(certified_minimiser(problem, [Fraction(1, 1000)] * 2, [Fraction(0)] * 2, 30), "theta")
    assert theta == [mpmath.mpf("0.5")] * 2


def test_second_method_agrees() -> None:
    """The primal-dual equations by mpmath's own multidimensional root finder, to 35 digits."""
    found = certified_minimiser(PROBLEM, XI, LINEAR, 40)
    X = [[mpf(x) for x in row] for row in PROBLEM.X]

    def equations(*unknowns: Any) -> list[Any]:
        theta, dual = unknowns[:4], unknowns[4:]
        slopes = [
            mpmath.asinh(t / (2 * mpf(x))) / 4 + mpf(c) for t, x, c in zip(theta, XI, LINEAR, strict=True)
        ]
        stationary = [s - sum(X[i][j] * dual[i] for i in range(2)) for j, s in enumerate(slopes)]
        return [*stationary, *(mpmath.fdot(row, theta) - mpf(t) for row, t in zip(X, PROBLEM.y, strict=True))]

    with mpmath.workdps(60):
        start = [round(float(x), 2) for x in [*array(found, "theta"), *array(found, "dual")]]
        theirs = mpmath.findroot(equations, start)
    for mine, other in zip([*array(found, "theta"), *array(found, "dual")], theirs, strict=True):
        assert abs(mine - other) < mpmath.mpf(10) ** -35


def test_value_is_that_of_the_potential() -> None:
    """``objective`` is Σ¼[θ asinh(θ/2ξ) − √(4ξ²+θ²) + 2ξ] + θᵀ·linear, as the contract prints it."""
    found = certified_minimiser(PROBLEM, XI, LINEAR, 40)
    value = mpmath.mpf(0)
    for t, x, c in zip(array(found, "theta"), map(mpf, XI), map(mpf, LINEAR), strict=True):
        value += (t * mpmath.asinh(t / (2 * x)) - mpmath.sqrt(4 * x * x + t * t) + 2 * x) / 4 + t * c
    assert abs(array(found, "objective")[0] - value) < mpmath.mpf(10) ** -38


def test_no_neighbour_is_lower() -> None:
    """Along a direction of the kernel of X the potential rises both ways."""
    theta = array(certified_minimiser(PROBLEM, XI, LINEAR, 60), "theta")
    # two directions of ker X, by hand: X = [[1, ½, −¼, ¾], [0, 1, ¾, −½]]
    for direction in ((5, -6, 8, 0), (-8, 4, 0, 8)):
        assert all(sum(x * k for x, k in zip(row, direction, strict=True)) == 0 for row in PROBLEM.X)

        def value(step: Any, direction: tuple[int, ...] = direction) -> Any:
            moved = Vector([t + step * k for t, k in zip(theta, direction, strict=True)])
            linear = sum(t * mpf(c) for t, c in zip(moved, LINEAR, strict=True))
            return entropy(moved, Vector([mpf(x) for x in XI]), MpmathFunctions) + linear

        step = mpmath.mpf(10) ** -8
        assert value(mpmath.mpf(0)) < min(value(step), value(-step))


def test_hundred_digits_in_the_rich_regime() -> None:
    """n = 40, d = 200, ξ = 1e-6: proved, to 100 digits, and interpolating."""
    made = generate(40, 200, 5, seed=0, scale=Fraction(1))
    problem = Regression(made.X, made.y, "half_mean_square")
    found = certified_minimiser(
        problem, [Fraction(1, 10**6)] * 200, [Fraction(0)] * 200, 100, cross_check=False
    )
    assert found.digits >= 100
    assert found.grade == "certified"
    theta = array(found, "theta")
    gap = max(
        abs(mpmath.fdot([mpf(x) for x in row], theta) - mpf(t)) for row, t in zip(made.X, made.y, strict=True)
    )
    assert gap < mpmath.mpf(10) ** -97


@pytest.mark.parametrize(
    "xi", [[Fraction(1, 10**12)] * 4, [Fraction(1, 10**12), Fraction(1), Fraction(1, 10**5), Fraction(100)]]
)
def test_small_and_mixed_scales(xi: list[Fraction]) -> None:
    """ξ down to 1e-12, and ξ of seventeen orders of magnitude at once."""
    found = certified_minimiser(PROBLEM, xi, LINEAR, 30)
    theta, dual = array(found, "theta"), array(found, "dual")
    for j in range(4):
        slope = mpmath.asinh(theta[j] / (2 * mpf(xi[j]))) / 4 + mpf(LINEAR[j])
        if abs(theta[j]) > mpmath.mpf(10) ** -8:
            assert abs(slope - sum(mpf(PROBLEM.X[i][j]) * dual[i] for i in range(2))) < mpmath.mpf(10) ** -15


def test_nothing_to_fit_gives_zero() -> None:
    """y = 0 without a linear term: θ = 0, promptly, though zero has no relative digits."""
    found = certified_minimiser(regression([[4, 2, -1, 3]], [0]), XI, [Fraction(0)] * 4, 30)
    assert found.arrays["theta"].rows[0].integers == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"problem": regression([[1, 2, 3, 4], [2, 4, 6, 8]], [1, 3])},
            InfeasibleError,
            "no solution.*row 0",
        ),
        (
            {"problem": regression([[1, 2, 3, 4], [2, 4, 6, 8]], [1, 2])},
            RankDeficientError,
            "linearly dependent",
        ),
        (
            {"problem": regression([[1], [2]], [1, 2]), "xi": XI[:1], "linear": LINEAR[:1]},
            RankDeficientError,
            "row",
        ),
        (
            {"problem": regression([[1], [2]], [1, 3]), "xi": XI[:1], "linear": LINEAR[:1]},
            InfeasibleError,
            "row",
        ),
        ({"xi": (*XI[:3], Fraction(0))}, KktError, r"`xi\[3\]` is 0; expected a number greater than 0"),
        ({"xi": (*XI[:3], Fraction(-1))}, KktError, r"`xi\[3\]` is -1"),
        ({"xi": XI[:3]}, KktError, "`xi` has 3 entries; expected 4"),
        ({"linear": LINEAR[:3]}, KktError, "`linear` has 3 entries; expected 4"),
    ],
)
def test_what_has_no_minimiser_is_refused(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    """By name, with what was expected."""
    given: dict[str, Any] = {"problem": PROBLEM, "xi": XI, "linear": LINEAR, **change}
    with pytest.raises(error, match=message):
        certified_minimiser(given["problem"], given["xi"], given["linear"], 20)


def test_independent_rows_pass() -> None:
    """Full rank raises nothing, also where a denominator is a large prime."""
    require_full_rank(PROBLEM)
    prime = (1 << 61) - 1
    require_full_rank(Regression(((Fraction(1, prime), Fraction(1)),), (Fraction(1),), "half_mean_square"))


def test_a_wrong_jacobian_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: a preconditioner off by a factor 3 makes Krawczyk's image leave the box."""
    right = module._midpoint_inverse
    monkeypatch.setattr(module, "_midpoint_inverse", lambda matrix: 3 * right(matrix))
    with pytest.raises(UnprovedMinimiserError, match="does not lie inside"):
        enclosed_minimiser(PROBLEM, XI, LINEAR, 100)


def test_a_centre_that_is_off_is_not_proved() -> None:
    """Planted fault: a dual a tenth away from the zero; its box still proves a zero, or proves nothing."""
    start = refined(PROBLEM, XI, LINEAR, newton_start(PROBLEM, XI, LINEAR), 100)
    moved = Dual(tuple(value + Fraction(1, 10) for value in start.values), 400, 0)
    with pytest.raises(UnprovedMinimiserError):
        enclosed_minimiser(PROBLEM, XI, LINEAR, 100, moved)


def test_a_theta_that_does_not_follow_from_the_dual_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: the enclosure computes θ = 2ξ sinh(4.0001 s)."""
    right = module.DualSystem.theta
    monkeypatch.setattr(
        module.DualSystem, "theta", lambda self, dual: right(self, Vector([x * 1.0001 for x in dual]))
    )
    with pytest.raises(CertificateViolationError, match="nothing is published"):
        certified_minimiser(PROBLEM, XI, LINEAR, 20)


def test_entropy_agrees_with_its_derivatives_and_its_conjugate() -> None:
    """q' by differences of q, q'' of q', and Q(θ) + Q*(∇Q(θ)) = θᵀ∇Q(θ)."""
    theta, xi = Vector([mpmath.mpf("0.3"), mpmath.mpf(-2)]), Vector([mpmath.mpf("0.1"), mpmath.mpf("1e-3")])
    step = mpmath.mpf(10) ** -30
    slope = gradient(theta, xi, MpmathFunctions)
    for j in range(2):
        ahead, behind = (
            Vector([t + sign * step * (i == j) for i, t in enumerate(theta)]) for sign in (1, -1)
        )
        change = entropy(ahead, xi, MpmathFunctions) - entropy(behind, xi, MpmathFunctions)
        assert abs(change / (2 * step) - slope.entries[j]) < mpmath.mpf(10) ** -50
        turn = (
            gradient(ahead, xi, MpmathFunctions).entries[j] - gradient(behind, xi, MpmathFunctions).entries[j]
        )
        assert (
            abs(turn / (2 * step) - hessian_diagonal(theta, xi, MpmathFunctions).entries[j])
            < mpmath.mpf(10) ** -45
        )
    pairing = sum(t * s for t, s in zip(theta, slope, strict=True))
    young = entropy(theta, xi, MpmathFunctions) + conjugate(slope, xi, MpmathFunctions)
    assert abs(young - pairing) < mpmath.mpf(10) ** -120
    back = inverse_gradient(slope, xi, MpmathFunctions)
    assert max(abs(a - b) for a, b in zip(back, theta, strict=True)) < mpmath.mpf(10) ** -120


def test_bregman_divergence_is_positive_away_from_its_centre() -> None:
    """D(θ, θ) = 0 and D(θ, θ') > 0."""
    one, other = Vector([mpmath.mpf(1), mpmath.mpf(-1)]), Vector([mpmath.mpf("0.9"), mpmath.mpf("-1.2")])
    xi = Vector([mpmath.mpf("0.01")] * 2)
    assert bregman_divergence(one, one, xi, MpmathFunctions) == 0
    assert bregman_divergence(one, other, xi, MpmathFunctions) > 0


def test_limits_of_the_entropy() -> None:
    """ξ → ∞: Q → Σθ²/(16ξ), the square of the norm and not the norm; ξ → 0: Q ~ ¼ log(1/ξ) ‖θ‖₁."""
    theta = Vector([mpmath.mpf(3), mpmath.mpf(-4)])

    def value(xi: Any) -> Any:
        return entropy(theta, Vector([mpmath.mpf(xi)] * 2), MpmathFunctions)

    assert abs(value("1e8") * 16 * mpmath.mpf("1e8") / 25 - 1) < 1e-14
    assert abs(value("1e-300") / (7 * mpmath.log(mpmath.mpf("1e300")) / 4) - 1) < 2e-3
    assert abs(value("1e-3000") / (7 * mpmath.log(mpmath.mpf("1e3000")) / 4) - 1) < 2e-4
