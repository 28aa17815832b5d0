"""The generated regression: exact in float32, normally distributed, and the same everywhere.

The statistical bounds fail a correct generator with probability at most e^−20 = 2·10^−9 each; the
seeds are fixed, so a test that passes once passes always.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import erfc, log, sqrt
from statistics import NormalDist
from typing import Any

import mpmath
import numpy as np
import pytest

from oracle.sparse_regression import SparseRegression, SparseRegressionError, _thresholds, generate

DOUBT = 20  # −log of the probability that a correct generator fails a bound
SAMPLES = 200_000
STEP = 1 / 256  # the grid of X for scale 1
STORED = "92600369aa6ea70307a2e4f308508784085dd5af756180760da1b7a6c982ab8d"


@pytest.fixture(scope="module")
def normals() -> np.ndarray:
    """200,000 entries of one X with scale 1, as doubles (which hold them exactly)."""
    X = generate(200, 1000, 1, seed=11).X
    return np.array([[float(entry) for entry in row] for row in X]).ravel()


@pytest.mark.parametrize("ratio", [Fraction(256), Fraction(768, 5), Fraction(1)])
def test_thresholds_are_the_normal_distribution_to_64_bits(ratio: Fraction) -> None:
    """Each is the integer nearest to 2^64 Φ((k + ½)/ratio), Φ from mpmath at 60 digits."""
    thresholds = _thresholds(ratio)
    half = len(thresholds) // 2
    with mpmath.workdps(60):
        edges = (mpmath.mpf(2 * k + 1) / 2 * ratio.denominator / ratio.numerator for k in range(-half, half))
        assert list(thresholds) == [int(mpmath.nint(2**64 * mpmath.ncdf(edge))) for edge in edges]


def test_thresholds_leave_out_only_what_64_bits_cannot_hit() -> None:
    """Past the last threshold Φ rounds to 2^64, so no draw lies beyond it."""
    half = len(_thresholds(Fraction(256))) // 2
    with mpmath.workdps(60):
        assert mpmath.nint(2**64 * mpmath.ncdf(mpmath.mpf(2 * half + 1) / 512)) == 2**64


@pytest.mark.parametrize(
    ("n", "d", "nonzeros", "scale"),
    [
        (40, 100, 5, Fraction(1)),
        (10, 64, 64, Fraction(3, 10)),
        (5, 1000, 1000, Fraction(1)),
        (3, 4, 2, Fraction(1, 3**40)),
        (3, 4, 2, Fraction(10**30)),
    ],
)
def test_generate_is_exact_in_float32(n: int, d: int, nonzeros: int, scale: Fraction) -> None:
    """Every number of X, y and θ* survives numpy's float32 unchanged."""
    problem = generate(n, d, nonzeros, 3, scale)
    for number in _numbers(problem):
        assert Fraction(float(np.float32(float(number)))) == number


def test_generate_makes_the_grid_coarser_where_the_targets_need_it() -> None:
    """With 20,000 non-zeros y has a standard deviation of 141: θ* leaves the grid of 2^−8."""
    problem = generate(20, 20_000, 20_000, seed=0)
    units = {entry.denominator for entry in problem.truth}
    assert max(units) < 256
    assert all(Fraction(float(np.float32(float(target)))) == target for target in problem.y)


def test_generate_has_targets_that_are_the_product() -> None:
    """y = X θ* in rational arithmetic."""
    problem = generate(7, 30, 6, seed=5, scale=Fraction(2, 7))
    for row, target in zip(problem.X, problem.y, strict=True):
        assert target == sum(x * theta for x, theta in zip(row, problem.truth, strict=True))


@pytest.mark.parametrize(("d", "nonzeros"), [(1, 1), (30, 6), (50, 50)])
def test_generate_has_as_many_nonzeros_as_asked(d: int, nonzeros: int) -> None:
    """θ* has exactly `nonzeros` coordinates different from zero, also where every draw must count."""
    for seed in range(20):
        assert sum(entry != 0 for entry in generate(1, d, nonzeros, seed).truth) == nonzeros


