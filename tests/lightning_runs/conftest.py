"""Small problems for the candidates, made with numpy alone, so that a machine without torch can load this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from oracle.records.candidate import CandidateMethod, CandidateProblem, CandidateTask

PARAMETERS = {
    "diagonal": ("u", "v"),
    "hadamard": ("u", "v"),
    "linear": ("beta",),
    "scalar_product": ("a1", "a2"),
}

TaskMaker = Callable[..., CandidateTask]


@pytest.fixture
def make_task() -> TaskMaker:
    """Return a function that makes one small task; every argument has a default."""

    def make(
        method: str = "heavy_ball",
        *,
        model: str = "diagonal",
        loss: str = "half_mean_square",
        dtype: str = "float64",
        eta: float = 0.03,
        mu: float = 0.9,
        steps: Sequence[int] = range(41),
        batches: Sequence[Sequence[int]] = (),
        momentum_at_start: float = 0.0,
        shape: tuple[int, int] = (4, 6),
        seed: int = 0,
    ) -> CandidateTask:
        n, d = (1, 1) if model == "scalar_product" else shape
        data, start = np.random.default_rng(7), np.random.default_rng(seed)
        names = PARAMETERS[model]

        def dyadic(source: np.random.Generator, *size: int) -> Any:
            """Return multiples of 1/64 in [−1/2, 1/2]: exact in both dtypes, and short as rationals."""
            return (source.integers(-32, 33, size) / 64).astype(dtype)

        problem = CandidateProblem(
            dyadic(data, n, d), dyadic(data, n), loss, model, {name: dyadic(start, d) for name in names}
        )
        scale = np.dtype(dtype).type(momentum_at_start)
        p0 = {name: scale * dyadic(start, d) for name in names} if momentum_at_start else {}
        number = np.dtype(dtype).type
        return CandidateTask(
            problem, CandidateMethod(method, number(eta), number(mu), p0, batches), list(steps)
        )

    return make
