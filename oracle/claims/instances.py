"""Small problems, unlike each other, that claims are tried on: exact rationals, the same everywhere.

A statement about all problems that holds on one of these may fail on the next: n < d and n = 1, starts with and without
bias, one and two factors a parameter, losses that are no regression at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from oracle.sparse_regression import generate
from reference.case import Case, Method, Polynomial, Regression, Term

__all__ = [
    "ANY_METHOD", "DIAGONAL_BIASED", "DIAGONAL_ONE_ROW", "DIAGONAL_UNBIASED", "HADAMARD", "LINEAR", "NETWORKS",
    "QUARTIC_ONE", "QUARTIC_TWO", "SCALAR_PRODUCT", "SMOOTH", "Instance", "sparse_instance",
]  # fmt: skip

ANY_METHOD = Method("heavy_ball", Fraction(1, 80), Fraction(1, 2))  # replaced by whoever takes the case


@dataclass(frozen=True)
class Instance:
    """A problem with its model and start.

    Parameters
    ----------
    name : str
        As a reader meets it.
    case : Case
        With a method that whoever takes it replaces.
    """

    name: str
    case: Case


def _numbers(*texts: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(text) for text in texts)


TWO_ROWS = Regression(
    (_numbers("1", "1/2", "-1/4"), _numbers("0", "1", "3/4")), _numbers("1", "-1/2"), "half_mean_square"
)
DIAGONAL_ONE_ROW = Instance(
    "diagonal network, n = 1, d = 2, biased start",
    Case(
        Regression((_numbers("1", "1/2"),), _numbers("1"), "half_mean_square"),
        "diagonal",
        {"u": _numbers("1/2", "3/4"), "v": _numbers("1/4", "1/2")},
        ANY_METHOD,
    ),
)
DIAGONAL_BIASED = Instance(
    "diagonal network, n = 2, d = 3, biased start",
    Case(
        TWO_ROWS,
        "diagonal",
        {"u": _numbers("1/2", "3/8", "1/2"), "v": _numbers("1/4", "1/2", "3/8")},
        ANY_METHOD,
    ),
)
DIAGONAL_UNBIASED = Instance(
    "diagonal network, n = 2, d = 3, unbiased start",
    Case(TWO_ROWS, "diagonal", {name: _numbers("3/8", "3/8", "3/8") for name in "uv"}, ANY_METHOD),
)
HADAMARD = Instance(
    "θ = u⊙v, n = 2, d = 3",
    Case(
        TWO_ROWS,
        "hadamard",
        {"u": _numbers("1/2", "5/8", "1/2"), "v": _numbers("1/4", "-1/8", "3/8")},
        ANY_METHOD,
    ),
)
LINEAR = Instance(
    "linear regression, n = 2, d = 3",
    Case(TWO_ROWS, "linear", {"beta": _numbers("1/4", "0", "-1/2")}, ANY_METHOD),
)
SCALAR_PRODUCT = Instance(
    "f = a1·a2·x, x = 1, y = 3/5, start (1.4, 1.7)",
    Case(
        Regression((_numbers("1"),), _numbers("3/5"), "half_sum_square"),
        "scalar_product",
        {"a1": _numbers("14/10"), "a2": _numbers("17/10")},
        ANY_METHOD,
    ),
)
QUARTIC_TWO = Instance(
    "quartic loss in two variables",
    Case(
        Polynomial(
            (Term(Fraction(1, 4), (4, 0)), Term(Fraction(1, 2), (0, 2)), Term(Fraction(1, 3), (1, 2)))
        ),
        "polynomial",
        {"b": _numbers("1", "1/2")},
        ANY_METHOD,
    ),
)
QUARTIC_ONE = Instance(
    "quartic loss in one variable",
    Case(
        Polynomial((Term(Fraction(1, 4), (4,)), Term(Fraction(1, 3), (3,)))),
        "polynomial",
        {"b": _numbers("1")},
        ANY_METHOD,
    ),
)
SMOOTH = (DIAGONAL_ONE_ROW, SCALAR_PRODUCT, QUARTIC_TWO, QUARTIC_ONE)  # for orders of flows
NETWORKS = (DIAGONAL_BIASED, DIAGONAL_ONE_ROW)  # for limits and minimisers


@lru_cache(maxsize=16)
def sparse_instance(
    n: int, d: int, nonzeros: int, seed: int, start: tuple[Fraction, Fraction]
) -> tuple[Instance, tuple[Fraction, ...]]:
    """Return a generated sparse regression on a diagonal network and its truth θ*.

    Parameters
    ----------
    n, d, nonzeros, seed : int
        As `oracle.sparse_regression.generate` takes them.
    start : pair of Fraction
        u(0) and v(0), the same in every coordinate.
    """
    problem = generate(n, d, nonzeros, seed)
    init: Mapping[str, tuple[Fraction, ...]] = {"u": (start[0],) * d, "v": (start[1],) * d}
    name = f"sparse regression n = {n}, d = {d}, {nonzeros} non-zeros, seed {seed}, u = {start[0]}, v = {start[1]}"
    case = Case(Regression(problem.X, problem.y, "half_mean_square"), "diagonal", init, ANY_METHOD)
    return Instance(name, case), problem.truth
