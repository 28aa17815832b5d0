"""The ledger of claims once it was made: its JSON and its page in one sealed file, kept for this version of the code."""

from __future__ import annotations

from pathlib import Path

from oracle.records.record_errors import DamagedRecordError
from oracle.service.code_digest import code_digest
from oracle.service.sealed_file import read_sealed, write_sealed

__all__ = ["ClaimsLedger"]


class ClaimsLedger:
    """The finished ledger in a folder; a change of code makes it another ledger.

    Parameters
    ----------
    folder : Path
        Made on the first `keep`.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"ledger-{code_digest()[:24]}.sealed"

    def keep(self, text: bytes, page: bytes) -> None:
        """Keep the JSON and the page.

        Raises
        ------
        StoreError
            If the disk is in the way.
        """
        write_sealed(self._path, b"%d\n" % len(text) + text + page)

    def fetch(self) -> tuple[bytes, bytes] | None:
        """Return the JSON and the page; None where this version of the code has made none yet.

        Raises
        ------
        DamagedRecordError
            If the file was altered.
        StoreError
            If it cannot be read.
        """
        content = read_sealed(self._path)
        if content is None:
            return None
        length, line, rest = content.partition(b"\n")
        if not line or not length.isdigit():
            raise DamagedRecordError(
                f"the ledger of claims `{self._path}` is none: move it away, and it is made again"
            )
        return rest[: int(length)], rest[int(length) :]
