"""Velocity, position and buffer forms give one sequence, in exact rational arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from reference import forms
from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case
from reference.methods import METHODS
from reference.nesterov import lookahead_init
from reference.objective import objective_of
from reference.state import Coefficients, Gradient, State
from reference.trajectory import coefficients_of, start_of

EXACT = RationalArithmetic()

P0 = (Fraction(1, 9), Fraction(-2, 3), Fraction(1, 2))
Q0 = (Fraction(-1, 5), Fraction(0), Fraction(3, 7))
MOMENTA = {
    "diagonal": {"u": P0, "v": Q0},
    "hadamard": {"v": P0},
    "linear": {"beta": Q0},
    "scalar_product": {"a1": P0[:1], "a2": Q0[1:2]},
    "polynomial": {"b": P0},
}
METHOD_NAMES = ("heavy_ball", "nesterov", "nesterov_lookahead")

Step = Callable[[Any, Gradient, Coefficients], Any]


def translations(state: State, coefficients: Coefficients) -> dict[tuple[str, str], Any]:
    """Return the start of each (method, form), from the velocity start of that method."""
    buffer, position = forms.buffer_of_velocity(state, coefficients), forms.position_of_velocity(state)
    plain = forms.velocity_of_lookahead(state, coefficients)
    return {
        ("heavy_ball", "buffer"): buffer,
        ("heavy_ball", "position"): position,
        ("nesterov", "buffer"): buffer,
        ("nesterov", "position"): position,
        ("nesterov_lookahead", "buffer"): buffer,
        ("nesterov_lookahead", "position"): forms.lookahead_pair_of_velocity(plain, coefficients),
    }


STEPS: dict[tuple[str, str], Step] = {
    ("heavy_ball", "buffer"): forms.heavy_ball_buffer_step,
    ("heavy_ball", "position"): forms.heavy_ball_position_step,
    ("nesterov", "buffer"): forms.nesterov_buffer_step,
    ("nesterov", "position"): forms.nesterov_position_step,
    ("nesterov_lookahead", "buffer"): forms.lookahead_buffer_step,
    ("nesterov_lookahead", "position"): forms.lookahead_position_step,
}


def run(step: Step, state: Any, gradient: Gradient, coefficients: Coefficients, count: int) -> list[Any]:
    """Return the states at steps 0 … count."""
    path = [state]
    for _ in range(count):
        path.append(step(path[-1], gradient, coefficients))
    return path


def assert_same_positions(left: list[Any], right: list[Any]) -> None:
    """Assert that the first members (β, or y) of the states agree exactly at every step."""
    assert [list(state[0]) for state in left] == [list(state[0]) for state in right]


def velocity_path(case: Case, count: int) -> tuple[list[State], Gradient, Coefficients]:
    """Return the velocity form's states, with the gradient and coefficients that made them."""
    coefficients, gradient = coefficients_of(case, EXACT), objective_of(case, EXACT).gradient
    step = METHODS[case.method.name].step
    return run(step, start_of(case, EXACT), gradient, coefficients, count), gradient, coefficients


@pytest.mark.parametrize("model", MOMENTA)
@pytest.mark.parametrize("key", STEPS, ids="-".join)
def test_form_gives_the_positions_of_the_velocity_form(
    make_case: Callable[..., Case], key: tuple[str, str], model: str
) -> None:
    """Translated start, own step: the same sequence to the last digit, started with momentum."""
    count = 12 if model == "linear" else 4
    case = make_case(key[0], model=model, p0=MOMENTA[model])
    velocity, gradient, coefficients = velocity_path(case, count)
    start = translations(velocity[0], coefficients)[key]
    assert_same_positions(run(STEPS[key], start, gradient, coefficients, count), velocity)


def dampened(state: Any, gradient: Gradient, coefficients: Coefficients) -> Any:
    """Plant b₊ = μ b + (1 − μ) g."""
    share = 1 - coefficients.momentum
    return forms.heavy_ball_buffer_step(state, lambda at: share * gradient(at), coefficients)


def unscaled_lookahead(state: Any, gradient: Gradient, coefficients: Coefficients) -> Any:
    """Plant y₊ = y − η (g + b₊): the look-ahead without its μ."""
    g = gradient(state.position)
    buffer = coefficients.momentum * state.buffer + g
    return forms.BufferState(state.position - coefficients.step_size * (g + buffer), buffer)


def reversed_inertia(state: Any, gradient: Gradient, coefficients: Coefficients) -> Any:
    """Plant β₊ = β − μ (β − β₋) − η g."""
    flipped = Coefficients(coefficients.step_size, -coefficients.momentum)
    return forms.heavy_ball_position_step(state, gradient, flipped)


FAULTS: list[tuple[tuple[str, str], Step]] = [
    (("heavy_ball", "buffer"), dampened),
    (("heavy_ball", "buffer"), forms.nesterov_buffer_step),
    (("heavy_ball", "position"), reversed_inertia),
    (("heavy_ball", "position"), forms.nesterov_position_step),
    (("nesterov", "buffer"), forms.lookahead_buffer_step),
    (("nesterov_lookahead", "buffer"), unscaled_lookahead),
    (("nesterov_lookahead", "buffer"), forms.nesterov_buffer_step),
]


