"""The global envelope on the paper's problem: a thousand steps by samples, and what a proof costs.

Nothing here fails for being slow; the target of the first is five seconds on one core.
"""

from __future__ import annotations

from typing import Any

import pytest

from oracle.envelope import Envelope, envelope
from oracle.records.candidate import Declaration
from reference.case import Case


def envelope_of(case: Case, dtype: str, step: int) -> Envelope:
    """Return the envelope at one step."""
    return envelope(case, Declaration(dtype=dtype), [step], ["u", "v"])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.benchmark(group="global envelope, n=40, d=100, 1000 steps")
def test_thousand_steps_by_samples(benchmark: Any, paper_case: Case, dtype: str) -> None:
    """Time a thousand steps and print the seconds."""
    found = benchmark.pedantic(envelope_of, args=(paper_case, dtype, 1000), rounds=3, warmup_rounds=1)
    assert not found.rigorous.any()
    seconds = benchmark.stats.stats.median
    benchmark.extra_info.update(seconds=seconds, typical=float(found.typical["u"].max()))
    print(f"{dtype}: {seconds:.2f} s (asked for: 5 s)")  # noqa: T201  # a benchmark's figure


@pytest.mark.slow
@pytest.mark.parametrize("step", [10, 25])
@pytest.mark.benchmark(group="global envelope, n=40, d=100, proved")
def test_first_steps_by_proof(benchmark: Any, paper_case: Case, step: int) -> None:
    """Time the zonotope where it is chosen."""
    found = benchmark.pedantic(envelope_of, args=(paper_case, "float32", step), rounds=3)
    assert found.rigorous.all()
    print(f"{step} steps: {benchmark.stats.stats.median:.2f} s")  # noqa: T201  # a benchmark's figure
