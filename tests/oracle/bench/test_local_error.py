"""The error of racers whose fault is planted."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.bench.local_error import local_error, steps_to_judge, worst
from oracle.bench.problem import RaceProblem
from oracle.findings import Finding, Outcome

SMALL = RaceProblem(4, 6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_correct_racer_agrees_within_its_bound(make_racer: Any, dtype: str) -> None:
    """Heavy ball in numpy: at most one bound, and more than nothing."""
    found = local_error(make_racer(), SMALL, dtype, 3, 1)
    assert found.outcome is Outcome.AGREES
    assert found.error is not None
    assert 0 < found.error <= 1


def test_wrong_step_size_disagrees(make_racer: Any) -> None:
    """η one part in a million too large is thousands of bounds."""
    found = local_error(make_racer(factor=1 + 1e-6), SMALL, "float64", 3, 1)
    assert found.outcome is Outcome.DISAGREES
    assert found.error is not None
    assert found.error > 1000


def test_worst_run_decides() -> None:
    """DISAGREES before UNDECIDED before AGREES, then the larger error."""
    findings = [Finding("replay", outcome, "", excess=excess) for outcome, excess in (
        (Outcome.AGREES, 0.9), (Outcome.DISAGREES, 5.0), (Outcome.DISAGREES, 7.0), (Outcome.UNDECIDED, None),
    )]  # fmt: skip
    assert (worst(findings).outcome, worst(findings).error) == (Outcome.DISAGREES, 7.0)
    assert worst(findings[::3]).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(("runs", "steps"), [(1, 64), (256, 64), (4096, 10), (100_000, 4)])
def test_many_runs_record_fewer_steps(runs: int, steps: int) -> None:
    """All states together stay near 128 MiB, and are never fewer than can be replayed."""
    assert steps_to_judge(runs, 100) == steps
