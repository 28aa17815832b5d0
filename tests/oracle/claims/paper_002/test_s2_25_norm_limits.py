"""S2-25: the verdict follows the factors, and the enclosed potential is Eq. 23."""

from fractions import Fraction

import mpmath
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_25_norm_limits as claim
from oracle.claims.verdict import Verdict
from reference.balls import ball, ball_precision


def test_a_wrong_factor_of_the_far_end_spoils_the_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    """8κ for 16κ: nothing is left that holds."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    monkeypatch.setattr(claim, "far_factor", lambda kappa: 8 * ball(kappa))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_a_potential_that_tends_to_no_multiple_spoils_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 1 for 4/ln(1/κ) the near end does not hold."""
    monkeypatch.setattr(claim, "near_factor", lambda kappa: ball(1) + 0 * ball(kappa))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("kappa", [Fraction(1, 1000), Fraction(1), Fraction(1000)])
def test_the_potential_is_equation_23(kappa: Fraction) -> None:
    """Against the printed formula in multiprecision, root and all."""
    w = (Fraction(2), Fraction(-1, 3))
    with mpmath.workdps(40), ball_precision(200):
        k = mpmath.mpf(kappa.numerator) / kappa.denominator
        terms = [
            (x * mpmath.asinh(x / (2 * k)) - mpmath.sqrt(4 * k * k + x * x) + 2 * k) / 4
            for x in (mpmath.mpf(t.numerator) / t.denominator for t in w)
        ]
        assert abs(mpmath.mpf(claim.potential(w, kappa).mid().str(40, radius=False)) - sum(terms)) < 1e-30
