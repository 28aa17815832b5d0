"""The certified step against its peers: mpmath at the same precision, and balls fed back.

Nothing here fails for being slow.  The ratios of one run, medians of interleaved rounds, are in
`extra_info` of the JSON that ``--benchmark-json`` writes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from reference.case import Case
from reference.enclosures import enclose_centred, enclose_naively
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.trajectory import states

BITS = 320  # what 40 certified digits at step 1000 take


def mpmath_run(case: Case, steps: int) -> Any:
    """Return the last state of the mpmath path."""
    with mpmath_precision(BITS):
        return next(islice(states(case, MpmathArithmetic()), steps, None))


def certified_run(case: Case, steps: int) -> Any:
    """Return the certified enclosure at the last step, error bound and its proofs included."""
    return enclose_centred(case, [steps], BITS)


def naive_run(case: Case, steps: int) -> Any:
    """Return the enclosure from balls fed back."""
    return enclose_naively(case, [steps], BITS)


@pytest.mark.benchmark(group="100 steps, 320 bits, n=40, d=100")
@pytest.mark.parametrize("run", [certified_run, naive_run, mpmath_run])
def test_hundred_steps(benchmark: Any, paper_case: Case, run: Callable[[Case, int], Any]) -> None:
    """Time a hundred steps of each path."""
    benchmark.pedantic(run, args=(paper_case, 100), rounds=3, warmup_rounds=1)


@pytest.mark.slow
@pytest.mark.benchmark(group="1000 steps, 40 certified digits, n=40, d=100")
def test_thousand_steps_against_mpmath(
    benchmark: Any, paper_case: Case, interleaved: Callable[..., dict[str, float]]
) -> None:
    """Record the ratio to the mpmath path and the bits lost a step, centred and naive."""
    medians = interleaved(
        5,
        certified=lambda: certified_run(paper_case, 1000),
        mpmath=lambda: mpmath_run(paper_case, 1000),
    )
    enclosure = benchmark.pedantic(certified_run, args=(paper_case, 1000), rounds=1)
    benchmark.extra_info.update(
        certified_seconds=medians["certified"],
        mpmath_seconds=medians["mpmath"],
        ratio=medians["mpmath"] / medians["certified"],
        bits_lost_per_step=enclosure.bits_lost / 1000,
        bits_lost_per_step_naive=naive_run(paper_case, 100).bits_lost / 100,
    )
    assert enclosure.bits_lost / 1000 <= 0.05


@pytest.mark.slow
@pytest.mark.benchmark(group="10000 steps, 40 certified digits, n=40, d=100")
def test_ten_thousand_steps(benchmark: Any, paper_case: Case) -> None:
    """Time ten thousand certified steps on one core."""
    enclosure = benchmark.pedantic(certified_run, args=(paper_case, 10_000), rounds=1)
    benchmark.extra_info.update(bits_lost_per_step=enclosure.bits_lost / 10_000)
    assert enclosure.bits_lost / 10_000 <= 0.05