def test_generate_gives_the_same_rows_whatever_the_truth() -> None:
    """X depends on the sizes, the seed and the scale alone."""
    assert generate(6, 9, 2, seed=4).X == generate(6, 9, 7, seed=4).X


def test_generate_gives_other_numbers_for_another_seed() -> None:
    """Seeds 4 and 5 share neither X nor the truth."""
    one, other = generate(6, 9, 2, seed=4), generate(6, 9, 2, seed=5)
    assert one.X != other.X
    assert one.truth != other.truth


def test_generate_repeats_no_stretch_of_its_stream(normals: np.ndarray) -> None:
    """No six entries in a row occur twice: the counter moves and no digest is used again."""
    stretches = {tuple(normals[start : start + 6]) for start in range(SAMPLES - 5)}
    assert len(stretches) == SAMPLES - 5


@pytest.mark.parametrize(("n", "d", "nonzeros", "seed"), [(40, 100, 5, 0), (3, 5, 4, 2**64 - 1)])
def test_generate_agrees_with_a_second_generator(n: int, d: int, nonzeros: int, seed: int) -> None:
    """Written from the description alone, with the inverse normal distribution of the stdlib in doubles."""
    problem = generate(n, d, nonzeros, seed)
    bits = _second_bits(f"X {n} {d} {seed}")
    assert [entry for row in problem.X for entry in row] == [_second_normal(next(bits)) for _ in range(n * d)]
    order, bits = list(range(d)), _second_bits(f"positions {n} {d} {nonzeros} {seed}")
    support = []
    for i in range(nonzeros):
        j = i + next(bits) % (d - i)  # a redraw has probability d/2^64
        support.append(order[j])
        order[j] = order[i]
    drawn = filter(None, map(_second_normal, _second_bits(f"truth {n} {d} {nonzeros} {seed}")))
    assert {j: problem.truth[j] for j in sorted(support)} == dict(zip(sorted(support), drawn, strict=False))


def test_generate_gives_the_stored_problem() -> None:
    """The digest of n = 40, d = 100, 5 non-zeros, seed 0 that every Python and machine must reproduce.

    Made by CPython 3.11 and confirmed by 3.12 and 3.13; the second generator above confirms what
    it stands for.
    """
    problem = generate(40, 100, 5, seed=0)
    text = json.dumps([[str(entry) for entry in row] for row in (*problem.X, problem.y, problem.truth)])
    assert hashlib.sha256(text.encode()).hexdigest() == STORED


def test_generate_has_mean_zero(normals: np.ndarray) -> None:
    """|mean of N normals| ≤ √(2x/N) but for probability 2e^−x; rounding moves each by ≤ h/2."""
    assert abs(normals.mean()) <= sqrt(2 * DOUBT / SAMPLES) + STEP / 2


def test_generate_has_variance_one(normals: np.ndarray) -> None:
    """The sum of squares lies in the chi-square bounds."""
    assert _variance_holds(normals)


def test_generate_has_variance_of_its_scale() -> None:
    """Dividing X of scale 3/10 by 3/10 gives variance 1."""
    X = generate(200, 1000, 1, seed=12, scale=Fraction(3, 10)).X
    assert _variance_holds(np.array([[float(entry) for entry in row] for row in X]).ravel() / 0.3)


def test_generate_has_uncorrelated_neighbours(normals: np.ndarray) -> None:
    """(z_i ± z_{i+1})/√2 of disjoint pairs are normal with variance 1 again."""
    even, odd = normals[::2], normals[1::2]
    for combined in (even + odd, even - odd):
        assert _variance_holds(combined / sqrt(2))


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_variance_bounds_refuse_a_wrong_scale(normals: np.ndarray, factor: float) -> None:
    """The planted fault: entries five per cent too large or too small."""
    assert not _variance_holds(factor * normals)


@pytest.mark.parametrize("beyond", [0.5, 1.0, 2.0, 3.0, 4.0])
def test_generate_has_normal_tails(normals: np.ndarray, beyond: float) -> None:
    """The count of |z| above t is binomial with p = 2(1 − Φ(t)) on both sides alike."""
    assert _count_holds(normals > beyond, 0.5 * erfc((beyond + STEP / 2) / sqrt(2)))
    assert _count_holds(normals < -beyond, 0.5 * erfc((beyond + STEP / 2) / sqrt(2)))


