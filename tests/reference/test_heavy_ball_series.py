"""Heavy ball from rest as B-series, against its characteristic roots and against closed forms of order 3."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from reference.b_series import compose, inverse
from reference.heavy_ball_series import (
    StepFields,
    first_map,
    next_map,
    stationary_field,
    stationary_map,
    step_fields,
)
from reference.rooted_trees import LEAF, Tree, grow, trees_up_to

MOMENTA = (Fraction(0), Fraction(1, 3), Fraction(9, 10))
TWO = grow([LEAF])
TREES = trees_up_to(6)
Powers = list[Fraction]


def chain(nodes: int) -> Tree:
    """Return the tree without forks, the one that a linear field has."""
    return LEAF if nodes == 1 else grow([chain(nodes - 1)])


def times(a: Powers, b: Powers) -> Powers:
    """Return the product of two power series in x, cut to the length of the first."""
    return [sum((a[i] * b[n - i] for i in range(n + 1)), start=Fraction(0)) for n in range(len(a))]


def over(a: Powers, b: Powers) -> Powers:
    """Return a / b, b with a constant term."""
    quotient: Powers = []
    for n in range(len(a)):
        known = sum((quotient[i] * b[n - i] for i in range(n)), start=Fraction(0))
        quotient.append((a[n] - known) / b[0])
    return quotient


def log(a: Powers) -> Powers:
    """Return log a, a with constant term 1, by integrating a′/a."""
    slope = over([n * a[n] for n in range(1, len(a))] + [Fraction(0)], a)
    return [Fraction(0)] + [slope[n] / (n + 1) for n in range(len(a) - 1)]


def slow_root(momentum: Fraction, length: int) -> Powers:
    """Return z = 1 + O(x) with z² − (1 + μ − x) z + μ = 0 in powers of x = ηλ; Newton doubles the exact ones."""
    z = [Fraction(1)] + [Fraction(0)] * (length - 1)
    trace = [1 + momentum, Fraction(-1)] + [Fraction(0)] * (length - 2)
    for _ in range(length.bit_length()):
        squared = times(z, z)
        slope = [2 * a - t for a, t in zip(z, trace, strict=True)]
        z = over([squared[0] - momentum, *squared[1:]], slope)
    return z


def ratios(momentum: Fraction, count: int, length: int) -> list[Powers]:
    """Return β_{k+1}/β_k in powers of x for heavy ball on λβ²/2 from rest."""
    zero = [Fraction(0)] * length
    positions = [[Fraction(1), *zero[1:]]] * 2
    for _ in range(count):
        kept = [(1 + momentum) * a - momentum * b for a, b in zip(positions[-1], positions[-2], strict=True)]
        pulled = [Fraction(0), *positions[-1][:-1]]
        positions.append([a - b for a, b in zip(kept, pulled, strict=True)])
    return [over(after, before) for before, after in pairwise(positions[1:])]


def signed(powers: Powers) -> Powers:
    """Return the coefficients by powers of −x, without the constant: what chains carry, as F = (−λ)ⁿ β."""
    return [(-1) ** n * powers[n] for n in range(1, len(powers))]


@pytest.mark.parametrize("momentum", MOMENTA)
def test_stationary_field_on_chains_is_the_logarithm_of_the_slow_root(momentum: Fraction) -> None:
    """On L = λβ²/2 the stationary rate is log(z)/η, to order 6."""
    field = stationary_field(momentum, TREES)
    assert [field[chain(n)] for n in range(1, 7)] == signed(log(slow_root(momentum, 7)))


@pytest.mark.parametrize("momentum", MOMENTA)
def test_step_fields_on_chains_are_logarithms_of_ratios(momentum: Fraction) -> None:
    """On L = λβ²/2 step k multiplies by β_{k+1}/β_k, whose logarithm is η times the rate."""
    steps = StepFields(momentum, TREES)
    for k, ratio in enumerate(ratios(momentum, 6, 7)):
        field = steps.at(k)
        assert [field[chain(n)] for n in range(1, 7)] == signed(log(ratio))


@pytest.mark.parametrize("momentum", MOMENTA)
def test_stationary_field_of_order_three_in_closed_form(momentum: Fraction) -> None:
    """1/(1−μ), (1+μ)/(2(1−μ)³), and (1+μ)²/(1−μ)⁵ [ω₁/4 + (1+10μ+μ²)/(12(1+μ)²) ω₂], ω₂ = [[.]] + [..]."""
    field = stationary_field(momentum, trees_up_to(3))
    omega1 = (1 + momentum) ** 2 / (4 * (1 - momentum) ** 5)
    omega2 = (1 + 10 * momentum + momentum**2) / (12 * (1 - momentum) ** 5)
    assert field == {
        LEAF: 1 / (1 - momentum),
        TWO: -(1 + momentum) / (2 * (1 - momentum) ** 3),
        grow([TWO]): omega1 + omega2,
        grow([LEAF, LEAF]): 2 * omega2,
    }


@pytest.mark.parametrize("momentum", MOMENTA)
def test_stationary_map_is_a_fixed_point_of_the_recursion(momentum: Fraction) -> None:
    """Φ = id + η f + μ(id − Φ⁻¹)."""
    forward = stationary_map(momentum, TREES)
    assert next_map(forward, momentum, TREES) == forward


def test_steps_tend_to_the_stationary_field() -> None:
    """The difference falls like a power of k times μ^k; here k + 1 = 81, and the power is at most the order."""
    momentum, trees = Fraction(1, 3), trees_up_to(5)
    limit, late = stationary_field(momentum, trees), StepFields(momentum, trees).at(80)
    assert all(abs(late[tree] - limit[tree]) < 10 * 81**5 * momentum**81 for tree in trees)


def test_maps_make_heavy_ball() -> None:
    """Φ_{k+1}(β) − β = η f(β) + μ(β − Φ_k⁻¹(β)) after three steps, composed the long way."""
    momentum = Fraction(1, 3)
    first = first_map(TREES)
    second = next_map(first, momentum, TREES)
    third = next_map(second, momentum, TREES)
    after_two = compose(second, first, TREES)
    after_three = compose(third, after_two, TREES)
    force = compose({tree: Fraction(tree == LEAF) for tree in TREES}, after_two, TREES)
    kept = {tree: after_two[tree] + momentum * (after_two[tree] - first[tree]) for tree in TREES}
    gradient = {tree: force[tree] - after_two[tree] for tree in TREES}
    assert after_three == {tree: kept[tree] + gradient[tree] for tree in TREES}
    assert compose(inverse(third, TREES), after_three, TREES) == after_two


def test_earlier_steps_can_be_asked_again() -> None:
    """The recursion starts over, with the same result."""
    steps = StepFields(Fraction(1, 3), TREES, colours=1)
    early = steps.at(2)
    steps.at(5)
    assert steps.at(2) == early


def test_callers_share_one_recursion() -> None:
    """Equal coefficients, equal object."""
    assert step_fields(Fraction(1, 3), TREES) is step_fields(Fraction(1, 3), TREES)


def test_momentum_zero_is_gradient_descent_at_every_step() -> None:
    """Without memory no step differs from the stationary one."""
    steps = StepFields(Fraction(0), TREES)
    assert steps.at(0) == steps.at(3) == stationary_field(Fraction(0), TREES)
