"""Following a run until it settles: when it stops, and what it says."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from flint import arb

from reference.balls import ball_precision
from reference.case import Case, Method, Regression
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.settled_run import (
    STILL,
    Rest,
    UnsettledRunError,
    follow_until_settled,
    interpolates,
    running_form,
)
from reference.trajectory import states

BITS = 256
WANTED = 100
X = ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(0), Fraction(1), Fraction(3, 4)))
START = {"u": (Fraction(1, 2),) * 3, "v": (Fraction(1, 4),) * 3}


def wide(method: str = "heavy_ball", rows: Any = X, **changes: Any) -> Case:
    """Return a diagonal network on two rows in three dimensions."""
    coefficients = {"step_size": Fraction(1, 10), "momentum": Fraction(1, 2), **changes}
    problem = Regression(rows, (Fraction(1), Fraction(-1, 2))[: len(rows)], "half_sum_square")
    return Case(problem, "diagonal", START, Method(method, **coefficients))


def far(case: Case, rest: Rest) -> bool:
    """Tell whether a coordinate of a much later step lies further off than the rest's movement says."""
    with mpmath_precision(BITS + 200):
        later = next(islice(states(running_form(case), MpmathArithmetic()), 4 * rest.step, None))
        with ball_precision(BITS + 200):
            gaps = [abs(arb(x) - y.mid()) for x, y in zip(later.position, rest.position, strict=True)]
            return any(
                bool(gap > rest.movement + y.rad()) for gap, y in zip(gaps, rest.position, strict=True)
            )


@pytest.mark.parametrize("method", ["gradient_descent", "heavy_ball", "nesterov"])
def test_rest_is_as_near_as_it_says(method: str) -> None:
    """The movement left is below 2^−wanted of the position, and a later step is within it."""
    rest = follow_until_settled(wide(method), BITS, WANTED)
    assert rest.tail is not None
    assert rest.interpolating
    assert rest.movement < arb(2) ** -WANTED
    assert not far(wide(method), rest)


def test_understated_movement_would_be_seen() -> None:
    """The check above can fail: a rest claimed at half the steps is far from the end."""
    case = wide()
    rest = follow_until_settled(case, BITS, WANTED)
    with mpmath_precision(BITS + 200), ball_precision(BITS + 200):
        early = next(islice(states(case, MpmathArithmetic()), rest.step // 2, None))
        position = type(rest.position)([arb(x) for x in early.position])
    assert far(case, replace(rest, position=position))


def test_more_bits_are_followed_further() -> None:
    """Twice the wanted bits take more steps and leave a smaller movement."""
    near, further = (follow_until_settled(wide(), 2 * BITS, wanted) for wanted in (WANTED, 2 * WANTED))
    assert near.step < further.step
    assert further.movement < arb(2) ** (-2 * WANTED)


def test_lost_bits_are_bought_back() -> None:
    """Momentum over batches loses a bit a step: the enclosure's precision is raised until its balls are small."""
    rest = follow_until_settled(wide(batches=((0,), (1,))), 128, WANTED)
    assert rest.bits > 128
    assert all(x.rad() <= arb(2) ** -WANTED for x in rest.position)


def test_rest_without_a_proof_needs_several_doublings() -> None:
    """From u = v = 0 the run never moves; it is believed only after `STILL` doublings, and without a proof."""
    still = replace(wide(), init={"u": (Fraction(0),) * 3, "v": (Fraction(0),) * 3})
    rest = follow_until_settled(still, BITS, WANTED)
    assert rest.tail is None
    assert not rest.interpolating
    assert rest.step == 32 * 2**STILL


@pytest.mark.parametrize(
    ("rows", "expected"), [(X, True), ((X[0], X[0]), False), (((Fraction(1),), (Fraction(2),)), False)]
)
def test_independent_rows_can_be_interpolated(rows: Any, expected: bool) -> None:
    """Full row rank, and nothing else, lets every y be met."""
    assert interpolates(wide(rows=rows)) is expected


def test_giving_up_keeps_to_the_steps_allowed() -> None:
    """An error at the last step allowed, not at the next doubling."""
    with pytest.raises(UnsettledRunError, match="within 50 steps") as caught:
        follow_until_settled(wide(), BITS, WANTED, most_steps=50)
    assert caught.value.step == 50
