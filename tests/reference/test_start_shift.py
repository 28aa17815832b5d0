"""The shifted start: against characteristic roots, against its limit, and measured on heavy ball itself."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import log2, sqrt

import pytest

from reference import start_shift
from reference.arithmetic import RationalArithmetic
from reference.b_series import compose, inverse
from reference.case import Case, Flow, FlowCase
from reference.heavy_ball_series import first_map, next_map, stationary_map
from reference.modified_equation import ModifiedEquation
from reference.objective import objective_of
from reference.rooted_trees import LEAF, Tree, grow, trees_up_to
from reference.start_shift import MOMENTUM, P_LEAF, projection, shift

MOMENTA = (Fraction(1, 3), Fraction(9, 10))
HALF = Fraction(1, 2)


def chain(nodes: int) -> Tree:
    """Return the tree without forks, the one that a linear field has."""
    return LEAF if nodes == 1 else grow([chain(nodes - 1)])


def slow_part(momentum: float, x: float) -> float:
    """Return A of β_k = A z^k + B w^k with β_{−1} = β_0 = 1 and the roots of z² − (1 + μ − x) z + μ."""
    trace = 1 + momentum - x
    spread = sqrt(trace * trace - 4 * momentum)
    slow, fast = (trace + spread) / 2, (trace - spread) / 2
    return slow * (1 - fast) / (slow - fast)


def residue(momentum: Fraction, known: dict[Tree, Fraction], tree: Tree) -> Fraction:
    """Return the coefficient of S ∘ T − Φ ∘ S at one tree."""
    stationary = stationary_map(momentum, trees_up_to(tree.nodes))
    first = start_shift._step_first(tree, known, momentum)
    return first - start_shift._step_last(tree, known, stationary)


@pytest.mark.parametrize("momentum", MOMENTA)
def test_shift_leads_uphill(momentum: Fraction) -> None:
    """S(β) = β − η μ/(1 − μ)² f(β) + …, that is + η μ/(1 − μ)² ∇L: heavy ball from rest starts late."""
    assert shift(momentum, 1) == {LEAF: -momentum / (1 - momentum) ** 2}


def test_projection_keeps_the_slow_coordinate_of_first_order() -> None:
    """S(β, p) = β + μ/(1 − μ) p + …: β + μp/(1 − μ) moves by ηf/(1 − μ) alone."""
    assert projection(Fraction(1, 3), 1)[P_LEAF] == HALF


@pytest.mark.parametrize("momentum", [Fraction(1, 3), HALF])
def test_shift_on_chains_is_the_part_of_the_slow_root(momentum: Fraction) -> None:
    """On L = λβ²/2, S(1) = A(x) in powers of −x = −ηλ: their sum meets A where x⁷ is negligible."""
    coefficients = shift(momentum, 6, most_children=1)
    for x in (1e-3, -1e-3):
        total = 1 + sum(float(coefficients[chain(n)]) * (-x) ** n for n in range(1, 7))
        assert abs(total - slow_part(float(momentum), x)) < 3e-15


def test_shift_is_the_limit_of_its_definition() -> None:
    """S = lim Φ⁻ᵏ ∘ Φ_{k−1} ∘ … ∘ Φ_0, coefficient by coefficient."""
    momentum, trees = Fraction(1, 4), trees_up_to(5)
    backwards = inverse(stationary_map(momentum, trees), trees)
    step = first_map(trees)
    gone, back = step, backwards
    for _ in range(40):
        step = next_map(step, momentum, trees)
        gone, back = compose(step, gone, trees), compose(backwards, back, trees)
    limit, exact = compose(back, gone, trees), shift(momentum, 5)
    assert all(abs(limit[tree] - exact[tree]) < Fraction(1, 10**15) for tree in trees)


@pytest.mark.parametrize("momentum", MOMENTA)
def test_projection_carries_heavy_ball_to_the_slow_map(momentum: Fraction) -> None:
    """S ∘ T = Φ ∘ S also on trees without p, where the projection was found without this equation."""
    known = projection(momentum, 5)
    assert not any(residue(momentum, known, tree) for tree in trees_up_to(5))


def test_projection_check_catches_a_wrong_coefficient() -> None:
    """One changed coefficient leaves a residue."""
    known = projection(Fraction(1, 3), 4)
    known[LEAF] += 1
    assert any(residue(Fraction(1, 3), known, tree) for tree in trees_up_to(4))


def test_without_momentum_nothing_moves() -> None:
    """Gradient descent has no transient."""
    assert not any(shift(Fraction(0), 4).values())


def test_momentum_nodes_are_leaves() -> None:
    """The momentum is a constant field."""
    assert all(tree == P_LEAF or tree.colour != MOMENTUM for tree in projection(HALF, 3))


def heavy_ball_end(case: FlowCase, steps: int) -> list[float]:
    """Return heavy ball's position from rest, in floats."""
    arithmetic = RationalArithmetic(float)
    objective = objective_of(case, arithmetic)
    position = arithmetic.join([arithmetic.vector(block) for block in case.init.values()])
    momentum = 0.0 * position
    for _ in range(steps):
        momentum = float(case.flow.momentum) * momentum - float(case.flow.step_size) * objective.gradient(
            position
        )
        position = position + momentum
    return list(position)


def flow_end(case: FlowCase, time: float) -> list[float]:
    """Return the stationary flow's position, from its own start, by the classical Runge-Kutta method."""
    arithmetic = RationalArithmetic(float)
    equation = ModifiedEquation(case, arithmetic)
    slope = equation.field()
    plain = arithmetic.join([arithmetic.vector(block) for block in case.init.values()])
    position = equation.shifted_start() if case.flow.start == "shifted" else plain
    h = time / 400
    for _ in range(400):
        k1 = slope(position)
        k2 = slope(position + h / 2 * k1)
        k3 = slope(position + h / 2 * k2)
        k4 = slope(position + h * k3)
        position = position + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return list(position)


def measured_order(case: Case, order: int, start: str) -> float:
    """Return log2 of the ratio of the errors at time 1/2 for η = 1/64 and 1/128, where μ^32 is long gone."""
    errors = []
    for steps in (32, 64):
        flow = Flow("hb_flow", HALF / steps, HALF / 2, order=order, start=start)
        run = FlowCase(case.problem, case.model, case.init, flow)
        pairs = zip(heavy_ball_end(run, steps), flow_end(run, 0.5), strict=True)
        errors.append(max(abs(a - b) for a, b in pairs))
    return log2(errors[0] / errors[1])


@pytest.mark.parametrize("model", ["diagonal", "scalar_product", "polynomial"])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_shifted_flow_has_its_order_after_the_transient(
    make_case: Callable[..., Case], model: str, order: int
) -> None:
    """Measured on heavy ball itself: the error falls like η^order."""
    assert abs(measured_order(make_case(model=model), order, "shifted") - order) < 0.3


@pytest.mark.parametrize("order", [2, 3])
def test_plain_start_leaves_first_order(make_case: Callable[..., Case], order: int) -> None:
    """Paper 002, Eq. 17 and 20 and paper 001, Eq. 5 with 6, started at β0: O(η), not what they claim."""
    assert abs(measured_order(make_case(model="scalar_product"), order, "plain") - 1) < 0.2
