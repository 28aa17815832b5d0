"""P15: what momentum does to the limit is where first-order theory says, not what a smaller start would do."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from oracle.claims.evidence import Role
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p15_nearer_the_truth as module
from oracle.claims.paper_000.shared_first_order_shift import (
    ONE_ROW_FAVOURABLE,
    ONE_ROW_SPARSE,
    Shift,
    shift_of,
)
from oracle.claims.verdict import Verdict

DIGITS = 12


@pytest.fixture
def shift() -> Shift:
    """Return first-order theory on the problem with one row."""
    return shift_of(ONE_ROW_SPARSE.instance, DIGITS)


@pytest.mark.slow
def test_closeness_is_refuted_and_replaced() -> None:
    """Limits with momentum are farther from a truth that is the ℓ1 solution."""
    ruling = adjudicate_one(module.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is module.CLAIM.correction


@pytest.mark.slow
def test_closeness_would_hold_on_problems_where_momentum_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict comes from the instances: with a truth on the smaller column it would be the other one."""
    helped = (ONE_ROW_FAVOURABLE, module.FLOWS[0][1])
    monkeypatch.setattr(module, "FLOWS", (helped,))
    monkeypatch.setattr(module, "SHIFTED", ((ONE_ROW_FAVOURABLE, "heavy_ball"),))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_momentum_flow_ends_farther_from_the_sparse_truth(shift: Shift) -> None:
    """One certified instance refutes, and with the other truth it confirms."""
    flow = module.FLOWS[0][1]
    assert module._nearer(ONE_ROW_SPARSE, shift, flow, DIGITS).holds is False
    assert module._nearer(ONE_ROW_FAVOURABLE, shift, flow, DIGITS).holds is True


@pytest.mark.parametrize("factor", [1, -1])
def test_correction_fails_with_the_wrong_sign(shift: Shift, factor: int) -> None:
    """−P(Φ⊙θ) leaves O(η²), +P(Φ⊙θ) leaves O(η)."""
    other = replace(shift, direction=tuple(factor * x for x in shift.direction))
    check, _ = module._moved(ONE_ROW_SPARSE, other, "heavy_ball", DIGITS)
    assert check.role is Role.CORRECTED
    assert check.holds is (factor == 1)


def test_weight_leaves_the_larger_column(shift: Shift) -> None:
    """n = 1, d = 2: θ_1 falls and θ_2 rises, along the kernel (1, −2) of X = (1, 1/2)."""
    first, second = shift.direction
    assert first < 0 < second
    assert abs(first + second / 2) < Fraction(1, 10**10)
