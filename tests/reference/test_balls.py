"""Balls behind the arithmetic interface: they enclose, and they leave the precision as it was."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq
from hypothesis import given
from hypothesis import strategies as st

from reference.arithmetic import RationalArithmetic, Vector
from reference.balls import BallArithmetic, ball, ball_precision, inflate, upper_fraction

RATIONALS = st.fractions(min_value=-99, max_value=99, max_denominator=10**6)
ROWS = st.lists(st.lists(RATIONALS, min_size=3, max_size=3), min_size=2, max_size=4)


def exact(value: Fraction) -> fmpq:
    """Return a rational as flint's."""
    return fmpq(value.numerator, value.denominator)


def test_ball_precision_is_restored_after_an_error() -> None:
    """The process-wide precision returns even when the block fails."""
    before = ctx.prec
    with pytest.raises(RuntimeError, match="planted 777"), ball_precision(777):
        raise RuntimeError(f"planted {ctx.prec}")
    assert ctx.prec == before


@given(rows=ROWS, vector=st.lists(RATIONALS, min_size=3, max_size=3))
def test_products_enclose_the_exact_ones(rows: list[list[Fraction]], vector: list[Fraction]) -> None:
    """X θ and Xᵀ(X θ) in 40-bit balls contain what rationals give."""
    rational, balls = RationalArithmetic(), BallArithmetic()
    X = rational.matrix(rows)
    seen = rational.times(X, rational.vector(vector))
    back = rational.transposed_times(X, seen)
    with ball_precision(40):
        enclosed = balls.matrix(rows)
        ball_seen = balls.times(enclosed, balls.vector(vector))
        ball_back = balls.transposed_times(enclosed, ball_seen)
    for enclosures, values in ((ball_seen, seen), (ball_back, back)):
        assert all(b.contains(exact(v)) for b, v in zip(enclosures, values, strict=True))
        assert not any(b.contains(exact(v + 1)) for b, v in zip(enclosures, values, strict=True))


@given(value=RATIONALS)
def test_upper_fraction_bounds_every_point_of_a_ball(value: Fraction) -> None:
    """|x| ≤ upper for the value itself, and the bound is close."""
    with ball_precision(50):
        upper = upper_fraction(ball(value))
    assert abs(value) <= upper <= abs(value) * (1 + Fraction(1, 2**25))


def test_inflate_widens_every_entry_by_the_radius() -> None:
    """A point inflated by 1/4 reaches 1/4 to both sides and no further."""
    with ball_precision(64):
        (wide,) = inflate(Vector([arb(1)]), arb("0.25"))
        assert wide.contains(arb("0.75"))
        assert wide.contains(arb("1.25"))
        assert not wide.contains(arb("1.2500001"))
