"""P8: the sign of R^GF decides, and with the minus sign the minimiser is the Bregman projection of the start."""

from __future__ import annotations

from typing import Any

import pytest
from flint import arb

from oracle.claims.evidence import Role
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p08_biased_gradient_flow as module
from oracle.claims.paper_000.shared_limits import BIASED, gradient_flow_end, kernel, start_of
from oracle.claims.verdict import Verdict
from reference.arithmetic import Vector
from reference.balls import ball, ball_precision
from reference.hyperbolic_entropy import BallFunctions, bregman_divergence


def test_biased_gradient_flow_holds_with_its_sign_corrected() -> None:
    """Minus."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


@pytest.mark.parametrize(
    ("signs", "verdict"),
    [
        ({Role.AS_PRINTED: -1}, Verdict.HOLDS),
        ({Role.AS_PRINTED: 1, Role.CORRECTED: 1}, Verdict.REFUTED),
    ],
)
def test_biased_gradient_flow_verdict_follows_the_sign(
    monkeypatch: pytest.MonkeyPatch, signs: dict[Role, int], verdict: Verdict
) -> None:
    """With the right sign printed it holds; with a wrong correction it is refuted."""
    monkeypatch.setattr(module, "SIGNS", signs)
    assert adjudicate_one(module.CLAIM).ruling.verdict is verdict


@pytest.mark.parametrize("name", BIASED)
def test_limit_is_nearest_to_the_start_in_bregman_divergence(name: str) -> None:
    """D(θ(∞), θ(0)) is less than that of neighbours along the kernel of X, without a linear term in sight."""
    u, v = start_of(name)
    limit = gradient_flow_end(name, 20)
    with ball_precision(128):
        xi = Vector([ball(a * b) for a, b in zip(u, v, strict=True)])
        start = Vector([ball(a * a - b * b) for a, b in zip(u, v, strict=True)])

        def divergence(step: str) -> Any:
            point = [ball(t) + arb(step) * ball(k) for t, k in zip(limit, kernel(name)[0], strict=True)]
            return bregman_divergence(Vector(point), start, xi, BallFunctions)

        assert divergence("0") < divergence("1e-3")
        assert divergence("0") < divergence("-1e-3")
