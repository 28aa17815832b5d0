"""Damage to files, as failing disks, unfinished copies and curious people do it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

__all__ = ["DAMAGES", "TARGETS", "damage"]

TARGETS: Mapping[str, str] = {
    "record": "store/objects/**/*.npz",
    "index": "store/index.sqlite3*",
    "jobs": "data/jobs.sqlite3*",
    "upload": "data/uploads/**/*.npz",
    "report": "data/reports/*.sealed",
    "ledger": "data/claims/*.sealed",
    "tokens": "data/tokens.json",
}
"""What is damaged, and where it lies."""
TEXTS = {
    "index": ("records", ("digest", "spec_digest", "file_sha256", "created", "grade")),
    "jobs": ("checks", ("verdict", "comparison", "spec", "golden", "id", "candidate", "declaration")),
}
KEYS = {"records": ("spec_digest", "digest"), "checks": ("number",)}
Damage = Callable[[Sequence[Path], random.Random], None]


def damage(folder: Path, target: str, name: str, source: random.Random) -> bool:
    """Damage one target below a folder; return whether there was anything to damage."""
    paths = sorted(path for path in folder.glob(TARGETS[target]) if path.is_file() and path.stat().st_size)
    paths = [path for path in paths if not path.name.endswith("-shm")]
    if not paths or (name == "swap" and len(paths) < 2) or (name == "edit" and target not in TEXTS):
        return False
    if name == "edit":
        _edit(paths[0], *TEXTS[target], source)
    else:
        DAMAGES[name](paths, source)
    return True


def _flip(paths: Sequence[Path], source: random.Random) -> None:
    """Flip one bit to eight."""
    path = source.choice(paths)
    data = bytearray(path.read_bytes())
    for _ in range(source.choice((1, 1, 2, 8))):
        data[source.randrange(len(data))] ^= 1 << source.randrange(8)
    _overwrite(path, bytes(data))


def _flip_text(paths: Sequence[Path], source: random.Random) -> None:
    """Change one digit or letter to another: the file stays as readable as it was."""
    path = source.choice(paths)
    data = bytearray(path.read_bytes())
    places = [place for place, byte in enumerate(data) if chr(byte).isalnum() and byte < 128]
    place = source.choice(places or [0])
    data[place] = ord(source.choice("0123456789" if chr(data[place]).isdigit() else "abcdefSETDAG"))
    _overwrite(path, bytes(data))


def _truncate(paths: Sequence[Path], source: random.Random) -> None:
    """Cut the file short, to nothing now and then."""
    path = source.choice(paths)
    data = path.read_bytes()
    _overwrite(path, data[: source.choice((0, source.randrange(len(data)), len(data) - 1))])


def _blank(paths: Sequence[Path], source: random.Random) -> None:
    """Put zeros or noise in the place of a block."""
    path = source.choice(paths)
    data = bytearray(path.read_bytes())
    begin = source.randrange(len(data))
    length = min(source.choice((1, 64, 512, 4096)), len(data) - begin)
    data[begin : begin + length] = bytes(length) if source.random() < 0.5 else source.randbytes(length)
    _overwrite(path, bytes(data))


def _append(paths: Sequence[Path], source: random.Random) -> None:
    """Put noise behind the end."""
    path = source.choice(paths)
    _overwrite(path, path.read_bytes() + source.randbytes(source.randrange(1, 500)))


def _delete(paths: Sequence[Path], source: random.Random) -> None:
    """Take the file away."""
    source.choice(paths).unlink()


def _swap(paths: Sequence[Path], source: random.Random) -> None:
    """Exchange two files of one kind."""
    one, other = source.sample(list(paths), 2)
    first, second = one.read_bytes(), other.read_bytes()
    _overwrite(one, second)
    _overwrite(other, first)


def _edit(path: Path, table: str, columns: Sequence[str], source: random.Random) -> None:
    """Change a text in a table, or exchange it between two rows, as a well-formed transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        column = source.choice(columns)
        key = next(name for name in KEYS[table] if name != column)
        rows = connection.execute(f"SELECT {key}, {column} FROM {table}").fetchall()
        if len(rows) < 2:
            return
        (one, first), (other, second) = source.sample(rows, 2)
        change = f"UPDATE {table} SET {column} = ? WHERE {key} = ?"
        try:
            connection.execute(change, (_altered(first, source), one))
            if source.random() < 0.5:
                connection.execute(change, (first, other))
                connection.execute(change, (second, one))
        except sqlite3.IntegrityError:  # two rows with one key: the database keeps one of the two as it was
            pass


def _altered(text: str, source: random.Random) -> str:
    if text in ("AGREES", "DISAGREES"):
        return "AGREES" if text == "DISAGREES" else "DISAGREES"
    place = source.randrange(len(text))
    return text[:place] + source.choice("0123456789abcdef") + text[place + 1 :]


def _overwrite(path: Path, data: bytes) -> None:
    """Write into the file that is there: its inode stays, as on a failing disk."""
    with path.open("r+b") as file:
        file.write(data)
        file.truncate()


DAMAGES: Mapping[str, Damage] = {
    "flip": _flip,
    "text": _flip_text,
    "truncate": _truncate,
    "blank": _blank,
    "append": _append,
    "delete": _delete,
    "swap": _swap,
    "edit": lambda paths, source: None,
}
"""Ways of damaging the files of one kind, by name; `edit` needs the table's name, see `damage`."""
