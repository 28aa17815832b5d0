"""S2-33: the verdict follows the term in q, and the formulas are the reference's."""

from fractions import Fraction

import mpmath
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_33_kappa_formula as claim
from oracle.claims.paper_002 import shared_kappa_formula as formula
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS, Network
from oracle.claims.verdict import Verdict
from reference.case import Flow
from reference.heavy_ball_bias import kappa, kappa_as_printed


def test_the_verdict_follows_the_term_in_q(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printed without it, the claim holds; corrected with it, it is refuted."""
    monkeypatch.setattr(claim, "NETWORKS", NETWORKS[1:])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    with monkeypatch.context() as altered:
        altered.setattr(formula, "printed_rate", formula.corrected_rate)
        altered.setattr(formula, "printed_exponent", formula.corrected_exponent)
        assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    with monkeypatch.context() as altered:
        altered.setattr(formula, "corrected_exponent", formula.printed_exponent)
        assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: f"n={network.n}")
def test_the_exponents_are_those_of_the_reference(network: Network) -> None:
    """Two writings of one formula: Φ here, φ = 2Φ/(1 − μ)² there."""
    eta, d = Fraction(1, 10), len(network.start)
    energy = [Fraction(j + 1, 7) for j in range(d)]
    w = [Fraction((-1) ** j, j + 2) for j in range(d)]
    flow = Flow("hb_flow", eta, network.momentum, order=2)
    phi = [2 * e / (1 - network.momentum) ** 2 for e in energy]
    with mpmath.workdps(30):
        ours = [
            [mpmath.exp(e) * k.numerator / k.denominator for e, k in zip(found, network.kappa(), strict=True)]
            for found in (
                formula.corrected_exponent(network, eta, energy, w),
                formula.printed_exponent(network, eta, energy, w),
            )
        ]
        theirs = [
            kappa(flow, network.kappa(), phi),
            kappa_as_printed(flow, network.kappa(), phi, network.problem, w),
        ]
        for left, right in zip(ours, theirs, strict=True):
            assert all(abs(a / b - 1) < 1e-25 for a, b in zip(left, right, strict=True))
