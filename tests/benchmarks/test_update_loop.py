"""The update loops of `oracle bench`, one benchmark a racer and size, on the same problem and in the same calls.

Nothing here fails for being slow.  Ratios to the peers, medians of interleaved rounds, and the error in
units of the rounding bound are in `extra_info` of the JSON that ``--benchmark-json`` writes.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

import pytest

from oracle.bench.contest import RUNS_RACED
from oracle.bench.heat import Rules, TooSlowError, get_ready, run_heat
from oracle.bench.local_error import local_error
from oracle.bench.racers import PEERS, Field, Racer, gather
from oracle.candidates import GROUP
from oracle.findings import Outcome
from oracle.report.race import JAX, SGD

NAMES = sorted({point.name for group in (GROUP, PEERS) for point in entry_points(group=group)})
RULES = Rules(rounds=5, call_seconds=0.05)


@cache
def installed() -> Field:
    """Return everybody who is installed, found once."""
    return gather()


def racer_named(name: str) -> Racer:
    """Return one racer; a test that needs one that is missing is skipped with the reason."""
    found = next((racer for racer in installed().racers if racer.name == name), None)
    if found is None:
        reasons = {entry.racer: entry.reason for entry in installed().missing}
        pytest.skip(f"`{name}` is no racer here: {reasons.get(name, 'it is an engine of matrix products')}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("runs", RUNS_RACED)
@pytest.mark.parametrize("name", NAMES)
def test_throughput(benchmark: Any, name: str, runs: int, dtype: str) -> None:
    """Time a prepared call, and judge the steps of the very kernel."""
    racer = racer_named(name)
    benchmark.group = f"heavy ball, n=40, d=100, {runs} runs, {dtype}"
    try:
        timed = get_ready(racer, dtype, runs, RULES)
    except (TooSlowError, ValueError, ModuleNotFoundError) as error:
        pytest.skip(str(error))
    judged = local_error(racer, RULES.problem, dtype, runs, RULES.threads)
    benchmark.pedantic(timed.call, rounds=RULES.rounds, warmup_rounds=1)
    rate = runs * timed.steps / benchmark.stats.stats.median if benchmark.stats else None
    benchmark.extra_info.update(
        steps=timed.steps,
        run_steps_per_second=rate,
        share_of_a_call_that_is_fixed=timed.fixed,
        error_in_bounds=judged.error,
        verdict=str(judged.outcome),
    )
    assert judged.outcome is Outcome.AGREES, judged.reason


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("runs", RUNS_RACED)
def test_ratios_of_one_heat(benchmark: Any, runs: int, dtype: str) -> None:
    """Record every racer's ratio to torch.optim.SGD, to jax.lax.scan and to the GEMM of the same shapes."""
    benchmark.group = "heats, everybody interleaved"
    heat = benchmark.pedantic(run_heat, args=(installed(), dtype, runs, RULES, set()), rounds=1)
    for row in heat.rows:
        benchmark.extra_info[row.racer] = {
            "run_steps_per_second": row.rate,
            "ratio_to_torch_sgd": row.ratios[SGD].median if SGD in row.ratios else None,
            "ratio_to_jax_scan": row.ratios[JAX].median if JAX in row.ratios else None,
            "share_of_gemm": row.of_gemm.median if row.of_gemm else None,
            "error_in_bounds": row.error,
            "verdict": str(row.outcome),
        }
    assert heat.rows
