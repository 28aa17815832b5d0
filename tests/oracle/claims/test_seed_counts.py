"""Counts over seeds: their p against SciPy's binomial test, and what decides."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from oracle.claims.seed_counts import counted, decided


@pytest.mark.parametrize("below", range(13))
def test_p_is_that_of_the_binomial_test(below: int) -> None:
    """One-sided, twelve pairs and two ties."""
    left = [0.0] * below + [2.0] * (12 - below) + [1.0, 1.0]
    found = counted(left, [1.0] * 14)
    assert (found.below, found.pairs) == (below, 12)
    assert found.favour == pytest.approx(binomtest(below, 12, alternative="greater").pvalue)
    assert found.against == pytest.approx(binomtest(below, 12, alternative="less").pvalue)


def test_few_seeds_decide_nothing() -> None:
    """Six of six have p = 1/64; seven of seven decide, either way round."""
    assert decided(counted([0.0] * 6, [1.0] * 6)) is None
    assert decided(counted([0.0] * 7, [1.0] * 7)) is True
    assert decided(counted([1.0] * 7, [0.0] * 7)) is False
