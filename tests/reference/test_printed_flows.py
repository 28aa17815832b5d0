"""Which printed formulas of papers 001 and 002 the modified equations confirm, and which they refute."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from math import log2

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case
from reference.elementary_differentials import WeightedDifferentials, derivatives_of
from reference.heavy_ball_series import StepFields, stationary_field
from reference.objective import objective_of
from reference.printed_flows import (
    ThirdOrder,
    equation_17,
    equation_19,
    equation_19_as_printed,
    equation_20,
    equation_20_as_printed,
    equation_57,
    equation_64,
    equation_64_as_printed,
    equation_68,
    equation_68_as_printed,
    ghosh_equation_4,
    ghosh_equation_5,
    ghosh_equation_10,
    theorem_2_1,
)
from reference.rooted_trees import LEAF, Tree, grow, trees_up_to

MOMENTA = (Fraction(1, 4), Fraction(9, 10))
TWO, TALL, FORK = grow([LEAF]), grow([grow([LEAF])]), grow([LEAF, LEAF])
OF_ORDER_TWO, OF_ORDER_THREE = trees_up_to(2), trees_up_to(3)


def exact_third(momentum: Fraction) -> tuple[Fraction, Fraction]:
    """Return the factors of ω₁ and ω₂ of the stationary field: z₂ from the fork, z₁ from the tall tree."""
    field = stationary_field(momentum, OF_ORDER_THREE)
    return field[TALL] - field[FORK] / 2, field[FORK] / 2


@pytest.mark.parametrize("momentum", MOMENTA)
def test_theorem_2_1_holds_at_every_step(momentum: Fraction) -> None:
    """Paper 002's recursion with its signs gives the logarithms of the step maps, to order 6."""
    trees = trees_up_to(6)
    steps = StepFields(momentum, trees)
    for k, field in enumerate(islice(theorem_2_1(momentum, trees), 5)):
        assert field == steps.at(k)


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("k", [0, 1, 2, 7])
def test_equation_4_of_paper_001_holds(momentum: Fraction, k: int) -> None:
    """The k-dependent flow with the printed γ, from the first interval on."""
    assert ghosh_equation_4(momentum, k).series() | {TALL: 0, FORK: 0} == StepFields(
        momentum, OF_ORDER_TWO
    ).at(k) | {TALL: 0, FORK: 0}


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("k", [0, 1, 2, 7])
def test_equation_57_of_paper_002_holds(momentum: Fraction, k: int) -> None:
    """γ_k^(0), and so the same field as paper 001, Eq. 4."""
    assert equation_57(momentum, k) == -StepFields(momentum, OF_ORDER_TWO).at(k)[TWO]


@pytest.mark.parametrize("momentum", MOMENTA)
def test_large_k_fields_of_order_two_are_the_stationary_one(momentum: Fraction) -> None:
    """Paper 001, Eq. 5 and paper 002, Eq. 17: the fields hold, their start does not (test_start_shift.py)."""
    exact = stationary_field(momentum, OF_ORDER_TWO)
    for printed in (ghosh_equation_5(momentum), equation_17(momentum)):
        assert {tree: printed.series()[tree] for tree in OF_ORDER_TWO} == exact


@pytest.mark.parametrize("momentum", MOMENTA)
def test_equation_19_is_refuted_and_equation_70_holds(momentum: Fraction) -> None:
    """The factor of ω₂ is (1 + 10μ + μ²)/12, not (1 + μ)(1 + 5μ)/12; that of ω₁ is right in both."""
    exact = exact_third(momentum)
    assert equation_19(momentum) == exact
    assert equation_19_as_printed(momentum)[0] == exact[0]
    assert equation_19_as_printed(momentum)[1] != exact[1]


def test_equation_19_is_right_for_gradient_descent() -> None:
    """At μ = 0 both give ω₁/4 + ω₂/12, Table 1's row for gradient descent."""
    third = (Fraction(1, 4), Fraction(1, 12))
    assert (
        equation_19_as_printed(Fraction(0)) == equation_19(Fraction(0)) == third == exact_third(Fraction(0))
    )


@pytest.mark.parametrize("momentum", MOMENTA)
def test_equation_20_lacks_a_vector(momentum: Fraction) -> None:
    """With ∇L·∇²L restored it is the stationary field of order 3; as printed it is not."""
    exact = stationary_field(momentum, OF_ORDER_THREE)
    assert equation_20(momentum).series() == exact
    assert equation_20_as_printed(momentum).series() != exact


@pytest.mark.parametrize("j", [0, 1, 4])
@pytest.mark.parametrize("momentum", MOMENTA)
def test_equation_64_has_a_wrong_exponent(momentum: Fraction, j: int) -> None:
    """μ^(k−j) γ_j^(0) by Eq. 57: the exponent is k + j + 2, not k + j + 1."""
    exact = momentum ** (5 - j) * equation_57(momentum, j)
    assert equation_64(momentum, 5, j) == exact
    assert equation_64_as_printed(momentum, 5, j) != exact


def test_equation_68_tends_to_zero() -> None:
    """By G_j = (1 − μ^(j+1))/(1 − μ) ∇L the bracket vanishes for large j; 2/(1 − μ)³ is printed."""
    momentum = Fraction(1, 4)
    assert 0 < equation_68(momentum, 60) < Fraction(1, 10**30)
    assert equation_68_as_printed(momentum) > 4


