"""Certified flows and minimisers against named peers: heyoka, `mpmath.odefun`, Newton in mpmath.

Nothing here fails for being slow.  The ratios of one run, medians of interleaved rounds, are in
`extra_info` of the JSON that ``--benchmark-json`` writes.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from oracle.sparse_regression import generate
from reference.balls import ball_precision
from reference.case import Case, Flow, FlowCase, Regression
from reference.flows.certified_flow import certified_flow
from reference.flows.enclosed_flow import EnclosedFlow
from reference.flows.systems import second_order
from reference.kkt import certified_minimiser

MOMENTUM_FLOW = Flow("momentum_flow", Fraction(3, 100), Fraction(9, 10))
DIGITS = 50
FLOW_BITS = 232  # what fifty proved digits at T = 30 take


@pytest.fixture(scope="module")
def paper_flow(paper_case: Case) -> FlowCase:
    """Return the heavy-ball flow on the paper's problem, from rest."""
    return FlowCase(paper_case.problem, paper_case.model, paper_case.init, MOMENTUM_FLOW)


def small_flow(n: int, d: int) -> FlowCase:
    """Return the same flow on a problem that `mpmath.odefun` can do."""
    problem = generate(n, d, 2, seed=0, scale=Fraction(1))
    start = {"u": (Fraction(1, 4),) * d, "v": (Fraction(1, 8),) * d}
    return FlowCase(Regression(problem.X, problem.y, "half_mean_square"), "diagonal", start, MOMENTUM_FLOW)


def parameters(case: FlowCase, time: Fraction, digits: int) -> list[Fraction]:
    """Return u at a time, certified."""
    row = certified_flow(case, [time], digits, cross_check=False).arrays["u"].rows[0]
    return [Fraction(integer) / Fraction(10) ** row.places for integer in row.integers]


def odefun(case: FlowCase, time: int, digits: int) -> list[Any]:
    """Return u at a time by mpmath's Taylor integrator of arbitrary functions."""
    assert isinstance(case.problem, Regression)
    with mpmath.workdps(digits):
        X = [[mpmath.mpf(x.numerator) / x.denominator for x in row] for row in case.problem.X]
        y = [mpmath.mpf(t.numerator) / t.denominator for t in case.problem.y]
        n, d = len(X), len(X[0])
        mu, eta = mpmath.mpf(9) / 10, mpmath.mpf(3) / 100
        alpha = eta * (1 + mu) / (2 * (1 - mu))

        def field(_: Any, state: list[Any]) -> list[Any]:
            u, v, du, dv = (state[i * d : (i + 1) * d] for i in range(4))
            theta = [a * a - b * b for a, b in zip(u, v, strict=True)]
            r = [mpmath.fdot(row, theta) - t for row, t in zip(X, y, strict=True)]
            g = [mpmath.fdot([row[j] for row in X], r) / n / (1 - mu) for j in range(d)]
            ddu = [-(w + 2 * a * s) / alpha for w, a, s in zip(du, u, g, strict=True)]
            ddv = [-(w - 2 * b * s) / alpha for w, b, s in zip(dv, v, g, strict=True)]
            return [*du, *dv, *ddu, *ddv]

        start = [mpmath.mpf(1) / 4] * d + [mpmath.mpf(1) / 8] * d + [mpmath.mpf(0)] * (2 * d)
        return list(mpmath.odefun(field, 0, start)(time))[:d]


@pytest.mark.slow
@pytest.mark.benchmark(group="momentum flow, n=40, d=100, T=30, 50 digits")
def test_momentum_flow_against_heyoka(
    benchmark: Any, paper_flow: FlowCase, interleaved: Callable[..., dict[str, float]]
) -> None:
    """Record the ratio to heyoka at equal digits; what it compiles beforehand is not counted."""
    heyoka = pytest.importorskip("heyoka")
    certified = benchmark.pedantic(enclosed, args=(paper_flow, Fraction(30)), rounds=1)
    asked = DIGITS - 3
    while True:  # from loose to tight: the first local tolerance that gives the digits is the one timed
        state = _heyoka(heyoka, heyoka_integrator(heyoka, paper_flow, asked), 30)
        with mpmath.workdps(asked + 20):
            largest = max(abs(a) for a in state)
            gap = max(abs(a - b) for a, b in zip(state, certified, strict=True)) / largest
        if gap <= mpmath.mpf(10) ** -DIGITS or asked > DIGITS + 9:
            break
        asked += 1
    integrators = [heyoka_integrator(heyoka, paper_flow, asked) for _ in range(3)]
    medians = interleaved(
        3,
        certified=lambda: enclosed(paper_flow, Fraction(30)),
        heyoka=lambda: integrators.pop().propagate_until(heyoka.real(30, 256)),
    )
    benchmark.extra_info.update(
        medians,
        heyoka_digits_asked=asked,
        heyoka_digits_reached=float(-mpmath.log10(gap)),
        ratio=medians["heyoka"] / medians["certified"],
    )
    assert gap <= mpmath.mpf(10) ** (3 - DIGITS)


