"""Scheduled step sizes against the loops written out: inside the momentum, outside it, and in balls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

from reference.arithmetic import RationalArithmetic
from reference.case import Case, Method, Regression
from reference.coupling import coupling_of
from reference.discrete_integrals import certified_integrals
from reference.discrete_limit import certified_limit
from reference.enclosures import enclose
from reference.iterates import certified_iterates
from reference.methods import METHODS, DiscreteMethod
from reference.schedule import SCALES, ScheduledError, cycle_length
from reference.state import Coefficients, Gradient, State
from reference.trajectory import (
    coefficient_cycle,
    coefficients_at,
    coefficients_of,
    start_of,
    states,
    step_of,
)

EXACT = RationalArithmetic()
ETAS = (Fraction(1, 10), Fraction(1, 20), Fraction(1, 100))
BATCHES = ((1, 2), (0,))
P0 = {"u": (Fraction(1, 9), Fraction(-2, 3), Fraction(1, 2))}
UPDATED = ("gradient_descent", "heavy_ball", "nesterov_lookahead")


def gradient_by_hand(case: Case, k: int, b: Sequence[Fraction]) -> list[Fraction]:
    """Return ∇L at step k on θ = u² − v² with the mean of halved squares over the step's samples."""
    problem, batches = case.problem, case.method.batches
    assert isinstance(problem, Regression)
    rows = batches[k % len(batches)] if batches else range(len(problem.y))
    d = len(b) // 2
    g = [Fraction(0)] * d
    for i in rows:
        r = -problem.y[i]
        for j in range(d):
            r += problem.X[i][j] * (b[j] * b[j] - b[d + j] * b[d + j])
        for j in range(d):
            g[j] += problem.X[i][j] * r / len(rows)
    return [2 * b[j] * g[j] for j in range(d)] + [-2 * b[d + j] * g[j] for j in range(d)]


def inside(case: Case, count: int, etas: Sequence[Fraction]) -> list[list[Fraction]]:
    """Return β_k, or y_k, of p ← μ p − η_k g, β ← β + p."""
    name, mu = case.method.name, case.method.momentum
    b = [*case.init["u"], *case.init["v"]]
    p = [*case.method.p0.get("u", (Fraction(0),) * 3), *case.method.p0.get("v", (Fraction(0),) * 3)]
    path = []
    for k in range(count):
        ahead = [x + mu * q for x, q in zip(b, p, strict=True)]
        path.append(ahead if name == "nesterov_lookahead" else b)
        g = gradient_by_hand(case, k, ahead if name.startswith("nesterov") else b)
        kept = 0 if name == "gradient_descent" else mu
        p = [kept * q - etas[k % len(etas)] * slope for q, slope in zip(p, g, strict=True)]
        b = [x + q for x, q in zip(b, p, strict=True)]
    return path


def outside(case: Case, count: int, etas: Sequence[Fraction]) -> list[list[Fraction]]:
    """Return β_k, or y_k, of torch's loop: b ← μ b + g, β ← β − η_k b or y ← y − η_k (g + μ b)."""
    name, mu = case.method.name, case.method.momentum
    x = [*case.init["u"], *case.init["v"]]
    buffer = [Fraction(0)] * len(x)
    path = []
    for k in range(count):
        path.append(x)
        g, eta = gradient_by_hand(case, k, x), etas[k % len(etas)]
        buffer = [mu * b + slope for b, slope in zip(buffer, g, strict=True)]
        moves = {
            "gradient_descent": g,
            "heavy_ball": buffer,
            "nesterov_lookahead": [slope + mu * b for slope, b in zip(g, buffer, strict=True)],
        }[name]
        x = [value - eta * move for value, move in zip(x, moves, strict=True)]
    return path


def moves_by_hand(case: Case, count: int, etas: Sequence[Fraction]) -> list[list[Fraction]]:
    """Return β_k of m ← (η_k/η_{k−1}) μ m − η_k g, β ← β + m, what `update` is in moves."""
    x = [*case.init["u"], *case.init["v"]]
    m = [Fraction(0)] * len(x)
    path = []
    for k in range(count):
        path.append(x)
        eta = etas[k % len(etas)]
        mu = case.method.momentum * eta / etas[(k - 1) % len(etas)]
        m = [mu * q - eta * slope for q, slope in zip(m, gradient_by_hand(case, k, x), strict=True)]
        x = [value + q for value, q in zip(x, m, strict=True)]
    return path


def path_of(case: Case, count: int) -> list[list[Fraction]]:
    """Return the reference's exact positions."""
    return [list(state.position) for state in islice(states(case, EXACT), count)]


def dyadic(number: Any) -> Fraction:
    """Return the exact number that a ball's midpoint or radius is."""
    mantissa, exponent = number.man_exp()
    return int(mantissa) * Fraction(2) ** int(exponent)


# What a schedule means


