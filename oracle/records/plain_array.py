"""An array of numbers from the bytes of a `.npy` that nobody vouches for.

The header is a Python literal.  It is matched against the one form that an array of numbers has, never evaluated: a
literal can be nested so deeply, or hold so long an integer, that evaluating it is an attack.
"""

from __future__ import annotations

import re
from math import prod
from typing import Any

import numpy as np

__all__ = ["Array", "ArrayError", "read_plain_array"]

Array = np.ndarray[Any, np.dtype[Any]]

MAGIC = b"\x93NUMPY"
LENGTH_BYTES = {(1, 0): 2, (2, 0): 4}  # of the header's length, by version
LONGEST_HEADER = 10_000
MOST_DIMENSIONS = 8
LARGEST_SIDE = 2**40

# without blanks, and with one kind of quotation mark
ITEM = (
    r"(?:'descr':'[^'\\]*'|'fortran_order':(?:True|False)|'shape':\((?:[0-9]{1,20}L?,)*(?:[0-9]{1,20}L?)?\))"
)
HEADER = re.compile(rf"\{{{ITEM},{ITEM},{ITEM},?\}}")
DESCR = re.compile("'descr':'([^']*)'")
FORTRAN = re.compile("'fortran_order':(True|False)")
SHAPE = re.compile(r"'shape':\(([^)]*)\)")
NUMBERS = re.compile(r"[<>|=]?[fiu](?:1|2|4|8)", re.ASCII)


class ArrayError(ValueError):
    """The bytes are no plain array of numbers; the message says what they are."""


def read_plain_array(content: bytes) -> Array:
    """Return the array, in C order and the byte order of this machine, in memory of its own.

    Parameters
    ----------
    content : bytes
        All of a `.npy`: version 1 or 2, real numbers, exactly as many bytes as its header says.

    Raises
    ------
    ArrayError
        If it is anything else.
    """
    text, begin = _header(content)
    header = "".join(text.split()).replace('"', "'")
    if not HEADER.fullmatch(header):
        raise ArrayError(f"it has the header {ascii(text)[:80]}, which is none of an array of numbers")
    dtype, shape = _dtype(header), _shape(header)
    claimed = prod(shape) * dtype.itemsize
    if len(content) - begin != claimed:
        raise ArrayError(
            f"an array of dtype {dtype} and shape {shape} has {claimed} bytes, and {len(content) - begin} are there"
        )
    flat = np.frombuffer(content, dtype, offset=begin)
    try:
        array = flat.reshape(shape[::-1]).T if _found(FORTRAN, header) == "True" else flat.reshape(shape)
        return np.array(array, dtype.newbyteorder("="), order="C")
    except (ValueError, OverflowError) as error:  # a side of 0 beside one of 2^40
        raise ArrayError(f"no array has the shape {shape} ({error})") from error


def _header(content: bytes) -> tuple[str, int]:
    """Return the header's text, and where the numbers begin."""
    version = tuple(content[6:8])
    if not content.startswith(MAGIC) or version not in LENGTH_BYTES:
        raise ArrayError(f"it does not begin as a `.npy` of version 1 or 2 (magic {content[:8]!a})")
    begin = 8 + LENGTH_BYTES[version]
    length = int.from_bytes(content[8:begin], "little")
    if length > LONGEST_HEADER or begin + length > len(content):
        raise ArrayError(f"it claims a header of {length} bytes")
    return content[begin : begin + length].decode("latin-1"), begin + length


def _dtype(header: str) -> np.dtype[Any]:
    name = _found(DESCR, header)
    if not NUMBERS.fullmatch(name) or name[-2:] == "f1":
        raise ArrayError(f"its dtype is {name!a}")
    return np.dtype(name)


def _shape(header: str) -> tuple[int, ...]:
    sides = tuple(int(side.rstrip("L")) for side in _found(SHAPE, header).split(",") if side)
    if len(sides) > MOST_DIMENSIONS or max(sides, default=0) > LARGEST_SIDE:
        raise ArrayError(f"its shape is {ascii(sides)[:80]}")
    return sides


def _found(pattern: re.Pattern[str], header: str) -> str:
    """Return the one value of a key; one that is there twice leaves another without."""
    match = pattern.search(header)
    if match is None:
        raise ArrayError("its header lacks one of `descr`, `fortran_order` and `shape`")
    return match[1]
