"""What a golden's file looks like from outside: changed, and it has to be verified anew before it is told again."""

from __future__ import annotations

import os

__all__ = ["FileMark", "mark_of"]

FileMark = tuple[int, int, int]


def mark_of(objects: str, digest: str) -> FileMark | None:
    """Return inode, size and time of the last change of a golden's file; None where there is none.

    Parameters
    ----------
    objects : str
        The store's folder of records.
    digest : str
        ``sha256:<64 hexadecimal digits>``.
    """
    name = digest.removeprefix("sha256:")
    try:
        found = os.stat(f"{objects}/{name[:2]}/{name}.npz")  # a Path costs more than the call
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
