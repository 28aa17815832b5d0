"""The exact identities of S±, Δ and θ̃ on runs with batches, momentum and changes of sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from mpmath import mp, mpf

from reference.bias_identities import (
    BiasSums,
    Elementary,
    VanishingWeightError,
    Weights,
    excess,
    force_scale,
    identified_balancedness,
    mirror_gain,
    perturbed_start,
    signed_weights,
)
from reference.case import Case, Regression
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.objective import RegressionObjective
from reference.trajectory import start_of, states

BITS = 400
CLOSE = mpf(10) ** -100
STEPS = 60
FUNCTIONS = Elementary(lambda x: mp.log(abs(x)), mp.exp, lambda x: bool(x == 0))
FAST = {"step_size": Fraction(1, 3)}  # so fast that w changes its sign
KICK = {"p0": {"u": (Fraction(1, 3), Fraction(-1, 5), Fraction(1, 9)), "v": (Fraction(1, 7),) * 3}}
BATCHES = {"batches": ((0, 1), (2,), (1, 1, 0))}
VARIANTS = (
    pytest.param({}, id="plain"),
    pytest.param(KICK, id="initial momentum"),
    pytest.param({**BATCHES, **KICK, **FAST, "momentum": Fraction(1, 5)}, id="batches, fast"),
)
METHODS = ("gradient_descent", "heavy_ball", "nesterov")
MODELS = ("diagonal", "hadamard")
EVERY = [
    pytest.param(method, model, *variant.values, id=f"{method}, {model}, {variant.id}")
    for method in METHODS
    for model in MODELS
    for variant in VARIANTS
]


@dataclass
class Followed:
    """A run's sums, its ends and Σ g_k."""

    bias: BiasSums
    start: Weights
    end: Weights
    gradients: Any


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    with mpmath_precision(BITS):
        yield


def follow(case: Case, steps: int = STEPS) -> Followed:
    """Follow a run with the plain recurrence; θ̃ and S± are made from its iterates alone."""
    arithmetic = MpmathArithmetic()
    objective = RegressionObjective(case, arithmetic)
    number, mu = arithmetic.number, arithmetic.number(case.method.momentum)

    def weights(vector: Any) -> Weights:
        return signed_weights(case.model, arithmetic.split(vector, objective.sizes))

    start = start_of(case, arithmetic)
    bias = BiasSums(case, number, FUNCTIONS, weights(start.position), weights(start.momentum))
    gradients = arithmetic.vector([Fraction(0)] * 3)
    run = list(islice(states(case, arithmetic, objective), steps + 1))
    for k in range(steps):
        ahead = case.method.name == "nesterov"
        looked = run[k].position + mu * run[k].momentum if ahead else run[k].position
        gradients = gradients + objective.predictor_gradient(looked, k)
        bias.add(weights(run[k + 1].position), weights(looked) if ahead else None)
    return Followed(bias, weights(start.position), weights(run[-1].position), gradients)


