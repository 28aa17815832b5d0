"""Vectors and the rational arithmetic do what linear algebra says, exactly."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from reference.arithmetic import RationalArithmetic, Vector

EXACT = RationalArithmetic()


def rationals(count: int, seed: int) -> list[Fraction]:
    """Return small random rationals, the same at every run."""
    generator = random.Random(seed)
    return [Fraction(generator.randint(-9, 9), generator.randint(1, 9)) for _ in range(count)]


def assert_adjoint(times: Callable[..., Vector], transposed_times: Callable[..., Vector]) -> None:
    """Assert ⟨Xθ, r⟩ = ⟨θ, Xᵀr⟩ on a random 4 × 4 matrix."""
    matrix = EXACT.matrix([rationals(4, row) for row in range(4)])
    theta, r = EXACT.vector(rationals(4, 10)), EXACT.vector(rationals(4, 11))
    assert EXACT.total(times(matrix, theta) * r) == EXACT.total(theta * transposed_times(matrix, r))


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul])
def test_vector_operation_acts_on_each_coordinate(operation: Callable[[Any, Any], Any]) -> None:
    """(a ∘ b)_i = a_i ∘ b_i."""
    a, b = rationals(5, 1), rationals(5, 2)
    assert list(operation(Vector(a), Vector(b))) == [operation(x, y) for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul])
def test_vector_operation_refuses_other_length(operation: Callable[[Any, Any], Any]) -> None:
    """Coordinates are never dropped in silence."""
    with pytest.raises(ValueError, match=r"shorter|longer"):
        operation(Vector(rationals(3, 1)), Vector(rationals(2, 1)))


def test_vector_scales_and_negates() -> None:
    """2·a and −a by hand."""
    a = Vector([Fraction(1, 2), Fraction(-3)])
    assert list(Fraction(2) * a) == [1, -6]
    assert list(-a) == [Fraction(-1, 2), 3]


def test_times_equals_the_product_by_hand() -> None:
    """[[1, 2, 3], [4, 5, 6]] (1, 0, −1) = (−2, −2)."""
    matrix = EXACT.matrix([[Fraction(i) for i in row] for row in ((1, 2, 3), (4, 5, 6))])
    assert list(EXACT.times(matrix, Vector([Fraction(1), Fraction(0), Fraction(-1)]))) == [-2, -2]


def test_transposed_times_equals_the_product_by_hand() -> None:
    """[[1, 2, 3], [4, 5, 6]]ᵀ (1, −1) = (−3, −3, −3)."""
    matrix = EXACT.matrix([[Fraction(i) for i in row] for row in ((1, 2, 3), (4, 5, 6))])
    assert list(EXACT.transposed_times(matrix, Vector([Fraction(1), Fraction(-1)]))) == [-3, -3, -3]


def test_transposed_times_is_the_adjoint_of_times() -> None:
    """⟨Xθ, r⟩ = ⟨θ, Xᵀr⟩."""
    assert_adjoint(EXACT.times, EXACT.transposed_times)


def test_adjoint_check_catches_a_forgotten_transpose() -> None:
    """X in the place of Xᵀ fails the same check."""
    with pytest.raises(AssertionError):
        assert_adjoint(EXACT.times, EXACT.times)


def test_split_undoes_join() -> None:
    """Vectors of lengths 2, 0 and 3 survive being joined."""
    parts = [Vector(rationals(size, size)) for size in (2, 0, 3)]
    joined = EXACT.join(parts)
    assert len(joined) == 5
    assert [list(part) for part in EXACT.split(joined, [2, 0, 3])] == [list(part) for part in parts]


def test_stack_entry_and_total_agree_with_the_list() -> None:
    """`stack` makes the vector, `entry` reads it, `total` sums it."""
    numbers = rationals(4, 3)
    vector = EXACT.stack(numbers)
    assert [EXACT.entry(vector, i) for i in range(4)] == numbers
    assert EXACT.total(vector) == numbers[0] + numbers[1] + numbers[2] + numbers[3]


def test_convert_chooses_the_number_type() -> None:
    """Numbers, vectors and matrices are all made by `convert`."""
    halves = RationalArithmetic(convert=lambda value: value / 2)
    one = Fraction(1)
    assert [halves.number(one), halves.vector([one]).entries[0], halves.matrix([[one]])[0][0]] == [
        one / 2
    ] * 3
