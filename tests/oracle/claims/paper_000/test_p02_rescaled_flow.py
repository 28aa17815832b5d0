"""P2: only the minus sign makes the rescaled gradient flow an approximation."""

from __future__ import annotations

import pytest

from oracle.claims.instances import QUARTIC_ONE
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p02_rescaled_flow as module
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _one_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMOOTH", (QUARTIC_ONE,))


def test_rescaled_flow_holds_with_its_sign_corrected() -> None:
    """dβ/dt = −∇L/(1−μ), and not +."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


@pytest.mark.parametrize(
    ("name", "sign", "verdict"),
    [("PRINTED_SIGN", -1, Verdict.HOLDS), ("RIGHT_SIGN", 1, Verdict.REFUTED)],
)
def test_rescaled_flow_verdict_follows_the_sign(
    monkeypatch: pytest.MonkeyPatch, name: str, sign: int, verdict: Verdict
) -> None:
    """With the right sign printed it holds; with a wrong correction nothing is corrected."""
    monkeypatch.setattr(module, name, sign)
    assert adjudicate_one(module.CLAIM).ruling.verdict is verdict
