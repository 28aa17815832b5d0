"""Uploaded candidates: files named by the SHA-256 of what is in them, and by nothing that a client says."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from oracle.records.atomic_files import OWNER_ALONE, TEMPORARY_SUFFIX, write_atomically
from oracle.records.record_errors import DamagedRecordError, MissingRecordError
from oracle.service.limits import Limits
from oracle.service.steady_clock import SteadyClock
from oracle.store_files import file_errors_named, make_directory, still_there

__all__ = ["Uploads"]

HEXADECIMAL = re.compile(r"[0-9a-f]{64}", re.ASCII)
DAY = 86_400.0


@dataclass(frozen=True)
class _Upload:
    """One file, as the directory lists it."""

    path: Path
    used: float
    size: int


class Uploads:
    """Files as ``ab/<hex>.npz`` in a directory, `ab` the first two of 64 hexadecimal digits.

    Parameters
    ----------
    root : Path
    limits : Limits
        `keep_uploads_bytes` and `keep_days`.
    wall, monotonic : callable
        The two clocks, seconds; tests hand in others.
    """

    def __init__(
        self,
        root: Path,
        limits: Limits,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root, self._limits = root, limits
        self._clock = SteadyClock(wall, monotonic)

    def keep(self, data: bytes) -> str:
        """Keep an upload, and return its SHA-256 in hexadecimal digits once it has reached the disk.

        One that is there already counts as used now.

        Raises
        ------
        DamagedRecordError
            If another file is in its place; nothing is overwritten.
        StoreError
            If it cannot be written: the disk is full, read-only, or forbids it.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        with file_errors_named(self._root):
            if path.exists():
                self.read(sha256)
                os.utime(path)
                return sha256
            make_directory(path.parent)
            write_atomically(path, data, mode=OWNER_ALONE)
        return sha256

    def read(self, sha256: str) -> bytes:
        """Return an upload, its bytes held against its name.

        Raises
        ------
        MissingRecordError
            If there is none of that name, or it is no name of an upload at all.
        DamagedRecordError
            If it was altered.
        StoreError
            If it cannot be read for another reason.
        """
        if not HEXADECIMAL.fullmatch(sha256):
            raise MissingRecordError(
                f"{ascii(sha256)[:80]} names no upload: expected 64 hexadecimal digits (0-9, a-f)"
            )
        path = self._path(sha256)
        with file_errors_named(self._root):
            try:
                data = path.read_bytes()
            except FileNotFoundError as error:
                raise MissingRecordError(
                    f"the upload {sha256} is not kept any more (or never was); send the candidate again"
                ) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DamagedRecordError(
                f"`{path}` is not the file that was uploaded: its bytes do not match its name. Nothing was changed. "
                "Restore it from a copy, or move it away and send the candidate again."
            )
        return data

    def prune(self, in_use: Collection[str]) -> list[str]:
        """Delete uploads that nobody asked about for `keep_days`, then the longest unused beyond `keep_uploads_bytes`.

        Age is what two clocks agree on, so that setting the clock forward deletes nothing.  Files that killed writers
        left go after a day.

        Parameters
        ----------
        in_use : collection of str
            SHA-256 of uploads that stay whatever their age, and count towards the bytes.

        Returns
        -------
        list of str
            What was deleted.

        Raises
        ------
        StoreError
            If a file cannot be deleted.
        """
        with file_errors_named(self._root):
            found = sorted(self._uploads(), key=lambda upload: upload.used)
            excess = sum(upload.size for upload in found) - self._limits.keep_uploads_bytes
            oldest = self._clock.least() - self._limits.keep_days * DAY
            gone = []
            for upload in found:
                if upload.path.stem not in in_use and (upload.used < oldest or excess > 0):
                    upload.path.unlink(missing_ok=True)
                    excess -= upload.size
                    gone.append(upload.path.stem)
            self._clear_leftovers()
        return gone

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / f"{sha256}.npz"

    def _uploads(self) -> Iterator[_Upload]:
        """Yield every upload; one that another process deletes meanwhile is passed over."""
        for path, found in still_there(self._root.glob("??/*.npz")):
            if HEXADECIMAL.fullmatch(path.stem) and path == self._path(path.stem):
                yield _Upload(path, found.st_mtime, found.st_size)

    def _clear_leftovers(self) -> None:
        for path, found in still_there(self._root.glob(f"??/.*{TEMPORARY_SUFFIX}")):
            if found.st_mtime < self._clock.least() - DAY:
                path.unlink(missing_ok=True)
