"""Numbers rounded to a binary format and held in a wider one, as numpy has no bfloat16."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.records.candidate import Array

__all__ = ["FORMATS", "bits_of", "container_of", "rounded"]

# bits of the significand, and the least e for which 2^e is a normal number
FORMATS = {
    "float64": (53, -1022),
    "float32": (24, -126),
    "tfloat32": (11, -126),
    "float16": (11, -14),
    "bfloat16": (8, -126),
}


def bits_of(name: str) -> int:
    """Return the bits of a format's significand, the hidden one included."""
    return FORMATS[name][0]


def container_of(name: str) -> np.dtype[Any]:
    """Return the numpy dtype in which numbers of a format travel."""
    return np.dtype(np.float64 if name == "float64" else np.float32)


def rounded(values: Array | np.floating[Any], name: str) -> Array:
    """Return the nearest numbers of a format, ties to even, in the array's own dtype.

    With 2^e ≤ |x| < 2^(e+1) and e at least that of the smallest normal number, the unit is 2^(e − bits + 1).

    Parameters
    ----------
    values : ndarray or numpy scalar, float64 or float32
    name : str
        A name in `FORMATS`.
    """
    given: Array = np.asarray(values)
    if name in ("float64", given.dtype.name):
        return given
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if name in ("float32", "float16"):
            return given.astype(name).astype(given.dtype)
        bits, least = FORMATS[name]
        _, exponents = np.frexp(given)  # |x| = m · 2^exponent with ½ ≤ m < 1
        units = np.maximum(exponents, least + 1) - bits
        nearest: Array = np.ldexp(np.rint(np.ldexp(given, -units)), units)
    return nearest.astype(given.dtype)
