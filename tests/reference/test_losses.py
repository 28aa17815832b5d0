"""The four scalings of the squared residuals, and their mean form over a batch."""

from __future__ import annotations

from fractions import Fraction

import pytest

from reference.losses import LOSSES, batch_loss_factor, loss_factor

BY_HAND = {
    "half_mean_square": Fraction(1, 14),
    "mean_square": Fraction(1, 7),
    "half_sum_square": Fraction(1, 2),
    "sum_square": Fraction(1),
}
BATCH_BY_HAND = {
    "half_mean_square": Fraction(1, 6),
    "mean_square": Fraction(1, 3),
    "half_sum_square": Fraction(1, 6),
    "sum_square": Fraction(1, 3),
}


def test_losses_are_the_contract_names() -> None:
    """No scaling without a hand-written value below, none missing."""
    assert set(LOSSES) == set(BY_HAND) == set(BATCH_BY_HAND)


@pytest.mark.parametrize(("loss", "factor"), BY_HAND.items())
def test_loss_factor_equals_the_contract_over_seven_samples(loss: str, factor: Fraction) -> None:
    """Σr²/(2n), Σr²/n, Σr²/2, Σr² with n = 7."""
    assert loss_factor(loss, 7) == factor


@pytest.mark.parametrize(("loss", "factor"), BATCH_BY_HAND.items())
def test_batch_factor_is_the_mean_form_over_three_samples(loss: str, factor: Fraction) -> None:
    """A sum becomes the mean over the batch and a mean stays one."""
    assert batch_loss_factor(loss, 3) == factor


@pytest.mark.parametrize("factor", [loss_factor, batch_loss_factor])
def test_loss_factor_refuses_an_unknown_name(factor: object) -> None:
    """A misspelt scaling is no silent default."""
    with pytest.raises(KeyError, match="mean_squares"):
        factor("mean_squares", 3)  # type: ignore[operator]  # one of the two functions above
