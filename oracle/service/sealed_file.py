"""Files that say what is in them: a line with the SHA-256 of their name and the rest of them.

An altered one is never shown, nor one that was exchanged for another.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from oracle.records.atomic_files import OWNER_ALONE, write_atomically
from oracle.records.record_errors import DamagedRecordError
from oracle.store_files import file_errors_named, make_directory

__all__ = ["read_sealed", "write_sealed"]


def write_sealed(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; its folder is made.

    Raises
    ------
    StoreError
        If the disk is in the way.
    """
    head = json.dumps({"sha256": _seal(path, content)}).encode()
    with file_errors_named(path.parent):
        make_directory(path.parent)
        write_atomically(path, head + b"\n" + content, mode=OWNER_ALONE)


def read_sealed(path: Path) -> bytes | None:
    """Return what a file holds below its first line; None where there is no such file.

    Raises
    ------
    DamagedRecordError
        If it was altered, or is another file than its name says.
    StoreError
        If it cannot be read.
    """
    with file_errors_named(path.parent):
        try:
            head, _, content = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
    try:
        sound = json.loads(head)["sha256"] == _seal(path, content)
    except (ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise DamagedRecordError(
            f"`{path}` was altered or damaged: nothing of it is shown. Move it away, and it is made again"
        )
    return content


def _seal(path: Path, content: bytes) -> str:
    return hashlib.sha256(path.name.encode() + b"\n" + content).hexdigest()
