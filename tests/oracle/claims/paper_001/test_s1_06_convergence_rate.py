"""S1-6: the verdict follows the ratio of rates, and the next term of the ratio is the derived one."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_06_convergence_rate as claim
from oracle.claims.verdict import Verdict


def test_no_other_ratio_is_right_even_for_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """1/(1 − β) needs h small; 1/(1 − β)² is wrong there too."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION
    monkeypatch.setattr(claim, "expected_ratio", lambda beta: 1 / (1 - beta) ** 2)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_it_would_hold_on_small_steps_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Had only small steps been tried as printed, the statement would hold: the large ones decide."""
    monkeypatch.setattr(claim, "UNQUALIFIED", claim.SMALL)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.parametrize("beta", [Fraction(1, 4), Fraction(1, 2), Fraction(4, 5)])
def test_next_term_of_the_ratio(beta: Fraction) -> None:
    """The ratio is 1/(1 − β) · (1 + sβ(3 − β)/(2(1 − β)²) + O(s²))."""
    s = Fraction(1, 10**5)
    momentum, plain = claim.exponents(beta, s)
    excess = (float(momentum / plain) * float(1 - beta) - 1) / float(s)
    assert excess == pytest.approx(float(beta * (3 - beta) / (2 * (1 - beta) ** 2)), rel=0.01)


def test_complex_roots_have_the_modulus_of_the_root_of_momentum() -> None:
    """Beyond s = (1 − √β)² the rate is −½ log β, whatever s."""
    rates = [float(claim.exponents(Fraction(9, 10), s)[0]) for s in (Fraction(1, 10), Fraction(3, 2))]
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)
