"""One step of an enclosed flow: its polynomial with the radius beside it, and what is known over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from flint import arb, fmpz

from reference.arithmetic import Vector
from reference.flows.growth import upper_float
from reference.taylor.remainder import Remainders
from reference.taylor.series import Node, Variable

__all__ = ["Bounds", "Gain", "Segment"]


class Gain(NamedTuple):
    """∫ f dt over one step: values in units, shape of f, and one bound on their error."""

    values: list[int]
    error: int


@dataclass(frozen=True)
class Segment:
    """One step: the polynomial of every block in τ = (t − start)/scale, and what surrounds it.

    Parameters
    ----------
    start, end : Fraction
        The times between which it holds.
    scale : Fraction
    columns : list of blocks of columns of integers
        Coefficients in units of 2^−bits.
    bits : int
    errors : tuple of int
        Bounds in units on each coordinate of every block, at any time of the step.
    gains : dict of name to Gain
        What the step adds to each integral asked for.
    """

    start: Fraction
    end: Fraction
    scale: Fraction
    columns: list[list[list[Any]]]
    bits: int
    errors: tuple[int, ...]
    gains: dict[str, Gain] = field(default_factory=dict)

    def position(self, time: Fraction) -> Vector:
        """Return balls around the position at a time of the step, at the ball precision in force."""
        return self._value(0, time)

    def blocks(self, time: Fraction) -> list[Vector]:
        """Return balls around every block of the state at a time of the step."""
        return [self._value(i, time) for i in range(len(self.columns))]

    def _value(self, block: int, time: Fraction) -> Vector:
        tau = (time - self.start) / self.scale
        numerator, denominator = tau.numerator, tau.denominator
        entries = []
        for column in self.columns[block]:
            value = 0
            for term in reversed(column):
                value = value * numerator // denominator + term
            entries.append(int(value))
        radius = self.errors[block] + len(self.columns[block][0])  # Horner rounds once an order
        unit = arb(2) ** -self.bits
        spread = arb(0, (arb(fmpz(int(radius))) * unit).abs_upper())
        return Vector([arb(fmpz(entry)) * unit + spread for entry in entries])


@dataclass
class Bounds:
    """`StepBounds` of one step, from its remainders."""

    remainders: Remainders
    blocks: list[Variable]
    slope_node: Node | None
    tube_units: int = 0
    tube: float = 0.0
    _known: dict[str, list[float]] = field(default_factory=dict)

    def widen(self, units: int) -> None:
        """Let the tube be this wide."""
        self.tube_units, self.tube = units, upper_float(units, self.remainders.bits)

    def position(self) -> list[float]:
        """Return bounds on |β_j|."""
        return self._sup("position", self.blocks[0])

    def velocity(self) -> list[float]:
        """Return bounds on |β'_j|."""
        return self._sup("velocity", self.blocks[1])

    def slope(self) -> list[float]:
        """Return bounds on |g_j|."""
        assert self.slope_node is not None
        return self._sup("slope", self.slope_node)

    def box(self) -> list[Vector]:
        """Return balls that hold p and everything within the tube, by block."""
        bits = self.remainders.bits
        result = []
        for block in self.blocks:
            spreads = self.remainders.spread(block)
            centres = [column[0] for column in block.columns]
            result.append(
                Vector(
                    [
                        arb(fmpz(int(c))) * arb(2) ** -bits + arb(0, upper_float(s + self.tube_units, bits))
                        for c, s in zip(centres, spreads, strict=True)
                    ]
                )
            )
        return result

    def _sup(self, name: str, node: Node) -> list[float]:
        if name not in self._known:
            units = self.remainders.sup(node)
            self._known[name] = [upper_float(amount, self.remainders.bits) for amount in units]
        return self._known[name]
