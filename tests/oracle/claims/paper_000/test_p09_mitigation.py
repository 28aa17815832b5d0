"""P9: ξ exp(−αφ) meets |uv|(∞) to first order, and neither another α nor another power of φ does."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from oracle.claims.evidence import Role
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p09_mitigation as module
from oracle.claims.paper_000.shared_limits import BIASED, Run, end
from oracle.claims.verdict import Verdict


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BIASED", (BIASED[1],))
    monkeypatch.setattr(module, "KINDS", (("heavy_ball", True, "zero"), ("nesterov", True, "zero")))


@pytest.mark.usefixtures("_small")
def test_mitigation_holds_on_flows() -> None:
    """And the exact version leaves nothing."""
    entry = adjudicate_one(module.CLAIM)
    assert entry.ruling.verdict is Verdict.HOLDS
    assert all(check.holds for check in entry.findings.checks if check.role is Role.BESIDE)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("factor", [Fraction(-1), Fraction(2)])
def test_mitigation_is_refuted_with_another_exponent(
    monkeypatch: pytest.MonkeyPatch, factor: Fraction
) -> None:
    """A wrong sign, or twice φ."""
    printed = module.exponent
    monkeypatch.setattr(
        module, "exponent", lambda run, phi: tuple(factor * value for value in printed(run, phi))
    )
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("of", ["heavy_ball", "nesterov"])
def test_mitigation_of_a_method_by_iterating_it(of: str) -> None:
    """|uv| and φ of a float run, to six digits of the enclosed ones."""
    run = Run(BIASED[1], of, Fraction(1, 20), Fraction(1, 2))
    reached = end(run, 12)
    u, v, phi = _iterated(of, 0.05, 0.5)
    assert [float(x) for x in reached.scale] == pytest.approx(
        [a * b for a, b in zip(u, v, strict=True)], rel=1e-6
    )
    assert [float(x) for x in reached.phi] == pytest.approx(phi, rel=1e-6)


def _iterated(of: str, eta: float, mu: float) -> tuple[Any, Any, Any]:
    """Return u, v and φ after many steps on X = (1, ½), y = 1."""
    x, w, p, phi = [1.0, 0.5], [0.5, 0.75, 0.25, 0.5], [0.0] * 4, [0.0, 0.0]
    for _ in range(4000):
        at = [a + mu * b for a, b in zip(w, p, strict=True)] if of == "nesterov" else w
        residual = sum(x[j] * (at[j] ** 2 - at[2 + j] ** 2) for j in (0, 1)) - 1
        g = [x[j] * residual for j in (0, 1)]
        phi = [f + 8 * eta / (1 - mu) ** 2 * s * s for f, s in zip(phi, g, strict=True)]
        force = [2 * at[0] * g[0], 2 * at[1] * g[1], -2 * at[2] * g[0], -2 * at[3] * g[1]]
        p = [mu * b - eta * f for b, f in zip(p, force, strict=True)]
        w = [a + b for a, b in zip(w, p, strict=True)]
    return w[:2], w[2:], phi
