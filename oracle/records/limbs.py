"""Certified arrays as unevaluated exact sums of float64 arrays, and the distance of a candidate to them.

A value v is kept as float64 limbs, v ≈ Σ_i limbs[i]·2^limb_exponents[i]: limb 0 is the float64 nearest
to v, limb 1 the nearest to what remains, and so on until what remains is far below the grid that the
value was proved on.  What remains then goes into the radius.  Any number of digits, and
`candidate − golden` needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.records.fixed_point import (
    fixed_point,
    fraction_bits,
    join_limbs,
    nearest_limb,
    radius_above,
    ten_power_bits,
)
from reference.decimal_grid import GridArray, GridRow

__all__ = ["LimbArray", "difference", "from_grid", "to_grid"]

Floats = NDArray[np.float64]

_UNIT_ROUNDOFF = 2.0**-53
_LOW, _HIGH = -700, 1000  # binary exponents of remainders that float64 holds with room on both sides
_CHUNK = 8192  # values: seven work arrays of this length stay inside a second-level cache


@dataclass(frozen=True)
class LimbArray:
    """One observable: the true value lies within ± radius·2^radius_exponent of the sum of the limbs.

    Parameters
    ----------
    limbs : float64, shape (L, K) or (L, K, d)
        L ≥ 1 limbs of K rows (steps or times).
    limb_exponents : int64, shape (L,)
        The binary exponent of each limb; 0 wherever float64 holds the limb as it is.
    radius : float64, shape (K,) or (K, d)
        Rounded up; includes the bits cut off below the last limb.
    radius_exponent : int
        0 unless some radius is outside float64's range.

    Notes
    -----
    With w_i = limbs[i]·2^limb_exponents[i] and R_i = Σ_{j>i} w_j the splitting guarantees
    |R_i| ≤ max(u·|w_i|, 2^(limb_exponents[i] − 1075)), u = 2⁻⁵³; `difference` relies on it.
    """

    limbs: Floats
    limb_exponents: NDArray[np.int64]
    radius: Floats
    radius_exponent: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (K,) or (K, d)."""
        return self.radius.shape


def from_grid(grid: GridArray, digits: int = 0) -> LimbArray:
    """Split the values of a decimal grid into float64 limbs, exactly but for a stated remainder.

    Parameters
    ----------
    grid : GridArray
        K rows of equal length; scalar arrays give shape (K,), others (K, d).
    digits : int
        Rows whose values are all exact are split to this many digits relative to their largest
        magnitude, or to their unit if that is finer.  Other rows are split to 2⁻²⁰ of their unit.

    Returns
    -------
    LimbArray
        Encloses what the grid encloses.
    """
    bits = [fraction_bits(row, digits) for row in grid.rows]
    rest = [fixed_point(row, b) for row, b in zip(grid.rows, bits, strict=True)]
    limbs: list[Floats] = []
    exponents: list[int] = []
    while not limbs or any(map(any, rest)):
        exponent = _limb_exponent(rest, bits)
        parts = [nearest_limb(values, b + exponent) for values, b in zip(rest, bits, strict=True)]
        limbs.append(np.array([limb for limb, _ in parts], dtype=np.float64))
        exponents.append(exponent)
        rest = [remainder for _, remainder in parts]
    radius, radius_exponent = _radii(grid.rows, bits)
    shape = (len(grid.rows),) if grid.scalar else radius.shape
    stacked = np.array(limbs).reshape(len(limbs), *shape)
    return LimbArray(stacked, np.array(exponents, dtype=np.int64), radius.reshape(shape), radius_exponent)


