"""S2-47: the verdict follows the order of κ(∞) where gradient descent ends nearer."""

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_47_small_scale as claim
from oracle.claims.paper_002.shared_run_ends import RunEnd
from oracle.claims.paper_002.shared_small_scale import SMALL
from oracle.claims.verdict import Verdict


def larger(heavy: RunEnd, plain: RunEnd) -> list[bool]:
    """Return the order that the explanation needs."""
    return [a is not b for a, b in zip(heavy.kappa, plain.kappa, strict=True)]


@pytest.mark.slow
def test_with_the_larger_kappa_it_would_explain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order turned, the printed explanation holds; as it is, the replacement does."""
    ruling = adjudicate_one(claim.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is not None
    monkeypatch.setattr(claim, "larger_kappa", larger)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_one_instance_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of the instances is enough, and a replacement needs two."""
    monkeypatch.setattr(claim, "SMALL", SMALL[:1])
    ruling = adjudicate_one(claim.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is None
