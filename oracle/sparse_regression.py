"""A random sparse regression that is the same, bit for bit, on every machine.

Rows x_i ~ N(0, scale² I), a truth θ* with few non-zero coordinates ~ N(0, 1), targets y = X θ*, where
X and θ* lie on dyadic grids so coarse that X, θ* and y are exact in float32.

No library's `normal()` and no binary float takes part: both change with versions and machines.
Random bits are SHA-256 of a label and a counter, a normal number is where 64 such bits fall among
the cumulative probabilities of the grid, and those come from a power series in integers.
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import count, islice
from math import isqrt

__all__ = ["SparseRegression", "SparseRegressionError", "generate"]

LABEL = "momentum-oracle/sparse-regression/1"  # a change to anything below needs a new label
GRID_BITS = 8  # of X and, at first, of θ*: steps of 2^−8 for scale 1
UNIFORM_BITS = 64
SERIES_BITS = 160  # 64 wanted, 62 cancelled where the series alternates at x = 9.2, 34 to spare

FLOAT32_INTEGERS = 1 << 24  # every integer up to here is exact in float32
FLOAT32_MIN_EXPONENT = -149  # its numbers are multiples of 2^−149
FLOAT32_END_EXPONENT = 128  # and lie below 2^128


class SparseRegressionError(ValueError):
    """The sizes asked for give no problem, or none that is exact in float32."""


@dataclass(frozen=True)
class SparseRegression:
    """A generated problem, each number exact in float32.

    Parameters
    ----------
    X : tuple of n rows, each a tuple of d rationals
    y : tuple of n rationals
        X times `truth`, exactly.
    truth : tuple of d rationals
        θ*.
    """

    X: tuple[tuple[Fraction, ...], ...]
    y: tuple[Fraction, ...]
    truth: tuple[Fraction, ...]


@dataclass(frozen=True)
class Grid:
    """Integers that stand for multiples of 2^exponent."""

    integers: Sequence[int]
    exponent: int

    def exact_in_float32(self) -> bool:
        """Tell whether every multiple is a float32 number: |m| ≤ 2^24 and no over- or underflow."""
        largest = max((abs(m) for m in self.integers), default=0)
        return (
            largest <= FLOAT32_INTEGERS
            and self.exponent >= FLOAT32_MIN_EXPONENT
            and largest.bit_length() + self.exponent <= FLOAT32_END_EXPONENT
        )

    def rationals(self) -> list[Fraction]:
        """Return the multiples themselves."""
        unit = Fraction(2) ** self.exponent
        known = {m: m * unit for m in set(self.integers)}
        return [known[m] for m in self.integers]


def generate(n: int, d: int, nonzeros: int, seed: int, scale: Fraction = Fraction(1)) -> SparseRegression:
    """Return the sparse regression of these sizes and this seed.

    With scale = ρ 2^E and ½ < ρ ≤ 1, each entry of X is 2^(E−8) · round(2^8 ρ z), z ~ N(0, 1).  The
    non-zero coordinates of θ* are 2^−t · round(2^t z), drawn again while zero, at positions drawn
    without replacement.  The grid of θ* starts at t = 8 and is made coarser only as far as y needs
    to be exact in float32; below a thousand non-zeros that is hardly ever.

    Parameters
    ----------
    n, d : int
        Rows and columns, at least 1.
    nonzeros : int
        Non-zero coordinates of θ*, 1 ≤ nonzeros ≤ d.
    seed : int
        Any integer ≥ 0; X does not depend on `nonzeros`.
    scale : Fraction
        Standard deviation of the entries of X, positive.

    Returns
    -------
    SparseRegression

    Raises
    ------
    SparseRegressionError
        If a size is out of range, or `scale` is so large or small that float32 cannot hold the
        result.
    """
    _check(n, d, nonzeros, seed, scale)
    entries = _entries(n, d, seed, scale)
    support = _positions(f"positions {n} {d} {nonzeros} {seed}", nonzeros, d)
    for bits in range(GRID_BITS, -1, -1):
        truth = Grid(_truth(f"truth {n} {d} {nonzeros} {seed}", support, d, bits), -bits)
        targets = Grid(_products(entries.integers, truth.integers, support, d), entries.exponent - bits)
        if all(grid.exact_in_float32() for grid in (entries, truth, targets)):
            return _assembled(entries, targets, truth, d)
    raise SparseRegressionError(
        f"`scale` near 2^{_ceiling_log2(scale)} with {nonzeros} `nonzeros` gives numbers that float32 "
        "cannot hold exactly; choose a `scale` between 2^-100 and 2^100, or fewer `nonzeros`"
    )


def _entries(n: int, d: int, seed: int, scale: Fraction) -> Grid:
    """Return X, row after row."""
    exponent = _ceiling_log2(scale)
    ratio = scale / Fraction(2) ** exponent * 2**GRID_BITS
    drawn = _normal_integers(f"X {n} {d} {seed}", ratio)
    return Grid(list(islice(drawn, n * d)), exponent - GRID_BITS)


def _check(n: int, d: int, nonzeros: int, seed: int, scale: Fraction) -> None:
    if n < 1 or d < 1:
        raise SparseRegressionError(f"`n` is {n} and `d` is {d}; expected both to be at least 1")
    if not 1 <= nonzeros <= d:
        raise SparseRegressionError(f"`nonzeros` is {nonzeros}; expected 1 to `d` = {d}")
    if seed < 0:
        raise SparseRegressionError(f"`seed` is {seed}; expected an integer of at least 0")
    if scale <= 0:
        raise SparseRegressionError(f"`scale` is {scale}; expected a number greater than 0")


def _assembled(entries: Grid, targets: Grid, truth: Grid, d: int) -> SparseRegression:
    flat = entries.rationals()
    rows = tuple(tuple(flat[start : start + d]) for start in range(0, len(flat), d))
    return SparseRegression(rows, tuple(targets.rationals()), tuple(truth.rationals()))


def _truth(label: str, support: Sequence[int], d: int, bits: int) -> list[int]:
    """Return θ* in units of 2^−bits: zero off the support, never zero on it."""
    drawn = (m for m in _normal_integers(label, Fraction(2**bits)) if m)
    truth = [0] * d
    for position in support:
        truth[position] = next(drawn)
    return truth


def _products(entries: Sequence[int], truth: Sequence[int], support: Sequence[int], d: int) -> list[int]:
    """Return X θ* in units of the product of both grids."""
    return [sum(entries[start + j] * truth[j] for j in support) for start in range(0, len(entries), d)]


def _positions(label: str, nonzeros: int, d: int) -> list[int]:
    """Return `nonzeros` different indices below d, every set of them equally likely (Fisher-Yates)."""
    bits = _uniform_bits(label)
    order = list(range(d))
    for i in range(nonzeros):
        j = i + _below(d - i, bits)
        order[i], order[j] = order[j], order[i]
    return sorted(order[:nonzeros])


def _below(bound: int, bits: Iterator[int]) -> int:
    """Return an integer in [0, bound), all equally likely: bits past the last full round are redrawn."""
    full_rounds = (1 << UNIFORM_BITS) // bound * bound
    return next(drawn for drawn in bits if drawn < full_rounds) % bound


def _normal_integers(label: str, ratio: Fraction) -> Iterator[int]:
    """Yield round(ratio · z) for independent z ~ N(0, 1), without end."""
    thresholds = _thresholds(ratio)
    middle = len(thresholds) // 2
    for drawn in _uniform_bits(label):
        yield bisect_right(thresholds, drawn) - middle


def _uniform_bits(label: str) -> Iterator[int]:
    """Yield 64-bit integers: SHA-256 of label and counter, four to a digest, most significant byte first."""
    keyed = hashlib.sha256(f"{LABEL} {label} ".encode("ascii"))
    counter = 0
    while True:
        block = keyed.copy()
        block.update(counter.to_bytes(8, "big"))
        yield from struct.unpack(">4Q", block.digest())
        counter += 1


@lru_cache(maxsize=16)
def _thresholds(ratio: Fraction) -> tuple[int, ...]:
    """Return where the 64-bit integers are cut: round(2^64 Φ((k + ½)/ratio)) for every integer k.

    A draw U stands for the integer k with threshold_{k−1} ≤ U < threshold_k.  The list is symmetric and
    ends where the threshold rounds to 2^64, at 9.2 standard deviations.
    """
    upper = []
    for k in count():
        threshold = _scaled_normal_cdf(Fraction(2 * k + 1, 2) / ratio)
        if threshold == 1 << UNIFORM_BITS:
            break
        upper.append(threshold)
    lower = [(1 << UNIFORM_BITS) - threshold for threshold in reversed(upper)]
    return (*lower, *upper)


def _scaled_normal_cdf(x: Fraction) -> int:
    """Return round(2^64 Φ(x)) for 0 ≤ x ≤ 10.

    Φ(x) = ½ + (1/√(2π)) Σ_j (−1)^j x^(2j+1) / (2^j j! (2j+1)), summed in units of 2^−160.

    Source
    ------
    DLMF 7.6.1 with erf(x/√2) = 2Φ(x) − 1.
    """
    term = total = (x.numerator << SERIES_BITS) // x.denominator
    square = term * term >> SERIES_BITS
    j = 1
    while term:
        term = -(term * square >> SERIES_BITS) // (2 * j)
        total += term // (2 * j + 1)
        j += 1
    excess = (total << SERIES_BITS) // _sqrt_two_pi()
    half_unit = 1 << (SERIES_BITS - UNIFORM_BITS - 1)
    return (1 << (UNIFORM_BITS - 1)) + ((excess + half_unit) >> (SERIES_BITS - UNIFORM_BITS))


@lru_cache(maxsize=1)
def _sqrt_two_pi() -> int:
    """Return √(2π) in units of 2^−160, π by Machin: π/4 = 4 arctan(1/5) − arctan(1/239)."""
    guard = 32
    one = 1 << (SERIES_BITS + guard)
    pi = 4 * (4 * _arctan_inverse(5, one) - _arctan_inverse(239, one))
    return isqrt(2 * pi << (SERIES_BITS - guard))


def _arctan_inverse(m: int, one: int) -> int:
    """Return arctan(1/m) = Σ_j (−1)^j / ((2j+1) m^(2j+1)) in units of 1/one."""
    power = total = one // m
    j = 1
    while power:
        power //= -(m * m)
        total += power // (2 * j + 1)
        j += 1
    return total


def _ceiling_log2(value: Fraction) -> int:
    """Return E with 2^(E−1) < value ≤ 2^E, for value > 0."""
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    while Fraction(2) ** exponent < value:
        exponent += 1
    while Fraction(2) ** (exponent - 1) >= value:
        exponent -= 1
    return exponent