@pytest.mark.parametrize("p0", [{}, P0], ids=["at rest", "moving"])
@pytest.mark.parametrize("batches", [(), BATCHES], ids=["full", "batches"])
@pytest.mark.parametrize("method", METHODS)
def test_step_sizes_that_scale_the_gradient_follow_the_loop_by_hand(
    make_case: Callable[..., Case], method: str, batches: Any, p0: Any
) -> None:
    """p₊ = μ p − η_k g with three step sizes over two batches: four steps in exact rationals."""
    case = make_case(method, batches=batches, p0=p0, step_sizes=ETAS)
    assert path_of(case, 5) == inside(case, 5, ETAS)


@pytest.mark.parametrize("batches", [(), BATCHES], ids=["full", "batches"])
@pytest.mark.parametrize("method", UPDATED)
def test_step_sizes_that_scale_the_update_follow_the_buffer_by_hand(
    make_case: Callable[..., Case], method: str, batches: Any
) -> None:
    """b₊ = μ b + g, β₊ = β − η_k b₊ and y₊ = y − η_k (g + μ b₊): four steps in exact rationals."""
    case = make_case(method, batches=batches, step_sizes=ETAS, scales="update")
    assert path_of(case, 5) == outside(case, 5, ETAS)


def test_moves_of_the_update_are_rescaled_by_the_ratio_of_step_sizes(make_case: Callable[..., Case]) -> None:
    """m₊ = (η_k/η_{k−1}) μ m − η_k g is the same sequence, carried as moves."""
    case = make_case("heavy_ball", step_sizes=ETAS, scales="update")
    assert path_of(case, 5) == moves_by_hand(case, 5, ETAS)


