"""The one recurrence that stands for all the methods."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice

import pytest
from flint import arb_mat

from reference.arithmetic import RationalArithmetic
from reference.balls import ball, ball_precision
from reference.case import Case
from reference.coupling import coupling_of, linear_part
from reference.objective import objective_of
from reference.trajectory import states

METHODS = ("gradient_descent", "heavy_ball", "nesterov_lookahead")


@pytest.mark.parametrize("method", METHODS)
def test_coupling_reproduces_the_recurrences(make_case: Callable[..., Case], method: str) -> None:
    """d = −η∇L(y), p₊ = μp + d, y₊ = y + c₁p + c₂d are the very steps of each method, in rationals."""
    case = make_case(method, "diagonal", p0={"u": (Fraction(1, 9),) * 3})
    c = coupling_of(case)
    here, after = islice(states(case, RationalArithmetic()), 2, 4)
    push = -c.step_size * objective_of(case, RationalArithmetic()).gradient(here.position)
    assert list(here.position + c.carried * here.momentum + c.taken * push) == list(after.position)
    assert list(c.momentum * here.momentum + push) == list(after.momentum)


@pytest.mark.parametrize("method", METHODS)
def test_linear_part_is_a_step_on_a_quadratic(make_case: Callable[..., Case], method: str) -> None:
    """For ∇L = 3y the matrix takes (y, p) = (1, 2) where the recurrence does, and not with the push reversed."""
    c = coupling_of(make_case(method, "diagonal", step_size=Fraction(1, 8)))
    push = -3 * c.step_size
    with ball_precision(128):
        M = linear_part(c, arb_mat([[3]]))
        found = [M[i, 0] + 2 * M[i, 1] for i in (0, 1)]
        assert found[0].contains(ball(1 + 2 * c.carried + c.taken * push))
        assert found[1].contains(ball(2 * c.momentum + push))
        assert not found[0].contains(ball(1 + 2 * c.carried - c.taken * push))
