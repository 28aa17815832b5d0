"""The generated kernel of the processor, judged step by step, and shown not to pass when it is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from lightning_runs.candidates import fused
from lightning_runs.kernels.cpu import many_runs, one_run, tiles
from lightning_runs.kernels.cpu.arrays import padded_rows
from lightning_runs.kernels.cpu.layout import Layout
from lightning_runs.kernels.cpu.processor import Processor, processor
from lightning_runs.kernels.fused import FusedKernel
from lightning_runs.kernels.interface import KernelError
from lightning_runs.run_batch import batch_of
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.findings import Outcome

RUNS = [1, 5, 8, 16, 21, 33]  # alone, a part of a vector, whole vectors and tiles, and what is left of them
SHAPES = [(5, 7), (1, 1), (1, 9), (9, 1), (13, 3), (3, 17), (40, 100), (17, 33)]


def outcomes(trial: Any, tasks_of: Any, judged: Any, case: Any) -> list[Outcome]:
    """Return the verdict of each run of a trial."""
    findings = judged(case, fused.declare(case.dtype, "heavy_ball"), fused.together(tasks_of(case)))
    return [finding.outcome for finding in findings]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("model", sorted(PARAMETERS))
@pytest.mark.parametrize("method", METHODS)
def test_every_method_and_model_agrees(
    trial: Any, tasks_of: Any, judged: Any, dtype: str, model: str, method: str
) -> None:
    """From a moving start, in vectors and alone: every step within rounding."""
    case = trial(dtype=dtype, model=model, methods=(method,), runs=19, moving=True)
    assert outcomes(trial, tasks_of, judged, case) == [Outcome.AGREES] * 19


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("runs", [1, 21])
def test_every_shape_agrees(
    trial: Any, tasks_of: Any, judged: Any, dtype: str, shape: tuple[int, int], runs: int
) -> None:
    """Sizes that are multiples of nothing, n = 1, d = 1, n > d and the paper's."""
    case = trial(dtype=dtype, shape=shape, runs=runs, steps=5)
    assert outcomes(trial, tasks_of, judged, case) == [Outcome.AGREES] * runs


@pytest.mark.parametrize("runs", RUNS)
def test_every_number_of_runs_agrees_with_batches(trial: Any, tasks_of: Any, judged: Any, runs: int) -> None:
    """Batches of unlike sizes, used cyclically, whatever the runs are placed in."""
    case = trial(runs=runs, batches=[(0, 3), (1,), (4, 2, 0)], methods=METHODS[:3])
    assert outcomes(trial, tasks_of, judged, case) == [Outcome.AGREES] * runs


@pytest.mark.parametrize("loss", ["mean_square", "half_sum_square", "sum_square"])
def test_every_loss_agrees(trial: Any, tasks_of: Any, judged: Any, loss: str) -> None:
    """The factor in front of the sum of squares is the named one."""
    case = trial(runs=9, loss=loss, steps=6, shape=(2, 3))
    assert outcomes(trial, tasks_of, judged, case) == [Outcome.AGREES] * 9


def test_steps_cut_into_calls_and_threads_leave_every_bit(trial: Any, tasks_of: Any) -> None:
    """One call of 12 steps, calls of 5, 1 and 6 steps on two threads, and a restored state agree bit by bit."""
    case = trial(runs=37, methods=METHODS, batches=[(0, 1), (2, 3, 4)])
    batch = batch_of(tasks_of(case))
    whole, cut = FusedKernel().prepare(batch), FusedKernel().prepare(batch, threads=2)
    expected = whole.advance(12, [3, 12])
    first = cut.advance(5, [3])
    cut.advance(6)
    resumed = FusedKernel().prepare(batch)
    resumed.restore(6, cut.state())
    last = resumed.advance(12, [12])
    for name, array in expected.items():
        assert np.array_equal(array, np.concatenate([first[name], last[name]]))


def test_runs_with_their_own_data_agree(trial: Any, tasks_of: Any, judged: Any) -> None:
    """Runs of several problems in one batch each follow their own."""
    cases = [trial(runs=4, seed=seed) for seed in range(3)]
    tasks = [task for run in range(4) for task in (tasks_of(case)[run] for case in cases)]
    recorded = fused.together(tasks)
    for position, case in enumerate(cases):
        findings = judged(case, fused.declare("float64", "heavy_ball"), recorded[position::3])
        assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 4


