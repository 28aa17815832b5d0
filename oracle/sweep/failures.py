"""Why specs of a sweep have no golden: a file with one line of JSON for each.

What the reference refused, this version would refuse again: those lines are kept when the sweep is asked
again, and their specs are not.  The other lines are dropped, and their specs are asked again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from oracle.sweep.sweep_error import SweepError
from oracle.sweep.sweep_file import Asked
from oracle.sweep.task import Outcome, worker_version

__all__ = ["Failures", "open_failures"]


class Failures:
    """The lines, and the digests of the specs that were refused earlier."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self._file, self._version = path, file, worker_version()
        kept = [line for line in _lines(file) if self._holds(line)]
        self.refused = {line["spec_digest"] for line in kept}
        file.seek(0)
        file.truncate()
        for line in kept:
            self._write(line)
        self._reach_disk()

    def add(self, asked: Asked, outcome: Outcome, reason: str) -> None:
        """Write one line; it is on the disk when this returns."""
        digest = None if asked.spec is None else asked.spec.digest
        spec = None if asked.spec is None else asked.spec.canonical
        self._write(
            {
                "place": asked.place,
                "spec_digest": digest,
                "outcome": str(outcome),
                "reason": reason,
                "version": self._version,
                "spec": spec,
            }
        )
        self._reach_disk()

    def _holds(self, line: dict[str, Any]) -> bool:
        """Tell whether a line of an earlier sweep still says what would happen."""
        return line.get("outcome") == Outcome.REFUSED and line.get("version") == self._version

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")

    def _reach_disk(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def open_failures(work: Path) -> Iterator[Failures]:
    """Yield the failures in a work folder, which is made where there is none, and keep others out of it.

    Raises
    ------
    SweepError
        If another sweep is at work in it, or the file is not one of failures.
    OSError
        If it can be neither made nor written.
    """
    work.mkdir(parents=True, exist_ok=True)
    path = work / "failures.jsonl"
    with path.open("a+b") as file:
        if not _locked(file):
            raise SweepError(f"another sweep is at work in `{work}`: wait for it, or name another `--work`.")
        try:
            failures = Failures(path, file)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SweepError(
                f"`{path}` cannot be read as the failures of a sweep ({error}): name another `--work`, or remove it."
            ) from error
        yield failures


def _lines(file: BinaryIO) -> list[dict[str, Any]]:
    """Return the lines; a last one that was cut short is left out."""
    file.seek(0)
    return [json.loads(line) for line in file if line.endswith(b"\n")]


def _locked(file: BinaryIO) -> bool:
    """Take the lock on a file until it is closed, if nobody has it; the system gives it back after a kill."""
    try:
        import fcntl  # noqa: PLC0415 - where the system has it; elsewhere two sweeps are the user's to tell apart
    except ModuleNotFoundError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
