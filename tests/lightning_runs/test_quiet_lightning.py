"""A run leaves the process, the terminal and the working directory as it found them."""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import pytorch_lightning as pl
import torch

from lightning_runs.quiet_lightning import quiet_lightning
from lightning_runs.trainer import TrainerSettings, train
from oracle.records.candidate import CandidateTask

TaskMaker = Callable[..., CandidateTask]

READINGS: dict[str, Callable[[], Any]] = {
    "default dtype": torch.get_default_dtype,
    "gradients": torch.is_grad_enabled,
    "inference mode": torch.is_inference_mode_enabled,
    "threads": torch.get_num_threads,
    "float32 products": torch.get_float32_matmul_precision,
    "deterministic algorithms": torch.are_deterministic_algorithms_enabled,
    "cudnn benchmark": lambda: torch.backends.cudnn.benchmark,
    "torch randomness": lambda: torch.get_rng_state().tolist(),
    "numpy randomness": lambda: str(np.random.get_state()),
    "python randomness": random.getstate,
    "warning filters": lambda: list(warnings.filters),
    "loggers": lambda: [logging.getLogger(name).level for name in ("pytorch_lightning", "lightning_fabric")],
    "signals": lambda: [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
    "switch interval": sys.getswitchinterval,
    "environment": lambda: dict(os.environ),
}


@pytest.mark.parametrize("reading", READINGS)
def test_run_leaves_setting_as_found(make_task: TaskMaker, reading: str) -> None:
    """Each setting of the process reads the same before and after a run."""
    before = READINGS[reading]()
    train([make_task(steps=[3])])
    assert READINGS[reading]() == before


@pytest.mark.parametrize(
    "reading", ["threads", "float32 products", "signals", "loggers", "warning filters", "switch interval"]
)
def test_failed_run_leaves_setting_as_found(make_task: TaskMaker, reading: str) -> None:
    """An error in the middle restores the settings too."""

    class Failure(pl.Callback):
        def on_train_start(self, *_: Any) -> None:
            raise RuntimeError("planted")

    before = READINGS[reading]()
    with pytest.raises(RuntimeError, match="planted"):
        train([make_task(steps=[3])], TrainerSettings(callbacks=[Failure()]))
    assert READINGS[reading]() == before


def test_run_writes_nothing_to_the_working_directory(
    make_task: TaskMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No `lightning_logs`, no checkpoints, nothing."""
    monkeypatch.chdir(tmp_path)
    train([make_task()])
    assert list(tmp_path.iterdir()) == []


def python(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter where warnings are errors."""
    prelude = """
import numpy as np
from lightning_runs.candidates import lightning_trainer
from oracle.records.candidate import CandidateMethod, CandidateProblem, CandidateTask
one = np.ones(1)
problem = CandidateProblem(one[:, None], one, "half_mean_square", "linear", {"beta": 0 * one})
method = CandidateMethod("heavy_ball", np.float64(0.1), np.float64(0.9))
"""
    command = [sys.executable, "-W", "error", "-c", prelude + program]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_run_is_silent_in_a_fresh_interpreter() -> None:
    """Away from a terminal nothing is printed and no warning is raised, import included."""
    outcome = python("lightning_trainer(problem, method, range(500))")
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", "")


def test_termination_signal_still_terminates() -> None:
    """SIGTERM in a run ends the process by SIGTERM, not by Lightning's exit with code 0."""
    outcome = python("""
import signal
import pytorch_lightning as pl
from lightning_runs.trainer import TrainerSettings, train
class Stop(pl.Callback):
    def on_train_batch_start(self, *_):
        signal.raise_signal(signal.SIGTERM)
train([CandidateTask(problem, method, [500])], TrainerSettings(callbacks=[Stop()]))
""")
    assert outcome.returncode == -signal.SIGTERM


def test_exit_of_another_kind_comes_through() -> None:
    """Only Lightning's own exits are translated."""
    with pytest.raises(SystemExit, match="3"), quiet_lightning():
        sys.exit(3)


def test_termination_with_a_handler_of_the_callers_is_no_result(make_task: TaskMaker) -> None:
    """The caller's handler runs once, and the unfinished run ends in exit code 143, not in arrays."""

    class Stop(pl.Callback):
        def on_train_batch_start(self, *_: Any) -> None:
            signal.raise_signal(signal.SIGTERM)

    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with pytest.raises(SystemExit, match="143"):
            train([make_task(steps=[500])], TrainerSettings(callbacks=[Stop()]))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
