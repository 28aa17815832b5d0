"""The ledger as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from oracle.claims.claim import Claim
from oracle.claims.evidence import Check
from oracle.claims.ledger import Entry
from oracle.report.claims_words import headline, short_paper
from oracle.report.figures import duration

__all__ = ["claim_list", "ledger_lines"]

WIDTH = 110
SIGNS = {True: "✓", False: "✗", None: "?"}


def ledger_lines(entries: Sequence[Entry], *, whole: bool) -> list[str]:
    """Return the ledger, a line a claim, or with all evidence.

    Parameters
    ----------
    entries : sequence of Entry
    whole : bool
        Whether statement, evidence and correction are told as well.
    """
    lines: list[str] = []
    for entry in entries:
        lines += _whole(entry) if whole else [_line(entry)]
    broken = [entry for entry in entries if entry.failure]
    for entry in broken:
        lines += ["", f"{entry.claim.identifier} broke off:", *entry.failure.rstrip().splitlines()]
    return [*lines, "", headline(entries)]


def claim_list(claims: Sequence[Claim]) -> list[str]:
    """Return identifier, place and statement of claims, without computing any."""
    return [f"{c.identifier:<7} {short_paper(c.paper)}, {c.place}: {c.statement}" for c in claims]


def _line(entry: Entry) -> str:
    claim, ruling = entry.claim, entry.ruling
    place = f"{short_paper(claim.paper)}, {claim.place}"
    return f"{claim.identifier:<7} {ruling.verdict:<22} {ruling.grade or '–':<10} {place}"


def _whole(entry: Entry) -> list[str]:
    claim, ruling = entry.claim, entry.ruling
    took = duration(entry.seconds) if entry.seconds else "found finished"
    lines = ["", f"{claim.identifier}: {ruling.verdict} ({ruling.grade or 'no grade'}; {took})"]
    lines += _folded(f"{short_paper(claim.paper)}, {claim.place}: {claim.statement}")
    lines += _folded(f"because: {ruling.reason}")
    if ruling.correction is not None:
        lines += _folded(f"corrected: {ruling.correction.text}")
    if claim.assumption:
        lines += _folded(f"assumption: {claim.assumption}")
    for check in entry.findings.checks:
        lines += _folded(_check(check), "    ")
    for remark in entry.findings.remarks:
        lines += _folded(f"note: {remark}")
    return lines


def _check(check: Check) -> str:
    return (
        f"{SIGNS[check.holds]} {check.role}: {check.asked}: {check.found} [{check.instance}; {check.grade}]"
    )


def _folded(text: str, indent: str = "  ") -> list[str]:
    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")
