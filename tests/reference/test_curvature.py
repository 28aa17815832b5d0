"""The Hessian's split and the gradient's remainder, against exact gradients."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import sqrt
from typing import Any

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case, Regression
from reference.curvature import CURVATURES
from reference.models import MODELS
from reference.objective import RegressionObjective

MODEL_NAMES = ("diagonal", "hadamard", "linear")


def norm(values: list[Fraction]) -> float:
    """Return the Euclidean norm."""
    return sqrt(float(sum(x * x for x in values)))


def gauss_newton(case: Case, jacobian: list[list[Fraction]], e: list[Fraction]) -> list[Fraction]:
    """Return 2f JᵀXᵀXJ e in rationals, written out; the loss is the half mean square."""
    d = len(jacobian[0])
    moved = [
        sum((row[j] * e[i * d + j] for i, row in enumerate(jacobian)), start=Fraction(0)) for j in range(d)
    ]
    assert isinstance(case.problem, Regression)
    rows = case.problem.X
    seen = [sum((x * m for x, m in zip(row, moved, strict=True)), start=Fraction(0)) for row in rows]
    columns = list(zip(*rows, strict=True))
    back = [
        sum((x * s for x, s in zip(columns[j], seen, strict=True)), start=Fraction(0)) / len(rows)
        for j in range(d)
    ]
    return [row[j] * back[j] for row in jacobian for j in range(d)]


def excess(case: Case, scale: Fraction, residual: float, seed: int) -> float:
    """Return |∇L(β+e) − ∇L(β) − GN e| over the bound that `curvature` and `residual` promise."""
    numbers = random.Random(seed)
    objective = RegressionObjective(case, RationalArithmetic())
    names, model = MODELS[case.model].names, CURVATURES[case.model]
    parameters = [list(case.init[name]) for name in names]
    position = [x for parameter in parameters for x in parameter]
    e = [scale * Fraction(numbers.randint(-9, 9), 8) for _ in position]
    shifted = Vector([a + b for a, b in zip(position, e, strict=True)])
    before, after = objective.gradient(Vector(position)), objective.gradient(shifted)
    jacobian: Any = model.jacobian(parameters)  # type: ignore[arg-type]  # exact rationals work as well
    linear = gauss_newton(case, jacobian, e)
    left = norm([a - b - g for a, b, g in zip(after, before, linear, strict=True)])
    g = max(abs(float(x)) for x in objective.predictor_gradient(Vector(position)))
    assert isinstance(case.problem, Regression)
    spread = sum(float(x) ** 2 for row in case.problem.X for x in row) / len(case.problem.y)
    largest = sqrt(max(sum(float(row[j]) ** 2 for row in jacobian) for j in range(len(jacobian[0]))))
    change, remainder, size = model.jacobian_change, model.predictor_remainder, norm(e)
    quadratic = spread * ((change + remainder) * largest + change * remainder * size) * size
    return left / ((residual * g + quadratic) * size)


@pytest.mark.parametrize("model", MODEL_NAMES)
@pytest.mark.parametrize("scale", [Fraction(1, 10**6), Fraction(1, 100), Fraction(1)])
def test_gradient_remainder_is_bounded(make_case: Callable[..., Case], model: str, scale: Fraction) -> None:
    """|∇L(β+e) − ∇L(β) − 2f JᵀXᵀXJ e| ≤ (|S| + M(…)|e|)|e| for any e."""
    case = make_case(model=model)
    if model == "linear":
        assert excess(case, scale, residual=1e-9, seed=1) < 1e-6
        return
    residual = CURVATURES[model].residual
    assert all(excess(case, scale, residual, seed) <= 1 for seed in range(20))


@pytest.mark.parametrize("model", ["diagonal", "hadamard"])
def test_residual_curvature_is_no_larger_than_needed(make_case: Callable[..., Case], model: str) -> None:
    """With a fifth of |S| the bound is broken by some direction: the check can fail."""
    case = make_case(model=model)
    small = replace(case)
    residual = CURVATURES[model].residual / 5
    assert max(excess(small, Fraction(1, 10**6), residual, seed) for seed in range(40)) > 1
