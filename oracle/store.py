"""The golden store: content-addressed records and an index, safe under many writers and under a kill.

::

    <root>/objects/ab/<64 hexadecimal digits>.npz    records, named by their digest
    <root>/index.sqlite3                             spec digest -> record; can be rebuilt
    <root>/set-aside/                                damaged files that were moved out of the way

A record is written to a temporary file, reaches the disk, gets its name, and then its row in the index,
all under the index's write lock.  A kill at any instant leaves at most an unfinished file, which no
reader looks at, or a complete record without its row, which the next writer of it takes over.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from oracle.records.golden import Golden
from oracle.records.npz import npz_bytes
from oracle.records.record_errors import DamagedRecordError, MissingRecordError, StoreError
from oracle.store_files import StoreFiles, entry_of, file_errors_named, make_directory
from oracle.store_index import StoreIndex
from oracle.store_rows import IndexRows, StoreEntry
from oracle.store_upkeep import RecordCheck, Removal, check_records, clear_away, rebuild_index

__all__ = [
    "DamagedRecordError",
    "MissingRecordError",
    "RecordCheck",
    "Removal",
    "Store",
    "StoreEntry",
    "StoreError",
    "default_root",
]

Progress = Callable[[int, int], None]
Found = TypeVar("Found")


def default_root() -> Path:
    """Return ``$MOMENTUM_ORACLE_STORE``, or the user's data directory for ``momentum-oracle``."""
    named = os.environ.get("MOMENTUM_ORACLE_STORE")
    if named:
        return Path(named)
    import platformdirs  # noqa: PLC0415 - on use only: comparing with a record needs numpy alone

    return Path(platformdirs.user_data_dir("momentum-oracle"))


class Store:
    """A directory of goldens.

    Every method raises `StoreError` where the disk, the permissions or another process are in the way,
    and `DamagedRecordError` where the index or a record it needs is damaged.

    Parameters
    ----------
    root : path or None
        Made on the first `put`; None stands for `default_root`.
    """

    def __init__(self, root: str | os.PathLike[str] | None = None) -> None:
        self.root = default_root() if root is None else Path(root)
        self._files = StoreFiles(self.root)
        self._index = StoreIndex(self.root / "index.sqlite3")

    def require_writable(self) -> None:
        """Find out before long work whether its result could be kept.

        Raises
        ------
        StoreError
            If no file can be made in the store.
        """
        with file_errors_named(self.root):
            make_directory(self.root)
            with tempfile.TemporaryFile(dir=self.root):
                pass

    def put(self, golden: Golden) -> str:
        """Store a golden and return its digest; one that is there already stays as it is.

        Raises
        ------
        StoreError
            If another golden answers the same spec: they contradict each other.
        """
        data = npz_bytes(golden)
        with file_errors_named(self.root):
            may_be_new = self._index_may_be_new()
            make_directory(self.root)
            with self._index.writing(may_be_new) as rows:
                self._put(golden, data, rows)
        return golden.digest

    def get(self, digest: str) -> Golden:
        """Return a stored golden, all of it verified.

        Raises
        ------
        MissingRecordError
            If there is none with this digest.
        DamagedRecordError
            If it is damaged or was altered.
        """
        known = self._lookup(lambda rows: rows.of_digest(digest))
        with file_errors_named(self.root):
            return self._files.read(digest, known.file_sha256 if known else None)[0]

    def find(self, spec_digest: str) -> Golden | None:
        """Return the golden that answers a spec, None if there is none yet; as `get`."""
        known = self._lookup(lambda rows: rows.of_spec(spec_digest))
        return None if known is None else self.get(known.digest)

    def entries(self) -> list[StoreEntry]:
        """Return what the index says of every record, oldest first."""
        return self._lookup(lambda rows: rows.all()) or []

    def resolve(self, text: str) -> str:
        """Return the one stored digest that begins with `text`; ``sha256:`` may be left out.

        Raises
        ------
        MissingRecordError
            If there is none.
        StoreError
            If there are several.
        """
        prefix = "sha256:" + text.removeprefix("sha256:").lower()
        found = [entry.digest for entry in self.entries() if entry.digest.startswith(prefix)]
        if not found:
            raise MissingRecordError(
                f"no golden begins with `{prefix}`; `oracle store ls` lists what there is."
            )
        if len(found) > 1:
            raise StoreError(
                f"{len(found)} goldens begin with `{prefix}`: {', '.join(found)}. Give more of it."
            )
        return found[0]

    def verify(self, progress: Progress | None = None) -> list[RecordCheck]:
        """Read and verify everything, and compare it with the index; change nothing.

        `progress` is called with the number of records done and of all.
        """
        with file_errors_named(self.root):
            return check_records(self._files, self._index, progress)

    def rebuild(self, progress: Progress | None = None) -> list[RecordCheck]:
        """Make the index agree with the records; return the findings on every record.

        A damaged index is moved to ``set-aside/``.  Damaged records are reported and not indexed.

        Raises
        ------
        StoreError
            If two sound records contradict each other.
        """
        with file_errors_named(self.root):
            return rebuild_index(self._files, self._index, progress)

    def gc(self, dry_run: bool = False, set_aside: bool = False) -> list[Removal]:
        """Remove what killed writers left, and return what was (or, in a dry run, would be) done.

        No record is ever deleted.  With `set_aside`, damaged records are moved to ``set-aside/`` and
        missing ones struck from the index, so that they can be computed anew.
        """
        with file_errors_named(self.root):
            if not self.root.is_dir():
                return []
            self._index_may_be_new()
            return clear_away(self._files, self._index, dry_run, set_aside)

    def _put(self, golden: Golden, data: bytes, rows: IndexRows) -> None:
        known = rows.of_spec(golden.spec_digest)
        if known is not None and known.digest != golden.digest:
            raise StoreError(self._contradiction(known, golden))
        path = self._files.path_of(golden.digest)
        if known is not None and path.exists():
            self._files.check_unchanged(golden.digest, known.file_sha256)
            return
        if path.exists():  # complete, but its writer was killed before it made the row
            there, data = self._files.read(golden.digest)
            rows.add(entry_of(there, data, path.stat().st_mtime))
            return
        self._files.write(golden.digest, data)
        (rows.add if known is None else rows.replace)(entry_of(golden, data, time.time()))

    def _lookup(self, question: Callable[[IndexRows], Found]) -> Found | None:
        with file_errors_named(self.root):
            may_be_new = self._index_may_be_new()
            if not self._index.path.exists():
                return None
            with self._index.reading(may_be_new) as rows:
                return question(rows)

    def _index_may_be_new(self) -> bool:
        """Tell whether there is no record yet; refuse records without an index.

        An index is complete before the first record is written, so the order of the two looks makes
        the answer right under other writers.
        """
        any_there = self._files.has_records()
        if any_there and not self._index.path.exists():
            raise DamagedRecordError(
                f"the index `{self._index.path}` is missing, though there are records beside it: "
                "rebuild it with `oracle store verify --rebuild`."
            )
        return not any_there

    def _contradiction(self, known: StoreEntry, golden: Golden) -> str:
        return (
            f"the store `{self.root}` holds {known.digest} for this spec ({golden.spec_digest}), but "
            f"{golden.digest} was computed: one of them is wrong. Nothing was stored or changed. "
            "Compare the two (`oracle store show`, `oracle golden --json` with an empty store) and report it."
        )
