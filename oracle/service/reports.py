"""Reports of checks that were made once, on disk, the oldest going when they come to too much."""

from __future__ import annotations

from pathlib import Path

from oracle.service.sealed_file import read_sealed, write_sealed
from oracle.store_files import file_errors_named, still_there

__all__ = ["Reports"]

MOST_BYTES = 2 * 2**30


class Reports:
    """The pages about checks, each a sealed file named by its check.

    Parameters
    ----------
    folder : Path
        Made on the first `keep`.
    most_bytes : int
        Of all files; each can be made again as long as its upload is kept.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most = folder, most_bytes

    def fetch(self, identifier: str) -> bytes | None:
        """Return the page about a check, None where none was made; what `read_sealed` raises."""
        return read_sealed(self._path(identifier))

    def keep(self, identifier: str, page: bytes) -> None:
        """Keep a page, and delete the oldest beyond the bound; `StoreError` where the disk is in the way."""
        write_sealed(self._path(identifier), page)
        with file_errors_named(self._folder):
            found = list(still_there(self._folder.glob("*.sealed")))
            excess = sum(about.st_size for _, about in found) - self._most
            for path, about in sorted(found, key=lambda one: one[1].st_mtime_ns)[:-1]:
                if excess <= 0:
                    break
                path.unlink(missing_ok=True)
                excess -= about.st_size

    def _path(self, identifier: str) -> Path:
        return self._folder / f"{identifier}.sealed"
