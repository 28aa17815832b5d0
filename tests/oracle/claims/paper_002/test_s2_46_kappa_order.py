"""S2-46: the verdict follows the order of the two κ(∞), and the correction the ratio of their logarithms."""

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_46_kappa_order as claim
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS
from oracle.claims.verdict import Verdict


def test_it_is_the_order_that_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the order turned nothing is refuted: runs hold, and flows contradict themselves."""
    monkeypatch.setattr(claim, "NETWORKS", NETWORKS[1:])
    monkeypatch.setattr(claim, "SMALL", ())
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
    monkeypatch.setattr(
        claim, "has_larger", lambda left, right: [bool(pair) for pair in zip(left, right, strict=True)]
    )
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.NOT_DECIDABLE


@pytest.mark.slow
def test_another_ratio_is_no_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the prefactor alone, (1 + μ)/(1 − μ)³, what replaces the claim does not hold."""
    assert adjudicate_one(claim.CLAIM).ruling.correction is not None
    monkeypatch.setattr(claim, "predicted_ratio", lambda mu: (1 + mu) / (1 - mu) ** 3)
    assert adjudicate_one(claim.CLAIM).ruling.correction is None


def test_the_ratio_of_gradient_descent_to_itself_is_one() -> None:
    """μ = 0."""
    assert claim.predicted_ratio(Fraction(0)) == 1
