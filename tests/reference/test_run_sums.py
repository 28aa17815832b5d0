"""The sums along a run, in rationals, against their definitions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.bias_identities import Elementary
from reference.case import Case
from reference.objective import objective_of
from reference.run_sums import RunSums, phi_factor, zero_weight
from reference.trajectory import states

NO_LOGARITHMS = Elementary(lambda x: Fraction(0), lambda x: Fraction(1), lambda x: bool(x == 0))
STEPS = 3


def summed(case: Case) -> tuple[dict[str, Vector], list[Any]]:
    """Return the sums after a few steps with ln left out, and the run's positions."""
    arithmetic = RationalArithmetic()
    objective = objective_of(case, arithmetic)
    path = [state.position for state in islice(states(case, arithmetic), STEPS + 1)]
    sums = RunSums(case, objective, NO_LOGARITHMS)
    for here, after in pairwise(path):
        sums.add(here, after)
    return sums.observed(path[-1]), path


@pytest.mark.parametrize("model", ["diagonal", "hadamard", "linear", "scalar_product", "polynomial"])
def test_gradient_energy_is_read_off_the_steps(make_case: Callable[..., Case], model: str) -> None:
    """Gradient descent: η Σ|∇L|² = Σ|β_{k+1} − β_k|²/η."""
    case = make_case("gradient_descent", model, step_size=Fraction(1, 16))
    named, path = summed(case)
    moves = [b - a for a, b in pairwise(path)]
    squares = sum((x * x for move in moves for x in move), start=Fraction(0))
    assert named["gradient_energy"].entries == [squares * 16]


def test_phi_of_the_linear_model_is_read_off_the_steps(make_case: Callable[..., Case]) -> None:
    """Heavy ball, θ = β: 8η/(1 − μ)² Σ g² with ηg_k = μp_k − p_{k+1}."""
    case = make_case("heavy_ball", "linear")
    named, path = summed(case)
    eta, mu = case.method.step_size, case.method.momentum
    momenta = [Vector([Fraction(0)] * 3)] + [b - a for a, b in pairwise(path)]
    pushes = [mu * p - q for p, q in pairwise(momenta)]
    expected = [sum(push.entries[j] ** 2 for push in pushes) * 8 / eta / (1 - mu) ** 2 for j in range(3)]
    assert named["phi"].entries == expected
    assert phi_factor(case) == 8 * eta / (1 - mu) ** 2


@pytest.mark.parametrize(("model", "scale"), [("hadamard", None), ("scalar_product", None), ("diagonal", 4)])
def test_balancedness_is_that_of_the_parameters(
    make_case: Callable[..., Case], model: str, scale: int | None
) -> None:
    """Δ = u² − v² for θ = u⊙v, and 4uv for θ = u⊙u − v⊙v; the other array is its size."""
    named, path = summed(make_case("heavy_ball", model))
    half = len(path[-1]) // 2
    pairs = list(zip(path[-1].entries[:half], path[-1].entries[half:], strict=True))
    expected = [scale * u * v if scale else u * u - v * v for u, v in pairs]
    assert named["signed_balancedness"].entries == expected
    assert named["balancedness"].entries == [abs(x) for x in expected]


@pytest.mark.parametrize("model", ["diagonal", "hadamard"])
def test_nesterov_keeps_its_own_weights(make_case: Callable[..., Case], model: str) -> None:
    """Followed at its look-ahead points, Nesterov's method is observed at its own positions."""
    case, followed = make_case("nesterov", model), make_case("nesterov_lookahead", model)
    arithmetic = RationalArithmetic()
    sums = RunSums(case, objective_of(followed, arithmetic), NO_LOGARITHMS)
    run = list(islice(states(followed, arithmetic), STEPS + 1))
    for here, after in pairwise(run):
        sums.add(here.position, after.position)
    own = summed(case)[1][-1].entries
    signed = [
        4 * u * v if model == "diagonal" else u * u - v * v for u, v in zip(own[:3], own[3:], strict=True)
    ]
    assert sums.observed(run[-1].position)["signed_balancedness"].entries == signed


def test_heavy_ball_ratios_without_logarithms(make_case: Callable[..., Case]) -> None:
    """With ln left out S₊ is Σ(w_{k+1}/w_k − 1) + μΣ(w_{k−1}/w_k − 1) over 1 − μ: the terms are the right ones."""
    case = make_case("heavy_ball", "diagonal")
    named, path = summed(case)
    mu = case.method.momentum
    for j in range(3):
        w = [position.entries[j] for position in path]
        forth = sum(w[k + 1] / w[k] - 1 for k in range(STEPS))
        back = sum(w[k - 1] / w[k] - 1 for k in range(1, STEPS))
        assert named["S_plus"].entries[j] == (forth + mu * back) / (1 - mu)


def test_zero_weight_names_the_first(make_case: Callable[..., Case]) -> None:
    """u = v in the second coordinate makes w₋[1] vanish for θ = u⊙v, nothing for u⊙u − v⊙v."""
    start = (Fraction(1), Fraction(1, 2), Fraction(1))
    hadamard, diagonal = make_case("heavy_ball", "hadamard"), make_case("heavy_ball", "diagonal")
    for case in (hadamard, diagonal):
        case.init["u"], case.init["v"] = start, (Fraction(2), Fraction(1, 2), Fraction(3))  # type: ignore[index]
    assert zero_weight(hadamard) == "w_minus[1]"
    assert zero_weight(diagonal) is None
