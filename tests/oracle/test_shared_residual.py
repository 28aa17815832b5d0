"""The ceiling of the shared residual: whatever values within their doubts it is computed from, never too low."""

from __future__ import annotations

import numpy as np
import pytest

from oracle import shared_residual
from oracle.error_free import Floats
from oracle.objectives import Evaluation
from oracle.rounding import DRIFT, NONE
from oracle.shared_residual import shared_ratio

DOUBT = 2.0**-20
ROWS, PAIRS = 40, 50
Weighted = list[tuple[float, Evaluation]]


def exact(seed: int, uncertain: bool) -> tuple[Floats, Floats, Weighted]:
    """Return residuals and bounds with two evaluations; the rest of a bound is a ten-thousandth to all of it."""
    rng = np.random.default_rng(seed)
    bound, residual = np.empty((ROWS, 2 * PAIRS)), np.empty((ROWS, 2 * PAIRS))
    factors = [rng.normal(size=(ROWS, PAIRS)) for _ in range(2)]
    shared = np.power(10.0, rng.integers(-3, 3, size=(ROWS, PAIRS)))
    rest = 10.0 ** rng.uniform(-4, 0, size=(ROWS, 1))
    for part, factor in zip((slice(None, PAIRS), slice(PAIRS, None)), factors, strict=True):
        bound[:, part] = np.abs(factor) * shared * (1 + rest)
        residual[:, part] = -factor * shared * rng.uniform(-1, 1, size=shared.shape)
    error = 0.1 * np.abs(rng.normal(size=(ROWS, PAIRS))) if uncertain else NONE
    now = Evaluation(factors, shared, [error, error])
    earlier = Evaluation([factor + 0.1 for factor in factors], 0.01 * shared, [NONE, NONE])
    return residual, bound, [(0.5, earlier), (1.0, now)] if not uncertain else [(1.0, now)]


def moved(
    values: tuple[Floats, Floats, Weighted], rng: np.random.Generator
) -> tuple[Floats, Floats, Weighted]:
    """Return the values, each as far from its own as the doubt allows."""
    residual, bound, weighted = values

    def signs(shape: tuple[int, ...]) -> Floats:
        return rng.choice([-1.0, 1.0], size=shape)

    def evaluation(one: Evaluation) -> Evaluation:
        factors = [
            factor + DOUBT * signs(factor.shape) * error
            for factor, error in zip(one.factors, one.errors, strict=True)
        ]
        return Evaluation(factors, one.shared * (1 + DRIFT * DOUBT * signs(one.shared.shape)), one.errors)

    return (
        residual + DOUBT * bound * signs(bound.shape),
        bound * (1 + 0.99 * DRIFT * DOUBT * signs(bound.shape)),
        [(weight, evaluation(one)) for weight, one in weighted],
    )


def below(doubt: float) -> int:
    """Return in how many rows the ceiling of moved values is below the ratio of the exact ones."""
    count = 0
    for seed in range(20):
        values = exact(seed, uncertain=bool(seed % 2))
        ratio, ceiling = (
            shared_ratio(*values),
            shared_ratio(*moved(values, np.random.default_rng(seed)), doubt),
        )
        assert ratio is not None
        assert ceiling is not None
        count += int((ceiling.max(axis=1) < ratio.max(axis=1)).sum())
    return count


def test_ceiling_holds_for_all_values_within_their_doubts() -> None:
    """Residuals off by θB, factors by θ of their errors, bounds and D by `DRIFT` θ: no ceiling is too low."""
    assert below(DOUBT) == 0


@pytest.mark.parametrize("share", [0.0, 1e-3])
def test_smaller_doubt_is_caught(share: float) -> None:
    """With no doubt, or a thousandth of it, ceilings are too low."""
    assert below(share * DOUBT) > 0


def test_bounds_that_do_not_move_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the term for what moves the bounds, ceilings are too low."""
    monkeypatch.setattr(shared_residual, "DRIFT", 0.0)
    assert below(DOUBT) > 0


def test_pairs_that_stand_still_have_ratio_zero() -> None:
    """Where both factors are zero nothing is shared, in doubt or not."""
    nothing = Evaluation([np.zeros((2, 3))] * 2, np.ones((2, 3)), [NONE, NONE])
    for doubt in (0.0, DOUBT):
        ratio = shared_ratio(np.ones((2, 6)), np.ones((2, 6)), [(1.0, nothing)], doubt)
        assert ratio is not None
        assert (ratio == 0).all()
