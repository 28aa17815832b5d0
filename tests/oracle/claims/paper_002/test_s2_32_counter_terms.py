"""S2-32: the verdict follows the Hessian that is used."""

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_32_counter_terms as claim
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS, symbolic_network
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """One network is enough beside the identity."""
    monkeypatch.setattr(claim, "NETWORKS", NETWORKS[1:])
    monkeypatch.setattr(claim, "LADDER", tuple(Fraction(1, 40 * 2**i) for i in range(3)))


def test_the_blocks_alone_are_no_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    """With w_±² for v in the correction as well, it is refuted."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    monkeypatch.setattr(claim, "corrected_turned", claim.printed_turned)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_with_the_whole_hessian_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The printed terms put right, in the identity and in the flow."""
    whole = claim._distance
    monkeypatch.setattr(claim, "printed_turned", claim.corrected_turned)
    monkeypatch.setattr(claim, "_distance", lambda n, e, v, s: whole(n, e, "shifted", s))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_equation_102_is_the_product_with_the_block() -> None:
    """What the paper prints is its own blocks times its own gradient: no slip on the way."""
    s = symbolic_network()
    blocks, printed = s.diagonal.blocks_times(s.at, s.diagonal.gradient(s.at)), claim.printed_turned(s)
    assert blocks.plus == printed.plus
    assert blocks.minus == printed.minus