@pytest.mark.parametrize(("key", "fault"), FAULTS)
def test_form_check_catches_a_fault(
    make_case: Callable[..., Case], key: tuple[str, str], fault: Step
) -> None:
    """Each wrong step fails the same comparison."""
    velocity, gradient, coefficients = velocity_path(make_case(key[0], p0=MOMENTA["diagonal"]), 3)
    start = translations(velocity[0], coefficients)[key]
    with pytest.raises(AssertionError):
        assert_same_positions(run(fault, start, gradient, coefficients, 3), velocity)


def test_form_check_catches_a_buffer_of_the_wrong_sign(make_case: Callable[..., Case]) -> None:
    """b = +p/η fails the same comparison."""
    velocity, gradient, coefficients = velocity_path(make_case(p0=MOMENTA["diagonal"]), 2)
    wrong = forms.BufferState(velocity[0].position, (1 / coefficients.step_size) * velocity[0].momentum)
    path = run(forms.heavy_ball_buffer_step, wrong, gradient, coefficients, 2)
    with pytest.raises(AssertionError):
        assert_same_positions(path, velocity)


@pytest.mark.parametrize("name", METHOD_NAMES)
def test_translations_undo_each_other(make_case: Callable[..., Case], name: str) -> None:
    """There and back through each form returns (β, p) itself."""
    (state,), _, coefficients = velocity_path(make_case(name, p0=MOMENTA["diagonal"]), 0)
    back = [
        forms.velocity_of_buffer(forms.buffer_of_velocity(state, coefficients), coefficients),
        forms.velocity_of_position(forms.position_of_velocity(state)),
        forms.velocity_of_lookahead(lookahead_init(state, coefficients), coefficients),
    ]
    for again in back:
        assert [list(part) for part in again] == [list(part) for part in state]


def test_velocity_of_buffer_holds_after_every_step(make_case: Callable[..., Case]) -> None:
    """p = −η b is an invariant of the two runs, not of the start alone."""
    velocity, gradient, coefficients = velocity_path(make_case(p0=MOMENTA["diagonal"]), 4)
    start = forms.buffer_of_velocity(velocity[0], coefficients)
    buffers = run(forms.heavy_ball_buffer_step, start, gradient, coefficients, 4)
    momenta = [list(forms.velocity_of_buffer(state, coefficients).momentum) for state in buffers]
    assert momenta == [list(state.momentum) for state in velocity]


def test_momentum_reaching_makes_the_first_step_land(make_case: Callable[..., Case]) -> None:
    """The p0 for a prescribed β_1 brings heavy ball there in one step."""
    (state,), gradient, coefficients = velocity_path(make_case(model="linear"), 0)
    first = Vector([Fraction(k, 7) for k in (3, -5, 11)])
    p0 = forms.momentum_reaching(state.position, first, gradient, coefficients)
    landed = METHODS["heavy_ball"].step(State(state.position, p0), gradient, coefficients)
    assert list(landed.position) == list(first)


def test_momentum_reaching_refuses_zero_momentum(make_case: Callable[..., Case]) -> None:
    """At μ = 0 the second point is decided by the first."""
    (state,), gradient, coefficients = velocity_path(make_case(momentum=Fraction(0)), 0)
    with pytest.raises(ZeroDivisionError):
        forms.momentum_reaching(state.position, state.position, gradient, coefficients)


def scheduled(step: Step, state: Any, gradient: Gradient, coefficients: Coefficients) -> list[Any]:
    """Return three states under η, then η/3."""
    eta, mu = coefficients
    path = run(step, state, gradient, coefficients, 2)
    return [*path, step(path[-1], gradient, Coefficients(eta / 3, mu))]


def test_buffer_form_parts_from_the_velocity_form_when_the_step_size_drops(
    make_case: Callable[..., Case],
) -> None:
    """Under a schedule the forms differ, at the first step of the new η and not before."""
    velocity, gradient, coefficients = velocity_path(make_case(model="linear"), 0)
    start = forms.buffer_of_velocity(velocity[0], coefficients)
    by_velocity = scheduled(METHODS["heavy_ball"].step, velocity[0], gradient, coefficients)
    by_buffer = scheduled(forms.heavy_ball_buffer_step, start, gradient, coefficients)
    assert_same_positions(by_velocity[:3], by_buffer[:3])
    assert list(by_velocity[3].position) != list(by_buffer[3].position)


def test_position_form_follows_the_velocity_form_when_the_step_size_drops(
    make_case: Callable[..., Case],
) -> None:
    """Moves, unlike buffers, do not know η: these two forms stay one sequence."""
    velocity, gradient, coefficients = velocity_path(make_case(model="linear"), 0)
    start = forms.position_of_velocity(velocity[0])
    by_velocity = scheduled(METHODS["heavy_ball"].step, velocity[0], gradient, coefficients)
    by_position = scheduled(forms.heavy_ball_position_step, start, gradient, coefficients)
    assert_same_positions(by_velocity, by_position)


def test_buffer_form_is_the_velocity_form_with_its_move_rescaled(make_case: Callable[..., Case]) -> None:
    """m₊ = (η_k/η_{k−1}) μ m − η_k g, as the docstring of the forms says."""
    velocity, gradient, coefficients = velocity_path(make_case(model="linear"), 0)
    start = forms.buffer_of_velocity(velocity[0], coefficients)
    by_buffer = scheduled(forms.heavy_ball_buffer_step, start, gradient, coefficients)
    before, after = by_buffer[2], by_buffer[3]
    eta = coefficients.step_size / 3
    move = before.position - by_buffer[1].position
    expected = Fraction(1, 3) * coefficients.momentum * move - eta * gradient(before.position)
    assert list(after.position - before.position) == list(expected)