def test_tail_bounds_refuse_a_uniform_distribution(normals: np.ndarray) -> None:
    """The planted fault: uniform numbers of mean 0 and variance 1, which end at √3."""
    uniform = np.array([sqrt(12) * (NormalDist().cdf(z) - 0.5) for z in normals])
    assert _variance_holds(uniform)
    assert not _count_holds(uniform > 2.0, 0.5 * erfc(2 / sqrt(2)))


def test_generate_puts_nonzeros_everywhere_alike() -> None:
    """Over 3000 seeds each of 10 positions is non-zero a binomial number of times, p = 3/10."""
    supports = np.array([[entry != 0 for entry in generate(1, 10, 3, seed).truth] for seed in range(3000)])
    for position in range(10):
        assert _count_holds(supports[:, position], 0.3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 5, 1, 0), "`n` is 0 and `d` is 5; expected both to be at least 1"),
        ((3, 5, 6, 0), "`nonzeros` is 6; expected 1 to `d` = 5"),
        ((3, 5, 0, 0), "`nonzeros` is 0; expected 1 to `d` = 5"),
        ((3, 5, 1, -1), "`seed` is -1; expected an integer of at least 0"),
        ((3, 5, 1, 0, Fraction(0)), "`scale` is 0; expected a number greater than 0"),
        ((3, 5, 1, 0, Fraction(1, 2**142)), "`scale` near 2.-142 .* float32 cannot hold exactly"),
        ((3, 5, 1, 0, Fraction(2**128)), "`scale` near 2.128 .* float32 cannot hold exactly"),
    ],
)
def test_generate_refuses_what_it_cannot_make(arguments: tuple[Any, ...], message: str) -> None:
    """Sizes out of range and scales outside float32 are named."""
    with pytest.raises(SparseRegressionError, match=message):
        generate(*arguments)


def _numbers(problem: SparseRegression) -> Iterator[Fraction]:
    for row in (*problem.X, problem.y, problem.truth):
        yield from row


def _second_bits(stream: str) -> Iterator[int]:
    counter = 0
    while True:
        message = (
            b"momentum-oracle/sparse-regression/1 " + stream.encode() + b" " + counter.to_bytes(8, "big")
        )
        digest = hashlib.sha256(message).digest()
        for word in range(4):
            yield int.from_bytes(digest[8 * word : 8 * word + 8], "big")
        counter += 1


def _second_normal(bits: int) -> Fraction:
    """Return Φ^−1(U/2^64) rounded to 1/256; doubles decide unless they land near a half-way point."""
    fine = 256 * NormalDist().inv_cdf((bits + 0.5) / 2**64)
    assert abs(fine - round(fine)) < 0.5 - 1e-6
    return Fraction(round(fine), 256)


def _variance_holds(values: Sequence[float] | np.ndarray) -> bool:
    """Tell whether Σ z² is a chi-square sum of N terms but for probability 2e^−x.

    N − 2√(Nx) ≤ χ² ≤ N + 2√(Nx) + 2x (Laurent and Massart 2000, lemma 1); rounding by at most h/2
    moves the norm √χ² by at most √N h/2, and h ≤ 2/256 whatever the scale.
    """
    N = len(values)
    norm, slack = sqrt(float(np.square(values).sum())), sqrt(N) * STEP
    lower = sqrt(N - 2 * sqrt(N * DOUBT)) - slack
    upper = sqrt(N + 2 * sqrt(N * DOUBT) + 2 * DOUBT) + slack
    return lower <= norm <= upper


def _count_holds(hits: np.ndarray, p: float) -> bool:
    """Tell whether a binomial count is credible: N KL(count/N, p) ≤ x + log 2 (Chernoff)."""
    N, q = len(hits), float(hits.mean())
    divergence = (q * log(q / p) if q else 0.0) + ((1 - q) * log((1 - q) / (1 - p)) if q < 1 else 0.0)
    return N * divergence <= DOUBT + log(2)
