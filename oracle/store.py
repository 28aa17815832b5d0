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
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from oracle.records.atomic_files import sync_directory
from oracle.records.golden import Golden
from oracle.records.npz import npz_bytes
from oracle.records.record_errors import DamagedRecordError, MissingRecordError, StoreError
from oracle.store_files import (
    StoreFiles,
    entry_of,
    file_errors_named,
    make_directory,
    require_writable,
    sealed_entry,
)
from oracle.store_index import StoreIndex
from oracle.store_rows import MOST_ASKED, IndexRows, StoreEntry
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
    "require_answer",
]

Progress = Callable[[int, int], None]
Found = TypeVar("Found")

_MOST_NAMED = 10  # goldens that a message lists


def default_root() -> Path:
    """Return ``$MOMENTUM_ORACLE_STORE``, or the user's data directory for ``momentum-oracle``."""
    named = os.environ.get("MOMENTUM_ORACLE_STORE")
    if named:
        return Path(named)
    import platformdirs  # noqa: PLC0415 - on use only: comparing with a record needs numpy alone

    return Path(platformdirs.user_data_dir("momentum-oracle"))


def require_answer(digest: str, answers: str, asked: str) -> None:
    """Refuse a golden that the index gave for a spec and that answers another.

    Parameters
    ----------
    digest : str
        Of the golden.
    answers, asked : str
        Digests of the spec that it holds, and of the one that the index was asked for.

    Raises
    ------
    DamagedRecordError
        If the two differ.
    """
    if answers != asked:
        raise DamagedRecordError(
            f"the index says that {digest} answers the spec {asked}, but that golden answers {answers}: the index was "
            "altered or damaged. The records themselves are safe: rebuild the index with `oracle store verify --rebuild`."
        )


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
            require_writable(self.root)

    def put(self, golden: Golden) -> str:
        """Store a golden and return its digest; one that is there already stays as it is.

        Raises
        ------
        StoreError
            If another golden answers the same spec: they contradict each other.
        """
        data = npz_bytes(golden)
        self._put_all([(entry_of(golden, data, time.time()), data)])
        return golden.digest

    def put_sealed(self, files: Mapping[str, bytes]) -> None:
        """Store goldens that other processes sealed, many in one go; otherwise as `put` for each, in order.

        All of them reach the disk before this returns.  Where one is refused or cannot be written, those
        before it are stored, those after it are not.

        Parameters
        ----------
        files : mapping of spec digest to bytes
            What `oracle.records.npz.npz_bytes` gave for the golden of that spec.

        Raises
        ------
        DamagedRecordError
            If one of the files is not as it was sealed, or answers another spec; none is stored then.
        StoreError
            If another golden answers the same spec as one of them: they contradict each other.
        """
        self._put_all([(sealed_entry(digest, data, time.time()), data) for digest, data in files.items()])

    def get(self, digest: str) -> Golden:
        """Return a stored golden, all of it verified.

        Raises
        ------
        MissingRecordError
            If there is none with this digest.
        DamagedRecordError
            If it is damaged or was altered.
        """
        known = self.entry(digest)
        with file_errors_named(self.root):
            return self._files.read(digest, known.file_sha256 if known else None)[0]

    def file_bytes(self, digest: str) -> bytes:
        """Return the file of a stored golden, byte for byte what was stored; as `get`."""
        known = self.entry(digest)
        with file_errors_named(self.root):
            if known is None:  # no row vouches for it, so all of it is verified
                return self._files.read(digest)[1]
            return self._files.read_unchanged(digest, known.file_sha256)

    def find(self, spec_digest: str) -> Golden | None:
        """Return the golden that answers a spec, None if there is none yet; as `get`."""
        digest = self.digest_of(spec_digest)
        if digest is None:
            return None
        golden = self.get(digest)
        require_answer(golden.digest, golden.spec_digest, spec_digest)
        return golden

    def answered(self, spec_digests: Sequence[str]) -> dict[str, StoreEntry]:
        """Return, by spec digest, what the index says of those of some specs that have a golden.

        The records themselves are not read: `get` and `verify` do that.
        """
        parts = [spec_digests[i : i + MOST_ASKED] for i in range(0, len(spec_digests), MOST_ASKED)]
        found = self._lookup(lambda rows: [entry for part in parts for entry in rows.of_specs(part)])
        return {entry.spec_digest: entry for entry in found or []}

    def digest_of(self, spec_digest: str) -> str | None:
        """Return the digest of the golden that answers a spec as the index has it; reads no record."""
        known = self._lookup(lambda rows: rows.of_spec(spec_digest))
        return None if known is None else known.digest

    def entry(self, digest: str) -> StoreEntry | None:
        """Return what the index says of a golden, None if it lists none of that digest; reads no record."""
        return self._lookup(lambda rows: rows.of_digest(digest))

    def page(
        self, after: str, limit: int, *, prefix: str = "", kind: str = "", method: str = ""
    ) -> list[StoreEntry]:
        """Return up to `limit` entries in the order of their digests, from the first beyond `after` on.

        Parameters
        ----------
        after : str
            A digest; empty begins at the first.
        limit : int
        prefix : str
            What the digest begins with, ``sha256:`` included; empty for any.
        kind, method : str
            Of the problem, and of what was run on it; empty for any.
        """
        return self._lookup(lambda rows: rows.page(after, limit, prefix, kind, method)) or []

    def newest(self, limit: int) -> list[StoreEntry]:
        """Return the entries made last, the newest first."""
        return self._lookup(lambda rows: rows.newest(limit)) or []

    def count(self) -> int:
        """Return how many goldens the index lists."""
        return self._lookup(lambda rows: rows.count()) or 0

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
        entries = self._lookup(lambda rows: rows.beginning(prefix, _MOST_NAMED + 1)) or []
        found = [entry.digest for entry in entries]
        if not found:
            raise MissingRecordError(
                f"no golden begins with `{prefix}`; `oracle store ls` lists what there is."
            )
        if len(found) > _MOST_NAMED:
            raise StoreError(
                f"more than {_MOST_NAMED} goldens begin with `{prefix}`, among them {found[0]}. Give more of it."
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

    def _put_all(self, records: Sequence[tuple[StoreEntry, bytes]]) -> None:
        """Store records, given as their entries and files, up to the first that cannot be stored."""
        failure = None
        with file_errors_named(self.root):
            may_be_new = self._index_may_be_new()
            make_directory(self.root)
            directories: set[Path] = set()
            with self._index.writing(may_be_new) as rows:
                try:
                    for entry, data in records:
                        directories |= self._put(entry, data, rows)
                except (StoreError, DamagedRecordError, MissingRecordError, OSError) as error:
                    failure = error
                for directory in directories:  # every name is on the disk before the rows are
                    sync_directory(directory)
            if failure is not None:
                raise failure

    def _put(self, entry: StoreEntry, data: bytes, rows: IndexRows) -> set[Path]:
        """Store one record; return the directories in which a new name has yet to reach the disk."""
        known = rows.of_spec(entry.spec_digest)
        if known is not None and known.digest != entry.digest:
            raise StoreError(self._contradiction(known, entry))
        path = self._files.path_of(entry.digest)
        if known is not None and path.exists():
            self._files.read_unchanged(entry.digest, known.file_sha256)
            return set()
        if path.exists():  # complete, but its writer was killed before it made the row
            there, kept = self._files.read(entry.digest)
            rows.add(entry_of(there, kept, path.stat().st_mtime))
            return {path.parent}
        directory = self._files.write(entry.digest, data)
        (rows.add if known is None else rows.replace)(entry)
        return {directory}

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

    def _contradiction(self, known: StoreEntry, computed: StoreEntry) -> str:
        return (
            f"the store `{self.root}` holds {known.digest} for this spec ({computed.spec_digest}), but "
            f"{computed.digest} was computed: one of them is wrong. Nothing was stored or changed. "
            "Compare the two (`oracle store show`, `oracle golden --json` with an empty store) and report it."
        )
