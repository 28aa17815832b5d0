"""The bar counts optimiser steps, on standard error, where somebody can see it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from lightning_runs.progress import wants_progress
from lightning_runs.trainer import TrainerSettings, train
from oracle.records.candidate import CandidateTask

TaskMaker = Callable[..., CandidateTask]


def test_bar_counts_steps_on_standard_error(make_task: TaskMaker, capfd: pytest.CaptureFixture[str]) -> None:
    """The bar ends at all steps, says steps per second, and leaves standard output alone."""
    train([make_task(steps=[230])], TrainerSettings(progress=True))
    printed = capfd.readouterr()
    last = printed.err.replace("\r", "\n").strip().splitlines()[-1]
    assert "230/230 steps" in last
    assert "steps/s" in last
    assert printed.out == ""


def test_no_terminal_no_bar(make_task: TaskMaker, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a wish and without a terminal nothing is printed."""
    train([make_task(steps=[230])])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("terminal", [True, False])
def test_terminal_decides_without_a_wish(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """Standard error being a terminal is what counts."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert wants_progress(None) is terminal


@pytest.mark.parametrize("wish", [True, False])
def test_wish_decides(monkeypatch: pytest.MonkeyPatch, wish: bool) -> None:
    """A wish wins over the terminal."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: not wish)
    assert wants_progress(wish) is wish
