"""Sealed archives: every changed bit is noticed, and the size is known before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lightning_runs.sweeps.sealed_arrays import read_sealed, sealed_bytes, sealed_size
from oracle.records.candidate import Array
from oracle.records.record_errors import DamagedRecordError, MissingRecordError


@pytest.fixture
def arrays() -> dict[str, Array]:
    """Return two small arrays."""
    return {"steps": np.arange(3), "u": np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)}


def test_arrays_come_back(tmp_path: Path, arrays: dict[str, Array]) -> None:
    """Numpy alone reads what was written."""
    (tmp_path / "a.npz").write_bytes(sealed_bytes(arrays))
    with np.load(tmp_path / "a.npz") as found:
        assert all(np.array_equal(found[name], array) for name, array in arrays.items())
    assert all(np.array_equal(read_sealed(tmp_path / "a.npz")[name], arrays[name]) for name in arrays)


def test_size_is_known_before(arrays: dict[str, Array]) -> None:
    """`sealed_size` counts every header."""
    shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    assert sealed_size(shapes) == len(sealed_bytes(arrays))


def test_every_changed_byte_is_noticed(tmp_path: Path, arrays: dict[str, Array]) -> None:
    """One bit flipped anywhere, seal included, and the file is refused by name."""
    data, path = bytearray(sealed_bytes(arrays)), tmp_path / "a.npz"
    for position in range(0, len(data), 7):
        data[position] ^= 4
        path.write_bytes(data)
        with pytest.raises(DamagedRecordError, match=r"a\.npz` is damaged"):
            read_sealed(path)
        data[position] ^= 4


@pytest.mark.parametrize("left", [0, 10, 71, 300])
def test_cut_file_is_noticed(tmp_path: Path, arrays: dict[str, Array], left: int) -> None:
    """A prefix is no archive."""
    (tmp_path / "a.npz").write_bytes(sealed_bytes(arrays)[:left])
    with pytest.raises(DamagedRecordError, match=rf"its {left} bytes"):
        read_sealed(tmp_path / "a.npz")


def test_missing_file_is_named(tmp_path: Path) -> None:
    """It is missing, not damaged."""
    with pytest.raises(MissingRecordError, match=r"a\.npz` is not there"):
        read_sealed(tmp_path / "a.npz")
