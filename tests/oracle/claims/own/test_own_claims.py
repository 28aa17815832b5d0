"""The project's own claims: they hold, and altered they do not."""

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.own import o1_exact_bias as o1
from oracle.claims.own import o2_second_order_start as o2
from oracle.claims.verdict import Verdict


def test_the_exact_bias_holds() -> None:
    """Limits and minimisers agree, and without A± they are far apart."""
    entry = adjudicate_one(o1.CLAIM)
    assert entry.ruling.verdict is Verdict.HOLDS
    assert not any(check.holds for check in entry.findings.checks if check.role == "beside it")


def test_the_exact_bias_needs_the_factor_of_initial_momentum(monkeypatch: pytest.MonkeyPatch) -> None:
    """With twice A± the limit is missed."""
    monkeypatch.setattr(o1, "TRIED", o1.TRIED[:1])
    monkeypatch.setattr(
        o1,
        "initial_momentum",
        lambda mu, kick, start: tuple(2 * p / w for p, w in zip(kick, start, strict=True)),
    )
    assert adjudicate_one(o1.CLAIM).ruling.verdict is Verdict.REFUTED


def test_the_velocity_makes_second_order() -> None:
    """Both methods, three problems."""
    assert adjudicate_one(o2.CLAIM).ruling.verdict is Verdict.HOLDS


def test_another_velocity_loses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """−∇L for heavy ball and Nesterov alike."""
    monkeypatch.setattr(o2, "share", lambda method, mu: Fraction(1))
    monkeypatch.setattr(o2, "INSTANCES", o2.INSTANCES[:1])
    assert adjudicate_one(o2.CLAIM).ruling.verdict is Verdict.REFUTED
