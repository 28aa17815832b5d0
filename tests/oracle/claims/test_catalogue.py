"""The catalogue: every published claim has its file, and every file says what it must."""

from pathlib import Path

import pytest

from oracle.claims.catalogue import UnknownClaimError, catalogue, chosen
from oracle.claims.claim import Claim
from oracle.report.claims_html import mathml
from oracle.report.claims_words import derivation

# the list of claims, identifier by identifier, as it was handed to the project
PUBLISHED = {
    "000": "P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P14 P15 P16 P17 P18 P19 P20 P21 P23 P24 P26 F1 F2a F2b F3",
    "003": "Q1 Q3 Q4 Q5 Q6 Q7 Q8 Q9 Q10 Q11 Q12 Q13 Q14 Q15 Q16 Q17 Q18 Q19 Q20",
    "001": "S1-1 S1-2 S1-3 S1-4 S1-6 S1-7 S1-9 S1-10 S1-11 S1-12 S1-14 S1-15 S1-19 S1-20 S1-21 S1-22 S1-23 S1-24 S1-25",
    "002": "S2-1 S2-4 S2-5 S2-6 S2-7 S2-9 S2-10 S2-12 S2-13 S2-15 S2-16 S2-17 S2-18 S2-19 S2-21 S2-23 S2-25 S2-26 "
    "S2-28 S2-29 S2-31 S2-32 S2-33 S2-34 S2-35 S2-36 S2-37 S2-39 S2-40 S2-41 S2-43 S2-44 S2-45 S2-46 S2-47",
    "own": "O1 O2",
}
CLAIMS = list(catalogue().values())


@pytest.mark.parametrize("paper", PUBLISHED)
def test_every_published_claim_is_there(paper: str) -> None:
    """None is missing, none is under another paper, and none was made up."""
    found = {claim.identifier for claim in CLAIMS if claim.paper == paper}
    assert found == set(PUBLISHED[paper].split())


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.identifier)
def test_a_claim_says_what_it_must(claim: Claim) -> None:
    """Statement, place, what would confirm and refute, and a docstring that begins with the identifier."""
    assert all((claim.place, claim.statement, claim.confirms, claim.refutes))
    assert claim.compute.__module__.startswith("oracle.claims.")
    assert derivation(claim).startswith(f"{claim.identifier}:")
    assert not claim.correction or claim.correction.text


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.identifier)
def test_its_formulas_can_be_typeset(claim: Claim) -> None:
    """Printed and corrected formulas become MathML, with no command left over as text."""
    for tex in (claim.printed_tex, claim.correction.tex if claim.correction else ""):
        assert "\\" not in mathml(tex)


def test_identifiers_are_found_in_any_case() -> None:
    """`p1` is `P1`, and the order is the catalogue's."""
    assert [claim.identifier for claim in chosen(["p3", "P1"])] == ["P1", "P3"]


def test_an_unknown_identifier_is_refused_with_what_comes_close() -> None:
    """The message names neighbours and how to list all."""
    with pytest.raises(UnknownClaimError, match=r"no claim is called 'P99'; close to it: .*P9.*--list"):
        chosen(["P99"])


def test_numbers_in_identifiers_sort_as_numbers() -> None:
    """P2 comes before P10."""
    names = [claim.identifier for claim in CLAIMS if claim.paper == "000"]
    assert names.index("P2") < names.index("P10")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.identifier)
def test_every_claim_is_shown_able_to_change_its_verdict(claim: Claim) -> None:
    """Its test module replaces a formula of the computation, or its data, and looks at the verdict."""
    name = claim.compute.__module__.rpartition(".")[2]
    tests = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*/test_*.py")]
    altered = [
        text
        for text in tests
        if name in text and "Verdict." in text and ("setattr(" in text or "figures=" in text)
    ]
    assert altered, f"no test alters {name}"
