"""The runs of a race."""

from __future__ import annotations

import numpy as np
import pytest

from oracle.bench.problem import PAPER, RaceProblem
from oracle.tensors import task_of


def test_paper_is_forty_by_a_hundred_and_its_step_sixteen_thousand_operations() -> None:
    """4 n d = 4 · 40 · 100."""
    assert (PAPER.n, PAPER.d, PAPER.flop) == (40, 100, 16_000)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("run", [0, 1, 4095])
def test_task_is_what_its_spec_says(dtype: str, run: int) -> None:
    """The fast way to many tasks and the judge's spec of one have the same numbers, to the bit."""
    problem = RaceProblem(4, 6)
    fast, judged = problem.tasks(dtype, 4096, (3,))[run], task_of(problem.spec(dtype, run), dtype, (3,))
    for got, expected in (
        (fast.problem.X, judged.problem.X),
        (fast.problem.y, judged.problem.y),
        (fast.problem.init["u"], judged.problem.init["u"]),
        (fast.problem.init["v"], judged.problem.init["v"]),
    ):
        assert got.dtype == expected.dtype
        assert np.array_equal(got, expected)
    assert (fast.method.step_size, fast.method.momentum) == (judged.method.step_size, judged.method.momentum)


def test_no_two_runs_start_alike() -> None:
    """4096 starts are 4096 numbers, in float32 too."""
    starts = {task.problem.init["u"][0] for task in RaceProblem(4, 6).tasks("float32", 4096, (1,))}
    assert len(starts) == 4096
