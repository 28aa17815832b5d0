"""Which code this is: what was judged or adjudicated by other code is another result."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import oracle
import reference

__all__ = ["code_digest"]

SUFFIXES = (".py", ".html", ".css", ".json")


@cache
def code_digest() -> str:
    """Return the SHA-256 of everything that verdicts, claims and their pages are made with; read once, at the start."""
    found = hashlib.sha256()
    for package in (oracle, reference):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*")):
            if path.suffix in SUFFIXES and "suite" not in path.parts:
                found.update(
                    f"{path.relative_to(root)} ".encode() + hashlib.sha256(path.read_bytes()).digest()
                )
    return found.hexdigest()