def to_grid(golden: LimbArray, places: Sequence[int], half_units: Sequence[Sequence[int]]) -> GridArray:
    """Return the decimal grid that `golden` was split from: the multiple nearest to each sum of limbs.

    Parameters
    ----------
    golden : LimbArray
        K rows of finite limbs.
    places : sequence of int, shape (K,)
        Units 10^−places.
    half_units : sequence of sequences of int, shape (K, d), (K, 1) for scalars
        Radii in half units, carried over.
    """
    scalar = len(golden.shape) == 1
    count = golden.shape[0]
    by_row = golden.limbs.reshape(len(golden.limbs), count, 1 if scalar else -1)
    exponents = [int(e) for e in golden.limb_exponents]
    rows = []
    for k, (place, radii) in enumerate(zip(places, half_units, strict=True)):
        values, bits = join_limbs(list(by_row[:, k]), exponents)
        rows.append(GridRow(place, _round_to_unit(values, bits, place), tuple(radii)))
    return GridArray(tuple(rows), scalar)


def difference(candidate: NDArray[Any], golden: LimbArray) -> tuple[Floats, Floats]:
    """Return candidate − golden to nearly full float64 accuracy, and a bound on its error.

    Parameters
    ----------
    candidate : ndarray of float64, float32 or float16, shape of `golden`
        Upcast exactly.
    golden : LimbArray
        Encloses the true values t.

    Returns
    -------
    difference : float64, shape of `golden`
    error : float64, shape of `golden`
        |(candidate − t) − difference| ≤ error, always; infinite where `difference` is not finite.

    Raises
    ------
    ValueError
        If the shapes differ or the dtype is none of the three.

    Notes
    -----
    Let c be a candidate value, l and m the first two limbs.  In float64 arithmetic

        (s, e) = TwoDiff(c, l),   w = fl(e − m),   d = fl(s + w),

    s + e = c − l exactly (Knuth; Møller), so with u = 2⁻⁵³

        |d − (c − l − m)| ≤ u|w| + u|d|,

    and by the guarantee in `LimbArray` the limbs left out come to at most u|m| + floor.  The bound is
    u(|w| + |d| + |m|) + radius + floor.  Two limbs are enough: l is the float64 nearest to t, so no
    float64 is nearer to t than |t − l| ≈ |m|, and u|m| stays below about u|d|.  Each bound is itself
    computed in at most seven roundings, which the factor 1 + 2⁻⁴⁰ on u and the last factor 1 + 2⁻⁵⁰
    outweigh.  floor = 2⁻¹⁰⁰⁰ (more where a limb is scaled up) pays for underflow, gradual or, in a
    process that flushes subnormal numbers to zero, sudden.

    Source: TwoDiff is Knuth, TAOCP 2, 4.2.2, theorem B.
    """
    _check_comparable(candidate, golden)
    values = np.ascontiguousarray(candidate).reshape(-1)
    leading, floor = _leading_limbs(golden)
    radius = np.ravel(_scaled(golden.radius, golden.radius_exponent))
    result, error = np.empty(values.size), np.empty(values.size)
    work = np.empty((4, min(_CHUNK, values.size)))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for start in range(0, values.size, _CHUNK):
            part = slice(start, start + _CHUNK)
            buffers = work[:, : result[part].size]
            np.copyto(buffers[0], values[part])
            _distance(buffers, leading[0][part], leading[1][part], result[part], error[part])
            _widen(error[part], radius[part], floor, result[part])
    return result.reshape(golden.shape), error.reshape(golden.shape)


def _distance(work: Floats, first: Floats, second: Floats, result: Floats, error: Floats) -> None:
    """Write c − l − m and |w| + |d| + |m| of `difference`; work[0] holds c."""
    c, other, low, high = work
    np.subtract(c, first, out=result)  # s
    np.subtract(result, c, out=other)
    np.subtract(result, other, out=high)
    np.subtract(c, high, out=low)
    np.add(first, other, out=other)
    np.subtract(low, other, out=low)  # e
    np.subtract(low, second, out=low)  # w
    np.add(result, low, out=result)  # d
    np.abs(result, out=error)
    np.abs(low, out=low)
    np.add(error, low, out=error)
    np.abs(second, out=low)
    np.add(error, low, out=error)


def _widen(error: Floats, radius: Floats, floor: float, result: Floats) -> None:
    """Turn |w| + |d| + |m| into the bound of `difference`."""
    error *= _UNIT_ROUNDOFF * (1 + 2.0**-40)
    error += radius
    error *= 1 + 2.0**-50
    error += floor
    finite = np.isfinite(result)
    if not finite.all():
        error[~finite] = np.inf


def _leading_limbs(golden: LimbArray) -> tuple[list[Floats], float]:
    """Return the first two limbs at scale 0, flat, and the floor of the error bound."""
    exponents = [int(e) for e in golden.limb_exponents[:2]]
    limbs = [np.ravel(_scaled(limb, e)) for limb, e in zip(golden.limbs, exponents, strict=False)]
    if len(limbs) == 1:
        limbs.append(np.zeros_like(limbs[0]))
    return limbs, float(np.ldexp(1.0, max(0, *exponents, 0) - 1000))


def _scaled(values: Floats, exponent: int) -> Floats:
    if exponent == 0:
        return values
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(values, exponent)


def _check_comparable(candidate: NDArray[Any], golden: LimbArray) -> None:
    if candidate.dtype.kind != "f" or candidate.dtype.itemsize > 8:
        raise ValueError(
            f"`candidate` has dtype {candidate.dtype}; expected `float64`, `float32` or `float16`. "
            "Convert it to one of these without rounding."
        )
    if candidate.shape != golden.shape:
        raise ValueError(
            f"`candidate` has shape {candidate.shape}; the golden has {golden.shape}. "
            "Record the same steps and coordinates as the golden."
        )


def _limb_exponent(rest: Sequence[Sequence[int]], bits: Sequence[int]) -> int:
    """Return 0 where float64 holds the remainders, else what brings the largest into its range."""
    tops = [(max(map(abs, v)).bit_length() - b, b) for v, b in zip(rest, bits, strict=True) if any(v)]
    if not tops:
        return 0
    top = max(t for t, _ in tops)
    if top > _HIGH:
        return top - _HIGH
    holds_all = max(b for _, b in tops) <= 1074
    return 0 if holds_all or top > _LOW else top


def _radii(rows: Sequence[GridRow], bits: Sequence[int]) -> tuple[Floats, int]:
    """Return the radii of every row, rounded up, and their common exponent."""
    widest = [max(row.half_units, default=0) for row in rows]
    tops = [
        max(-b, w.bit_length() + ten_power_bits(-row.places)) if w else -b
        for row, b, w in zip(rows, bits, widest, strict=True)
    ]
    fits = max(bits, default=0) < 1000 and max(tops, default=0) < _HIGH
    exponent = 0 if fits else max(tops)
    radii = [_row_radii(row, b, exponent) for row, b in zip(rows, bits, strict=True)]
    return np.array(radii, dtype=np.float64).reshape(len(rows), -1), exponent


def _row_radii(row: GridRow, bits: int, exponent: int) -> list[float]:
    """Return one row's radii; exact values that lost nothing have radius 0."""
    known = {h: radius_above(h, row.places, bits, exponent) for h in set(row.half_units)}
    radii = [known[h] for h in row.half_units]
    if 0 in known:
        divisor = 5 ** max(row.places, 0)
        for i, h in enumerate(row.half_units):
            if h == 0 and row.integers[i] % divisor == 0:
                radii[i] = 0.0
    return radii


def _round_to_unit(values: Sequence[int], bits: int, places: int) -> tuple[int, ...]:
    """Return the integers nearest to V·2^−bits·10^places."""
    if places < 0:
        divisor = 10**-places << bits
        return tuple((2 * v + divisor) // (2 * divisor) for v in values)
    double = 10**places << 1
    half = 1 << bits
    return tuple((v * double + half) >> (bits + 1) for v in values)
