"""What clients were promised, written down by the clients; and the audit that holds a server to all of it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracle.store import Store
from tests.service.http_client import JSON, Answer, Ask

__all__ = ["Journal", "audit_checks", "audit_goldens", "audit_jobs", "digest_of", "verified"]

FINAL = ("done", "failed", "cancelled")
NAMED_LOSSES = ("worker-lost", "timed-out")


@dataclass(eq=False)
class Journal:
    """Acknowledgements, by any thread.

    Parameters
    ----------
    goldens : dict of digest to spec
        Each was answered in full, or is the result of a job that was done.
    checks : dict of identifier to verdict
    jobs : dict of identifier to kind
        Promised with 202 and not yet seen ended.
    ended : dict of identifier to state
    violations : list of str
        Promises that were broken.
    """

    goldens: dict[str, bytes] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    _digests: dict[bytes, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def golden(self, spec: bytes, body: bytes) -> None:
        """Write down a golden that was answered, once its digest was recomputed."""
        told = json.loads(body)
        computed = digest_of(told)
        with self._lock:
            if computed != told["digest"]:
                self.violations.append(f"a golden says it is {told['digest']}; its numbers give {computed}")
            known = self._digests.setdefault(spec, computed)
            if known != computed:
                self.violations.append(f"one spec was answered with {known}, then with {computed}")
            self.goldens[known] = spec

    def check(self, told: dict[str, Any], expected: str = "") -> None:
        """Write down a verdict that was given; `expected` is what it must be, where that is known."""
        identifier, verdict = told["id"], told["verdict"]
        with self._lock:
            known = self.checks.setdefault(identifier, verdict)
            if verdict != known or (expected and verdict != expected):
                self.violations.append(
                    f"the check {identifier} is {verdict}; it was {known}, and {expected or 'that'} is right"
                )

    def job(self, told: dict[str, Any]) -> None:
        """Write down a job that was promised."""
        with self._lock:
            if told["id"] not in self.ended:
                self.jobs[told["id"]] = told["kind"]

    def end(self, identifier: str, state: str) -> None:
        """Write down that a job has ended."""
        with self._lock:
            self.jobs.pop(identifier, None)
            self.ended[identifier] = state

    def broken(self, what: str) -> None:
        """Write down a promise that was broken."""
        with self._lock:
            self.violations.append(what)

    def pending(self) -> list[str]:
        """Return the jobs that have not been seen ended."""
        with self._lock:
            return list(self.jobs)


def digest_of(golden: dict[str, Any]) -> str:
    """Return the digest of a golden as anyone can recompute it from the JSON."""
    part = {key: golden[key] for key in ("spec", "values", "radius")}
    text = json.dumps(part, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def audit_goldens(journal: Journal, ask: Ask, digests: Iterable[str]) -> None:
    """See that goldens are there, digit for digit, by their digest and by their spec."""
    for digest in digests:
        for answer in (
            ask("GET", f"/v1/goldens/{digest}"),
            ask("POST", "/v1/goldens", journal.goldens[digest], JSON),
        ):
            if answer.status != 200:
                journal.broken(f"the golden {digest} is answered with {_told(answer)}")
            elif not digest == answer.json()["digest"] == digest_of(answer.json()):
                journal.broken(f"the golden {digest} has other numbers now: {digest_of(answer.json())}")


def audit_checks(journal: Journal, ask: Ask, identifiers: Iterable[str]) -> None:
    """See that checks are there with the verdicts that were given."""
    for identifier in identifiers:
        answer = ask("GET", f"/v1/checks/{identifier}")
        if answer.status != 200:
            journal.broken(f"the check {identifier} is answered with {_told(answer)}")
        elif answer.json()["verdict"] != journal.checks[identifier]:
            journal.broken(
                f"the check {identifier} was {journal.checks[identifier]} and is {answer.json()['verdict']}"
            )


def audit_jobs(journal: Journal, ask: Ask, identifiers: Iterable[str]) -> None:
    """See that jobs are there, and that those that have ended did so with a result or a reason."""
    for identifier in identifiers:
        answer = ask("GET", f"/v1/jobs/{identifier}")
        if answer.status != 200:
            journal.broken(f"the job {identifier} is answered with {_told(answer)}")
            journal.end(identifier, "vanished")
            continue
        job = answer.json()
        if job["state"] in FINAL:
            journal.end(identifier, job["state"])
            _ENDS.get(job["state"], _strange)(journal, ask, job)


def verified(store: Path) -> list[str]:
    """Return what `oracle store verify` finds damaged or missing."""
    return [
        f"{finding.state}: {finding.path.name}: {finding.reason}"
        for finding in Store(store).verify()
        if finding.is_failure
    ]


def _done(journal: Journal, ask: Ask, job: dict[str, Any]) -> None:
    answer = ask("GET", job["result"])
    if answer.status != 200:
        journal.broken(f"the job {job['id']} is done, and its result is answered with {_told(answer)}")
    elif job["kind"] == "check":
        journal.check(answer.json())
    else:
        journal.golden(json.dumps(answer.json()["spec"]).encode(), answer.body)


def _failed(journal: Journal, _: Ask, job: dict[str, Any]) -> None:
    name = job["problem"]["type"].removeprefix("/problems/")
    if name not in NAMED_LOSSES:
        journal.broken(f"the job {job['id']} failed with {job['problem']}; expected one of {NAMED_LOSSES}")


def _strange(journal: Journal, _: Ask, job: dict[str, Any]) -> None:
    journal.broken(f"the job {job['id']} is {job['state']}, though nobody cancelled it")


_ENDS: dict[str, Callable[[Journal, Ask, dict[str, Any]], None]] = {"done": _done, "failed": _failed}


def _told(answer: Answer) -> str:
    return f"{answer.status} {answer.body[:300]!r}"
