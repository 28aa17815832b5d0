"""Q11: the bound on λ, with the residual at the start."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q11_balancedness_bound as module
from oracle.claims.paper_003.shared_networks import Network
from oracle.claims.paper_003.shared_simulation import simulate
from oracle.claims.verdict import Verdict


def test_bound_needs_the_residual() -> None:
    """‖y − Xθ0‖ in the place of ‖y‖."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_derived_bound_as_printed_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The corrected bound put in the printed one's place."""
    monkeypatch.setattr(module, "printed_bound", module.derived_bound)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_a_bound_many_times_larger_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spoilt correction is not verified."""
    right = module.derived_bound
    monkeypatch.setattr(module, "derived_bound", lambda net: 20 * right(net))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("net", module.WORSE, ids=["one row", "two rows"])
def test_runge_and_kutta_cross_zero_too(net: Network) -> None:
    """A second method sees the same changes of sign at λ = 8, and none at the derived bound."""
    assert simulate(net, Fraction(8), part=1 / 10).crossed
    assert not simulate(net, module.derived_bound(net), part=1 / 10).crossed
