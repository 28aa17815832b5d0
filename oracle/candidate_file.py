"""Read a candidate's arrays from an `.npz` that nobody vouches for.

The archive's own headers are read first: what is not a plain array of numbers, or claims more
bytes than it holds, is refused before anything of that size is allocated.  Nothing is unpickled,
and no name in it is ever a path.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oracle.records.candidate import Array
from oracle.records.plain_archive import ArchiveError, Member, content_of, members_of
from oracle.records.plain_array import ArrayError, read_plain_array

__all__ = [
    "MOST_BYTES",
    "CandidateError",
    "CandidateFile",
    "one_dtype",
    "read_candidate",
    "read_candidate_bytes",
]

MOST_BYTES = 2**31
MOST_ARRAYS = 64
MOST_ROWS = 10**7 + 1  # a spec asks for no later step


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
        """Return the one floating dtype of the arrays; raises as `one_dtype`."""
        return one_dtype(self.arrays)


def one_dtype(arrays: Mapping[str, Array]) -> str:
    """Return the dtype that all arrays of a record have.

    Whatever arithmetic is declared, parameters, momentum, θ and loss are recorded in the one format that the state is
    kept in; wider sums and narrower operands are inside the program, and no record shows them.

    Parameters
    ----------
    arrays : mapping of name to ndarray
        Without ``steps``.

    Raises
    ------
    CandidateError
        If they have several, or there are none.
    """
    names: dict[str, list[str]] = {}
    for name, array in arrays.items():
        names.setdefault(array.dtype.name, []).append(f"`{name}`")
    if not names:
        raise CandidateError(
            "the candidate holds no array besides `steps`: expected each parameter of the model"
        )
    if len(names) > 1:
        found = "; ".join(f"{dtype}: {', '.join(names[dtype])}" for dtype in sorted(names))
        raise CandidateError(
            f"the candidate's arrays have several dtypes ({found}): expected one, that in which the parameters are kept "
            "between steps. Leave out what has another (`theta`, `loss` and the momentum need not be there), or store it "
            "in that one"
        )
    return next(iter(names))


def read_candidate(path: Path, most_bytes: int = MOST_BYTES) -> CandidateFile:
    """Return the arrays of an `.npz`.

    Parameters
    ----------
    path : Path
    most_bytes : int
        Refuse files that are larger, and archives that unpack to more.

    Raises
    ------
    CandidateError
        As `read_candidate_bytes`.
    FileNotFoundError, IsADirectoryError, PermissionError
        As the system says.
    """
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > most_bytes:
            raise CandidateError(
                f"`{path}` has {found.st_size} bytes: expected a plain file of at most {most_bytes}; record fewer steps"
            )
        data = file.read()
    return read_candidate_bytes(data, str(path), most_bytes)


def read_candidate_bytes(data: bytes, name: str, most_bytes: int = MOST_BYTES) -> CandidateFile:
    """Return the arrays of the bytes of an `.npz`.

    Takes, besides `data`, memory of twice `most_bytes` for the arrays, and of five times what `steps` has.

    Parameters
    ----------
    data : bytes
    name : str
        What messages call it.
    most_bytes : int
        Refuse archives that unpack to more.

    Raises
    ------
    CandidateError
        If the bytes are no `.npz`, are truncated or altered, too large, hold anything but
        arrays of numbers, have no usable `steps`, or arrays of several dtypes.
    """
    arrays = _read_arrays(data, name, most_bytes)
    steps = _steps(name, arrays.pop("steps", None))
    for key, array in arrays.items():
        if array.dtype.kind != "f":
            raise CandidateError(
                f"`{key}` in `{name}` has dtype {array.dtype}: expected floating point (float64, float32, "
                "float16); store the values as the candidate computed them"
            )
    if not arrays:
        raise CandidateError(
            f"`{name}` holds `steps` alone: expected arrays named as in the golden's `values`"
        )
    one_dtype(arrays)
    return CandidateFile(steps, arrays)


def _read_arrays(data: bytes, name: str, most_bytes: int) -> dict[str, Array]:
    try:
        members = members_of(data, MOST_ARRAYS)
        _check_size(name, members, most_bytes)
        return {member.name.removesuffix(".npy"): _read(data, name, member) for member in members}
    except ArchiveError as error:
        raise CandidateError(
            f"`{name}` cannot be read as an `.npz` ({error}): it is another kind of file, truncated or "
            "altered; write it again with `numpy.savez`"
        ) from error


def _check_size(name: str, members: list[Member], most_bytes: int) -> None:
    size = sum(member.size for member in members)
    if size > most_bytes:
        raise CandidateError(
            f"`{name}` unpacks to {size} bytes in {len(members)} arrays: at most {most_bytes} bytes in "
            f"{MOST_ARRAYS} arrays are read; record fewer steps"
        )
    if len({member.name.removesuffix(".npy") for member in members}) != len(members):
        raise CandidateError(f"`{name}` holds the same array twice: write it again with `numpy.savez`")


def _read(data: bytes, name: str, member: Member) -> Array:
    try:
        return read_plain_array(content_of(data, member))
    except ArrayError as error:
        raise CandidateError(
            f"`{member.name}` in `{name}` cannot be read ({error}): expected a plain array of numbers, as "
            "`numpy.savez` writes it"
        ) from error


def _steps(name: str, steps: Array | None) -> tuple[int, ...]:
    if steps is None:
        raise CandidateError(
            f"`{name}` has no array `steps`: store the step number of every row, as in `steps=[0, 1, 2]`"
        )
    if (
        steps.ndim != 1
        or not 0 < len(steps) <= MOST_ROWS
        or steps.dtype.kind not in "iu"
        or steps[0] < 0
        or np.any(steps[1:] <= steps[:-1])
    ):
        raise CandidateError(
            f"`steps` in `{name}` {_what_is_wrong(steps)}: expected a strictly ascending list of 1 to {MOST_ROWS} "
            "integers, none negative, one for each row"
        )
    return tuple(steps.tolist())


def _what_is_wrong(steps: Array) -> str:
    """Return the first row that is out of order, counted from 0, or else dtype and shape."""
    if steps.ndim == 1 and 0 < len(steps) <= MOST_ROWS and steps.dtype.kind in "iu":
        if steps[0] < 0:
            return f"begins with step {steps[0]}"
        row = 1 + int(np.argmax(steps[1:] <= steps[:-1]))
        return (
            f"is out of order: row {row} is step {steps[row]} after step {steps[row - 1]} (rows count from 0)"
        )
    return f"has dtype {steps.dtype} and shape {steps.shape}"
