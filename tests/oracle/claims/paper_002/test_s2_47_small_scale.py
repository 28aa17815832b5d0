"""S2-47: the verdict follows the order of κ(∞) where gradient descent ends nearer."""

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_47_small_scale as claim
from oracle.claims.paper_002.shared_run_ends import RunEnd, run_end
from oracle.claims.paper_002.shared_small_scale import SMALL, STEP
from oracle.claims.verdict import Verdict


def larger(heavy: RunEnd, plain: RunEnd) -> list[bool]:
    """Return the order that the explanation needs."""
    return [a is not b for a, b in zip(heavy.kappa, plain.kappa, strict=True)]


@pytest.mark.slow
def test_with_the_larger_kappa_it_would_explain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order turned, the printed explanation holds; as it is, the replacement does."""
    ruling = adjudicate_one(claim.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is not None
    monkeypatch.setattr(claim, "larger_kappa", larger)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_one_instance_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of the instances is enough, and a replacement needs two."""
    monkeypatch.setattr(claim, "SMALL", SMALL[:1])
    ruling = adjudicate_one(claim.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is None


def test_survey_ends_where_the_certified_run_does() -> None:
    """The first of the instances is among the seeds surveyed, heavy ball and gradient descent."""
    item, seed, n, d = SMALL[0], 6, 2, 4
    for method, momentum in (("heavy_ball", 0.5), ("gradient_descent", 0.0)):
        found, truth = claim.survey(n, d, momentum)
        end = run_end(item.network, STEP, 8, method)
        assert truth[seed].tolist() == [float(entry) for entry in item.truth]
        assert found.predictor[seed] == pytest.approx([float(entry) for entry in end.predictor], abs=1e-7)
        assert found.kappa[seed] == pytest.approx([float(entry) for entry in end.kappa], abs=1e-7)
