"""P10: the sign of the start decides, the gradient does not."""

from __future__ import annotations

import pytest
from mpmath import mp, mpf

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p10_linear_term as module
from oracle.claims.paper_000.shared_limits import BIASED
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BIASED", (BIASED[1],))
    monkeypatch.setattr(module, "KINDS", (("heavy_ball", True, "zero"), ("nesterov", True, "zero")))


def test_linear_term_holds_with_its_sign_corrected() -> None:
    """As printed the minimiser stays away from the limit; corrected it comes like η²."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_linear_term_holds_with_the_gradient_once_the_sign_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """−¼ asinh(θ(0)/2ξ ∓ 4αc g√…): either sign of the gradient term will do."""
    for sign in (1, -1):

        def turned(ratio: mpf, pull: mpf, sign: int = sign) -> mpf:
            return mp.asinh(-ratio + 4 * sign * pull * mp.sqrt(1 + ratio**2)) / 4

        monkeypatch.setattr(module, "printed_term", turned)
        assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_linear_term_is_refuted_with_a_spoilt_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the factor ¼ nothing is corrected."""
    monkeypatch.setattr(module, "corrected_term", lambda ratio, pull: -mp.asinh(ratio))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED
