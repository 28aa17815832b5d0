"""Literal tolerances, asked as people ask them; the rounding of what they are asked against."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from oracle.conformance.tolerances import Tolerances, rounded, tolerances
from oracle.error_free import DoubleDouble


def exactly(*values: float) -> DoubleDouble:
    """Return a truth of one coordinate, a row for each value."""
    return DoubleDouble.exactly(np.array(values)[:, None])


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        ("bfloat16", 1 + 2**-8, 1.0),  # halfway, to even
        ("bfloat16", 1 + 3 * 2**-8, 1 + 2**-6),
        ("bfloat16", -(1 + 2**-8 + 2**-20), -(1 + 2**-7)),
        ("float32", 1 + 2**-24, 1.0),
        ("float32", 2.0**-149 * 0.75, 2.0**-149),  # subnormal
        ("float64", 0.1, 0.1),
        ("bfloat16", 3.4e38, np.inf),
        ("float32", -1e39, -np.inf),
        ("bfloat16", 0.0, 0.0),
    ],
)
def test_rounding_goes_to_the_nearest_number(dtype: str, value: float, expected: float) -> None:
    """Ties to even, subnormal numbers and overflow as IEEE 754 says."""
    assert rounded(exactly(value), dtype)[0, 0] == expected


def test_rounding_to_float32_is_numpys() -> None:
    """On random numbers of many sizes."""
    numbers = np.random.default_rng(1).standard_normal((500, 1))
    values = np.ldexp(numbers, np.arange(-140, 110).repeat(2)[:, None])
    assert (rounded(DoubleDouble.exactly(values), "float32") == values.astype(np.float32)).all()


@pytest.mark.parametrize(
    ("dtype", "off", "torch_says", "numpy_says"),
    [
        ("float64", 5e-8, True, True),
        ("float64", 1.5e-7, True, False),  # torch: 1e-7 relative and 1e-7 absolute
        ("float64", 3e-7, False, False),
        ("float32", 5e-6, True, False),
        ("float32", 3e-5, False, False),
        ("bfloat16", 2**-7, True, False),
        ("bfloat16", 2**-5, False, False),
    ],
)
def test_defaults_are_those_of_the_libraries(
    dtype: str, off: float, torch_says: bool, numpy_says: bool
) -> None:
    """An error of `off` at 1, against the documented tolerances of each dtype."""
    pytest.importorskip("torch")
    container = np.float64 if dtype == "float64" else np.float32
    found = tolerances(np.array([[1.0 + off]], dtype=container), exactly(1.0), dtype)
    assert found == Tolerances(torch_says, torch_says, numpy_says, numpy_says)


def test_final_iterate_and_all_states_are_asked_apart() -> None:
    """A run that is wrong on its way and arrives: the final iterate says nothing of it."""
    pytest.importorskip("torch")
    found = tolerances(np.array([[1.0], [0.7], [1.0]]), exactly(1.0, 0.5, 1.0), "float64")
    assert found == Tolerances(torch_final=True, torch_all=False, numpy_final=True, numpy_all=False)


def test_without_torch_only_numpy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without torch leaves its column empty."""
    monkeypatch.setitem(sys.modules, "torch", None)
    found = tolerances(np.array([[1.0]]), exactly(1.0), "float64")
    assert found == Tolerances(None, None, True, True)
