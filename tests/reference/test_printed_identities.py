"""Paper 003's discrete identities as printed: where they hold and where they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from mpmath import mp, mpf

from reference.bias_identities import Elementary, Weights, signed_weights
from reference.case import Case, Regression
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.objective import objective_of
from reference.printed_identities import (
    balancedness_as_printed,
    excess_sums_as_printed,
    perturbed_start_as_printed,
)
from reference.trajectory import start_of, states

FUNCTIONS = Elementary(lambda x: mp.log(abs(x)), mp.exp, lambda x: bool(x == 0))
STEPS = 700  # by then both runs below are at rest to 25 digits
CLOSE = 1e-20
X = ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(0), Fraction(1), Fraction(3, 4)))
BATCHES = ((0,), (1,), (0, 1))
KICK = {"u": (Fraction(1, 3), Fraction(0), Fraction(1, 9)), "v": (Fraction(1, 7),) * 3}


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    with mpmath_precision(160):
        yield


def wide(make_case: Callable[..., Case], scale: Fraction = Fraction(1), **changes: Any) -> Case:
    """Return heavy ball on two rows in three dimensions, with targets scaled."""
    case = make_case("heavy_ball", "hadamard", momentum=Fraction(1, 2), **changes)
    start = {"u": (Fraction(1), Fraction(5, 4), Fraction(3, 4)), "v": (Fraction(1, 4),) * 3}
    return replace(case, problem=Regression(X, (scale, -scale / 2), "half_sum_square"), init=start)


def path_of(case: Case, steps: int = STEPS) -> list[Weights]:
    """Return the paper's w_0, w_1, …: the start less its momentum, the start, and so on."""
    arithmetic = MpmathArithmetic()
    sizes = objective_of(case, arithmetic).sizes
    start = start_of(case, arithmetic)
    positions = [start.position - start.momentum]
    positions += [state.position for state in islice(states(case, arithmetic), steps)]
    return [signed_weights(case.model, arithmetic.split(position, sizes)) for position in positions]


def sums_of(case: Case, path: list[Weights]) -> Weights:
    """Return the printed S±."""
    mu = MpmathArithmetic().number(case.method.momentum)
    return excess_sums_as_printed(path, mu, mpf(1), FUNCTIONS)


def mismatch(case: Case) -> Any:
    """Return how far the printed Δ_∞ is from the one the run reaches."""
    path = path_of(case)
    said = balancedness_as_printed(path[0], sums_of(case, path), FUNCTIONS)
    found = path[-1].plus * path[-1].minus
    return max(abs(a - abs(b)) for a, b in zip(said, found, strict=True))


@pytest.mark.parametrize("batches", [(), BATCHES], ids=["every sample", "minibatches"])
def test_printed_balancedness_holds_from_rest(
    make_case: Callable[..., Case], batches: tuple[tuple[int, ...], ...]
) -> None:
    """From p0 = 0 the printed S± and Δ_∞ are exact in the limit (Q14)."""
    assert mismatch(wide(make_case, batches=batches)) < CLOSE


def test_printed_start_holds_from_rest(make_case: Callable[..., Case]) -> None:
    """From p0 = 0, asinh(2θ_∞/Δ_∞) − asinh(2θ̃_0/Δ_∞) has no part in the kernel of X (Q14)."""
    path = path_of(wide(make_case))
    sums = sums_of(wide(make_case), path)
    quarter = mpf(1) / 4
    start = perturbed_start_as_printed(path[0], sums, quarter, FUNCTIONS)
    end = quarter * (path[-1].plus * path[-1].plus - path[-1].minus * path[-1].minus)
    delta = [abs(x) for x in path[-1].plus * path[-1].minus]
    gain = [mp.asinh(2 * e / d) - mp.asinh(2 * s / d) for e, s, d in zip(end, start, delta, strict=True)]
    kernel = [mpf(5) / 8, mpf(-3) / 4, mpf(1)]
    assert abs(sum(k * g for k, g in zip(kernel, gain, strict=True))) < CLOSE
    assert max(map(abs, gain)) > 0.01


def test_printed_balancedness_fails_with_initial_momentum(make_case: Callable[..., Case]) -> None:
    """With p0 ≠ 0 the printed Δ_∞ lacks a boundary term and misses by far."""
    assert mismatch(wide(make_case, p0=KICK)) > 1e-3


def test_sums_are_positive_where_no_sign_changes(make_case: Callable[..., Case]) -> None:
    """From rest and without a change of sign, S± > 0 and Δ_∞ < Δ_0 (Q15)."""
    case = wide(make_case)
    path = path_of(case, 60)
    assert all(a * b > 0 for w in path for a, b in zip(w.plus, path[0].plus, strict=True))
    assert all(a * b > 0 for w in path for a, b in zip(w.minus, path[0].minus, strict=True))
    sums = sums_of(case, path)
    assert all(s > 0 for s in [*sums.plus, *sums.minus])


def test_balancedness_grows_where_signs_change(make_case: Callable[..., Case]) -> None:
    """Large targets and momentum: w₋ changes its sign, some S₊ + S₋ is negative and Δ grows."""
    case = wide(make_case, scale=Fraction(2))
    case = replace(
        case,
        init={"u": (Fraction(1, 2),) * 3, "v": (Fraction(1, 8),) * 3},
        method=replace(case.method, momentum=Fraction(9, 10), step_size=Fraction(1, 20)),
    )
    path = path_of(case, 400)
    sums = sums_of(case, path)
    grown = [j for j, s in enumerate(sums.plus + sums.minus) if s < 0]
    assert grown
    ends = [abs(w.plus.entries[grown[0]] * w.minus.entries[grown[0]]) for w in (path[0], path[-1])]
    assert ends[1] > ends[0]
