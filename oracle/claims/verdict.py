"""From the checks of a claim to its verdict: one rule for all claims, and nothing else decides.

* A check as printed that fails, and is certified or confirmed, refutes the statement as printed; one that was merely
  observed refutes nothing.
* What is refuted ``needs assumption`` if it holds on every instance where the assumption is granted; else it ``holds
  with correction`` if a correction that leaves its substance is verified; else it is ``refuted``, with the corrected
  statement where one that replaces it is verified.
* It ``holds`` if every check as printed holds.
* Whatever confirms (a statement, an assumption, a correction) does so on two unlike instances or as an identity.
* Everything else is ``not decidable here``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from oracle.claims.claim import Claim, Correction, Effect
from oracle.claims.evidence import Check, Findings, Grade, Role

__all__ = ["Ruling", "Verdict", "rule"]


class Verdict(StrEnum):
    """The verdicts of the contract."""

    HOLDS = "holds"
    REFUTED = "refuted"
    HOLDS_WITH_CORRECTION = "holds with correction"
    NEEDS_ASSUMPTION = "needs assumption"
    NOT_DECIDABLE = "not decidable here"


@dataclass(frozen=True)
class Ruling:
    """A verdict with its reason.

    Parameters
    ----------
    verdict : Verdict
    grade : Grade or None
        The lowest among the checks that the verdict rests on; None where it rests on none.
    reason : str
        One sentence.
    correction : Correction or None
        The claim's correction, where it was verified.
    """

    verdict: Verdict
    grade: Grade | None
    reason: str
    correction: Correction | None = None


def rule(claim: Claim, findings: Findings) -> Ruling:
    """Return what the findings make of a claim."""
    printed = [check for check in findings.checks if check.role is Role.AS_PRINTED]
    broken = [check for check in printed if check.holds is False and check.grade is not Grade.OBSERVED]
    if broken:
        return _refuted(claim, findings, broken)
    doubtful = [check for check in printed if check.holds is not True]
    if doubtful or not _confirmed(printed):
        return Ruling(Verdict.NOT_DECIDABLE, None, _why_open(claim, printed, doubtful))
    return Ruling(Verdict.HOLDS, _lowest(printed), _extent(printed))


def _refuted(claim: Claim, findings: Findings, broken: Sequence[Check]) -> Ruling:
    """Return the ruling on a statement that fails as printed."""
    strongest = max(broken, key=_rank)
    against = f"fails as printed: {strongest.found} ({strongest.instance})"
    granted = [check for check in findings.checks if check.role is Role.UNDER_ASSUMPTION]
    mended = [check for check in findings.checks if check.role is Role.CORRECTED]
    correction = claim.correction if all(check.holds for check in mended) and _confirmed(mended) else None
    if claim.assumption and all(check.holds for check in granted) and _confirmed(granted):
        rests = [strongest, *granted]
        return Ruling(
            Verdict.NEEDS_ASSUMPTION,
            _lowest(rests),
            f"{against}; {_extent(granted)} where {claim.assumption}",
            correction,
        )
    if correction is not None and correction.effect is Effect.AMENDS:
        return Ruling(
            Verdict.HOLDS_WITH_CORRECTION,
            _lowest([strongest, *mended]),
            f"{against}; corrected, it {_extent(mended)}",
            correction,
        )
    if correction is not None:
        against += f"; what replaces it {_extent(mended)}"
    return Ruling(Verdict.REFUTED, strongest.grade, against, correction)


def _confirmed(checks: Sequence[Check]) -> bool:
    """Return whether checks that all hold amount to a confirmation."""
    if any(check.universal for check in checks):
        return True
    unlike = {check.instance: check.instances for check in checks}
    return sum(unlike.values()) >= 2


def _extent(checks: Sequence[Check]) -> str:
    """Return how far a confirmation reaches, in words."""
    if all(check.universal for check in checks):
        return "holds identically: proved for all values of its symbols"
    single = {check.instance for check in checks if not check.universal and check.instances == 1}
    counts = [check for check in checks if check.instances > 1]
    parts = []
    if single:
        parts.append("the one instance" if len(single) == 1 else f"all {len(single)} instances")
    if counts:
        parts.append(
            "the one count over seeds" if len(counts) == 1 else f"all {len(counts)} counts over seeds"
        )
    proved = "is proved in part, and " if any(check.universal for check in checks) else ""
    return f"{proved}holds on {' and '.join(parts)} tried, which confirms and does not prove"


def _why_open(claim: Claim, printed: Sequence[Check], doubtful: Sequence[Check]) -> str:
    if claim.open_because:
        return claim.open_because
    if doubtful:
        return f"the numbers cannot tell: {doubtful[0].found} ({doubtful[0].instance})"
    return "one instance alone confirms nothing" if printed else "nothing of it can be computed here"


def _lowest(checks: Sequence[Check]) -> Grade:
    return min(checks, key=_rank).grade


def _rank(check: Check) -> int:
    return (Grade.OBSERVED, Grade.CONFIRMED, Grade.CERTIFIED).index(check.grade)
