"""What a step adds: the bounds hold for perturbed states and rounded steps, and are not empty."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.error_free import Floats
from oracle.records.candidate import Declaration
from oracle.step_bounds import Noise, StepBounds
from reference.case import Case, Method, Regression
from reference.state import State

N, D = 3, 4
NOTHING = np.zeros((1, N))


def case_of(seed: int, step_size: Fraction = Fraction(1, 16)) -> Case:
    """Return heavy ball on a square model, with data that float16 holds."""
    numbers = np.random.default_rng(seed)
    X = tuple(tuple(Fraction(int(x), 32) for x in row) for row in numbers.integers(-60, 60, size=(N, D)))
    y = tuple(Fraction(int(x), 32) for x in numbers.integers(-60, 60, size=N))
    start = {name: (Fraction(1, 2),) * D for name in ("u", "v")}
    method = Method("heavy_ball", step_size, Fraction(3, 4))
    return Case(Regression(X, y, "half_sum_square"), "diagonal", start, method)


def state_of(seed: int) -> State:
    """Return a state with numbers of few bits, shapes (1, 2D)."""
    numbers = np.random.default_rng(seed + 1)
    position, momentum = numbers.integers(-64, 64, size=(2, 1, 2 * D)) / 64
    return State(position, momentum / 16)


def step(case: Case, position: Floats, momentum: Floats) -> tuple[Floats, Floats, Floats]:
    """Make the exact step in float64 (a thousandth of float32's rounding and less), and return r besides."""
    assert isinstance(case.problem, Regression)
    X, y = (np.array(part, dtype=np.float64) for part in (case.problem.X, case.problem.y))
    u, v = np.split(position[0], 2)
    r = X @ (u * u - v * v) - y
    g = X.T @ r
    eta, mu = float(case.method.step_size), float(case.method.momentum)
    after = mu * momentum[0] - eta * np.concatenate([2 * u * g, -2 * v * g])
    return position[0] + after, after, r


def moved_by(case: Case, state: State, error: State) -> tuple[Floats, Floats, Floats]:
    """Return the Jacobian of the step applied to an error, by hand: of position, momentum and r."""
    assert isinstance(case.problem, Regression)
    X, y = (np.array(part, dtype=np.float64) for part in (case.problem.X, case.problem.y))
    (u, v), (a, b) = np.split(state.position[0], 2), np.split(error.position[0], 2)
    g, change = X.T @ (X @ (u * u - v * v) - y), X @ (2 * u * a - 2 * v * b)
    slope = np.concatenate([2 * a * g + 2 * u * (X.T @ change), -2 * b * g - 2 * v * (X.T @ change)])
    after = float(case.method.momentum) * error.momentum[0] - float(case.method.step_size) * slope
    return error.position[0] + after, after, change


def noise_of(case: Case, state: State, size: float, declaration: Declaration) -> Noise:
    """Return the noise over a box of one size, with all that r can be off for first order."""
    reach = State(np.full((1, 2 * D), size), np.full((1, 2 * D), size))
    return StepBounds(case, declaration).noise(state, reach, 0, np.full((1, N), np.inf))


def through_residual(case: Case, state: State, noise: Noise) -> Floats:
    """Return what the noise of r makes of the momentum at most, shape (2D,)."""
    assert isinstance(case.problem, Regression)
    X = np.abs(np.array(case.problem.X, dtype=np.float64))
    factor = 2 * float(case.method.step_size) * np.abs(state.position[0])
    total: Floats = factor * np.tile(X.T @ noise.residual[0], 2)
    return total


@given(seed=st.integers(0, 10**6), size=st.sampled_from([1e-4, 1e-2, 0.3]))
@settings(max_examples=60)
def test_curvature_is_bounded_over_the_whole_box(seed: int, size: float) -> None:
    """|F(b + e) − F(b) − J e| stays within what float64's noise leaves over, at corners and inside."""
    case, state = case_of(seed), state_of(seed)
    noise = noise_of(case, state, size, Declaration(dtype="float64"))
    room = noise.shared[0] + through_residual(case, state, noise)
    numbers, largest = np.random.default_rng(seed), 0.0
    before = step(case, *state)
    for corner in [True] * 6 + [False] * 6:
        e = numbers.uniform(-1, 1, size=(2, 1, 2 * D))
        error = State(*(size * (np.sign(e) if corner else e)))
        after = step(case, state.position + error.position, state.momentum + error.momentum)
        position, momentum, r = (
            x - y - z for x, y, z in zip(after, before, moved_by(case, state, error), strict=True)
        )
        assert (np.abs(r) <= noise.residual[0]).all()
        assert (np.abs(momentum) <= room).all()
        assert (np.abs(position) <= room + noise.position[0]).all()
        largest = max(largest, float((np.abs(momentum) / room).max()))
    assert largest > 0.02


@given(seed=st.integers(0, 10**6), dtype=st.sampled_from(["float32", "float16"]))
@settings(max_examples=60)
def test_roundings_are_bounded_at_every_point_of_the_box(seed: int, dtype: str) -> None:
    """A step made in float32 or float16 misses the exact step from the same state by the noise at most."""
    case, state = case_of(seed), state_of(seed)
    numbers, size = np.random.default_rng(seed), 0.125
    noise = noise_of(case, state, size, Declaration(dtype=dtype))
    assert isinstance(case.problem, Regression)
    X, y = (np.array(part, dtype=np.float64).astype(dtype) for part in (case.problem.X, case.problem.y))
    for _ in range(5):
        moved = [(part + numbers.uniform(-size, size, size=(1, 2 * D))).astype(dtype) for part in state]
        exact, exact_momentum, r = step(case, *(part.astype(np.float64) for part in moved))
        u, v = np.split(moved[0][0], 2)
        rounded = X @ (u * u - v * v) - y
        g = X.T @ rounded
        slope = np.concatenate([2 * u * g, -2 * v * g])
        momentum = X.dtype.type(0.75) * moved[1][0] - X.dtype.type(1 / 16) * slope
        assert (np.abs(rounded - r) <= noise.residual[0]).all()
        centre = replace_position(state, np.abs(state.position) + size)
        room = noise.shared[0] + through_residual(case, centre, noise)
        assert (np.abs(momentum - exact_momentum) <= room).all()
        assert (np.abs(moved[0][0] + momentum - exact) <= room + noise.position[0]).all()


def replace_position(state: State, position: Floats) -> State:
    """Return the state elsewhere."""
    return State(position, state.momentum)


def test_noise_of_a_point_is_rounding_alone_and_grows_with_the_box() -> None:
    """At E = 0 it is some units of the sizes; at a large E the square of E."""
    case, state = case_of(4), state_of(4)
    sizes = [
        noise_of(case, state, size, Declaration(dtype="float32")).residual.max() for size in (0, 1e-2, 1e-1)
    ]
    assert 2.0**-24 < sizes[0] < 200 * 2.0**-24
    assert sizes[2] / sizes[1] == pytest.approx(100, rel=0.05)


def test_coefficients_that_are_steady_are_no_rounding() -> None:
    """η that no format holds: left out of the noise where it has a column of its own, in it where it has not."""
    case, state = case_of(5, Fraction(1, 15)), state_of(5)
    reach = State(np.zeros((1, 2 * D)), np.zeros((1, 2 * D)))
    held, rounded = (
        StepBounds(case, Declaration(dtype="float32"), steady=steady).noise(state, reach, 0, NOTHING).shared
        for steady in (True, False)
    )
    assert isinstance(case.problem, Regression)
    _, after, _ = step(case, *state)
    descent = np.abs(after - 0.75 * state.momentum[0])
    assert rounded - held == pytest.approx(2.0**-24 * descent[None], rel=1e-3)


@pytest.mark.parametrize(
    "wider",
    [
        Declaration(dtype="float32", form="position"),
        Declaration(dtype="float32", form="buffer"),
        Declaration(dtype="float32", state="bfloat16"),
        Declaration(dtype="float32", operands="tfloat32"),
    ],
)
def test_forms_and_formats_add_roundings(wider: Declaration) -> None:
    """Whatever is declared beyond the velocity form in one format widens the noise."""
    case, state = case_of(6), state_of(6)
    plain = noise_of(case, state, 1e-6, replace(wider, form="velocity", state="", operands=""))
    total = [
        sum(float(part.sum()) for part in noise) for noise in (plain, noise_of(case, state, 1e-6, wider))
    ]
    assert total[1] > 1.01 * total[0]