@pytest.mark.parametrize("momentum", MOMENTA)
def test_equation_69_takes_equation_68_as_zero(momentum: Fraction) -> None:
    """Eq. 66 and 69 add up to Eq. 70 as they stand; with −1/6 of Eq. 68 in Eq. 69 they would not."""
    psi = (1 + 5 * momentum) / (12 * (1 - momentum) ** 4)
    theta = (1 + momentum) / (2 * (1 - momentum) ** 5)
    wrong = theta - equation_68_as_printed(momentum) / (6 * (1 - momentum))
    assert psi + momentum * theta == exact_third(momentum)[1]
    assert psi + momentum * wrong != exact_third(momentum)[1]


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("batches", [1, 2, 3])
def test_equation_10_of_paper_001_holds(momentum: Fraction, batches: int) -> None:
    """The stochastic flow, with its factor 2 and its sum from r = 0, at the first steps and past the schedule."""
    steps = StepFields(momentum, trees_up_to(2, None, batches), batches)
    for k in (0, 1, 2, 5):
        assert ghosh_equation_10(momentum, k, batches) == steps.at(k)


def test_equation_10_with_one_batch_is_equation_4() -> None:
    """Without noise the stochastic flow is the flow."""
    one = ghosh_equation_10(Fraction(1, 4), 3, 1)
    full = ghosh_equation_4(Fraction(1, 4), 3).series()
    assert one == {tree: full[tree] for tree in OF_ORDER_TWO}


def test_equation_10_needs_its_factor_two() -> None:
    """Half the sum over the past steps is not the field."""
    momentum = Fraction(1, 4)
    printed = ghosh_equation_10(momentum, 2, 1)[TWO]
    last = -((1 - momentum**3) ** 2) / (2 * (1 - momentum) ** 2)
    halved = last + (printed - last) / 2
    assert printed == StepFields(momentum, OF_ORDER_TWO).at(2)[TWO] != halved


def stochastic_gap(case: Case, steps: int, factor: Fraction) -> float:
    """Return how far Eq. 10 ends from heavy ball with batches at time 1, its past terms times factor/2.

    One Runge-Kutta step an interval errs by η⁴ in all, far below what is measured.
    """
    arithmetic, momentum, batches = RationalArithmetic(float), Fraction(1, 4), len(case.method.batches)
    derivatives, objective = derivatives_of(case, arithmetic), objective_of(case, arithmetic)
    eta = 1.0 / steps
    ball = path = arithmetic.join([arithmetic.vector(block) for block in case.init.values()])
    p = 0.0 * ball
    for k in range(steps):
        p = float(momentum) * p - eta * objective.gradient(ball, k)
        ball = ball + p
        series = ghosh_equation_10(momentum, k, batches)
        weights = {tree: float(-c) for tree, c in series.items() if tree.nodes == 1}
        own = {
            tree: -series[tree.children[0]] * series[Tree(tree.colour, ())] / 2
            for tree in series
            if tree.children
        }
        weights |= {tree: eta * float(c + (series[tree] - c) * factor / 2) for tree, c in own.items()}
        path = runge_kutta(WeightedDifferentials(derivatives, weights), path, eta)
    return max(abs(float(a - b)) for a, b in zip(ball, path, strict=True))


def runge_kutta(slope: Callable[[Vector], Vector], at: Vector, h: float) -> Vector:
    """Return the position after one classical Runge-Kutta step."""
    k1 = slope(at)
    k2 = slope(at + h / 2 * k1)
    k3 = slope(at + h / 2 * k2)
    k4 = slope(at + h * k3)
    return at + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


@pytest.mark.parametrize(("factor", "order"), [(2, 2), (1, 1), (0, 1)])
def test_equation_10_is_second_order_with_its_factor_alone(
    make_case: Callable[..., Case], factor: int, order: int
) -> None:
    """Measured on heavy ball with three batches from p0 = 0: O(η²) as printed, O(η) with another factor than 2."""
    case = make_case(model="linear", batches=((0, 2), (1,), (1, 2)))
    coarse, fine = (stochastic_gap(case, steps, Fraction(factor)) for steps in (48, 96))
    assert abs(log2(coarse / fine) - order) < 0.2


def test_equation_21_holds(make_case: Callable[..., Case]) -> None:
    """ω₁ + ω₂ = ∇(∇L·(∇²L ∇L)), by exact central differences of a polynomial of degree seven."""
    case, rational = make_case(model="scalar_product"), RationalArithmetic()
    derivatives = derivatives_of(case, rational)
    weights = {TALL: Fraction(2), FORK: Fraction(1)}
    point = Vector([Fraction(2, 3), Fraction(-1, 2)])
    curvature = WeightedDifferentials(derivatives, {TWO: Fraction(1)})
    gradient = objective_of(case, rational).gradient

    def smoothness(position: Vector) -> Fraction:
        return Fraction(rational.dot(gradient(position).entries, curvature(position).entries))

    slopes = [differentiated(smoothness, point, axis) for axis in ((1, 0), (0, 1))]
    assert list(WeightedDifferentials(derivatives, weights)(point)) == slopes


def differentiated(function: Callable[[Vector], Fraction], at: Vector, axis: tuple[int, int]) -> Fraction:
    """Return the slope of a polynomial of degree ten at most, by central differences of five widths."""
    widths = [Fraction(h) for h in range(1, 6)]
    total = Fraction(0)
    for h in widths:
        move = Vector([h * Fraction(part) for part in axis])
        weight = Fraction(1)
        for other in widths:
            weight *= other**2 / (other**2 - h**2) if other != h else 1
        total += weight * (function(at + move) - function(at - move)) / (2 * h)
    return total


def test_terms_that_a_formula_lacks_are_zero() -> None:
    """A field of order one is its gradient alone."""
    assert ThirdOrder(Fraction(3)).series() == {LEAF: 3, TWO: 0, TALL: 0, FORK: 0}
