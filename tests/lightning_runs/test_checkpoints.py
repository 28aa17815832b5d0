"""An interrupted run with checkpoints ends in the very bits of an uninterrupted one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import pytorch_lightning as pl

from lightning_runs.checkpoints import CheckpointError, Checkpoints, digest_of
from lightning_runs.kernels.fused import FusedKernel
from lightning_runs.module import MomentumRuns
from lightning_runs.run_batch import batch_of
from lightning_runs.trainer import TrainerSettings, train
from oracle.records.candidate import CandidateTask

TaskMaker = Callable[..., CandidateTask]
METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")


class PowerCut(pl.Callback):
    """Stops training before a chunk."""

    def __init__(self, chunk: int, error: BaseException | None = None) -> None:
        self.chunk = chunk
        self.error = error or RuntimeError("power cut")

    def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, batch_idx: int) -> None:
        """Raise at the chunk."""
        if batch_idx == self.chunk:
            raise self.error


class Watch(pl.Callback):
    """Notes the first step of every chunk."""

    def __init__(self) -> None:
        self.firsts: list[int] = []

    def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, batch_idx: int) -> None:
        """Note the chunk."""
        self.firsts.append(batch.first)


def saving(directory: Path, *callbacks: Any, chunk_steps: int = 7, every: int = 20) -> TrainerSettings:
    """Return settings that save, under chunks that do not divide the schedule of batches."""
    return TrainerSettings(chunk_steps, Checkpoints(directory, every), callbacks=callbacks)


def interrupt(tasks: list[CandidateTask], directory: Path, chunk: int = 7) -> None:
    """Run the tasks and stop before a chunk: 7 begins at step 42, two steps past a checkpoint."""
    with pytest.raises(RuntimeError, match="power cut"):
        train(tasks, saving(directory, PowerCut(chunk)))


def checkpoint(directory: Path) -> Path:
    """Return the one checkpoint that is there."""
    (path,) = directory.rglob("*.ckpt")
    return path


def state_at(tasks: list[CandidateTask], step: int) -> dict[str, Any]:
    """Return the state after some steps, each array of shape (runs, d)."""
    loop = FusedKernel().prepare(batch_of(tasks))
    loop.advance(step)
    return loop.state()


@pytest.fixture
def tasks(make_task: TaskMaker) -> list[CandidateTask]:
    """Return one run of each method over cyclic batches, 60 steps, from a moving start."""
    return [
        make_task(method, batches=((0, 1), (2,), (3, 0)), steps=range(61), momentum_at_start=0.5, seed=seed)
        for seed, method in enumerate(METHODS)
    ]


def same(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> bool:
    """Tell whether all arrays agree in every bit."""
    return all(
        np.array_equal(one[name], other[name]) for one, other in zip(left, right, strict=True) for name in one
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_resume_in_the_middle_is_bit_exact(make_task: TaskMaker, tmp_path: Path, dtype: str) -> None:
    """State, momentum, record, step and place in the schedule all come back."""
    tasks = [
        make_task(m, dtype=dtype, batches=((0, 1), (2,), (3, 0)), steps=range(61), momentum_at_start=0.5)
        for m in METHODS
    ]
    interrupt(tasks, tmp_path)
    assert same(train(tasks, saving(tmp_path)), train(tasks))


def test_resume_starts_at_the_checkpoint(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """The resumed run makes the steps after the checkpoint, and only those."""
    interrupt(tasks, tmp_path)
    watch = Watch()
    train(tasks, saving(tmp_path, watch))
    assert watch.firsts == [40, 42, 49, 56]


def test_resume_check_catches_a_lost_momentum(
    tasks: list[CandidateTask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resume that forgets the momentum does not pass for the uninterrupted run."""
    interrupt(tasks, tmp_path)

    def forget(module: MomentumRuns) -> None:
        state = module.state()
        still = {name: 0 * array if name.startswith("p_") else array for name, array in state.items()}
        module.loop.restore(module.step, still)

    monkeypatch.setattr(MomentumRuns, "on_fit_start", forget)
    assert not same(train(tasks, saving(tmp_path)), train(tasks))


