"""What the ledger's text, page and JSON say alike: papers, counts, headings."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Sequence

from oracle.claims.catalogue import module_of
from oracle.claims.claim import Claim
from oracle.claims.ledger import Entry
from oracle.claims.verdict import Verdict

__all__ = ["PAPERS", "counted", "derivation", "headline", "short_paper"]

PAPERS = {
    "000": "Effects of Momentum in Implicit Bias of Gradient Flow for Diagonal Linear Networks (Lyu, Wang, Wang, Zhu)",
    "003": "A poster on momentum gradient flow MGF(λ) and its discretisation MGD(γ, β)",
    "001": "Implicit Regularization in Heavy-Ball Momentum Accelerated SGD (Ghosh, Lyu, Zhang, Wang)",
    "002": "Heavy-Ball Momentum Method in Continuous Time and Discretization Error Analysis (Lyu et al.)",
    "own": "Claims of this project",
}
WORDS = {
    Verdict.HOLDS: "hold",
    Verdict.HOLDS_WITH_CORRECTION: "hold with a correction",
    Verdict.NEEDS_ASSUMPTION: "need an assumption",
    Verdict.REFUTED: "are refuted",
    Verdict.NOT_DECIDABLE: "cannot be decided here",
}


def counted(entries: Sequence[Entry]) -> dict[Verdict, int]:
    """Return how many claims have each verdict, all verdicts named."""
    seen = Counter(entry.ruling.verdict for entry in entries)
    return {verdict: seen[verdict] for verdict in WORDS}


def headline(entries: Sequence[Entry]) -> str:
    """Return the one sentence, as in ``Of 96 claims 40 hold, 30 hold with a correction, …``."""
    counts = counted(entries)
    parts = [f"{number} {_singular(WORDS[verdict], number)}" for verdict, number in counts.items() if number]
    if len(entries) == 1:
        return f"{entries[0].claim.identifier} {parts[0].removeprefix('1 ')}"
    if len(parts) == 1:
        return f"All {len(entries)} claims {parts[0].removeprefix(f'{len(entries)} ')}"
    return f"Of {len(entries)} claims {', '.join(parts[:-1])} and {parts[-1]}"


def derivation(claim: Claim) -> str:
    """Return the docstring of the claim's module: what is asked, and the derivation of what should stand there."""
    return inspect.cleandoc(sys.modules[module_of(claim)].__doc__ or "")


def short_paper(paper: str) -> str:
    """Return how a paper is called where space is short."""
    return "this project" if paper == "own" else f"paper {paper}"


def _singular(words: str, number: int) -> str:
    plural, singular = ("hold", "holds"), ("need", "needs")
    first, _, rest = words.partition(" ")
    if number == 1:
        first = {plural[0]: plural[1], singular[0]: singular[1], "are": "is"}.get(first, first)
    return f"{first} {rest}".strip()
