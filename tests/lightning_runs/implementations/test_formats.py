"""Rounding to a format, against exact rationals and against torch."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lightning_runs.implementations.formats import FORMATS, bits_of, rounded
from reference.exact import BINARY_FORMATS, round_to_format

NARROW = sorted(set(FORMATS) - {"float64"})


def test_formats_are_those_of_the_reference() -> None:
    """Bits and least exponent, written down a second time."""
    assert {name: (form.precision, form.min_exponent) for name, form in BINARY_FORMATS.items()} == FORMATS


@pytest.mark.parametrize("name", NARROW)
def test_rounding_is_to_nearest_ties_to_even(name: str) -> None:
    """Random numbers, ties, numbers a unit beside ties, and subnormal numbers, against exact rationals."""
    source, bits = np.random.default_rng(0), bits_of(name)
    significands = source.integers(2**bits, 2 ** (bits + 1), 200)
    ties = np.ldexp(2.0 * significands + 1, source.integers(-bits - 6, 2 - bits, 200))
    tiny = np.ldexp(source.uniform(-1, 1, 50), FORMATS[name][1] - 2)
    values = np.concatenate([source.normal(size=200), ties, np.nextafter(ties, 0), -ties, tiny, [0.0, -0.0]])
    expected = [float(round_to_format(Fraction(value), name)) for value in values]
    np.testing.assert_array_equal(rounded(values, name), expected)


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_float32_is_rounded_as_torch_rounds_it(name: str) -> None:
    """Random bits, infinities and NaN included."""
    torch = pytest.importorskip("torch")
    bits = np.random.default_rng(1).integers(0, 2**32, 4000, dtype=np.uint32)
    values = bits.view(np.float32)
    with np.errstate(invalid="ignore"):
        found = rounded(values, name)
    expected = torch.from_numpy(values.copy()).to(getattr(torch, name)).float().numpy()
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.float32


def test_what_holds_the_format_already_is_left_alone() -> None:
    """float32 numbers rounded to float32, or to float64, are themselves."""
    values = np.array([1 / 3, -2.5], np.float32)
    np.testing.assert_array_equal(rounded(values, "float32"), values)
    np.testing.assert_array_equal(rounded(values, "float64"), values)
