"""S2-4: signs matter, and two other roads lead to the same fields."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_04_recursion as claim
from oracle.claims.paper_002 import shared_recursion
from oracle.claims.paper_002.shared_recursion import all_step_identity, as_map_series, fields_of_steps
from oracle.claims.verdict import Verdict
from reference.heavy_ball_series import StepFields
from reference.printed_flows import theorem_2_1
from reference.rooted_trees import trees_up_to


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Keep no identity that an altered sign was used in."""
    all_step_identity.cache_clear()
    yield
    all_step_identity.cache_clear()


def test_it_holds_as_printed() -> None:
    """All signs are right."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.parametrize(("name", "altered"), [("sign", lambda m: 1), ("past_sign", lambda m: (-1) ** m)])
def test_another_sign_refutes_it(monkeypatch: pytest.MonkeyPatch, name: str, altered: object) -> None:
    """Neither sign may change."""
    monkeypatch.setattr(shared_recursion, name, altered)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("momentum", [Fraction(1, 4), Fraction(9, 10)])
def test_it_is_the_logarithm_of_the_step_maps(momentum: Fraction) -> None:
    """The reference inverts the map, and sums all γ^(σ) at once."""
    trees = trees_up_to(5)
    steps, other = StepFields(momentum, trees), theorem_2_1(momentum, trees)
    for k, fields in enumerate(islice(fields_of_steps(3, momentum), 4)):
        assert as_map_series(fields) == steps.at(k) == next(other)
