"""The directory of a sweep: nothing damaged, misplaced or foreign passes, and each file is named."""

from __future__ import annotations

from typing import Any

import pytest

from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.making import make
from lightning_runs.sweeps.run_record import recorded
from lightning_runs.sweeps.sweep import Options, opened
from lightning_runs.sweeps.sweep_error import SweepError
from oracle.records.record_errors import DamagedRecordError, MissingRecordError


def test_altered_byte_is_named(made: Any) -> None:
    """A changed bit of a record stops the sweep, and names the file."""
    sweep = made()
    path = sweep.directory.segment_path(0, 1)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    for use in (lambda: make(sweep), lambda: recorded(sweep, 0)):
        with pytest.raises(DamagedRecordError, match=r"segment-000001\.npz` is damaged"):
            use()


def test_missing_file_is_named(made: Any) -> None:
    """A gap is no place to go on from."""
    sweep = made()
    sweep.directory.segment_path(0, 1).unlink()
    with pytest.raises(MissingRecordError, match=r"segment-000001\.npz` is not there"):
        make(sweep)


def test_segment_in_another_place_is_named(made: Any) -> None:
    """A whole file under the name of another is not taken for it."""
    sweep = made()
    data = sweep.directory.segment_path(0, 0).read_bytes()
    sweep.directory.segment_path(0, 1).write_bytes(data)
    with pytest.raises(DamagedRecordError, match="not what belongs there"):
        make(sweep)


@pytest.mark.parametrize(
    "text", ["{}", "[", '{"schema": "momentum-oracle/sweep-directory/1", "digest": "", "sweep": {}}']
)
def test_damaged_index_is_named(made: Any, grid_value: Any, text: str) -> None:
    """The index is as it was written, or refused."""
    sweep = made(steps=[0, 1])
    (sweep.directory.path / "sweep.json").write_text(text)
    with pytest.raises(DamagedRecordError, match=r"sweep\.json` is damaged"):
        opened(grid_from(grid_value(steps=[0, 1])), sweep.directory.path, Options())


def test_lost_index_is_named(made: Any, grid_value: Any) -> None:
    """Records without their index are not begun over."""
    sweep = made(steps=[0, 1])
    (sweep.directory.path / "sweep.json").unlink()
    with pytest.raises(DamagedRecordError, match="the records that it indexes are there"):
        opened(grid_from(grid_value(steps=[0, 1])), sweep.directory.path, Options())


def test_unfinished_files_are_cleared_away(made: Any) -> None:
    """What a killed process left half written goes when the sweep goes on."""
    sweep = made(steps=[0, 1])
    left = sweep.directory.path / "part-0000/.segment-000001.npz.1.ab.unfinished"
    left.write_bytes(b"half")
    make(sweep)
    assert not left.exists()


def test_second_process_is_refused(made: Any) -> None:
    """Two processes never make the same sweep at once."""
    sweep = made(steps=[0, 1])
    with sweep.directory.locked(), pytest.raises(SweepError, match="another process is making the sweep"):
        make(sweep)
