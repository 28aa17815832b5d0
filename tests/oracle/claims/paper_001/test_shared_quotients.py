"""Rational functions: the rules of fractions, equality across forms, and refusal to divide by zero."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.paper_001.shared_quotients import symbols


def test_one_function_in_two_forms_is_equal() -> None:
    """(1 − q²)/(1 − q) = 1 + q, and ½ + ⅓ = ⅚."""
    q, _ = symbols("q", "r")
    assert ((1 - q**2) / (1 - q)).equals(1 + q)
    assert (q * Fraction(1, 2) + q * Fraction(1, 3)).equals(5 * q / 6)


def test_unlike_functions_are_not_equal() -> None:
    """1/(1 − q) is not 1/(1 − r)."""
    q, r = symbols("q", "r")
    assert not (1 / (1 - q)).equals(1 / (1 - r))


def test_it_is_shown_in_factors() -> None:
    """As a reader writes it."""
    (beta,) = symbols("beta")
    assert str(beta / (1 - beta) ** 2) == "β/(β − 1)²"
    assert str(1 / (1 - beta**2)) in ("−1/((β − 1) (β + 1))", "−1/((β + 1) (β − 1))")
    assert str(beta - beta) == "0"
    (w1,) = symbols("w1")
    assert str(w1**2 * 3) == "3 w₁²"


def test_division_by_zero_is_refused() -> None:
    """Also where zero comes in disguise."""
    (q,) = symbols("q")
    with pytest.raises(ZeroDivisionError, match="zero polynomial"):
        q / ((1 + q) ** 2 - 1 - 2 * q - q**2)