def test_complete_run_is_read_back_without_a_step(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """Asked again, a finished run comes from its last checkpoint."""
    first, watch = train(tasks, saving(tmp_path)), Watch()
    assert same(train(tasks, saving(tmp_path, watch)), first)
    assert watch.firsts == []


def test_only_the_newest_checkpoint_is_kept(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """One checkpoint is left, of the last multiple of `every`, beside the recorded states."""
    train(tasks, saving(tmp_path))
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["p_u.npy", "p_v.npy", "step=60.ckpt", "u.npy", "v.npy"]


def test_other_runs_do_not_resume_from_it(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """Runs that differ in anything have a folder of their own, and start from step 0."""
    interrupt(tasks, tmp_path)
    watch = Watch()
    train(tasks[:3], saving(tmp_path, watch))
    assert watch.firsts[0] == 0


def test_resume_can_be_declined(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """With `resume` off the run starts from step 0 over an old checkpoint."""
    interrupt(tasks, tmp_path)
    watch = Watch()
    train(tasks, TrainerSettings(7, Checkpoints(tmp_path, 20, resume=False), callbacks=[watch]))
    assert watch.firsts[0] == 0


def test_truncated_checkpoint_is_named(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """Half a file is refused by name, and left where it is."""
    interrupt(tasks, tmp_path)
    path = checkpoint(tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CheckpointError, match=r"step=40.ckpt` is damaged .*; remove it to start again"):
        train(tasks, saving(tmp_path))


def test_altered_checkpoint_is_named(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """One flipped bit in the state is refused, where torch alone would read on."""
    interrupt(tasks, tmp_path)
    path = checkpoint(tmp_path)
    content = bytearray(path.read_bytes())
    content[content.find(state_at(tasks, 40)["u"][0].tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"is damaged \(member .* fails its checksum"):
        train(tasks, saving(tmp_path))


def test_altered_record_is_named(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """One flipped bit in a streamed file is refused by name, and the file left where it is."""
    interrupt(tasks, tmp_path)
    (path,) = tmp_path.rglob("v.npy")
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"v.npy` does not hold the 41 states that were recorded"):
        train(tasks, saving(tmp_path))


@pytest.mark.parametrize(("chunk_steps", "every"), [(10, 20), (1000, 7), (1, 60)])
def test_resume_may_cut_the_steps_that_are_left_otherwise(
    tasks: list[CandidateTask], tmp_path: Path, chunk_steps: int, every: int
) -> None:
    """Where chunks and checkpoints fall leaves no bit behind."""
    interrupt(tasks, tmp_path)
    resumed = train(tasks, saving(tmp_path, chunk_steps=chunk_steps, every=every))
    assert same(resumed, train(tasks))


def test_runs_in_another_arithmetic_are_other_runs(make_task: TaskMaker) -> None:
    """bfloat16 numbers travel in float32 arrays; the digest tells the two apart."""
    task = make_task(dtype="float32")
    other = replace(task, problem=replace(task.problem, dtype="bfloat16"))
    assert digest_of([task]) != digest_of([other])


def test_checkpoint_of_another_kernel_is_refused(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """Another kernel rounds otherwise, so its state is not taken over; the message names both."""
    interrupt(tasks, tmp_path)
    settings = TrainerSettings(7, Checkpoints(tmp_path, 20), kernel="eager")
    with pytest.raises(CheckpointError, match=r"'kernel': 'fused'.*'kernel': 'eager'.*use the same runs"):
        train(tasks, settings)


def test_failed_save_leaves_the_checkpoint_before(
    tasks: list[CandidateTask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full, the error comes through and the older checkpoint stays whole."""
    save = pl.Trainer.save_checkpoint

    def full_disk(trainer: Any, path: Path) -> None:
        if trainer.lightning_module.step == 40:
            path.write_bytes(b"half")
            raise OSError("No space left on device")
        save(trainer, path)

    monkeypatch.setattr(pl.Trainer, "save_checkpoint", full_disk)
    with pytest.raises(OSError, match="No space left"):
        train(tasks, saving(tmp_path))
    assert checkpoint(tmp_path).name == "step=20.ckpt"


def test_keyboard_interrupt_comes_through_and_resumes(tasks: list[CandidateTask], tmp_path: Path) -> None:
    """Ctrl-C is KeyboardInterrupt to the caller, not Lightning's exit code 1, and loses nothing."""
    with pytest.raises(KeyboardInterrupt):
        train(tasks, saving(tmp_path, PowerCut(7, KeyboardInterrupt())))
    assert same(train(tasks, saving(tmp_path)), train(tasks))
