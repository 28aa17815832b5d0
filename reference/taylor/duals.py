"""Enclosures of Jacobians: any expression of the arithmetic, run over balls that carry their gradients.

Source: Griewank and Walther 2008, chapter 3 (forward mode).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flint import arb

from reference.arithmetic import RationalArithmetic, Vector
from reference.balls import ball

__all__ = ["Dual", "DualArithmetic", "jacobian"]


class Dual:
    """A ball and its gradient; a gradient of None is zero.

    Parameters
    ----------
    value : arb
    gradient : list of arb, shape (m,), or None
    """

    __slots__ = ("gradient", "value")

    def __init__(self, value: Any, gradient: list[Any] | None = None) -> None:
        self.value, self.gradient = value, gradient

    def __add__(self, other: Dual) -> Dual:
        if self.gradient is None or other.gradient is None:
            return Dual(self.value + other.value, self.gradient or other.gradient)
        return Dual(
            self.value + other.value, [a + b for a, b in zip(self.gradient, other.gradient, strict=True)]
        )

    def __neg__(self) -> Dual:
        return Dual(-self.value, None if self.gradient is None else [-a for a in self.gradient])

    def __sub__(self, other: Dual) -> Dual:
        return self + -other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Vector):
            return other.__rmul__(self)
        left = None if self.gradient is None else [a * other.value for a in self.gradient]
        right = None if other.gradient is None else [self.value * b for b in other.gradient]
        if left is None or right is None:
            return Dual(self.value * other.value, left or right)
        return Dual(self.value * other.value, [a + b for a, b in zip(left, right, strict=True)])


class DualArithmetic(RationalArithmetic):
    """Duals in `Vector`s, at the ball precision in force."""

    def __init__(self) -> None:
        super().__init__(lambda value: Dual(ball(value)))


def jacobian(
    function: Callable[[Sequence[Vector]], Sequence[Vector]], box: Sequence[Vector]
) -> list[list[Any]]:
    """Return an enclosure of the Jacobian of a function over a box, shape (m, m).

    Parameters
    ----------
    function : callable
        From blocks to blocks, over `DualArithmetic`.
    box : sequence of Vector of arb
        The blocks; m coordinates together.
    """
    size = sum(len(block) for block in box)
    seeded, start = [], 0
    for block in box:
        seeded.append(Vector([Dual(x, _unit(start + i, size)) for i, x in enumerate(block)]))
        start += len(block)
    zero = [arb(0)] * size
    return [
        zero if entry.gradient is None else entry.gradient for block in function(seeded) for entry in block
    ]


def _unit(index: int, size: int) -> list[Any]:
    """Return a unit vector."""
    return [arb(int(i == index)) for i in range(size)]
