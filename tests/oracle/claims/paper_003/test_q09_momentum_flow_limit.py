"""Q9: the limit of MGF is the printed minimiser."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from oracle.claims.evidence import Plot, Role
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q09_momentum_flow_limit as module
from oracle.claims.paper_003.shared_networks import ONE_ROW, balancedness_at_end, perturbed_start
from oracle.claims.verdict import Verdict
from reference.case import Flow


@pytest.mark.slow
def test_limits_are_the_printed_minimisers() -> None:
    """On every network tried."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one network, and no plot."""
    monkeypatch.setattr(module, "TRIED", ((ONE_ROW, "1/2"),))
    monkeypatch.setattr(module, "CROSSING", Fraction(1, 10))
    monkeypatch.setattr(module, "DIGITS", 8)
    monkeypatch.setattr(module, "_plot", lambda: Plot("none", "x", "y", ()))
    monkeypatch.setattr(module, "TWO_ROWS", ONE_ROW)


def test_exchanged_integrals_are_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """I₊ for I₋ leaves Δ∞ right and moves the minimiser."""
    quick(monkeypatch)
    right = perturbed_start
    monkeypatch.setattr(module, "perturbed_start", lambda weights, plus, minus: right(weights, minus, plus))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_printed_sign_of_the_integrals_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With −λ∫ the balancedness would grow."""
    quick(monkeypatch)
    right = balancedness_at_end
    flipped = lambda start, plus, minus: right(start, [-x for x in plus], [-x for x in minus])  # noqa: E731 - one use
    monkeypatch.setattr(module, "balancedness_at_end", flipped)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_balance_with_the_other_sign_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With −λ(w'/w)² under the integral the balance of ln|w| leaves 2λ(w'/w)²."""
    quick(monkeypatch)
    monkeypatch.setattr(module, "integrand", lambda lam, z: -lam * z**2)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_initial_speed_matters() -> None:
    """With a general velocity the formulas miss."""
    moving = replace(ONE_ROW, kick=module.KICK)
    checks = module._checks(Role.BESIDE, moving, Flow("mgf", inertia=Fraction(1, 10)), 12)
    assert [check.holds for check in checks] == [False, False]
