"""The oracle beside the training, and stopping on the loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from lightning_runs.callbacks import DisagreementError, LossStopping, OracleCheck
from lightning_runs.checkpoints import Checkpoints
from lightning_runs.kernels import registry
from lightning_runs.kernels.fused import FusedLoop
from lightning_runs.trainer import TrainerSettings, train
from oracle.records.candidate import CandidateTask

TaskMaker = Callable[..., CandidateTask]
KERNELS = sorted(set(registry.KERNELS) - {"triton"})


@pytest.mark.parametrize("kernel", KERNELS)
def test_oracle_agrees_with_every_kernel_while_it_trains(make_task: TaskMaker, kernel: str) -> None:
    """Two of three runs, two steps at the beginning of every other chunk of ten: all within rounding."""
    check = OracleCheck(runs=2, window=3, every=2)
    tasks = [make_task(seed=seed, steps=[40], batches=((0, 1), (2,), (3,))) for seed in range(3)]
    train(tasks, TrainerSettings(10, callbacks=[check], kernel=kernel))
    found = [(run, finding.outcome, finding.step is not None) for run, finding in check.findings]
    assert found == [(run, "AGREES", True) for _ in range(2) for run in (0, 1)]


def drifting(step: int) -> Callable[..., Any]:
    """Return an `advance` that moves one coordinate by a few units in the last place after a step."""
    advance = FusedLoop.advance

    def faulty(loop: FusedLoop, stop: int, wanted: Any = ()) -> Any:
        states = advance(loop, stop, wanted)
        if step in wanted:
            states["u"][list(wanted).index(step), 0, 2] *= 1 + 2.0**-45
        return states

    return faulty


def test_disagreement_stops_the_training_and_says_where(
    make_task: TaskMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One coordinate that drifts at step 21 is named while the training goes on."""
    monkeypatch.setattr(FusedLoop, "advance", drifting(21))
    settings = TrainerSettings(10, callbacks=[OracleCheck()])
    with pytest.raises(DisagreementError, match=r"run 0 disagrees with the oracle at step 21: `u\[2\]` is"):
        train([make_task(steps=[40])], settings)


def test_disagreement_may_end_the_run_quietly(make_task: TaskMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``stop`` the arrays end where the disagreement was seen."""
    monkeypatch.setattr(FusedLoop, "advance", drifting(21))
    check = OracleCheck(on_disagreement="stop")
    (arrays,) = train([make_task(steps=range(41))], TrainerSettings(10, callbacks=[check]))
    assert (len(arrays["u"]), check.findings[-1][1].outcome) == (31, "DISAGREES")


@pytest.mark.parametrize("chunk_steps", [1, 4, 7])
def test_first_step_of_every_chunk_is_judged(make_task: TaskMaker, chunk_steps: int) -> None:
    """Also in chunks of one step, and from the start: the state that a chunk begins with is the end of the last."""
    check = OracleCheck()
    train([make_task(steps=[20])], TrainerSettings(chunk_steps, callbacks=[check]))
    assert len(check.findings) == -(-20 // chunk_steps)
    assert {finding.outcome for _, finding in check.findings} == {"AGREES"}


def test_every_other_chunk_is_judged_whatever_their_lengths(make_task: TaskMaker, tmp_path: Path) -> None:
    """A checkpoint every 15 steps cuts chunks of 10: of ten chunks up to step 60 every other one is judged."""
    check = OracleCheck(every=2)
    settings = TrainerSettings(10, Checkpoints(tmp_path, 15), callbacks=[check])
    train([make_task(steps=[60])], settings)
    begins = sorted({*range(0, 60, 10), *range(0, 60, 15)})
    assert len(check.findings) == len(begins[::2])


@pytest.mark.parametrize(("field", "value"), [("runs", 0), ("window", 1), ("every", 0)])
def test_check_that_could_see_nothing_is_refused(field: str, value: int) -> None:
    """No run, one state or no chunk gives nothing to judge."""
    with pytest.raises(ValueError, match=f"`{field}` must be at least"):
        OracleCheck(**{field: value})  # type: ignore[arg-type]  # one of three numbers


@pytest.mark.parametrize("kernel", ["fused", "eager"])
def test_training_stops_once_the_loss_is_small(make_task: TaskMaker, kernel: str) -> None:
    """The record ends with the first chunk whose largest loss is below the threshold, and not before."""
    tasks = [make_task(seed=seed, steps=range(2001), eta=0.25) for seed in range(2)]
    settings = TrainerSettings(100, callbacks=[LossStopping(stopping_threshold=1e-3)], kernel=kernel)
    stopped, whole = train(tasks, settings), train(tasks, replace(settings, callbacks=()))
    largest = np.maximum(*(arrays["loss"] for arrays in whole))[::100]
    expected = 100 * int(np.argmax(largest < 1e-3))
    assert 0 < expected < 2000
    assert [len(arrays["loss"]) for arrays in stopped] == [expected + 1] * 2


def test_stopping_leaves_the_bits_of_the_steps_before(make_task: TaskMaker) -> None:
    """What was made ahead of the stop is nowhere in the record."""
    task = make_task(steps=range(2001), eta=0.25)
    settings = TrainerSettings(100, callbacks=[LossStopping(stopping_threshold=1e-3)])
    (stopped,), (whole,) = train([task], settings), train([task])
    assert all(np.array_equal(array, whole[name][: len(array)]) for name, array in stopped.items())
