"""A small problem with rational data, and its trajectory in rationals, for every test of this folder."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

from reference.arithmetic import RationalArithmetic
from reference.case import Case, Method, Polynomial, Regression, Term
from reference.trajectory import states

ROWS = (
    (Fraction(1), Fraction(1, 2), Fraction(-1, 4)),
    (Fraction(0), Fraction(1), Fraction(3, 4)),
    (Fraction(-2), Fraction(1, 3), Fraction(1, 5)),
)
TARGETS = (Fraction(1), Fraction(-1, 2), Fraction(2, 3))
COORDINATES = (Fraction(1, 4), Fraction(-1, 3), Fraction(2, 5))
OTHERS = (Fraction(-1, 2), Fraction(1, 7), Fraction(3, 4))
TERMS = (
    Term(Fraction(1, 2), (2, 0, 0)),
    Term(Fraction(-1, 3), (1, 2, 1)),
    Term(Fraction(3), (0, 1, 0)),
    Term(Fraction(2, 7), (0, 0, 4)),
    Term(Fraction(5), (0, 0, 0)),
)


@pytest.fixture
def make_case() -> Callable[..., Case]:
    """Build a small case; `loss` names the scaling, other keywords go to the method."""
    return _make_case


@pytest.fixture
def positions() -> Callable[..., list[list[Fraction]]]:
    """Return the exact positions at steps 0 … count − 1, each a list over the joined parameters."""

    def run(case: Case, count: int, **changes: Any) -> list[list[Fraction]]:
        changed = replace(case, method=replace(case.method, **changes))
        return [list(state.position) for state in islice(states(changed, RationalArithmetic()), count)]

    return run


def _make_case(
    method: str = "heavy_ball", model: str = "diagonal", loss: str = "half_mean_square", **coefficients: Any
) -> Case:
    chosen = {"step_size": Fraction(1, 10), "momentum": Fraction(3, 4), **coefficients}
    return Case(_problem(model, loss), model, _init(model), Method(method, **chosen))


def _problem(model: str, loss: str) -> Regression | Polynomial:
    if model == "polynomial":
        return Polynomial(TERMS)
    if model == "scalar_product":
        return Regression(((Fraction(3, 2),),), (Fraction(5, 4),), loss)
    return Regression(ROWS, TARGETS, loss)


def _init(model: str) -> dict[str, tuple[Fraction, ...]]:
    starts: dict[str, dict[str, tuple[Fraction, ...]]] = {
        "diagonal": {"u": COORDINATES, "v": OTHERS},
        "hadamard": {"u": COORDINATES, "v": OTHERS},
        "linear": {"beta": COORDINATES},
        "scalar_product": {"a1": COORDINATES[:1], "a2": OTHERS[:1]},
        "polynomial": {"b": COORDINATES},
    }
    return starts[model]


@dataclass(frozen=True)
class Quadratic:
    """½|X(β − β*)|² with X = diag(s) Qᵀ, Q a rational rotation: modes Qᵀ(β − β*), curvatures s²."""

    curvatures: tuple[Fraction, Fraction] = (Fraction(1), Fraction(4))
    rotation: tuple[tuple[Fraction, Fraction], ...] = (
        (Fraction(3, 5), Fraction(-4, 5)),
        (Fraction(4, 5), Fraction(3, 5)),
    )
    minimiser: tuple[Fraction, Fraction] = (Fraction(1, 2), Fraction(-2))

    def case(self, method: Method) -> Case:
        """Return the linear regression whose loss this is, started at (1, 1)."""
        scales = (Fraction(1), Fraction(2))
        rows = tuple(tuple(scale * self.rotation[j][i] for j in range(2)) for i, scale in enumerate(scales))
        targets = tuple(row[0] * self.minimiser[0] + row[1] * self.minimiser[1] for row in rows)
        start = {"beta": (Fraction(1), Fraction(1))}
        return Case(Regression(rows, targets, "half_sum_square"), "linear", start, method)

    def modes(self, vector: Sequence[Fraction]) -> list[Fraction]:
        """Return Qᵀ times a vector, shape (2,)."""
        return [self.rotation[0][i] * vector[0] + self.rotation[1][i] * vector[1] for i in range(2)]

    def errors(self, position: Sequence[Fraction]) -> list[Fraction]:
        """Return the modes of β − β*."""
        return self.modes([b - m for b, m in zip(position, self.minimiser, strict=True)])


@pytest.fixture
def quadratic() -> Quadratic:
    """Return a quadratic whose modes are known exactly."""
    return Quadratic()


@pytest.fixture
def by_roots() -> Callable[[Fraction, Fraction, Fraction, Fraction, int], list[Fraction]]:
    """Solve z₊ = trace·z − determinant·z₋ from (z0, z1) by the roots of r² − trace·r + determinant."""

    def solve(
        trace: Fraction, determinant: Fraction, z0: Fraction, z1: Fraction, count: int
    ) -> list[Fraction]:
        discriminant = trace * trace - 4 * determinant
        if discriminant == 0:
            r = trace / 2
            return [z0, *((z0 * (1 - k) * r + k * z1) * r ** (k - 1) for k in range(1, count))]
        return _conjugate_sums(trace, discriminant, z0, z1, count)

    return solve


def _conjugate_sums(
    trace: Fraction, discriminant: Fraction, z0: Fraction, z1: Fraction, count: int
) -> list[Fraction]:
    """Return A r^k + conjugate with r = (trace + √Δ)/2, as pairs a + b√Δ: exact, real or complex."""
    a, b = z0 / 2, (z1 - trace * z0 / 2) / discriminant
    values = []
    for _ in range(count):
        values.append(2 * a)
        a, b = (trace * a + discriminant * b) / 2, (a + trace * b) / 2
    return values


@pytest.fixture
def dense_case() -> Callable[..., Case]:
    """Build the paper's sparse regression: n = 40, d = 100, five non-zeros, on dyadic grids."""
    return _dense_case


def _dense_case(name: str, scale: Fraction = Fraction(9, 256)) -> Case:
    numbers = random.Random(2026)
    X = tuple(tuple(Fraction(round(numbers.gauss(0, 1) * 256), 256) for _ in range(100)) for _ in range(40))
    truth = [Fraction(round(numbers.gauss(0, 1) * 128), 128) if j < 5 else Fraction(0) for j in range(100)]
    y = tuple(sum((a * b for a, b in zip(row, truth, strict=True)), start=Fraction(0)) for row in X)
    momentum = Fraction(0) if name == "gradient_descent" else Fraction(9, 10)
    start = {"u": (scale,) * 100, "v": (scale,) * 100}
    return Case(
        Regression(X, y, "half_mean_square"), "diagonal", start, Method(name, Fraction(3, 100), momentum)
    )