@pytest.mark.parametrize(("vector_bytes", "registers"), [(16, 16), (16, 32), (32, 16)])
def test_code_for_narrower_processors_agrees(
    trial: Any,
    tasks_of: Any,
    judged: Any,
    monkeypatch: pytest.MonkeyPatch,
    vector_bytes: int,
    registers: int,
) -> None:
    """What is generated for SSE2, NEON and AVX2, run on whatever processor this is."""
    narrow = Processor(vector_bytes, registers)
    for module in ("layout", "tiles"):
        monkeypatch.setattr(f"lightning_runs.kernels.cpu.{module}.processor", lambda: narrow)
    monkeypatch.setattr(tiles, "_many_runs", many_runs.many_runs)
    monkeypatch.setattr(tiles, "_one_run", one_run.one_run)
    case = trial(runs=13, shape=(11, 19), methods=METHODS, dtype="float32", steps=6)
    assert outcomes(trial, tasks_of, judged, case) == [Outcome.AGREES] * 13


@pytest.mark.parametrize("runs", [1, 16])
def test_skipped_tail_of_x_is_refused(
    trial: Any, tasks_of: Any, judged: Any, monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    """A last row of X that is left out in one batch of the schedule disagrees."""

    def short(cycle: Any, columns: int) -> Any:
        matrices, targets = padded_rows(cycle, columns)
        matrices[0][-1] = 0
        return matrices, targets

    monkeypatch.setattr("lightning_runs.kernels.cpu.tiles.padded_rows", short)
    assert Outcome.DISAGREES in outcomes(trial, tasks_of, judged, trial(runs=runs, seed=3))


def test_wrong_order_of_the_update_is_refused(
    trial: Any, tasks_of: Any, judged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nesterov that asks for its gradient where heavy ball does disagrees."""
    monkeypatch.setattr(many_runs, "asked_at", lambda method, w, p, mu: w)
    monkeypatch.setattr(tiles, "_many_runs", many_runs.many_runs)
    case = trial(runs=16, methods=("nesterov",), moving=True)
    assert set(outcomes(trial, tasks_of, judged, case)) == {Outcome.DISAGREES}


@pytest.mark.skipif(processor().vector_bytes < 32, reason="needs AVX2 or AVX-512")
def test_code_multiplies_and_adds_whole_vectors_in_one_rounding() -> None:
    """The inner loops are fused multiply-adds on the widest registers, and nothing is spilled inside them."""
    layout = Layout(40, 100, 8, "diagonal", "heavy_ball", 4)
    register = "%zmm" if processor().vector_bytes == 64 else "%ymm"
    products = [line for line in many_runs.many_runs(layout).assembly.splitlines() if "vfmadd" in line]
    sums = 2 * (layout.block(40) + layout.block(100))
    assert len([line for line in products if register in line]) >= sums


@pytest.mark.parametrize("runs", [1, 3, 9])
def test_diverged_run_leaves_nothing_behind(trial: Any, tasks_of: Any, runs: int) -> None:
    """After a run that overflowed, the same loop started again makes the same steps."""
    tasks = [
        replace(task, method=replace(task.method, step_size=task.method.step_size * 4096))
        for task in tasks_of(trial(runs=runs, shape=(3, 5), steps=30))
    ]
    batch = batch_of(tasks)
    loop = FusedKernel().prepare(batch)
    with np.errstate(all="ignore"):
        first = loop.advance(30, [1, 2, 30])
        assert not np.isfinite(first["u"][-1]).all()
        loop.restore(0, batch.start)
        again = loop.advance(30, [1, 2, 30])
    assert all(np.array_equal(first[name], again[name], equal_nan=True) for name in first)


def test_unknown_dtype_is_refused(trial: Any, tasks_of: Any) -> None:
    """bfloat16 is not run, and the message lists what is."""
    batch = batch_of(tasks_of(trial(dtype="bfloat16")))
    with pytest.raises(KernelError, match="`fused` runs no dtype bfloat16; it runs float32, float64"):
        FusedKernel().prepare(batch)
