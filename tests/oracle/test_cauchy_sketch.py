"""The sketch estimates sums of absolute values, and is too small as rarely as it says."""

from __future__ import annotations

import numpy as np
import pytest

from oracle.cauchy_sketch import cauchy_numbers, geometric_mean, sketched_share

ROWS = 48


def test_cauchy_numbers_have_their_quartiles() -> None:
    """Half of them lie between −1 and 1, a quarter above 1; none is 0."""
    numbers = cauchy_numbers(np.random.default_rng(1), (400, 500))
    assert (np.abs(numbers) < 1).mean() == pytest.approx(0.5, abs=0.005)
    assert (numbers > 1).mean() == pytest.approx(0.25, abs=0.005)
    assert (numbers != 0).all()


def test_geometric_mean_is_the_sum_of_absolute_values() -> None:
    """Of 1000 sketches of Σ|a_k| the median is that sum, to a few per cent, whatever the signs and sizes of a."""
    generator = np.random.default_rng(2)
    a = generator.standard_normal(60) * 10.0 ** generator.uniform(-6, 0, size=60)
    sketches = np.stack([cauchy_numbers(generator, (ROWS, 60)) @ a for _ in range(1000)], axis=1)
    ratio = geometric_mean(sketches)[0] / np.abs(a).sum()
    assert np.median(ratio) == pytest.approx(1, abs=0.03)
    assert np.quantile(ratio, 0.9) < 1.5


@pytest.mark.parametrize("probability", [0.1, 0.01])
def test_share_is_undercut_no_more_often_than_promised(probability: float) -> None:
    """P(Ê ≤ xE) ≤ p, measured at probabilities that can be measured, and not by orders less."""
    ratio = geometric_mean(cauchy_numbers(np.random.default_rng(3), (ROWS, 40_000)))[0]
    often = (ratio <= sketched_share(ROWS, probability)).mean()
    assert probability / 20 < often <= probability


def test_share_shrinks_with_the_probability() -> None:
    """At 10⁻¹⁵ and 48 rows a sketch is off by less than ten, upwards."""
    assert 0.1 < sketched_share(ROWS, 1e-15) < sketched_share(ROWS, 1e-3) < 1
