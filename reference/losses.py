"""The scalings of the squared residuals r = Xθ − y: loss = factor · Σ r²."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["LOSSES", "batch_loss_factor", "loss_factor"]

LOSSES = ("half_mean_square", "mean_square", "half_sum_square", "sum_square")


def loss_factor(loss: str, samples: int) -> Fraction:
    """Return the factor in front of Σ r² over `samples` samples.

    ``half_mean_square`` Σ r²/(2n), ``mean_square`` Σ r²/n, ``half_sum_square`` Σ r²/2,
    ``sum_square`` Σ r².

    Raises
    ------
    KeyError
        If `loss` is none of `LOSSES`.
    """
    return {
        "half_mean_square": Fraction(1, 2 * samples),
        "mean_square": Fraction(1, samples),
        "half_sum_square": Fraction(1, 2),
        "sum_square": Fraction(1),
    }[loss]


def batch_loss_factor(loss: str, batch_size: int) -> Fraction:
    """Return the factor of the batch's mean form: a sum becomes the mean over the batch."""
    mean_form = {"half_sum_square": "half_mean_square", "sum_square": "mean_square"}
    return loss_factor(mean_form.get(loss, loss), batch_size)
