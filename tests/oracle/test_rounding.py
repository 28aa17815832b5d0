"""The rounding model: its bound holds for every admitted computation, and is not empty."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.records.candidate import Declaration
from oracle.rounding import RoundedArithmetic, RoundedArray

DTYPES = ("float16", "float32", "float64")
SEEDS = st.integers(0, 10**6)


def slack(result: RoundedArray, computed: np.ndarray) -> np.ndarray:
    """Return |computed − exact| / bound."""
    exact = result.value.hi.astype(np.longdouble) + result.value.lo
    return np.asarray(np.abs(computed.astype(np.longdouble) - exact) / result.bound(), dtype=float)


@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=SEEDS)
def test_elementwise_operations_stay_within_their_bound(dtype: str, seed: int) -> None:
    """a·b + c·a − b in any dtype, from recorded numbers."""
    numbers = np.random.default_rng(seed)
    a, b, c = (numbers.standard_normal((3, 8)).astype(dtype) for _ in range(3))
    arithmetic = RoundedArithmetic(Declaration(dtype=dtype))
    x, y, z = (arithmetic.recorded(values.astype(float)) for values in (a, b, c))
    assert slack(x * y + z * x - y, a * b + c * a - b).max() <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=SEEDS)
@settings(max_examples=40)
def test_matrix_products_stay_within_their_bound_in_any_order(dtype: str, seed: int) -> None:
    """Forward, backward, by halves and scaled before or after: all are admitted."""
    numbers = np.random.default_rng(seed)
    X, theta = numbers.standard_normal((4, 33)).astype(dtype), numbers.standard_normal(33).astype(dtype)
    arithmetic = RoundedArithmetic(Declaration(dtype=dtype))
    rows = [[Fraction(float(x)) for x in row] for row in X]
    result = arithmetic.times(arithmetic.matrix(rows), arithmetic.recorded(theta[None].astype(float)))
    forward = np.zeros(4, dtype=dtype)
    backward = np.zeros(4, dtype=dtype)
    for j in range(33):
        forward = forward + X[:, j] * theta[j]
        backward = backward + X[:, 32 - j] * theta[32 - j]
    thrice = np.asarray(X * X.dtype.type(3) @ theta / X.dtype.type(3), dtype=dtype)
    for computed in (forward, backward, (X * theta).sum(axis=1, dtype=dtype), thrice):
        assert slack(result, computed[None]).max() <= 1


def test_a_lower_precision_breaks_the_bound() -> None:
    """The bound of float32 does not admit float16 products: it is not empty."""
    numbers = np.random.default_rng(1)
    a, b = (numbers.standard_normal((1, 50)).astype(np.float32) for _ in range(2))
    arithmetic = RoundedArithmetic(Declaration(dtype="float32"))
    product = arithmetic.recorded(a.astype(float)) * arithmetic.recorded(b.astype(float))
    narrow = (a.astype(np.float16) * b.astype(np.float16)).astype(np.float32)
    assert slack(product, narrow).max() > 100


def test_numbers_the_dtype_holds_enter_exactly_and_others_by_half_a_unit() -> None:
    """1/4 carries no error in float32, 3/100 carries 2^-24 of its size."""
    arithmetic = RoundedArithmetic(Declaration(dtype="float32"))
    assert arithmetic.number(Fraction(1, 4)).error.item() == 0
    inexact = arithmetic.number(Fraction(3, 100)).error.item()
    assert inexact == pytest.approx(0.03 * 2.0**-24, rel=1e-6)


@pytest.mark.parametrize(("accumulate", "narrower"), [("float64", True), ("", False)])
def test_wider_sums_tighten_the_bound(accumulate: str, narrower: bool) -> None:
    """Declaring float64 accumulation of float32 products makes the bound smaller."""
    numbers = np.random.default_rng(2)
    rows = [[Fraction(float(np.float32(x))) for x in numbers.standard_normal(400)]]
    theta = numbers.standard_normal((1, 400)).astype(np.float32).astype(float)
    bounds = []
    for wide in ("", accumulate):
        arithmetic = RoundedArithmetic(Declaration(dtype="float32", accumulate=wide))
        bounds.append(arithmetic.times(arithmetic.matrix(rows), arithmetic.recorded(theta)).bound().item())
    assert (bounds[1] < bounds[0] / 2) is narrower
