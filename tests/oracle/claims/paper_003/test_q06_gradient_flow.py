"""Q6: gradient flow minimises the divergence of the potential with its root."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q06_gradient_flow as module
from oracle.claims.paper_003.shared_networks import Network, minimiser
from oracle.claims.verdict import Verdict


def test_the_root_was_lost() -> None:
    """Without it nothing is minimal; with it the limit is."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def without_start(network: Network, digits: int) -> tuple[Fraction, ...]:
    """Return argmin ψ_Δ0, the start left out."""
    return minimiser(network.problem, network.balancedness(), [Fraction(0)] * len(network.u), digits)


def test_a_spoilt_correction_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """argmin ψ without the term of θ0 misses biased starts."""
    monkeypatch.setattr(module, "mended_minimiser", without_start)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def with_root(theta: arb, delta: arb) -> arb:
    """Return one term of ψ_Δ with its root."""
    return (2 * theta * (2 * theta / delta).asinh() - (4 * theta**2 + delta**2).sqrt() + delta) / 4


def test_with_the_root_put_back_nothing_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the printed checks hold."""
    monkeypatch.setattr(module, "printed_potential", with_root)
    monkeypatch.setattr(module, "_slope", lambda theta, delta: (2 * theta / delta).asinh() / 2)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS
