"""Rational functions over the rationals: a printed formula evaluated on symbols, so that its equality is proved for all.

A formula written with + − * / runs on fractions and on these alike; two of them are equal if the difference, brought on
one denominator, is the zero polynomial (FLINT).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flint import Ordering, fmpq_mpoly, fmpq_mpoly_ctx

__all__ = ["FLINT", "Quotient", "factored", "polynomials", "shown", "symbols"]

LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
FLINT = "polynomials over the rationals (FLINT)"


def polynomials(*names: str) -> tuple[Any, ...]:
    """Return the generators of a ring of polynomials over the rationals."""
    ring = fmpq_mpoly_ctx.get(names, Ordering.lex)
    return tuple(ring.gens())


def symbols(*names: str) -> tuple[Quotient, ...]:
    """Return the generators of a field of rational functions over the rationals."""
    generators = polynomials(*names)
    return tuple(Quotient(generator, generators[0] * 0 + 1) for generator in generators)


def shown(polynomial: Any) -> str:
    """Return a polynomial as a reader writes it; FLINT's names are ASCII."""
    text = str(polynomial).replace("beta", "β").replace("*", " ").replace(" - ", " − ")
    text = re.sub(r"\b([a-z])(\d)\b", lambda found: found[1] + found[2].translate(LOWERED), text)  # w1 is w₁
    return re.sub(r"\^(\d+)", lambda found: _raised(int(found[1])), text)


def factored(polynomial: Any) -> str:
    """Return a polynomial as a product of its factors."""
    if polynomial == 0:
        return "0"
    constant, factors = polynomial.factor()
    texts = [
        (f"({shown(factor)})" if len(factor.to_dict()) > 1 else shown(factor)) + _raised(int(power))
        for factor, power in factors
    ]
    sign, size = ("−", -constant) if constant < 0 else ("", constant)
    return sign + " ".join([str(size)] * (size != 1 or not texts) + texts)


def _raised(power: int) -> str:
    return "" if power == 1 else str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


@dataclass(frozen=True, eq=False)
class Quotient:
    """top/bottom, brought to lowest terms by `lowest` alone.

    Parameters
    ----------
    top, bottom : fmpq_mpoly
        Of one ring; the bottom is not the zero polynomial.
    """

    top: Any
    bottom: Any

    def __add__(self, other: Any) -> Quotient:
        right = self._of(other)
        return Quotient(
            self.top * right.bottom + right.top * self.bottom, self.bottom * right.bottom
        ).lowest()

    def __mul__(self, other: Any) -> Quotient:
        right = self._of(other)
        return Quotient(self.top * right.top, self.bottom * right.bottom).lowest()

    def __truediv__(self, other: Any) -> Quotient:
        right = self._of(other)
        if right.top == 0:
            raise ZeroDivisionError(f"({self}) was divided by the zero polynomial")
        return Quotient(self.top * right.bottom, self.bottom * right.top).lowest()

    def __neg__(self) -> Quotient:
        return Quotient(-self.top, self.bottom)

    def __sub__(self, other: Any) -> Quotient:
        return self + (-self._of(other))

    def __rsub__(self, other: Any) -> Quotient:
        return self._of(other) - self

    def __rtruediv__(self, other: Any) -> Quotient:
        return self._of(other) / self

    def __pow__(self, power: int) -> Quotient:
        return Quotient(self.top**power, self.bottom**power)

    __radd__ = __add__
    __rmul__ = __mul__

    def __str__(self) -> str:
        if self.bottom == 1:
            return shown(self.top)
        turn = -1 if self.bottom.factor()[0] < 0 else 1
        above, below = factored(turn * self.top), factored(turn * self.bottom)
        return f"{above}/({below})" if " " in below and not _one_bracket(below) else f"{above}/{below}"

    def equals(self, other: Any) -> bool:
        """Return whether both are one rational function."""
        return bool((self - other).top == 0)

    def lowest(self) -> Quotient:
        """Return the same in lowest terms."""
        common = self.top.gcd(self.bottom)
        if common.is_zero() or common.is_one():
            return self
        return Quotient(divmod(self.top, common)[0], divmod(self.bottom, common)[0])

    def _of(self, value: Any) -> Quotient:
        if isinstance(value, Quotient):
            return value
        one = self.bottom * 0 + 1
        return Quotient(one * value if isinstance(value, int | fmpq_mpoly) else _rational(one, value), one)


def _one_bracket(text: str) -> bool:
    return text.startswith("(") and text.count("(") == 1


def _rational(one: Any, value: Any) -> Any:
    """Return a `Fraction` as a constant polynomial."""
    return one * value.numerator / value.denominator
