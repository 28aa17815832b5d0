"""The paper's problem, for everything that is timed; and interleaved rounds for honest ratios."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from oracle.sparse_regression import generate
from reference.case import Case, Method, Regression

SCALE = Fraction(9, 256)  # c with ‖ξ‖₁ = c²d = 0.124, the paper's Fig. 3, exact in float32


@pytest.fixture(scope="session")
def paper_case() -> Case:
    """Return n = 40, d = 100, five non-zeros, heavy ball with η = 0.03, μ = 0.9."""
    problem = generate(40, 100, 5, seed=0, scale=Fraction(1))
    start = {"u": (SCALE,) * 100, "v": (SCALE,) * 100}
    method = Method("heavy_ball", Fraction(3, 100), Fraction(9, 10))
    return Case(Regression(problem.X, problem.y, "half_mean_square"), "diagonal", start, method)


@pytest.fixture
def interleaved() -> Callable[..., dict[str, float]]:
    """Time several callables in turn, A B A B …, and return the median seconds of each."""

    def run(rounds: int, **timed: Callable[[], Any]) -> dict[str, float]:
        seconds: dict[str, list[float]] = {name: [] for name in timed}
        for _ in range(rounds):
            for name, call in timed.items():
                began = perf_counter()
                call()
                seconds[name].append(perf_counter() - began)
        return {name: median(values) for name, values in seconds.items()}

    return run
