"""Centred runs and their error bound: the truth lies inside, and few bits are lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import pytest
from flint import arb

from reference.balls import BallArithmetic, ball_precision
from reference.case import Case
from reference.centred_run import CentredRun, DivergedError
from reference.enclosures import Enclosures, enclose, enclose_centred, enclose_naively
from reference.trajectory import states

METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
MODELS = ("diagonal", "hadamard", "linear", "scalar_product")


def truth(case: Case, step: int, bits: int = 6000) -> list[arb]:
    """Return the position at a step from balls fed back at a precision that drowns their growth."""
    with ball_precision(bits):
        entries: list[arb] = next(islice(states(case, BallArithmetic()), step, None)).position.entries
        return entries


def contains(enclosures: Enclosures, step: int, values: list[arb]) -> bool:
    """Return whether every value lies inside its ball."""
    with ball_precision(6000):
        return all(b.contains(v) for b, v in zip(enclosures.positions[step], values, strict=True))


def method_options(name: str) -> dict[str, Fraction]:
    """Return coefficients that suit the method."""
    return {"momentum": Fraction(0)} if name == "gradient_descent" else {}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("step", [0, 1, 7, 300])
def test_enclosures_contain_the_truth(
    make_case: Callable[..., Case], method: str, model: str, step: int
) -> None:
    """A 128-bit centred run encloses the trajectory that 6000 bits of fed-back balls pin down."""
    case = make_case(method, model, **method_options(method))
    enclosures = enclose_centred(case, [step], 128)
    assert contains(enclosures, step, truth(case, step))


@pytest.mark.parametrize("method", METHODS)
def test_enclosures_contain_the_truth_with_batches_and_initial_momentum(
    make_case: Callable[..., Case], method: str
) -> None:
    """Cyclic batches of unequal size, one with a repeated sample, and p0 ≠ 0."""
    p0 = {} if method == "gradient_descent" else {"u": (Fraction(1, 50),) * 3}
    case = make_case(method, batches=((0, 1), (2, 2, 1)), p0=p0, **method_options(method))
    enclosures = enclose(case, [200], 1024)
    assert enclosures.way == ("centred" if method == "gradient_descent" else "naive")
    assert contains(enclosures, 200, truth(case, 200))


@pytest.mark.parametrize("method", METHODS)
def test_enclosures_exclude_a_neighbouring_trajectory(make_case: Callable[..., Case], method: str) -> None:
    """Moving one coordinate by 2^-60 leaves the ball: the containment above can fail."""
    case = make_case(method, **method_options(method))
    values = truth(case, 100)
    with ball_precision(6000):
        values[0] = values[0] + arb(2) ** -60
    assert not contains(enclose_centred(case, [100], 128), 100, values)


@pytest.mark.parametrize(("fault", "value"), [("growth", 0.5), ("of_defect", 1e-30)])
def test_a_bound_that_forgets_growth_or_defects_misses_the_truth(
    make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch, fault: str, value: float
) -> None:
    """Leaving a saddle amplifies rounding a thousandfold; a bound that shrinks it must not contain it."""
    small = (Fraction(1, 999),) * 3
    case = replace(make_case("heavy_ball"), init={"u": small, "v": small})
    assert contains(enclose_centred(case, [60], 128), 60, truth(case, 60))
    monkeypatch.setattr(f"reference.error_norm.ErrorNorm.{fault}", lambda *_: value)
    assert not contains(enclose_centred(case, [60], 128), 60, truth(case, 60))


def test_a_divergent_run_is_named_with_its_step(make_case: Callable[..., Case]) -> None:
    """With η = 3 the diagonal network leaves every bound within a few steps."""
    with pytest.raises(DivergedError, match=r"choose a smaller `method\.step_size`") as caught:
        enclose_centred(make_case(step_size=Fraction(3)), [100], 128)
    assert caught.value.step < 40


def test_centred_run_carries_exact_points(make_case: Callable[..., Case]) -> None:
    """No ball is fed back: every position of the run has radius zero."""
    run = CentredRun(make_case(), 128)
    for state, _ in islice(run.steps(), 20):
        assert all(x.is_exact() for x in state.position)


@pytest.mark.parametrize("method", METHODS)
def test_bits_lost_a_step_on_the_paper_s_problem(dense_case: Callable[..., Case], method: str) -> None:
    """n = 40, d = 100, η = 0.03, μ = 0.9, 1000 steps: at most 0.05 bits lost a step on average."""
    enclosures = enclose_centred(dense_case(method), [1000], 256)
    assert 0 < enclosures.bits_lost / 1000 <= 0.05


def test_bits_lost_a_step_naively(dense_case: Callable[..., Case]) -> None:
    """Balls fed back lose more than half a bit a step where the centred run loses under a twentieth."""
    naive = enclose_naively(dense_case("heavy_ball"), [120], 256)
    assert naive.bits_lost / 120 > 0.5
