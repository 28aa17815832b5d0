"""The directory of a sweep: an index, and the segments of each part.

::

    sweep.json                         grid, kernel, threads, plan, versions, and the digest of them
    part-0000/segment-000000.npz       states of all runs of a part, shape (steps, runs, d), sealed
    sweep.parquet                      the table, once all is done

Each file is complete or not there.  A segment names its sweep by digest, so that none can stand for another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from lightning_runs.sweeps.memory import MANIFEST_BYTES
from lightning_runs.sweeps.plan import Segment
from lightning_runs.sweeps.sealed_arrays import (
    MANIFEST,
    manifest_array,
    manifest_of,
    read_sealed,
    sealed_bytes,
    verify_seal,
)
from lightning_runs.sweeps.sweep_error import SweepError
from oracle.records.atomic_files import TEMPORARY_SUFFIX, sync_directory, write_atomically
from oracle.records.candidate import Array
from oracle.records.record_errors import DamagedRecordError

__all__ = ["INDEX", "TABLE", "SweepDirectory", "read_index"]

INDEX = "sweep.json"
TABLE = "sweep.parquet"
SCHEMA = "momentum-oracle/sweep-directory/1"
SEGMENT_SCHEMA = "momentum-oracle/sweep-segment/1"


class SweepDirectory:
    """Where one sweep lies.

    Parameters
    ----------
    path : Path
    settings : mapping
        What the index holds: all that the bits depend on.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path, self.settings = path, settings
        self.digest = _digest(settings)

    def create(self) -> None:
        """Write the index, the first time."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not (self.path / INDEX).exists():
            value = {"schema": SCHEMA, "digest": self.digest, "sweep": self.settings}
            write_atomically(self.path / INDEX, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out, and clear away what a killed one left unfinished.

        Raises
        ------
        SweepError
            If another process is at work here.
        """
        with _lock(self.path):
            for left in self.path.rglob(f".*{TEMPORARY_SUFFIX}"):
                left.unlink()
            yield

    def segments(self, part: int) -> int:
        """Return how many segments of a part are there, once every one has proved whole and in its place.

        Raises
        ------
        DamagedRecordError
            If a file is not as it was written, or belongs to another sweep or place.
        MissingRecordError
            If one is gone while later ones are there.
        """
        names = (path.stem.removeprefix("segment-") for path in self._folder(part).glob("segment-*.npz"))
        found = [int(name) for name in names if name.isdecimal()]
        count = max(found) + 1 if found else 0
        for number in range(count):
            verify_seal(self.segment_path(part, number))
            self._check_place(part, number)
        return count

    def write_segment(self, part: int, number: int, arrays: Mapping[str, Array]) -> None:
        """Write a segment: ``steps`` (K,) and states of shape (K, runs, d)."""
        folder = self._folder(part)
        if not folder.exists():
            folder.mkdir()
            sync_directory(self.path)
        manifest = manifest_array(self._place(part, number), MANIFEST_BYTES)
        write_atomically(self.segment_path(part, number), sealed_bytes({MANIFEST: manifest, **arrays}))

    def read_segment(self, part: int, number: int, segment: Segment) -> dict[str, Array]:
        """Return what a segment holds, by name; as `segments` for what may be wrong."""
        path = self.segment_path(part, number)
        arrays = read_sealed(path)
        self._check_place(part, number)
        del arrays[MANIFEST]
        if arrays["steps"].tolist() != list(segment.steps):
            raise DamagedRecordError(f"`{path}` holds other steps than the plan in `{self.path / INDEX}`")
        return arrays

    def segment_path(self, part: int, number: int) -> Path:
        """Return where a segment lies."""
        return self._folder(part) / f"segment-{number:06d}.npz"

    def _folder(self, part: int) -> Path:
        return self.path / f"part-{part:04d}"

    def _place(self, part: int, number: int) -> dict[str, Any]:
        return {"schema": SEGMENT_SCHEMA, "sweep": self.digest, "part": part, "segment": number}

    def _check_place(self, part: int, number: int) -> None:
        path = self.segment_path(part, number)
        with np.load(path, allow_pickle=False) as archive:
            found = manifest_of({MANIFEST: archive[MANIFEST]}) if MANIFEST in archive.files else {}
        if found != self._place(part, number):
            raise DamagedRecordError(
                f"`{path}` is whole, and yet not what belongs there: it says {found}, expected "
                f"{self._place(part, number)}; put each file back in its place"
            )


def read_index(directory: Path) -> dict[str, Any] | None:
    """Return the settings of a sweep, or None where there is none.

    Raises
    ------
    DamagedRecordError
        If the index is not as it was written.
    SweepError
        If the directory is in use for something else.
    """
    path = directory / INDEX
    try:
        value = json.loads(path.read_bytes())
        settings: dict[str, Any] = value["sweep"]
        if value["schema"] == SCHEMA and value["digest"] == _digest(settings):
            return settings
        problem = "its digest is not that of its content"
    except FileNotFoundError:
        if directory.exists() and any(directory.glob("part-*")):
            problem = "it is gone, and the records that it indexes are there"
        else:
            return None
    except NotADirectoryError as error:
        raise SweepError(f"`{directory}` is a file; name a directory by `--out`") from error
    except (ValueError, KeyError, TypeError) as error:
        problem = f"it is no index of a sweep ({type(error).__name__}: {error})"
    raise DamagedRecordError(
        f"`{path}` is damaged: {problem}. Restore it from a copy, or name another `--out`"
    )


def _digest(settings: Mapping[str, Any]) -> str:
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold the index for one process, where the system has advisory locks."""
    try:
        fcntl: Any = import_module("fcntl")
    except ModuleNotFoundError:
        yield
        return
    with (path / INDEX).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SweepError(
                f"another process is making the sweep in `{path}`; wait for it, or end it"
            ) from error
        yield
