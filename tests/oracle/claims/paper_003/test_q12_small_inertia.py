"""Q12: the exponent of the balancedness for a small λ."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.evidence import Role
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q12_small_inertia as module
from oracle.claims.paper_003.shared_networks import ONE_ROW, Network, flow_integrals
from oracle.claims.verdict import Verdict
from reference.case import Flow


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave three rungs, six digits and the network with one row."""
    monkeypatch.setattr(module, "LADDER", tuple(Fraction(1, 10 * 2**i) for i in range(3)))
    monkeypatch.setattr(module, "DIGITS", 6)
    monkeypatch.setattr(module, "TWO_ROWS", ONE_ROW)


def exponent(network: Network, digits: int) -> list[float]:
    """Return what the derivation says."""
    return [-float(x) / 4 for x in flow_integrals(network, Flow("gradient_flow"), digits)["phi"]]


def test_the_square_belongs_to_the_gradient() -> None:
    """Corrected, the first power of λ is met; on one network alone that is no confirmation, but on three checks it is."""
    findings = adjudicate_one(module.CLAIM).findings
    assert {check.holds for check in findings.checks if check.role is Role.CORRECTED} == {True}
    assert {check.holds for check in findings.checks if check.role is Role.AS_PRINTED} == {False}


def test_squares_at_both_places_are_half_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """−λ∫(∇L)² for ln(Δ∞/Δ0), which Δ∞² ~ Δ0² exp(−2λ∫(∇L)²) would mean, is not accepted."""
    monkeypatch.setattr(module, "mended_rate", lambda net, digits: [x / 2 for x in exponent(net, digits)])
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED
