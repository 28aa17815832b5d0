"""Q13: λ(1 + β)/2 governs the bias of MGD."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.evidence import Role
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q13_what_governs as module
from oracle.claims.paper_003.shared_networks import ONE_ROW
from oracle.claims.verdict import Verdict


@pytest.mark.slow
def test_inertia_lacks_half_of_one_plus_momentum() -> None:
    """The whole computation."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


@pytest.mark.slow
def test_corrected_number_as_printed_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """λ(1 + β)/2 put in λ's place."""
    monkeypatch.setattr(module, "printed_step", module.mended_step)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.parametrize("step", [module.printed_step, module.mended_step])
def test_the_step_belongs_to_its_number(step: module.Step) -> None:
    """γ/(1 − β)² and γ(1 + β)/(2(1 − β)²) come out as asked."""
    beta, value = Fraction(2, 5), Fraction(3, 7)
    gamma = step(value, beta)
    factor = Fraction(1) if step is module.printed_step else (1 + beta) / 2
    assert gamma / (1 - beta) ** 2 * factor == value


def test_quotient_alone_tells_the_two_apart() -> None:
    """The share of one ladder: 3/2 at equal λ, 1 at equal λ(1 + β)/2."""
    rungs = module.LADDER[:3]
    printed, mended = (
        module._quotient(role, ONE_ROW, step, rungs, 8)
        for role, step in (
            (Role.AS_PRINTED, module.printed_step),
            (Role.CORRECTED, module.mended_step),
        )
    )
    assert (printed.holds, mended.holds) == (False, True)
