"""Run claims over worker processes and rule on what they found; what is finished is kept, and found again."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from time import perf_counter

from oracle.child_process import fresh_processes
from oracle.claims.catalogue import catalogue
from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Findings
from oracle.claims.stored import StoredFindings
from oracle.claims.verdict import Ruling, Verdict, rule

__all__ = ["Entry", "adjudicate", "adjudicate_one"]

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Entry:
    """A claim with what was found and what follows.

    Parameters
    ----------
    claim : Claim
    findings : Findings
    ruling : Ruling
    seconds : float
        Of its computation; 0 where it was found finished.
    failure : str
        The traceback of a computation that broke off; empty otherwise.
    """

    claim: Claim
    findings: Findings
    ruling: Ruling
    seconds: float = 0.0
    failure: str = ""


def adjudicate_one(claim: Claim, setting: Setting | None = None) -> Entry:
    """Compute one claim here and now, in this process."""
    began = perf_counter()
    findings = claim.compute(setting or Setting())
    return Entry(claim, findings, rule(claim, findings), perf_counter() - began)


def adjudicate(
    claims: Sequence[Claim],
    setting: Setting,
    stored: StoredFindings | None = None,
    *,
    workers: int = 2,
    advance: Advance | None = None,
) -> list[Entry]:
    """Return the ruling on every claim, in their order.

    Parameters
    ----------
    claims : sequence of Claim
        From the catalogue: workers find them there by identifier.
    setting : Setting
    stored : StoredFindings, optional
        Where finished claims are looked for and kept; None keeps nothing.
    workers : int
        Processes; with 1 everything is computed here.
    advance : callable, optional
        Told (done, total).
    """
    entries: dict[str, Entry] = {}
    for claim in claims:
        findings = stored.fetch(claim, setting) if stored is not None else None
        if findings is not None:
            entries[claim.identifier] = Entry(claim, findings, rule(claim, findings))
    missing = sorted((c for c in claims if c.identifier not in entries), key=lambda claim: -claim.seconds)
    if advance is not None:
        advance(len(entries), len(claims))
    for entry in _computed(missing, setting, workers):
        entries[entry.claim.identifier] = entry
        if stored is not None and not entry.failure:
            stored.keep(entry.claim, setting, entry.findings)
        if advance is not None:
            advance(len(entries), len(claims))
    return [entries[claim.identifier] for claim in claims]


def _computed(claims: Sequence[Claim], setting: Setting, workers: int) -> Iterator[Entry]:
    """Yield entries as they are finished."""
    if workers == 1 or len(claims) == 1:
        for claim in claims:
            yield _guarded(claim, setting)
        return
    with fresh_processes(workers) as pool:
        waiting = {_submitted(pool, claim, setting): claim for claim in claims}
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                claim = waiting.pop(future)
                try:
                    yield replace(future.result(), claim=claim)
                except BrokenProcessPool as error:
                    yield _failed(claim, f"its worker process died: {error}")


def _submitted(pool: ProcessPoolExecutor, claim: Claim, setting: Setting) -> Future[Entry]:
    return pool.submit(_by_name, claim.identifier, setting)


def _by_name(identifier: str, setting: Setting) -> Entry:
    """Compute a claim in a worker."""
    return _guarded(catalogue()[identifier], setting)


def _guarded(claim: Claim, setting: Setting) -> Entry:
    """Compute one claim; whatever it raises becomes an entry that says so, and the others go on."""
    try:
        return adjudicate_one(claim, setting)
    except Exception:  # the boundary between one claim's fault and the others' results
        return _failed(claim, traceback.format_exc())


def _failed(claim: Claim, text: str) -> Entry:
    last = text.strip().splitlines()[-1]
    ruling = Ruling(Verdict.NOT_DECIDABLE, None, f"its computation broke off: {last}")
    return Entry(claim, Findings(()), ruling, failure=text)
