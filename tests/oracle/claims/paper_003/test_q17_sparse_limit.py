"""Q17: the limit as the scale vanishes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q17_sparse_limit as module
from oracle.claims.paper_003.shared_scales import SWAPPED, Scaled
from oracle.claims.verdict import Verdict


@pytest.mark.slow
def test_sparse_limit_needs_a_vanishing_inertia() -> None:
    """The whole computation."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def test_the_goal_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held to the vertex that it does go to, the fixed λ is not refuted."""
    monkeypatch.setattr(module, "sparsest", lambda net: (Fraction(-2), Fraction(-2), Fraction(0)))
    monkeypatch.setattr(module, "ALPHAS", module.ALPHAS[:2])
    check, _ = module._fixed(SWAPPED[0], 8)
    assert check.holds is True


def test_fixed_inertia_stays_away_from_the_sparse_vertex(monkeypatch: pytest.MonkeyPatch) -> None:
    """And gradient flow does not."""
    monkeypatch.setattr(module, "ALPHAS", module.ALPHAS[:2])
    check, _ = module._fixed(SWAPPED[0], 8)
    assert check.holds is False
    assert module._gradient_flow(SWAPPED[0], 8).holds is True


@pytest.mark.parametrize("problem", SWAPPED, ids=lambda problem: problem.y)
def test_sparse_vertex_by_all_vertices(problem: Scaled) -> None:
    """The proved ℓ1 minimiser is the least of the three vertices, in floats."""
    np = pytest.importorskip("numpy")
    net = problem.at(Fraction(1))
    X, y = (np.array(values, dtype=float) for values in (net.problem.X, net.problem.y))
    norms = [np.abs(np.linalg.solve(X[:, list(pair)], y)).sum() for pair in ((0, 1), (0, 2), (1, 2))]
    assert float(sum(map(abs, module.sparsest(net)))) == pytest.approx(min(norms))
