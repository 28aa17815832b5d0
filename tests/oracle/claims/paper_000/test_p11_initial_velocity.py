"""P11: the theorem needs rest or a velocity along ∇L, or its terms written out with their signs."""

from __future__ import annotations

from fractions import Fraction

import pytest
from mpmath import mp

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p11_initial_velocity as module
from oracle.claims.paper_000.shared_limits import BIASED, UNBIASED, Run, end, in_numbers, start_of
from oracle.claims.verdict import Verdict


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PRINTED", ((UNBIASED[1], "any"),))
    monkeypatch.setattr(module, "GRANTED", ((UNBIASED[1], "zero"), (BIASED[1], "uphill")))
    monkeypatch.setattr(module, "MENDED", ((UNBIASED[1], "any"), (BIASED[1], "any")))


@pytest.mark.usefixtures("_small")
def test_initial_velocity_is_an_assumption_and_its_terms_a_correction() -> None:
    """Both verified."""
    ruling = adjudicate_one(module.CLAIM).ruling
    assert ruling.verdict is Verdict.NEEDS_ASSUMPTION
    assert ruling.correction is module.CLAIM.correction


@pytest.mark.usefixtures("_small")
def test_initial_velocity_off_the_gradient_spoils_the_assumption(monkeypatch: pytest.MonkeyPatch) -> None:
    """Granting any velocity confirms nothing; the correction remains."""
    monkeypatch.setattr(module, "GRANTED", ((UNBIASED[1], "any"), (BIASED[1], "uphill")))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


@pytest.mark.usefixtures("_small")
def test_initial_velocity_terms_with_a_wrong_sign_correct_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """exp(−α(z₊ + z₋)) in the place of exp(+α(z₊ + z₋))."""
    right = module.kick
    monkeypatch.setattr(module, "kick", lambda run: (tuple(-a for a in right(run)[0]), right(run)[1]))
    assert adjudicate_one(module.CLAIM).ruling.correction is None


def test_initial_velocity_enters_the_scale_exactly() -> None:
    """|uv|(∞) = ξ exp(−(I₊ + I₋) + α(z₊ + z₋)(0)), to ten digits of enclosures."""
    u, v = start_of(BIASED[1])
    velocity = (module.ANY[0][:2], module.ANY[1][:2])
    run = Run(BIASED[1], "heavy_ball", Fraction(1, 10), Fraction(1, 2), flow=True, velocity=velocity)
    reached, (gained, _) = end(run, 12), module.kick(run)
    said = in_numbers(
        lambda number: [
            number(a * b) * mp.exp(number(k - t))
            for a, b, k, t in zip(u, v, gained, reached.turning, strict=True)
        ],
        128,
    )
    assert [float(x) for x in said] == pytest.approx([float(x) for x in reached.scale], rel=1e-10)
