"""The index of a store: which golden answers which spec, in an SQLite database (WAL).

The records are the truth; the index only finds them and can be rebuilt from them.  Every operation
opens and closes its own connection, so that forked and threaded callers share nothing.  A write
transaction is also the lock under which a store's files are written and cleared away.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from oracle.records.record_errors import DamagedRecordError, StoreError
from oracle.store_rows import BY_CREATION, SCHEMA, IndexRows

__all__ = ["StoreIndex"]

_VERSION = 1
_SECONDS_TO_WAIT = 60.0
# 0: text that is no UTF-8; ERROR: a table or column is gone; CONSTRAINT: a key stands in two rows
_DAMAGED = (0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT)
_UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


class StoreIndex:
    """The database under `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def reading(self, may_be_new: bool) -> Iterator[IndexRows]:
        """Give the rows for reading; the index must exist.

        Parameters
        ----------
        may_be_new : bool
            Whether there was no record yet when last looked: then an empty database is one that
            another process is just making.  Otherwise it is damaged.

        Raises
        ------
        DamagedRecordError
            If the index is damaged.
        StoreError
            If it cannot be opened or read.
        """
        with self._errors_named(), self._readable() as path, closing(self._connect(path)) as connection:
            if may_be_new and _is_empty(connection):
                with closing(sqlite3.connect(":memory:")) as empty:
                    empty.execute(SCHEMA)
                    yield IndexRows(empty)
                return
            self._check_version(connection)
            yield IndexRows(connection)

    @contextmanager
    def writing(self, may_be_new: bool) -> Iterator[IndexRows]:
        """Give the rows for writing, alone among all processes; roll back on any exception.

        Parameters
        ----------
        may_be_new : bool
            Whether there was no record yet when last looked: then an index that is not there, or
            empty, is made first, in a transaction of its own.  Otherwise it is damaged.

        Raises
        ------
        DamagedRecordError
            If the index is damaged.
        StoreError
            If it cannot be written: read-only, disk full, or another process writing for a minute.
        """
        with self._errors_named(), closing(self._connect(self.path, may_be_new)) as connection:
            if may_be_new:
                _prefer_write_ahead_log(connection)
                with _alone(connection):
                    _make_schema(connection)
            self._check_version(connection)
            with _alone(connection):
                yield IndexRows(connection)

    def files(self) -> list[Path]:
        """Return the database and its companions, those that exist."""
        names = [self.path.name + suffix for suffix in ("", "-wal", "-shm", "-journal")]
        return [path for path in map(self.path.with_name, names) if path.exists()]

    def _connect(self, path: Path, create: bool = False) -> sqlite3.Connection:
        address = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
        return sqlite3.connect(address, uri=True, timeout=_SECONDS_TO_WAIT, isolation_level=None)

    @contextmanager
    def _readable(self) -> Iterator[Path]:
        """Give a path from which the database can be read; in a read-only directory that is a copy.

        SQLite reads a write-ahead log only where it can lock files beside it.
        """
        if not self._needs_copy():
            yield self.path
            return
        with TemporaryDirectory(prefix="momentum-oracle-") as directory:
            for file in self.files():
                if not file.name.endswith("-shm"):
                    shutil.copyfile(file, Path(directory) / file.name)
            yield Path(directory) / self.path.name

    def _needs_copy(self) -> bool:
        try:
            with closing(self._connect(self.path)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            if _code(error) in _UNWRITABLE and self.path.exists():
                return True
            raise
        return False

    def _check_version(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != _VERSION:
            raise self._damaged(f"it says version {version}; this program reads version {_VERSION}")

    def _damaged(self, what: str) -> DamagedRecordError:
        return DamagedRecordError(
            f"the index `{self.path}` is damaged: {what}. The records themselves are beside it and safe: "
            "rebuild the index from them with `oracle store verify --rebuild`."
        )

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Turn SQLite's exceptions into ours."""
        try:
            yield
        except (
            UnicodeDecodeError
        ) as error:  # SQLite quotes what it read in its complaint, and that is no text
            raise self._damaged("its description of itself is no text") from error
        except sqlite3.Error as error:
            if _code(error) not in _DAMAGED:
                raise StoreError(_advice(self.path, error)) from error
            raise self._damaged(str(error)) from error


@contextmanager
def _alone(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock; commit, or roll back on any exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _make_schema(connection: sqlite3.Connection) -> None:
    if _is_empty(connection):
        connection.execute(SCHEMA)
        connection.execute(BY_CREATION)
        connection.execute(f"PRAGMA user_version = {_VERSION}")


def _prefer_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch to WAL where the file system can; correctness does not depend on it."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY:  # busy: another process is just switching
                raise


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _advice(path: Path, error: sqlite3.Error) -> str:
    causes = {
        sqlite3.SQLITE_FULL: "the disk is full: free some space and run the same command again",
        sqlite3.SQLITE_IOERR: "the disk fails to read or write: see that it is there and not full",
        sqlite3.SQLITE_BUSY: "another process has been writing to it for a minute: wait for it, or end it",
    } | dict.fromkeys(_UNWRITABLE, "it cannot be written: change its permissions, or name another store")
    cause = causes.get(_code(error), "SQLite refused; see its words")
    return f"the index `{path}` cannot be used ({error}): {cause}. No stored record was lost."