SLIPS: dict[str, dict[str, Any]] = {
    "inside for outside": {"scales": "gradient"},
    "step sizes late by one": {"step_sizes": ETAS[-1:] + ETAS[:-1]},
    "first step size for ever": {"step_sizes": ETAS[:1]},
    "no schedule": {"step_sizes": ()},
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
@pytest.mark.parametrize("method", ["heavy_ball", "nesterov_lookahead"])
def test_loop_check_catches_a_slip(make_case: Callable[..., Case], method: str, slip: dict[str, Any]) -> None:
    """Each slip leaves the loop by hand within four steps."""
    case = make_case(method, step_sizes=ETAS, scales="update")
    changed = replace(case, method=replace(case.method, **slip))
    assert path_of(changed, 5) != outside(case, 5, ETAS)


def test_loop_check_catches_a_lookahead_without_the_step_size_on_its_momentum(
    make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """y₊ = y + μ q₊ − η_k g, the step size forgotten before q, is another sequence."""

    def fault(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
        eta, mu = coefficients
        slope = gradient(state.position)
        momentum = mu * state.momentum - slope
        return State(state.position + mu * momentum - eta * slope, momentum)

    method = METHODS["nesterov_lookahead"]
    monkeypatch.setitem(METHODS, "nesterov_lookahead", DiscreteMethod(method.init, method.step, fault))
    case = make_case("nesterov_lookahead", step_sizes=ETAS, scales="update")
    assert path_of(case, 3) != outside(case, 3, ETAS)


@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize("method", UPDATED)
def test_constant_schedule_is_no_schedule(make_case: Callable[..., Case], method: str, scales: str) -> None:
    """η_k = η gives the positions of the plain method, whatever η scales."""
    eta = Fraction(1, 10)
    case = make_case(method, step_size=eta)
    assert path_of(make_case(method, step_sizes=(eta, eta), scales=scales), 5) == path_of(case, 5)


@pytest.mark.parametrize("method", ["heavy_ball", "nesterov_lookahead"])
def test_momentum_of_the_update_is_that_of_the_gradient_over_the_step_size(
    make_case: Callable[..., Case], method: str
) -> None:
    """P = η q where η is constant."""
    eta = Fraction(1, 10)
    plain = islice(states(make_case(method, step_size=eta), EXACT), 5)
    outer = islice(states(make_case(method, step_sizes=(eta,), scales="update"), EXACT), 5)
    assert [list(s.momentum) for s in plain] == [[eta * q for q in s.momentum] for s in outer]


def test_gradient_descent_does_not_tell_gradient_from_update(make_case: Callable[..., Case]) -> None:
    """Without memory both are β − η_k ∇L(β)."""
    one, other = (make_case("gradient_descent", step_sizes=ETAS, scales=scales) for scales in SCALES)
    assert path_of(one, 5) == path_of(other, 5)


def test_coefficients_come_back_after_the_schedule(make_case: Callable[..., Case]) -> None:
    """Step k takes η_k mod L; μ stays."""
    case = make_case(step_sizes=ETAS)
    assert [coefficients_at(case, EXACT, k) for k in range(5)] == [
        (ETAS[k % 3], Fraction(3, 4)) for k in range(5)
    ]
    assert coefficient_cycle(case, EXACT) == tuple((eta, Fraction(3, 4)) for eta in ETAS)


def test_coefficients_without_a_schedule_are_those_of_the_method(make_case: Callable[..., Case]) -> None:
    """At every step η and μ, in a cycle of one."""
    case = make_case()
    assert (
        coefficients_at(case, EXACT, 7) == coefficients_of(case, EXACT) == (Fraction(1, 10), Fraction(3, 4))
    )
    assert coefficient_cycle(case, EXACT) == (coefficients_of(case, EXACT),)


@pytest.mark.parametrize(
    ("batches", "step_sizes", "length"),
    [((), (), 1), (BATCHES, (), 2), ((), ETAS, 3), (BATCHES, ETAS, 6), (BATCHES, ETAS[:2], 2)],
)
def test_cycle_is_the_least_common_multiple(
    make_case: Callable[..., Case], batches: Any, step_sizes: Any, length: int
) -> None:
    """Two batches and three step sizes meet again after six steps."""
    assert cycle_length(make_case(batches=batches, step_sizes=step_sizes)) == length


# What is refused


@pytest.mark.parametrize("change", [{"step_sizes": ETAS}, {"scales": "update"}])
@pytest.mark.parametrize(
    "ask",
    [
        lambda case: coefficients_of(case, EXACT),
        coupling_of,
        lambda case: certified_limit(case, 15),
        lambda case: certified_integrals(case, [1], 15),
    ],
    ids=["coefficients", "coupling", "limit", "integrals"],
)
def test_whatever_needs_one_step_size_refuses_a_schedule(
    make_case: Callable[..., Case], ask: Callable[[Case], Any], change: dict[str, Any]
) -> None:
    """Nothing takes the constant η in silence."""
    with pytest.raises(ScheduledError, match=r"needs one constant step size, .* leave out `method.schedule`"):
        ask(make_case(**change))


@pytest.mark.parametrize(("method", "scales"), [("nesterov", "update"), ("heavy_ball", "both")])
def test_scale_that_a_method_has_not_is_refused(
    make_case: Callable[..., Case], method: str, scales: str
) -> None:
    """Nesterov's own form has no update, and no method has a third convention."""
    with pytest.raises(ScheduledError, match=f"step sizes of `{method}` scale the `{scales}`"):
        step_of(make_case(method, step_sizes=ETAS, scales=scales))


def test_initial_momentum_of_an_update_is_refused(make_case: Callable[..., Case]) -> None:
    """A p0 that is not zero is a move, and q carries gradients."""
    with pytest.raises(ScheduledError, match="`p0` is not zero"):
        start_of(make_case(p0=P0, step_sizes=ETAS, scales="update"), EXACT)
    rest = {"u": (Fraction(0),) * 3}
    start_of(make_case(p0=rest, step_sizes=ETAS, scales="update"), EXACT)


# Certified


@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize("method", UPDATED)
@pytest.mark.parametrize("model", ["diagonal", "hadamard", "linear", "scalar_product", "polynomial"])
def test_certified_iterates_are_the_exact_rationals(
    make_case: Callable[..., Case], method: str, model: str, scales: str
) -> None:
    """Twenty-five digits, half a unit and mpmath beside them, on every model."""
    still = {"momentum": Fraction(0)} if method == "gradient_descent" else {}
    case = make_case(method, model, step_sizes=ETAS, scales=scales, **still)
    found = certified_iterates(case, [0, 1, 2, 3], 25)
    for k, exact in enumerate(path_of(case, 4)):
        rows = [found.arrays[name].rows[k] for name in case.init]
        published = [
            (Fraction(n, 10**row.places), Fraction(1, 2 * 10**row.places))
            for row in rows
            for n in row.integers
        ]
        assert all(abs(value - x) <= half for (value, half), x in zip(published, exact, strict=True))


def test_balls_hold_a_long_scheduled_run(make_case: Callable[..., Case]) -> None:
    """Two hundred steps of a linear model by hand in rationals lie inside the balls, which are narrow."""
    case = make_case("heavy_ball", "linear", step_sizes=ETAS, scales="update")
    found = enclose(case, [200], 400)
    exact = path_of(case, 201)[-1]
    assert found.way == "naive"
    for ball, value in zip(found.positions[200], exact, strict=True):
        assert abs(dyadic(ball.mid()) - value) <= dyadic(ball.rad()) < Fraction(1, 10**40)


def test_balls_of_the_other_convention_miss(make_case: Callable[..., Case]) -> None:
    """The planted fault: at step 3 inside and outside are further apart than the balls are wide."""
    inner, outer = (enclose(make_case(step_sizes=ETAS, scales=scales), [3], 200) for scales in SCALES)
    pairs = zip(inner.positions[3], outer.positions[3], strict=True)
    assert not any(one.overlaps(other) for one, other in pairs)


def test_method_has_no_schedule_unless_asked() -> None:
    """The defaults are those of every case before there were schedules."""
    method = Method("heavy_ball", Fraction(1, 10))
    assert (method.step_sizes, method.scales) == ((), "gradient")
