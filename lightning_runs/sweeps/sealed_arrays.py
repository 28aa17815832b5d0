"""Arrays in one `.npz` that numpy alone can read, sealed so that no bit of it changes unnoticed.

The archive's comment is the seal, as in a golden's record: ``sha256:<hex>`` of every byte before it.
Nothing in the headers varies, so equal arrays give equal bytes, and the size is known before there is any.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from oracle.records.candidate import Array
from oracle.records.record_errors import DamagedRecordError, MissingRecordError

__all__ = [
    "MANIFEST",
    "manifest_array",
    "manifest_of",
    "read_sealed",
    "sealed_bytes",
    "sealed_size",
    "verify_seal",
]

MANIFEST = "manifest"  # the member with JSON in it

_SEAL_LENGTH = len("sha256:") + 64
_LOCAL_HEADER, _CENTRAL_HEADER, _END = 30, 46, 22  # bytes, by the ZIP specification
_CHUNK = 2**24


def sealed_bytes(arrays: Mapping[str, Array]) -> bytes:
    """Return the archive of the arrays, stored as they are.

    Parameters
    ----------
    arrays : mapping of name to ndarray
        At most 4 GiB in all.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            with archive.open(info, "w") as member:
                little_endian = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
                np.lib.format.write_array(member, little_endian, version=(1, 0), allow_pickle=False)
        archive.comment = bytes(_SEAL_LENGTH)
    with buffer.getbuffer() as view:
        view[-_SEAL_LENGTH:] = _seal(hashlib.sha256(view[:-_SEAL_LENGTH]))
    return buffer.getvalue()


def sealed_size(shapes: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]) -> int:
    """Return the number of bytes of an archive, from names, shapes and dtypes alone."""
    size = _END + _SEAL_LENGTH
    for name, (shape, dtype) in shapes.items():
        header = io.BytesIO()
        described = {"descr": dtype.newbyteorder("<").str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, described)
        content = len(header.getvalue()) + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        size += _LOCAL_HEADER + _CENTRAL_HEADER + 2 * len(f"{name}.npy") + content
    return size


def manifest_array(manifest: Mapping[str, Any], size: int) -> Array:
    """Return JSON values as `size` bytes: their one text, and blanks."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")).ljust(size)
    assert len(text) == size
    return np.frombuffer(text.encode(), dtype=np.uint8)


def manifest_of(arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Return the JSON values that `manifest_array` packed."""
    found: dict[str, Any] = json.loads(arrays[MANIFEST].tobytes())
    return found


def read_sealed(path: Path) -> dict[str, Array]:
    """Return the arrays of a file, once its seal holds.

    Raises
    ------
    MissingRecordError
        If there is no such file.
    DamagedRecordError
        If a byte of it is not as it was written.
    """
    verify_seal(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, zipfile.BadZipFile, zlib.error, EOFError) as cause:
        raise _damaged(path, f"it is no readable archive ({cause})") from cause


def verify_seal(path: Path) -> None:
    """Compare a file's comment with every byte before it; as `read_sealed`."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            digest, left = hashlib.sha256(), size - _SEAL_LENGTH
            while left > 0 and (block := file.read(min(left, _CHUNK))):
                digest.update(block)
                left -= len(block)
            stored = file.read()
    except FileNotFoundError as cause:
        raise MissingRecordError(
            f"`{path}` is not there, and later ones are, or it was promised; restore it from a copy, or start "
            "the sweep anew in another directory"
        ) from cause
    if not stored.startswith(b"sha256:") or size <= _SEAL_LENGTH:
        raise _damaged(
            path, f"its {size} bytes do not end in a seal: it was cut short, or not written by a sweep"
        )
    if stored != _seal(digest):
        raise _damaged(path, f"its {size} bytes do not match their seal (a changed bit, or lost bytes)")


def _seal(digest: Any) -> bytes:
    text: str = digest.hexdigest()
    return b"sha256:" + text.encode()


def _damaged(path: Path, what: str) -> DamagedRecordError:
    return DamagedRecordError(
        f"`{path}` is damaged or was altered: {what}. Nothing was changed. Restore the file from a copy; or move "
        "it and all that follow it in its folder away, and the sweep makes them again"
    )