def enclosed(case: FlowCase, time: Fraction) -> list[Any]:
    """Return u at a time as mpf, each proved to `DIGITS` digits of the largest."""
    *_, last = EnclosedFlow(case, FLOW_BITS).segments(time)
    with ball_precision(FLOW_BITS), mpmath.workdps(90):
        balls = last.position(time).entries[: len(case.init["u"])]
        largest = max(float(abs(x).abs_lower()) for x in balls)
        assert max(float(x.rad()) for x in balls) <= largest * 10.0**-DIGITS
        return [mpmath.mpf(x.mid().str(80, radius=False)) for x in balls]


def heyoka_integrator(hy: Any, case: FlowCase, digits: int) -> Any:
    """Return a fresh heyoka integrator at time 0, its tolerance 10^−digits.

    In p = u + v and q = u − v the predictor is p⊙q: one product a coordinate in place of two squares.

    Parameters
    ----------
    hy : module
    case : FlowCase
        A momentum flow from rest on θ = u⊙u − v⊙v, loss Σr²/(2n).
    digits : int
    """
    assert isinstance(case.problem, Regression)
    X, y = case.problem.X, case.problem.y
    n, d = len(X), len(X[0])
    bits = round(digits * 3.3219281) + 16
    flow = second_order(case.flow)

    def real(value: Fraction) -> Any:
        return hy.real(value.numerator, bits) / hy.real(value.denominator, bits)

    p, q, dp, dq = ([hy.make_vars(f"{name}{j}") for j in range(d)] for name in ("p", "q", "dp", "dq"))
    residual = [
        hy.sum([*(real(X[i][j]) * (p[j] * q[j]) for j in range(d)), hy.expression(-real(y[i]))])
        for i in range(n)
    ]
    factor, rate = real(2 * flow.factor / n / flow.inertia), real(1 / flow.inertia)
    force = [factor * hy.sum([real(X[i][j]) * residual[i] for i in range(n)]) for j in range(d)]
    equations = [
        *zip(p, dp, strict=True),
        *zip(q, dq, strict=True),
        *((dp[j], -(rate * dp[j] + q[j] * force[j])) for j in range(d)),
        *((dq[j], -(rate * dq[j] + p[j] * force[j])) for j in range(d)),
    ]
    u, v = case.init["u"], case.init["v"]
    start = [real(a + b) for a, b in zip(u, v, strict=True)] + [
        real(a - b) for a, b in zip(u, v, strict=True)
    ]
    zeros = [hy.real(0, bits)] * (2 * d)
    tolerance = hy.real(10, bits) ** -digits
    return hy.taylor_adaptive(
        equations, [*start, *zeros], fp_type=hy.real, prec=bits, compact_mode=True, tol=tolerance
    )


def _heyoka(heyoka: Any, integrator: Any, time: int) -> list[Any]:
    """Return u at a time."""
    integrator.propagate_until(heyoka.real(time, 256))
    d = len(integrator.state) // 4
    with mpmath.workdps(90):
        values = [mpmath.mpf(str(value)) for value in integrator.state]
        return [(p + q) / 2 for p, q in zip(values[:d], values[d : 2 * d], strict=True)]


