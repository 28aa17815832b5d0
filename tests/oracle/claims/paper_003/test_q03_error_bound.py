"""Q3: the bound needs a bounded run."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q03_error_bound as module
from oracle.claims.verdict import Verdict


def test_bound_needs_a_bounded_run() -> None:
    """A diverging run outgrows exp(CK)."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def test_without_the_diverging_run_nothing_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that grows like e^k is within exp(CK)."""
    monkeypatch.setattr(module, "diverging_run", lambda: [Fraction(3) + 3**k for k in range(7)])
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_an_error_that_grows_as_the_step_falls_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is like 1/ε: no C of the largest ε serves, and the assumption is not granted for free."""
    right = module.distances

    def growing(index: int, step: Fraction, bits: int) -> tuple[float, ...]:
        return tuple(error / float(step) ** 2 for error in right(index, step, bits))

    monkeypatch.setattr(module, "distances", growing)
    ruled = adjudicate_one(module.CLAIM)
    assert ruled.ruling.verdict is Verdict.REFUTED
    assert not any(check.holds for check in ruled.findings.checks if check.asked.startswith("one C gives"))


@pytest.mark.parametrize("index", [0, 1])
def test_the_bound_needs_a_positive_constant(index: int) -> None:
    """Were C ≤ 0 enough on these instances, one C would serve trivially."""
    errors = [module.distances(index, step, module.BITS) for step in module.LADDER]
    assert min(map(module.constant, errors, module.LADDER)) > 0


def test_diverging_run_cubes_itself() -> None:
    """|w_{k+1}| ≥ ½|w_k|³, so that the size is doubly exponential."""
    path = module.diverging_run()
    assert path[:3] == [2, -6, 210]
    assert all(abs(b) >= abs(a) ** 3 / 2 for a, b in pairwise(path))
