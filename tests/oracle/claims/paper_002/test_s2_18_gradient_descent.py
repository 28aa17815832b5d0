"""S2-18: the verdict turns with the coefficients, which a parabola and a cubic give by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_18_gradient_descent as claim
from oracle.claims.paper_002 import shared_runs
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the finest step size, which takes as long as all others."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])


def test_it_holds_as_printed() -> None:
    """ω₁/4 + ω₂/12."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_other_coefficients_refute_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sum, so that a parabola would not tell: ω₁/12 + ω₂/4."""
    monkeypatch.setattr(claim, "third", lambda: (Fraction(1, 12), Fraction(1, 4)))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_the_sum_on_a_parabola() -> None:
    """There ω₁ = ω₂, and log(1 − η) = −η − η²/2 − η³/3."""
    assert sum(claim.third()) == Fraction(1, 3)


def test_each_of_them_on_a_quadratic_field() -> None:
    """For β' = −β², β(η) = β − ηβ² asks z₁·4 + z₂·6 of β⁴: the flow of −β² − ηβ³ − η²cβ⁴ from 1 has η³: −1 + 5/2 − c = 0."""
    first, second = claim.third()
    assert 4 * first + 6 * second == Fraction(3, 2)
