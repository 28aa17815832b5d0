"""Read a candidate's arrays from an `.npz` that nobody vouches for.

The archive's own headers are read first: what is not a plain array of numbers, or claims more
bytes than it holds, is refused before anything of that size is allocated.  Nothing is unpickled.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from oracle.records.candidate import Array

__all__ = ["MOST_BYTES", "CandidateError", "CandidateFile", "read_candidate"]

MOST_BYTES = 2**31
MOST_ARRAYS = 64
HEADER_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError)


class CandidateError(ValueError):
    """A candidate that cannot be compared at all; the message says what to change."""


@dataclass(frozen=True)
class CandidateFile:
    """What a candidate's file holds.

    Parameters
    ----------
    steps : tuple of int
        Strictly ascending.
    arrays : mapping of name to ndarray
        Every other array, first axis as `steps`.
    """

    steps: tuple[int, ...]
    arrays: Mapping[str, Array]

    def dtype(self) -> str:
        """Return the one floating dtype of the arrays.

        Raises
        ------
        CandidateError
            If the arrays have several dtypes.
        """
        found = sorted({array.dtype.name for array in self.arrays.values()})
        if len(found) != 1:
            raise CandidateError(
                f"the candidate's arrays have several dtypes ({', '.join(found)}): "
                "say which arithmetic the candidate used with `--dtype`"
            )
        return found[0]


def read_candidate(path: Path, most_bytes: int = MOST_BYTES) -> CandidateFile:
    """Return the arrays of an `.npz`.

    Parameters
    ----------
    path : Path
    most_bytes : int
        Refuse archives that unpack to more.

    Raises
    ------
    CandidateError
        If the file is no `.npz`, is truncated or altered, is too large, holds anything but
        arrays of numbers, or has no usable `steps`.
    FileNotFoundError, IsADirectoryError, PermissionError
        As the system says.
    """
    arrays = _read_arrays(path, most_bytes)
    steps = _steps(path, arrays.pop("steps", None))
    for name, array in arrays.items():
        if array.dtype.kind != "f":
            raise CandidateError(
                f"`{name}` in `{path}` has dtype {array.dtype}: expected floating point (float64, float32, "
                "float16); store the values as the candidate computed them"
            )
    if not arrays:
        raise CandidateError(
            f"`{path}` holds `steps` alone: expected arrays named as in the golden's `values`"
        )
    return CandidateFile(steps, arrays)


def _read_arrays(path: Path, most_bytes: int) -> dict[str, Array]:
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                _check_size(path, archive, most_bytes)
                return {
                    member.removesuffix(".npy"): _read(path, archive, member) for member in archive.namelist()
                }
        except CandidateError:
            raise
        except UNREADABLE as error:
            raise CandidateError(
                f"`{path}` cannot be read as an `.npz` ({error}): it is another kind of file, truncated or "
                "altered; write it again with `numpy.savez`"
            ) from error


def _check_size(path: Path, archive: zipfile.ZipFile, most_bytes: int) -> None:
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    if size > most_bytes or len(members) > MOST_ARRAYS:
        raise CandidateError(
            f"`{path}` unpacks to {size} bytes in {len(members)} arrays: at most {most_bytes} bytes in "
            f"{MOST_ARRAYS} arrays are read; record fewer steps"
        )
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise CandidateError(f"`{path}` holds the same array twice: write it again with `numpy.savez`")


def _read(path: Path, archive: zipfile.ZipFile, member: str) -> Array:
    with archive.open(member) as stream:
        version = npy.read_magic(stream)
        if version not in HEADER_READERS:
            raise CandidateError(
                f"`{member}` in `{path}` has `.npy` version {version}: expected (1, 0) or (2, 0)"
            )
        shape, _, dtype = HEADER_READERS[version](stream)
    # a header may claim any shape; reading would allocate it
    claimed = prod(shape) * dtype.itemsize
    if dtype.hasobject or dtype.kind not in "fiu" or claimed > archive.getinfo(member).file_size:
        raise CandidateError(
            f"`{member}` in `{path}` is an array of dtype {dtype} and shape {shape} in "
            f"{archive.getinfo(member).file_size} bytes: expected a plain array of numbers"
        )
    with archive.open(member) as stream:
        array: Array = npy.read_array(stream, allow_pickle=False)
    return array


def _steps(path: Path, steps: Array | None) -> tuple[int, ...]:
    if steps is None:
        raise CandidateError(
            f"`{path}` has no array `steps`: store the step number of every row, as in `steps=[0, 1, 2]`"
        )
    if steps.ndim != 1 or not len(steps) or steps.dtype.kind not in "iu" or np.any(steps[1:] <= steps[:-1]):
        raise CandidateError(
            f"`steps` in `{path}` has dtype {steps.dtype} and shape {steps.shape}: expected a strictly "
            "ascending list of integers, one for each row"
        )
    return tuple(int(step) for step in steps)
