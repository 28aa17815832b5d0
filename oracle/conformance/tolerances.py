"""What literal tolerances say of a record: `assert_close` and `assert_allclose` with their defaults.

They are asked as people ask them, of the final iterate and of all recorded states, against the truth rounded once
to the format of the record: the best expectation that anyone could write down.  ``torch.testing.assert_close``
takes its tolerances from the dtype (float64: 10⁻⁷ relative and 10⁻⁷ absolute; float32: 1.3·10⁻⁶ and 10⁻⁵;
bfloat16: 1.6·10⁻² and 10⁻⁵), ``numpy.testing.assert_allclose`` is 10⁻⁷ relative for every dtype.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracle.error_free import DoubleDouble, Floats
from oracle.records.candidate import Array
from oracle.tensors import CONTAINERS, close_by_torch
from reference.exact import BINARY_FORMATS

__all__ = ["Tolerances", "rounded", "tolerances"]


@dataclass(frozen=True)
class Tolerances:
    """Whether each would have passed the record; None where it could not be asked.

    Parameters
    ----------
    torch_final, torch_all : bool or None
        `torch.testing.assert_close`.
    numpy_final, numpy_all : bool or None
        `numpy.testing.assert_allclose`.
    """

    torch_final: bool | None = None
    torch_all: bool | None = None
    numpy_final: bool | None = None
    numpy_all: bool | None = None


def tolerances(recorded: Array, truth: DoubleDouble, dtype: str) -> Tolerances:
    """Ask both of the final state and of all states.

    Parameters
    ----------
    recorded : ndarray, shape (K, D)
        Parameters joined, in the container of `dtype`.
    truth : DoubleDouble, shape (K, D)
    dtype : str
        The format of recorded numbers.
    """
    expected = rounded(truth, dtype).astype(CONTAINERS[dtype])
    return Tolerances(
        close_by_torch(recorded[-1], expected[-1], dtype),
        close_by_torch(recorded, expected, dtype),
        _close_by_numpy(recorded[-1], expected[-1]),
        _close_by_numpy(recorded, expected),
    )


def rounded(values: DoubleDouble, dtype: str) -> Floats:
    """Return the values rounded to nearest in a format, shape as they came; overflow gives infinity.

    A value within 2^−53 of itself from the midpoint of two neighbours may go to the wrong one.
    """
    form = BINARY_FORMATS[dtype]
    with np.errstate(all="ignore"):
        _, exponent = np.frexp(values.hi)
        unit = np.maximum(exponent, form.min_exponent + 1) - form.precision
        result: Floats = np.ldexp(np.rint(np.ldexp(values.hi, -unit)), unit)
    largest = np.ldexp(2.0 - 2.0 ** (1 - form.precision), form.max_exponent)
    result[np.abs(result) > largest] = np.inf
    return np.copysign(result, values.hi)


def _close_by_numpy(actual: Array, expected: Array) -> bool:
    try:
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(actual, expected)
    except AssertionError:
        return False
    return True
