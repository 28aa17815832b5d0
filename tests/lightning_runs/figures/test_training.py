"""Runs are kept, not made again, judged while they are made, and a damaged file is named."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lightning_runs.figures import training
from lightning_runs.figures.training import Workshop
from oracle.records.record_errors import DamagedRecordError


def test_runs_are_kept(make_task: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time nothing is trained, and the very bits come back."""
    tasks = [make_task(seed=0, steps=(0, 5, 9)), make_task(method="nesterov", seed=1, steps=(0, 9))]
    first = Workshop(tmp_path).train("few", tasks)
    monkeypatch.setattr(training, "train", None)
    second = Workshop(tmp_path).train("few", tasks)
    assert second.judged == first.judged
    for one, two in zip(first.recorded, second.recorded, strict=True):
        assert all(np.array_equal(one[name], two[name]) for name in one)
    assert [len(run["loss"]) for run in second.recorded] == [3, 2]
    assert not list(tmp_path.glob("*checkpoints"))


def test_the_oracle_looks_on(make_task: Any, tmp_path: Path) -> None:
    """Each of the runs is replayed in every chunk."""
    made = Workshop(tmp_path).train("few", [make_task(steps=(0, 80))])
    assert made.judged == "steps of 1 runs replayed exactly at 8 places: 8 × AGREES"


def test_other_tasks_are_other_runs(make_task: Any, tmp_path: Path) -> None:
    """A changed coefficient does not find the file of the old one."""
    one, two = (Workshop(tmp_path).train("few", [make_task(mu=mu)]).recorded[0]["theta"] for mu in (0.5, 0.9))
    assert not np.array_equal(one, two)


def test_a_damaged_file_is_named(make_task: Any, tmp_path: Path) -> None:
    """One changed byte is found."""
    Workshop(tmp_path).train("few", [make_task()])
    (path,) = tmp_path.glob("few-*.npz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DamagedRecordError, match=path.name):
        Workshop(tmp_path).train("few", [make_task()])


def test_an_interrupted_training_goes_on(make_task: Any, tmp_path: Path) -> None:
    """Stopped in the fifth chunk, it goes on from its checkpoint, to the bits of one that was not stopped."""
    chunks: list[int] = []

    def advanced(steps: int) -> None:
        chunks.append(steps)
        if len(chunks) == 5:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        Workshop(tmp_path / "one", progress=lambda *_: nullcontext(advanced)).train(
            "few", [make_task(steps=(0, 80))]
        )
    assert list((tmp_path / "one" / "few-checkpoints").rglob("step=*.ckpt"))
    again = Workshop(tmp_path / "one", progress=lambda *_: nullcontext(chunks.append)).train(
        "few", [make_task(steps=(0, 80))]
    )
    whole = Workshop(tmp_path / "two").train("few", [make_task(steps=(0, 80))])
    assert len(chunks) < 5 + 8
    assert np.array_equal(again.recorded[0]["theta"], whole.recorded[0]["theta"])


def test_steps_are_told(make_task: Any, tmp_path: Path) -> None:
    """Progress adds up to all run-steps."""
    told: list[int] = []

    @contextmanager
    def bar(label: str, total: int) -> Any:
        told.append(-total)
        yield told.append

    Workshop(tmp_path, progress=bar).train(
        "few", [make_task(steps=(0, 40)), make_task(seed=1, steps=(0, 40))]
    )
    assert sum(told) == 0
    assert told[0] == -80
