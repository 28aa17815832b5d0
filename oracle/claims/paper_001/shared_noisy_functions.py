"""Losses that are no polynomials, with the means under Gaussian noise in closed form: cos x and e^x.

E cos(x + η) = e^(−σ²/2) cos x,  E sin²(x + η) = (1 − e^(−2σ²) cos 2x)/2,
E e^(x + η) = e^(x + σ²/2),      E e^(2x + 2η) = e^(2x + 2σ²).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mpmath import cos, exp, mpf, sin

__all__ = ["FUNCTIONS", "LADDER", "NoisyFunction", "at_point"]

LADDER = tuple(Fraction(1, 4 * 2**i) for i in range(5))  # σ


@dataclass(frozen=True)
class NoisyFunction:
    """A loss of one variable.

    Parameters
    ----------
    name : str
    point : Fraction
    derivatives : callable
        From x to E, E′, E″, E‴.
    mean, mean_square_slope : callable
        From x and σ² to E E(x + η) and E E′(x + η)².
    """

    name: str
    point: Fraction
    derivatives: Callable[[Any], tuple[Any, Any, Any, Any]]
    mean: Callable[[Any, Any], Any]
    mean_square_slope: Callable[[Any, Any], Any]


def at_point(function: NoisyFunction) -> Any:
    """Return x as a number of the precision in force."""
    return mpf(function.point.numerator) / function.point.denominator


def _cosine(x: Any) -> tuple[Any, Any, Any, Any]:
    return cos(x), -sin(x), -cos(x), sin(x)


def _exponential(x: Any) -> tuple[Any, Any, Any, Any]:
    return (exp(x),) * 4


FUNCTIONS = (
    NoisyFunction(
        "E = cos x at x = 7/10",
        Fraction(7, 10),
        _cosine,
        lambda x, variance: exp(-variance / 2) * cos(x),
        lambda x, variance: (1 - exp(-2 * variance) * cos(2 * x)) / 2,
    ),
    NoisyFunction(
        "E = e^x at x = −1/3",
        Fraction(-1, 3),
        _exponential,
        lambda x, variance: exp(x + variance / 2),
        lambda x, variance: exp(2 * x + 2 * variance),
    ),
)
