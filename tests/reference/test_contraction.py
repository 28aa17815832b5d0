"""Bounds on what a settling run still does, against runs followed on in mpmath."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from flint import arb
from mpmath import mp, mpf

from reference.arithmetic import Vector
from reference.balls import ball_precision
from reference.case import Case, Regression
from reference.contraction import Tail, settling_tail
from reference.lyapunov import ContractingNorm, contracting_norm
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.objective import RegressionObjective
from reference.state import State
from reference.trajectory import states

BITS = 200
STEP = 160  # where the proofs below are asked for
LATER = 700
X = ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(0), Fraction(1), Fraction(3, 4)))
METHODS = ("gradient_descent", "heavy_ball", "nesterov_lookahead")
MODELS = ("diagonal", "hadamard", "linear")
BATCHES = ((0,), (1, 1), (0, 1))


@dataclass
class Done:
    """What a run did between a step and a much later one, as sums of Euclidean norms."""

    movement: Any
    momenta: Any
    gradients: Any
    predictor_gradients: Any


def wide(make_case: Callable[..., Case], method: str, model: str = "diagonal", **changes: Any) -> Case:
    """Return a case of two rows in three dimensions that settles fast."""
    step_size = Fraction(1, 5) if model == "hadamard" else Fraction(1, 10)
    case = make_case(method, model, momentum=Fraction(1, 2), step_size=step_size, **changes)
    scale = {"u": Fraction(1, 2), "v": Fraction(1, 4), "beta": Fraction(1, 3)}
    start = {name: (scale[name],) * 3 for name in case.init}
    return replace(case, problem=Regression(X, (Fraction(1), Fraction(-1, 2)), "half_sum_square"), init=start)


def run_of(case: Case, count: int) -> list[State]:
    """Return the states of a run in mpmath."""
    return list(islice(states(case, MpmathArithmetic()), count + 1))


def state_at(case: Case, step: int) -> State:
    """Return balls around a state of the run; gradient descent carries no momentum."""
    with mpmath_precision(BITS + 64):
        state = run_of(case, step)[step]
    with ball_precision(BITS):
        spread = arb(0, arb(2) ** (-BITS + 20))
        vectors = [Vector([arb(x) + spread for x in vector]) for vector in state]
        still = Vector([arb(0)] * len(vectors[1]))
        return State(vectors[0], still if case.method.name == "gradient_descent" else vectors[1])


def done_after(case: Case, step: int) -> Done:
    """Return what the run did from a step on."""
    with mpmath_precision(BITS + 64):
        run = run_of(case, LATER)
        objective = RegressionObjective(case, MpmathArithmetic())
        rest = range(step, LATER)
        return Done(
            sum(norm(run[k + 1].position - run[k].position) for k in rest),
            sum(norm(run[k].momentum) for k in rest[case.method.name == "gradient_descent" :]),
            sum(norm(objective.gradient(run[k].position, k)) for k in rest),
            sum(norm(objective.predictor_gradient(run[k].position, k)) for k in rest),
        )


def norm(vector: Any) -> Any:
    """Return |vector|₂."""
    return mp.sqrt(sum((x * x for x in vector), start=mpf(0)))


@pytest.mark.parametrize("batches", [(), BATCHES], ids=["every sample", "batches"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("method", METHODS)
def test_tail_bounds_what_the_run_does(
    make_case: Callable[..., Case], method: str, model: str, batches: tuple[tuple[int, ...], ...]
) -> None:
    """Every sum of the tail is at least what the run does, and not absurdly more."""
    case = wide(make_case, method, model, batches=batches)
    tail = settling_tail(case, STEP, state_at(case, STEP), BITS)
    assert tail is not None
    done = done_after(case, STEP)
    for name in ("movement", "momenta", "gradients", "predictor_gradients"):
        bound, found = float(getattr(tail, name)), float(getattr(done, name))
        assert 0 < found <= bound <= 1e5 * found, name


@pytest.mark.parametrize("method", METHODS)
def test_no_tail_far_from_the_limit(make_case: Callable[..., Case], method: str) -> None:
    """A step too early, here the very start, is refused."""
    case = wide(make_case, method)
    assert settling_tail(case, 0, state_at(case, 0), BITS) is None


def test_no_tail_for_dependent_rows(make_case: Callable[..., Case]) -> None:
    """Two equal rows make K singular: no proof."""
    case = wide(make_case, "heavy_ball", "linear")
    case = replace(case, problem=Regression((X[0], X[0]), (Fraction(1), Fraction(1)), "half_sum_square"))
    assert settling_tail(case, STEP, state_at(case, STEP), BITS) is None


def test_no_tail_for_an_unstable_step_size(make_case: Callable[..., Case]) -> None:
    """Heavy ball beyond η|H| = 2(1 + μ) does not contract, even when asked at the minimum itself."""
    case = wide(make_case, "heavy_ball", "linear")
    near = state_at(case, STEP)
    fast = replace(case, method=replace(case.method, step_size=Fraction(3)))
    assert settling_tail(fast, STEP, near, BITS) is None


@pytest.mark.parametrize("factor", [1.0, 0.9999999])
def test_no_tail_from_a_factor_that_hardly_contracts(make_case: Callable[..., Case], factor: float) -> None:
    """A norm whose factor leaves no room for the perturbations closes no argument where they are felt."""

    def tampered(matrix: Any) -> ContractingNorm | None:
        found = contracting_norm(matrix)
        return None if found is None else replace(found, factor=factor)

    case = wide(make_case, "heavy_ball")
    assert isinstance(settling_tail(case, 40, state_at(case, 40), BITS), Tail)
    assert settling_tail(case, 40, state_at(case, 40), BITS, tampered) is None
