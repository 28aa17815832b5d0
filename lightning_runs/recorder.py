"""The recorded states of every run: in memory, or streamed to files as they come."""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oracle.records.candidate import Array

__all__ = ["DamagedRecordingError", "Recorder"]


class DamagedRecordingError(ValueError):
    """Files that do not hold what was recorded; the message names the file."""


class Recorder:
    """Arrays by state name, each of shape (recorded steps, runs, d), filled in order of steps.

    Parameters
    ----------
    steps : sequence of int
        Steps to record; repetitions and order do not matter here.
    start : mapping of state name to ndarray, shape (runs, d)
        The state at step 0; it also says what later states hold.
    folder : Path, optional
        Where each array lies as a ``.npy`` file, memory-mapped; without one they are in memory.
    """

    def __init__(self, steps: Sequence[int], start: Mapping[str, Array], folder: Path | None = None) -> None:
        self.steps = sorted(set(steps))
        self.rows = 0
        self.folder = folder
        self.arrays = {name: self._array(name, value) for name, value in start.items()}
        self.sums = dict.fromkeys(start, 0)
        if self.steps and self.steps[0] == 0:
            self.sees([0], {name: value[None] for name, value in start.items()})

    def wants(self, first: int, stop: int) -> list[int]:
        """Return the steps to record after `first` and up to `stop`."""
        return self.steps[bisect_right(self.steps, first) : bisect_right(self.steps, stop)]

    def sees(self, steps: Sequence[int], states: Mapping[str, Array]) -> None:
        """Keep the states of successive recorded steps, each array of shape (len(steps), runs, d)."""
        stop = self.rows + len(steps)
        for name, array in self.arrays.items():
            array[self.rows : stop] = states[name]
            if self.folder is not None:
                self.sums[name] = zlib.crc32(states[name].tobytes(), self.sums[name])
        self.rows = stop

    def saved(self) -> dict[str, Any]:
        """Write what is recorded through to the files; return how far they go and their checksums."""
        for array in self.arrays.values():
            if isinstance(array, np.memmap):
                array.flush()
        return {"rows": self.rows, "sums": dict(self.sums)}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `saved` returned; files are read and their checksums compared.

        Raises
        ------
        DamagedRecordingError
            If a file holds something else; it is left as it is.
        """
        rows, sums = int(saved["rows"]), dict(saved["sums"])
        for name, array in self.arrays.items():
            found = zlib.crc32(array[:rows].tobytes())
            if rows and found != sums[name]:
                raise DamagedRecordingError(
                    f"`{self.path(name)}` does not hold the {rows} states that were recorded in it; remove it "
                    "together with the checkpoint that goes on from it, to start again from step 0"
                )
        self.rows, self.sums = rows, sums

    def of_run(self, run: int, steps: Sequence[int]) -> dict[str, Array]:
        """Return what one run recorded at the given steps, as far as they were reached; each (steps, d)."""
        slots = [bisect_left(self.steps, step) for step in steps]
        reached = [slot for slot in slots if slot < self.rows]
        return {name: np.array(array[reached, run]) for name, array in self.arrays.items()}

    def path(self, name: str) -> Path | None:
        """Return the file of an array."""
        return None if self.folder is None else self.folder / f"{name}.npy"

    def _array(self, name: str, start: Array) -> Array:
        """Return the room for one array: a file that is there already is taken over with its content."""
        shape, path = (len(self.steps), *start.shape), self.path(name)
        if path is None:
            return np.zeros(shape, dtype=start.dtype)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            held: Array = np.lib.format.open_memmap(path, mode="r+")
            if held.shape == shape and held.dtype == start.dtype:
                return held
        except (OSError, ValueError):
            pass  # none there, or none of ours: it is made anew
        made: Array = np.lib.format.open_memmap(path, mode="w+", dtype=start.dtype, shape=shape)
        return made