def farthest(left: Any, right: Any) -> Any:
    """Return the largest relative distance."""
    return max(abs(a - b) / max(abs(b), mpf(10) ** -20) for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize(("method", "model", "changes"), EVERY)
def test_balancedness_is_what_its_identity_says(
    make_case: Callable[..., Case], method: str, model: str, changes: dict[str, Any]
) -> None:
    """Δ_K = |w₊w₋| is Δ_0 exp(−S₊ − S₋ + A − E) to 100 digits: (2), batches and signs included."""
    run = follow(make_case(method, model, **changes))
    said = identified_balancedness(run.start, run.bias.exponents(), FUNCTIONS)
    found = [abs(a * b) for a, b in zip(run.end.plus, run.end.minus, strict=True)]
    assert farthest(said, found) < CLOSE


@pytest.mark.parametrize(("method", "model", "changes"), EVERY)
def test_mirror_gain_is_the_sum_of_the_gradients(
    make_case: Callable[..., Case], method: str, model: str, changes: dict[str, Any]
) -> None:
    """½asinh(2θ_K/Δ_K) − ½asinh(2θ̃/Δ_K) = −γ/(1 − μ) Σ g_k to 100 digits: (4)."""
    case = make_case(method, model, **changes)
    run = follow(case)
    quarter = mpf(1) / 4
    delta = [abs(a * b) for a, b in zip(run.end.plus, run.end.minus, strict=True)]
    theta = quarter * (run.end.plus * run.end.plus - run.end.minus * run.end.minus)
    shifted = perturbed_start(run.start, run.bias.exponents(), quarter, FUNCTIONS)
    gain = [
        (mp.asinh(2 * t / d) - mp.asinh(2 * s / d)) / 2 for t, s, d in zip(theta, shifted, delta, strict=True)
    ]
    assert farthest(gain, mirror_gain(case, run.gradients, MpmathArithmetic().number)) < CLOSE


def test_signs_do_change_in_the_fast_runs(make_case: Callable[..., Case]) -> None:
    """The runs called fast really cross zero, so that ln|z| is tested with z < 0."""
    case = make_case("heavy_ball", "diagonal", **BATCHES, **KICK, **FAST, momentum=Fraction(1, 5))
    run = follow(case)
    pairs = [
        *zip(run.start.plus, run.end.plus, strict=True),
        *zip(run.start.minus, run.end.minus, strict=True),
    ]
    assert any(a * b < 0 for a, b in pairs)


def test_mirror_gain_lies_in_the_row_span(make_case: Callable[..., Case]) -> None:
    """For n < d the gain has no part in the kernel of X, minibatches included."""
    case = make_case("heavy_ball", "hadamard", **KICK)
    assert isinstance(case.problem, Regression)
    problem = Regression(case.problem.X[:2], case.problem.y[:2], case.problem.loss)
    case = replace(case, problem=problem, method=replace(case.method, batches=((0,), (1, 0))))
    run = follow(case)
    kernel = [mpf(5) / 8, mpf(-3) / 4, mpf(1)]  # X times it is zero
    assert abs(sum(k * g for k, g in zip(kernel, run.gradients, strict=True))) < CLOSE
    assert max(map(abs, run.gradients)) > 0.01


def test_balancedness_of_gradient_descent_is_a_product(make_case: Callable[..., Case]) -> None:
    """Gradient descent: Δ_K/Δ_0 = Π|1 − γ²g_k²|, the other way to e^{−S₊−S₋}."""
    case = make_case("gradient_descent", "hadamard")
    arithmetic = MpmathArithmetic()
    objective = RegressionObjective(case, arithmetic)
    product, gamma = [mpf(1)] * 3, arithmetic.number(force_scale(case))
    for k, state in enumerate(islice(states(case, arithmetic, objective), STEPS)):
        g = objective.predictor_gradient(state.position, k)
        product = [x * abs(1 - gamma**2 * y * y) for x, y in zip(product, g, strict=True)]
    sums = follow(case).bias.excess_sums()
    said = [mp.exp(-a - b) for a, b in zip(sums.plus, sums.minus, strict=True)]
    assert farthest(said, product) < CLOSE


@pytest.mark.parametrize("fault", ["sign", "momentum", "boundary"])
def test_planted_faults_break_the_identity(make_case: Callable[..., Case], fault: str) -> None:
    """A wrong sign of S, a forgotten 1/(1 − μ) or a dropped boundary term is seen at once."""
    run = follow(make_case("heavy_ball", "hadamard", **KICK))
    sums, exponents = run.bias.excess_sums(), run.bias.exponents()
    mu = mpf(3) / 4
    both = ((exponents.plus, sums.plus), (exponents.minus, sums.minus))
    faulty = {
        "sign": Weights(*(e + 2 * s for e, s in both)),
        "momentum": Weights(*(e + mu * s for e, s in both)),
        "boundary": Weights(*(-s for _, s in both)),
    }[fault]
    said = identified_balancedness(run.start, faulty, FUNCTIONS)
    found = [abs(a * b) for a, b in zip(run.end.plus, run.end.minus, strict=True)]
    assert farthest(said, found) > 1e-3


def test_excess_is_its_formula() -> None:
    """r(z) = (z − 1) − ln|z|: 0 at 1, 1 − ln 2 at 2, −2 at −1."""
    one = mpf(1)
    found = [excess(z, one, FUNCTIONS) for z in (one, 2 * one, -one)]
    assert farthest(found, [mpf(0), 1 - mp.log(2), mpf(-2)]) < CLOSE


def test_start_with_a_zero_weight_is_refused(make_case: Callable[..., Case]) -> None:
    """u = v has w₋ = 0 for θ = u⊙v: the message says which and what to do."""
    case = make_case("heavy_ball", "hadamard")
    same = replace(case, init={"u": case.init["u"], "v": case.init["u"]})
    with pytest.raises(VanishingWeightError, match=r"`w_minus\[0\]` is zero at step 0.*start with"):
        follow(same, 1)
