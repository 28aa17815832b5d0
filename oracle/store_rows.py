"""The rows of a store's index: what it says of every record."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

__all__ = ["BY_CREATION", "MOST_ASKED", "SCHEMA", "IndexRows", "StoreEntry"]

MOST_ASKED = 500  # of one query; SQLite takes 999 values at the least

SCHEMA = """
CREATE TABLE records (
  spec_digest TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, n INTEGER, d INTEGER,
  method TEXT NOT NULL, want TEXT NOT NULL, digits INTEGER NOT NULL, grade TEXT NOT NULL,
  bytes INTEGER NOT NULL, file_sha256 TEXT NOT NULL, created TEXT NOT NULL
) WITHOUT ROWID
"""
# for the newest and for counting; a store that was made before it does without, and takes a second at 10⁶ records
BY_CREATION = "CREATE INDEX by_creation ON records (created)"
_TEXTS = ("kind", "method", "want", "grade", "created")
_DIGESTS = ("spec_digest", "digest", "file_sha256")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class StoreEntry:
    """One record of a store, as its index describes it.

    Parameters
    ----------
    spec_digest, digest : str
        ``sha256:<hex>`` of the canonical spec and of the golden.
    kind : str
        ``problem.kind`` of the spec.
    n, d : int or None
        Samples and coordinates, where the problem states them.
    method, want : str
        Names; `method` is empty where the spec has none.
    digits : int
        Guaranteed.
    grade : str
        ``certified`` or ``confirmed``.
    bytes : int
        Size of the file.
    file_sha256 : str
        ``sha256:<hex>`` of the file.
    created : str
        UTC, ISO 8601, to the second.
    """

    spec_digest: str
    digest: str
    kind: str
    n: int | None
    d: int | None
    method: str
    want: str
    digits: int
    grade: str
    bytes: int
    file_sha256: str
    created: str


_COLUMNS = ", ".join(f.name for f in fields(StoreEntry))
_MARKS = ", ".join("?" for _ in fields(StoreEntry))


class IndexRows:
    """The rows of an index, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self) -> list[StoreEntry]:
        """Return every entry, oldest first."""
        return self._select("ORDER BY created, spec_digest", ())

    def page(
        self, after: str, limit: int, prefix: str = "", kind: str = "", method: str = ""
    ) -> list[StoreEntry]:
        """Return up to `limit` entries in the order of their digests, from the first beyond `after` on.

        Where `prefix`, `kind` or `method` is not empty, only those whose golden's digest begins with it, of that kind
        of problem, of that method.
        """
        # with a filter alone, one pass over the table; in the index's order each row would cost a jump (a `+` says so)
        column = "digest" if prefix or not (kind or method) else "+digest"
        begin = (f"{column} >= ?", prefix) if prefix > after else (f"{column} > ?", after)
        bounds = [begin, (f"{column} < ?", prefix + "g" if prefix else "")]  # as in `beginning`
        wanted = [
            (clause, text) for clause, text in (*bounds, ("kind = ?", kind), ("method = ?", method)) if text
        ]
        clauses = " AND ".join(clause for clause, _ in wanted) or "1"
        return self._select(
            f"WHERE {clauses} ORDER BY {column} LIMIT ?", (*(text for _, text in wanted), limit)
        )

    def newest(self, limit: int) -> list[StoreEntry]:
        """Return the entries made last, the newest first."""
        return self._select("ORDER BY created DESC, spec_digest DESC LIMIT ?", (limit,))

    def count(self) -> int:
        """Return how many entries there are."""
        return int(self._connection.execute("SELECT count(*) FROM records").fetchone()[0])

    def of_spec(self, spec_digest: str) -> StoreEntry | None:
        """Return the entry that answers a spec."""
        return next(iter(self._select("WHERE spec_digest = ?", (spec_digest,))), None)

    def of_digest(self, digest: str) -> StoreEntry | None:
        """Return the entry of a golden."""
        return next(iter(self._select("WHERE digest = ?", (digest,))), None)

    def of_specs(self, spec_digests: Sequence[str]) -> list[StoreEntry]:
        """Return the entries that answer any of some specs, at most `MOST_ASKED` of them."""
        marks = ", ".join("?" for _ in spec_digests)
        return self._select(f"WHERE spec_digest IN ({marks})", tuple(spec_digests))

    def beginning(self, prefix: str, most: int) -> list[StoreEntry]:
        """Return the first entries, at most `most`, whose golden's digest begins with `prefix`."""
        if not prefix.isascii():
            return []
        # what begins with the prefix goes on with hexadecimal digits, which come before `g`
        clause = "WHERE digest >= ? AND digest < ? ORDER BY digest LIMIT ?"
        return self._select(clause, (prefix, prefix + "g", most))

    def add(self, entry: StoreEntry) -> None:
        """Insert an entry whose spec and golden are both new."""
        self._connection.execute(f"INSERT INTO records ({_COLUMNS}) VALUES ({_MARKS})", astuple(entry))

    def replace(self, entry: StoreEntry) -> None:
        """Insert an entry in the place of those with the same spec or golden."""
        self._connection.execute(
            f"INSERT OR REPLACE INTO records ({_COLUMNS}) VALUES ({_MARKS})", astuple(entry)
        )

    def remove(self, digest: str) -> None:
        """Remove the entry of a golden."""
        self._connection.execute("DELETE FROM records WHERE digest = ?", (digest,))

    def _select(self, clause: str, values: tuple[str | int, ...]) -> list[StoreEntry]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM records {clause}", values)
        entries = [StoreEntry(*row) for row in rows]
        if not all(map(_is_well_formed, entries)):
            raise sqlite3.DatabaseError("a row holds what no writer put there")
        return entries


def _is_well_formed(entry: StoreEntry) -> bool:
    """Tell whether a row has the types and digests that a writer gives it."""
    digests = [getattr(entry, name) for name in _DIGESTS]
    return (
        all(isinstance(text, str) and _DIGEST.fullmatch(text) for text in digests)
        and all(isinstance(getattr(entry, name), str) for name in _TEXTS)
        and all(isinstance(number, int) for number in (entry.digits, entry.bytes))
        and all(number is None or isinstance(number, int) for number in (entry.n, entry.d))
    )
