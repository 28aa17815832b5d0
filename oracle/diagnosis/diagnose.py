"""Name the misimplementation that explains a record which disagrees, or say that none known does.

1. Every variant of the catalogue is tried on a few telling steps: the first that fail, the very first, the
   last.  Most are ruled out there by many thousand bounds.
2. Those left are tried on the whole record.
3. Of those that explain it, the one is named that says most: the whole record moved by a step, then failing
   numbers met exactly before those met within rounding, then a fault at work everywhere before one at some steps,
   coordinates or numbers.  Those of equal standing cannot be told apart by this record, and are all named.
4. Where none explains it, families with one unknown number are tried (`oracle.diagnosis.families`),
5. and then coarser arithmetics.  Their wide bounds explain much; the narrowest that does is named, and only if
   the record makes use of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import log2

import numpy as np

from oracle.diagnosis.catalogue import FAMILIES, UNINITIALISED, VARIANTS
from oracle.diagnosis.diagnosis import Diagnosis
from oracle.diagnosis.evidence import SCOPES, Evidence, Misses, evidence_of, misses_of
from oracle.diagnosis.families import Family, Interval, common_interval
from oracle.diagnosis.fit import fitted_text
from oracle.diagnosis.variant import Attempt, Subject, Variant
from oracle.records.candidate import Declaration
from oracle.residuals import Rows
from oracle.trace import Trace
from reference.case import Case

__all__ = ["diagnose"]

TELLING = 8  # failing steps that a variant is tried on first; as many early ones, and late ones
USED = 0.02  # of a coarse bound: below it the record is finer than that arithmetic
SAME = 2.5  # binary orders of magnitude by which two coarse bounds are held for equal


# names beside which another η is news, and no false trail
_SCALED = {"loss_doubled", "loss_halved", "loss_summed", "loss_averaged_twice", "missing_factor_two", "gradient_averaged",
           "step_size_over_complement", "step_size_squared", "gradient_ascent"}  # fmt: skip


@dataclass(frozen=True)
class Suspect:
    """A variant with the best of its attempts."""

    variant: Variant
    attempt: Attempt
    evidence: Evidence

    @property
    def standing(self) -> tuple[int, float]:
        """Smaller says more: a moved record, numbers met exactly, everywhere before somewhere, narrow before wide."""
        width = log2(max(self.evidence.looseness, 1.0)) if self.attempt.loose else 0.0
        if not self.attempt.same_rows:
            return -2, width
        exactly = self.evidence.largest_ratio == 0 and self.evidence.scope != "everywhere"
        return -1 if exactly else SCOPES.index(self.evidence.scope), width


def diagnose(case: Case, declaration: Declaration, trace: Trace) -> Diagnosis:
    """Return what explains a record of successive states.

    Parameters
    ----------
    case : Case
        What was asked.
    declaration : Declaration
        How the candidate says it computes.
    trace : Trace
        Finite states, some of them successive.

    Returns
    -------
    Diagnosis
        `names` is empty where nothing known explains the record, or where nothing needs explaining.
    """
    subject = Subject(case, declaration, replace(trace, observables={}))
    with np.errstate(all="ignore"):  # a wrong recurrence may well run away
        found = _named(subject)
        if not found.names and trace.momenta is not None:
            positions = _named(replace(subject, trace=replace(subject.trace, momenta=None)))
            found = positions if positions.names else found
    return found


def _named(subject: Subject) -> Diagnosis:
    misses = misses_of(subject)
    if not misses.failed.any():
        return (
            _of_the_start(subject, misses)
            if misses.start.any()
            else Diagnosis.nothing("no step is wrong", "")
        )
    telling, failing = misses.at(_telling(misses)), float(misses.failed.any(axis=1).mean())
    tried = [
        suspect
        for variant in VARIANTS.values()
        if (suspect := _best(variant, _attempts(variant, subject, failing), telling)) is not None
    ]
    fit = fitted_text(subject, misses)
    sharp = _explaining([suspect for suspect in tried if not suspect.attempt.loose], misses)
    if sharp:
        return _diagnosis(sharp, tried, misses, fit)
    family = _family(subject, misses)
    if family is not None:
        return family
    coarse = _explaining([suspect for suspect in tried if suspect.attempt.loose], misses)
    return _diagnosis(coarse, tried, misses, fit) if coarse else _unknown(tried, fit)


def _explaining(suspects: list[Suspect], misses: Misses) -> list[Suspect]:
    """Return those that explain the whole record, the one that says most first."""
    whole = [replace(s, evidence=evidence_of(s.attempt, misses)) for s in suspects if _explains(s)]
    return sorted((s for s in whole if _explains(s)), key=lambda s: s.standing)


def _telling(misses: Misses) -> Rows:
    """Return the rows that a variant is tried on first."""
    failing = misses.rows[misses.failed.any(axis=1)]
    return np.unique(
        np.concatenate([failing[:TELLING], failing[-2:], misses.rows[:TELLING], misses.rows[-2:]])
    )


def _attempts(variant: Variant, subject: Subject, failing: float) -> Iterator[Attempt]:
    return (attempt for attempt in variant.attempts(subject) if attempt.failing <= failing)


def _best(variant: Variant, attempts: Iterable[Attempt], misses: Misses) -> Suspect | None:
    """Return the attempt that explains, or comes nearest to it; None where there is none."""
    best: Suspect | None = None
    for attempt in attempts:
        found = Suspect(variant, attempt, evidence_of(attempt, misses))
        if _explains(found):
            return found
        if best is None or found.evidence.share > best.evidence.share:
            best = found
    return best


def _explains(suspect: Suspect) -> bool:
    evidence = suspect.evidence
    return bool(evidence.scope) and (not suspect.attempt.loose or evidence.largest_ratio >= USED)


def _diagnosis(explaining: list[Suspect], tried: list[Suspect], misses: Misses, fit: str) -> Diagnosis:
    first = explaining[0]
    equals = [s for s in explaining if _equal(s.standing, first.standing)]
    named = {e.variant.name for e in equals}
    rest = [s for s in tried if s.variant.name not in named and not s.attempt.loose and not s.evidence.scope]
    next_best = min(rest, key=lambda s: (-s.evidence.share, s.evidence.largest_ratio), default=None)
    where = f" ({first.evidence.where})" if first.evidence.where else ""
    note = f", {first.attempt.note}" if first.attempt.note else ""
    others = _or([s.variant.sentence for s in equals[1:]])
    coarse = "; its bounds are wide, so finer faults may hide in them" if first.attempt.loose else ""
    return Diagnosis(
        names=tuple(s.variant.name for s in equals),
        sentence=f"the candidate {first.variant.sentence}{note}{where}{others}",
        remedy=first.variant.remedy,
        confidence=f"{_extent(first.evidence.scope, misses)} to within {first.evidence.largest_ratio:.2g} of the rounding "
        f"bound{coarse}",
        largest_ratio=first.evidence.largest_ratio,
        runner_up=next_best.variant.name if next_best else "",
        runner_up_ratio=next_best.evidence.largest_ratio if next_best else float("nan"),
        fitted=fit if _SCALED & {s.variant.name for s in equals} else "",
    )


def _extent(scope: str, misses: Misses) -> str:
    if scope == "everywhere":
        return f"explains all {misses.ratio.size} numbers of {len(misses.rows)} steps"
    total = f"{misses.ratio.size} in {len(misses.rows)} steps"
    return f"explains every failing number, the rest being right ({int(misses.failed.sum())} of {total}),"


def _equal(one: tuple[int, float], other: tuple[int, float]) -> bool:
    return one[0] == other[0] and abs(one[1] - other[1]) <= SAME


def _or(sentences: list[str]) -> str:
    """Return the other explanations as a clause."""
    return f" (indistinguishable here from: {'; '.join(sentences)})" if sentences else ""


def _of_the_start(subject: Subject, misses: Misses) -> Diagnosis:
    """Return the diagnosis of a record whose steps are all right."""
    moved = [
        suspect
        for variant in VARIANTS.values()
        if (suspect := _best(variant, (a for a in variant.attempts(subject) if not a.same_rows), misses))
        and _explains(suspect)
    ]
    if moved:
        return _diagnosis(moved, moved, misses, "")
    wrong, size = int(misses.start.sum()), len(misses.start)
    parts = np.split(misses.start, np.cumsum(misses.sizes)[:-1])
    if wrong == size or not all(bool(part[len(part) - int(part.sum()) :].all()) for part in parts):
        return Diagnosis.nothing(
            f"every step is right; the start is not, in {wrong} of {size} coordinates", ""
        )
    return Diagnosis(
        names=(UNINITIALISED.name,),
        sentence=f"the candidate {UNINITIALISED.sentence}: {wrong} of {size}",
        remedy=UNINITIALISED.remedy,
        confidence=f"every one of the {len(misses.rows)} recorded steps is right from where it starts",
        largest_ratio=float(np.nanmax(misses.ratio, initial=0.0)),
    )


def _family(subject: Subject, misses: Misses) -> Diagnosis | None:
    """Return the families whose unknown number explains the record, if any does."""
    few, found = _telling(misses), []
    for family in FAMILIES:
        for make in family.made(subject):
            interval = common_interval(subject, family, make, few, misses.rows)
            if not interval.empty:
                found.append((family, interval))
                break
    return _of_the_families(found, misses) if found else None


def _of_the_families(found: list[tuple[Family, Interval]], misses: Misses) -> Diagnosis:
    sentences = [
        family.sentence.format(t=f"{interval.middle:.6g} ± {(interval.high - interval.low) / 2:.1g}")
        for family, interval in found
    ]
    return Diagnosis(
        names=tuple(family.name for family, _ in found),
        sentence=f"the candidate {sentences[0]}{_or(sentences[1:])}",
        remedy=found[0][0].remedy,
        confidence=f"one number {_extent('everywhere', misses)} to within the rounding bound",
        largest_ratio=1.0,
    )


def _unknown(tried: list[Suspect], fit: str) -> Diagnosis:
    nearest = min(tried, key=lambda s: (-s.evidence.share, s.evidence.largest_ratio), default=None)
    if nearest is None:
        return Diagnosis.nothing("nothing known explains it", fit)
    known, share = len(VARIANTS) + len(FAMILIES), f"{100 * nearest.evidence.share:.0f} % of the numbers"
    return replace(
        Diagnosis.nothing(
            f"none of {known} known misimplementations explains it; nearest is `{nearest.variant.name}`, which "
            f"accounts for {share}",
            fit,
        ),
        runner_up=nearest.variant.name,
        runner_up_ratio=nearest.evidence.largest_ratio,
    )