@pytest.mark.slow
@pytest.mark.benchmark(group="momentum flow, n=4, d=8, T=1, 50 digits")
def test_momentum_flow_against_odefun(benchmark: Any, interleaved: Callable[..., dict[str, float]]) -> None:
    """Record the ratio to `mpmath.odefun`, and agree with it to 45 digits."""
    case = small_flow(4, 8)
    kept: list[list[Any]] = []
    medians = interleaved(
        3,
        certified=lambda: parameters(case, Fraction(1), DIGITS),
        odefun=lambda: kept.append(odefun(case, 1, DIGITS)),
    )
    mine = benchmark.pedantic(parameters, args=(case, Fraction(1), DIGITS), rounds=3)
    theirs = kept[-1]
    benchmark.extra_info.update(medians, ratio=medians["odefun"] / medians["certified"])
    with mpmath.workdps(60):
        for a, b in zip(mine, theirs, strict=True):
            assert abs(mpmath.mpf(a.numerator) / a.denominator - b) < mpmath.mpf(10) ** -45


@pytest.mark.slow
@pytest.mark.benchmark(group="hb_flow of order 4, piecewise, n=5, d=8, 200 steps, 30 digits")
def test_modified_equation_over_two_hundred_steps(benchmark: Any) -> None:
    """Time the certified piecewise flow of order 4."""
    problem = generate(5, 8, 3, seed=0, scale=Fraction(1))
    flow = Flow("hb_flow", Fraction(1, 100), Fraction(1, 2), order=4, variant="piecewise")
    start = {"u": (Fraction(1, 4),) * 8, "v": (Fraction(1, 4),) * 8}
    case = FlowCase(Regression(problem.X, problem.y, "half_mean_square"), "diagonal", start, flow)
    found = benchmark.pedantic(
        certified_flow, args=(case, [Fraction(2)], 30), kwargs={"cross_check": False}, rounds=1
    )
    assert found.digits == 30


@pytest.mark.slow
@pytest.mark.benchmark(group="minimiser, n=40, d=200, xi=1e-6, 100 digits")
def test_minimiser_against_newton_in_mpmath(
    benchmark: Any, interleaved: Callable[..., dict[str, float]]
) -> None:
    """Record the ratio to Newton on the dual in mpmath, started from the answer to 30 digits."""
    made = generate(40, 200, 5, seed=0, scale=Fraction(1))
    problem = Regression(made.X, made.y, "half_mean_square")
    xi = [Fraction(1, 10**6)] * 200
    rough = (
        certified_minimiser(problem, xi, [Fraction(0)] * 200, 30, cross_check=False).arrays["dual"].rows[0]
    )
    start = [mpmath.mpf(integer) / mpmath.mpf(10) ** rough.places for integer in rough.integers]
    medians = interleaved(
        3,
        certified=lambda: certified_minimiser(problem, xi, [Fraction(0)] * 200, 100, cross_check=False),
        mpmath=lambda: mpmath_newton(problem, start),
    )
    found = benchmark.pedantic(
        certified_minimiser,
        args=(problem, xi, [Fraction(0)] * 200, 100),
        kwargs={"cross_check": False},
        rounds=5,
    )
    benchmark.extra_info.update(medians, ratio=medians["mpmath"] / medians["certified"])
    assert found.digits >= 100


def mpmath_newton(problem: Regression, start: list[Any]) -> Any:
    """Return the dual to 100 digits by two Newton steps in mpmath."""
    with mpmath.workdps(115):
        X = mpmath.matrix([[mpmath.mpf(x.numerator) / x.denominator for x in row] for row in problem.X])
        y = mpmath.matrix([mpmath.mpf(t.numerator) / t.denominator for t in problem.y])
        xi, dual = mpmath.mpf(10) ** -6, mpmath.matrix(start)
        for _ in range(2):
            slope = X.T * dual
            theta = mpmath.matrix([2 * xi * mpmath.sinh(4 * s) for s in slope])
            scaled = X.copy()
            for j in range(X.cols):
                weight = 8 * xi * mpmath.cosh(4 * slope[j])
                for i in range(X.rows):
                    scaled[i, j] *= weight
            dual -= mpmath.lu_solve(scaled * X.T, X * theta - y)
        return dual


def test_benchmarked_flows_agree_with_their_peer_at_low_precision() -> None:
    """`mpmath.odefun` and the enclosure solve the same equations: eleven digits at T = 1."""
    case = small_flow(2, 3)
    certified = parameters(case, Fraction(1), 15)
    theirs = odefun(case, 1, 15)
    for a, b in zip(certified, theirs, strict=True):
        assert float(a) == pytest.approx(float(b), rel=1e-11)
