"""S2-19: the verdict turns with the exponent and the limit; sums at a late step agree."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_19_large_k_limits as claim
from oracle.claims.verdict import Verdict
from reference.printed_flows import equation_68


def test_it_holds_with_its_corrections() -> None:
    """Eq. 64, fourth line, and Eq. 68."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_both_in_their_places_would_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the paper had printed k + j + 2 and 0."""
    monkeypatch.setattr(claim.equation_64, "__defaults__", (2,))
    monkeypatch.setattr(claim, "printed_68", lambda: claim.Over(0 * claim.ONE, 0))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_one_of_them_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other still stands."""
    monkeypatch.setattr(claim.equation_64, "__defaults__", (2,))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_a_limit_that_grows_with_j_is_refused() -> None:
    """No power of μ takes a bare j away."""
    with pytest.raises(ArithmeticError, match="there is no limit"):
        claim.Over(claim.J, 0).limit()


def test_equation_68_summed_at_a_late_step() -> None:
    """Σ μ^(k−j) times the bracket is next to nothing at k = 80, not 2/(1 − μ)⁴."""
    momentum, k = Fraction(1, 3), 80
    total = sum(momentum ** (k - j) * equation_68(momentum, j) for j in range(k + 1))
    assert 0 < total < Fraction(1, 10**30)
