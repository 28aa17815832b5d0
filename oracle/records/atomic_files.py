"""Files that are either complete or not there, whatever happens while they are written."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

__all__ = ["OWNER_ALONE", "TEMPORARY_SUFFIX", "sync_directory", "write_atomically"]

TEMPORARY_SUFFIX = ".unfinished"
OWNER_ALONE = 0o600  # mode of what others on the machine may not read


def write_atomically(path: Path, data: bytes, *, sync_name: bool = True, mode: int = 0o666) -> None:
    """Write `data` under `path` so that no reader, and no kill or power cut, sees a part of it.

    The bytes go to a temporary file in the same directory, reach the disk, and are renamed; then the
    directory reaches the disk.  A kill leaves at most a file ending in `TEMPORARY_SUFFIX`.

    Parameters
    ----------
    path : Path
        In a directory that exists.
    data : bytes
        All of the file.
    sync_name : bool
        Whether the directory reaches the disk too; False leaves that to the caller (`sync_directory`),
        who may do it once for many files.
    mode : int
        Permissions of the file, from its first moment on, less those that the umask takes.

    Raises
    ------
    OSError
        Disk full, no permission, read-only file system, or `path` a directory; whatever was under `path` is as
        before.  Where the system names a file, it is `path`: of the temporary one nobody has heard.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is not None:
            error.filename, error.filename2 = str(path), None
        raise
    if sync_name:
        sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory reach the disk, where directories can be opened for that."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
