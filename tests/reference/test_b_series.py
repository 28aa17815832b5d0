"""B-series: composition, inverse, exponential and logarithm, against fields solved in closed form."""

from __future__ import annotations

from fractions import Fraction
from math import factorial, prod

import pytest

from reference.b_series import compose, exponential, inverse, lie_derivative, logarithm
from reference.rooted_trees import LEAF, Tree, grow, trees_up_to

TREES = trees_up_to(6)
EULER = {tree: Fraction(tree == LEAF) for tree in TREES}
FLOW = {tree: Fraction(1, tree.density) for tree in TREES}
UNLIKE = {tree: Fraction(3 * i + 2, i + 5) for i, tree in enumerate(TREES)}
OTHER = {tree: Fraction((-1) ** i, i + 2) for i, tree in enumerate(TREES)}

Coefficients = dict[Tree, Fraction]


def squared(tree: Tree) -> Fraction:
    """Return F(τ)(1) of f(β) = β²: f′ = 2, f″ = 2, all higher ones 0."""
    here = {0: 1, 1: 2, 2: 2}.get(len(tree.children), 0)
    return here * prod((squared(child) for child in tree.children), start=Fraction(1))


def chain(nodes: int) -> Tree:
    """Return the tree without forks, the one that a linear field has."""
    return LEAF if nodes == 1 else grow([chain(nodes - 1)])


def by_power(series: Coefficients) -> list[Fraction]:
    """Return the powers of η of the map β + Σ … for f = β² at β = 1, the identity first."""
    powers = [Fraction(1)] + [Fraction(0)] * 6
    for tree, coefficient in series.items():
        powers[tree.nodes] += coefficient / tree.symmetry * squared(tree)
    return powers


def test_exponential_of_a_field_is_its_exact_flow() -> None:
    """The flow of f itself has 1/γ(τ) for every tree (Hairer, Lubich, Wanner 2006, Theorem III.1.3)."""
    assert exponential(EULER, TREES) == FLOW


def test_flow_of_the_square_is_the_geometric_series() -> None:
    """β′ = β² from 1 is 1/(1 − η) after time η."""
    assert by_power(FLOW) == [1] * 7


@pytest.mark.parametrize("series", [EULER, FLOW, UNLIKE, OTHER])
def test_logarithm_undoes_the_exponential(series: Coefficients) -> None:
    """Both ways round."""
    assert exponential(logarithm(series, TREES), TREES) == series
    assert logarithm(exponential(series, TREES), TREES) == series


@pytest.mark.parametrize("series", [EULER, FLOW, UNLIKE])
def test_inverse_undoes_the_map_on_either_side(series: Coefficients) -> None:
    """The recursion asks for one side; the other must follow."""
    identity = dict.fromkeys(TREES, 0)
    undone = inverse(series, TREES)
    assert compose(undone, series, TREES) == identity
    assert compose(series, undone, TREES) == identity


def test_composition_is_associative() -> None:
    """(a ∘ b) ∘ c = a ∘ (b ∘ c)."""
    left = compose(compose(UNLIKE, OTHER, TREES), FLOW, TREES)
    assert left == compose(UNLIKE, compose(OTHER, FLOW, TREES), TREES)


def test_composition_has_its_order() -> None:
    """a ∘ b is not b ∘ a."""
    assert compose(UNLIKE, EULER, TREES) != compose(EULER, UNLIKE, TREES)


def test_two_euler_steps_of_the_square_by_hand() -> None:
    """1 + η, then 1 + η + η(1 + η)² = 1 + 2η + 2η² + η³."""
    assert by_power(compose(EULER, EULER, TREES)) == [1, 2, 2, 1, 0, 0, 0]


def test_two_flows_make_one_of_twice_the_time() -> None:
    """exp(f) ∘ exp(f) = exp(2f)."""
    twice = {tree: 2**tree.nodes * value for tree, value in FLOW.items()}
    assert compose(FLOW, FLOW, TREES) == twice


def test_inverse_of_the_flow_runs_backwards() -> None:
    """Time −η: the odd trees change sign."""
    assert inverse(FLOW, TREES) == {tree: (-1) ** tree.nodes * value for tree, value in FLOW.items()}


@pytest.mark.parametrize("nodes", range(1, 7))
def test_euler_logarithm_on_chains_is_the_logarithm(nodes: int) -> None:
    """For f(β) = λβ the Euler step is 1 + ηλ, and log(1 + x) has (−1)^(n+1)/n."""
    assert logarithm(EULER, TREES)[chain(nodes)] == Fraction((-1) ** (nodes + 1), nodes)


def test_lie_derivative_of_a_linear_field_is_its_product() -> None:
    """Along f = λβ, the derivative of λβ is λ²β; iterated n − 1 times it fills the chain of n nodes with 1."""
    term = EULER
    for nodes in range(2, 7):
        term = lie_derivative(term, EULER, TREES)
        assert term[chain(nodes)] == 1


def test_lie_derivatives_count_increasing_labellings() -> None:
    """The (n − 1)-th derivative of f along itself has n!/γ(τ) for trees of n nodes."""
    term = EULER
    for nodes in range(2, 7):
        term = lie_derivative(term, EULER, TREES)
        exact = {tree: Fraction(factorial(nodes), tree.density) for tree in TREES if tree.nodes == nodes}
        assert {tree: term[tree] for tree in exact} == exact
