"""Eq. 4 and Eq. 5 as printed, and the two numbers of one step that GD+M gives the same field.

x' = −a ∇E − h y ∇²E ∇E moves x by −h a ∇E + h² (a²/2 − y) ∇²E ∇E in time h, up to h³.  From x⁰ = x⁻¹ the iterates are
x^(k+1) = Φ_k(x^k) with Φ_k = x − h ∇E + β (x − Φ_(k−1)⁻¹), and comparing the powers of h,

    a_k = 1 + β a_(k−1),    y_k = a_k²/2 + β (a_(k−1)²/2 + y_(k−1)),    a_0 = 1, y_0 = 1/2.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from reference.printed_flows import ThirdOrder
from reference.rooted_trees import Tree

__all__ = ["BETAS", "equation_4", "equation_5", "first_step", "next_step", "series_of", "series_of_steps"]

BETAS = (Fraction(1, 4), Fraction(1, 2), Fraction(9, 10))
Pair = tuple[Any, Any]


def equation_4(beta: Any, power: Any, k: Any) -> Pair:
    """Return (a_k, y_k) of Eq. 4 as printed; `power` is β^k.

    Source: paper 001, Theorem 4.1.
    """
    gamma = (1 - beta**2 * power**2) - 4 * (k + 1) * beta * power * (1 - beta) / (1 + beta)
    return (1 - beta * power) / (1 - beta), gamma * (1 + beta) / (2 * (1 - beta) ** 3)


def equation_5(beta: Any) -> Pair:
    """Return (a, y) of −∇Ê/(1 − β), Ê = E + (1 + β)h/(4(1 − β)²) |∇E|², as printed.

    Source: paper 001, Eq. 5.
    """
    weight = (1 + beta) / (4 * (1 - beta) ** 2)
    return 1 / (1 - beta), 2 * weight / (1 - beta)


def first_step() -> tuple[Fraction, Fraction]:
    """Return (a_0, y_0), of one step of gradient descent."""
    return Fraction(1), Fraction(1, 2)


def next_step(beta: Any, before: Pair) -> Pair:
    """Return (a_k, y_k) from those of the step before."""
    a, y = before
    now = 1 + beta * a
    return now, now**2 / 2 + beta * (a**2 / 2 + y)


def series_of(pair: tuple[Fraction, Fraction]) -> dict[Tree, Fraction]:
    """Return the field as a B-series of f = −∇E."""
    return ThirdOrder(*pair).series()


def series_of_steps(pairs: Iterator[tuple[Fraction, Fraction]]) -> Iterator[dict[Tree, Fraction]]:
    """Yield the fields of the steps 0, 1, 2, …"""
    return map(series_of, pairs)
