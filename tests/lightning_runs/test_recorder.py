"""What is recorded is what was seen, in memory and in files, and altered files are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lightning_runs.recorder import DamagedRecordingError, Recorder
from oracle.records.candidate import Array

START = {"u": np.arange(6.0).reshape(2, 3), "p_u": np.zeros((2, 3))}


def later(step: int) -> dict[str, Array]:
    """Return a state that tells its step, as one row."""
    return {name: value[None] + step for name, value in START.items()}


def filled(folder: Path | None, last: int = 7) -> Recorder:
    """Return a recorder of steps 0, 3, 4 and 7 that has seen those up to `last`."""
    recorder = Recorder([7, 0, 3, 4, 3], START, folder)
    for step in (3, 4, 7):
        if step <= last:
            recorder.sees([step], later(step))
    return recorder


def test_wanted_steps_lie_after_the_first_and_up_to_the_last() -> None:
    """Of 0, 3, 4 and 7 the chunk from 3 to 7 records 4 and 7."""
    assert Recorder([7, 0, 3, 4], START).wants(3, 7) == [4, 7]


@pytest.mark.parametrize("streamed", [False, True])
def test_run_comes_back_at_the_steps_asked_for(tmp_path: Path, streamed: bool) -> None:
    """Run 1 at steps 7, 0 and 4, in that order."""
    arrays = filled(tmp_path if streamed else None).of_run(1, [7, 0, 4])
    assert np.array_equal(arrays["u"], START["u"][1] + np.array([[7], [0], [4]]))


def test_steps_not_reached_are_left_out() -> None:
    """After step 4 nothing was seen, so a run asked for 0, 4 and 7 has two rows."""
    assert filled(None, last=4).of_run(0, [0, 4, 7])["u"].shape == (2, 3)


def test_files_are_taken_over_by_another_recorder(tmp_path: Path) -> None:
    """A new recorder of the same folder goes on after the saved rows."""
    saved = filled(tmp_path, last=4).saved()
    again = Recorder([0, 3, 4, 7], START, tmp_path)
    again.restore(saved)
    again.sees([7], later(7))
    assert np.array_equal(again.of_run(0, [3, 7])["u"], START["u"][0] + np.array([[3], [7]]))


def test_altered_file_is_named(tmp_path: Path) -> None:
    """A byte that is not the one recorded is refused; the file is left as it is."""
    saved = filled(tmp_path, last=4).saved()
    path = tmp_path / "u.npy"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedRecordingError, match=r"u.npy` does not hold the 3 states"):
        Recorder([0, 3, 4, 7], START, tmp_path).restore(saved)
    assert path.read_bytes() == bytes(content)


def test_file_of_another_shape_is_made_anew(tmp_path: Path) -> None:
    """A file left by runs of another size is no record of these."""
    Recorder([0, 1], {"u": np.ones((4, 4))}, tmp_path)
    assert Recorder([0, 1], START, tmp_path).arrays["u"].shape == (2, 2, 3)
