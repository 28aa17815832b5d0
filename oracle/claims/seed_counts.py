"""Claims about figures with many seeds: counts, and the exact sign test that says what a count is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from oracle.claims.evidence import Check, Grade, Role

__all__ = ["SMALL", "SeedCount", "count_check", "counted", "decided"]

SMALL = 0.01  # a smaller p decides


@dataclass(frozen=True)
class SeedCount:
    """In how many of the seeds the first of two paired numbers was the smaller; ties are in neither.

    Parameters
    ----------
    below, pairs : int
    favour, against : float
        p of the exact binomial sign test: so many or more, so few or fewer, by tossing a coin.
    """

    below: int
    pairs: int
    favour: float
    against: float


def counted(left: Sequence[float], right: Sequence[float]) -> SeedCount:
    """Return the count of left < right, seed by seed."""
    below = sum(a < b for a, b in zip(left, right, strict=True))
    pairs = sum(a != b for a, b in zip(left, right, strict=True))
    ways = [comb(pairs, k) for k in range(pairs + 1)]
    return SeedCount(below, pairs, sum(ways[below:]) / 2**pairs, sum(ways[: below + 1]) / 2**pairs)


def decided(count: SeedCount) -> bool | None:
    """Return whether a count decides for, against, or not at all."""
    if count.favour < SMALL:
        return True
    return False if count.against < SMALL else None


def count_check(
    role: Role, count: SeedCount, asked: str, instance: str, recomputed: tuple[bool, str]
) -> Check:
    """Return the answer of a count over trained seeds, confirmed where some of them were recomputed.

    Parameters
    ----------
    role : Role
    count : SeedCount
    asked, instance : str
    recomputed : (bool, str)
        Whether the recomputed seeds have the stored numbers, and by what they were recomputed.
    """
    met, method = recomputed
    p = min(count.favour, count.against)
    return Check(
        role=role,
        holds=decided(count) if met else None,
        asked=asked,
        found=f"in {count.below} of {count.pairs} seeds (sign test p = {p:.1g}); stored numbers "
        f"{'met' if met else 'missed'} by {method}",
        instance=instance,
        grade=Grade.CONFIRMED,
        methods=("the Lightning trainer in float64", method),
        instances=count.pairs,
    )
