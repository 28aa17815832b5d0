"""Polynomials of 1/(1 − μ), shown as quotients in μ."""

from __future__ import annotations

import pytest
from flint import fmpq, fmpq_poly

from oracle.claims.paper_002.shared_large_k import in_momentum, over


@pytest.mark.parametrize(
    ("polynomial", "text"),
    [
        (fmpq_poly([0, 0, fmpq(-1, 2), 1]), "(1 + μ)/(2(1 − μ)³)"),
        (over(fmpq_poly([1, 10, 1]) / 12, 5), "(1 + 10μ + μ²)/(12(1 − μ)⁵)"),
        (over(fmpq_poly([-2, 1]), 1), "(−2 + μ)/(1 − μ)"),
        (fmpq_poly([0, 0, 0, fmpq(1, 6)]), "1/(6(1 − μ)³)"),
        (fmpq_poly([fmpq(1, 12)]), "1/12"),
        (fmpq_poly([3]), "3"),
        (fmpq_poly([0, -1]), "−1/(1 − μ)"),
        (fmpq_poly(), "0"),
    ],
)
def test_it_is_written_in_momentum(polynomial: fmpq_poly, text: str) -> None:
    """With the lowest denominator, constants and signs as a reader has them."""
    assert in_momentum(polynomial) == text
