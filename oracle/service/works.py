"""What workers can be asked: one function each, in one table. They meet the rest of the package; the server does not."""

# ruff: noqa: PLC0415 - plots and claims are slow to import, and few tasks need them

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from oracle.candidate_file import CandidateFile, read_candidate_bytes
from oracle.check import compare
from oracle.records.candidate import Declaration
from oracle.records.golden import golden_json
from oracle.report.comparison import Comparison
from oracle.report.json_report import comparison_json
from oracle.service.task import Advance, Task
from oracle.service.warm import WarmGoldens
from oracle.spec import Spec, parse_spec
from oracle.store import Store
from oracle.verdict import Outcome

__all__ = ["works"]

Answer = tuple[dict[str, Any], bytes]
Work = Callable[[Task, Advance], Answer]


def works(store: str, claims: str, unpacked_bytes: int) -> Mapping[str, Work]:
    """Return the table for one worker process.

    Parameters
    ----------
    store : str
        Directory of the goldens.
    claims : str
        Directory where finished claims are kept.
    unpacked_bytes : int
        What a candidate's archive may hold.
    """
    found = _Works(Store(store), Path(claims), unpacked_bytes)
    return {
        "spec": found.spec,
        "golden": found.golden,
        "render": found.render,
        "golden-page": found.golden_page,
        "record": found.record,
        "candidate": found.candidate,
        "check": found.check,
        "report": found.report,
        "claims": found.claims,
    }


class _Works:
    """The works with what they share: the store and the goldens at hand."""

    def __init__(self, store: Store, claims: Path, unpacked_bytes: int) -> None:
        self._store, self._claims, self._unpacked = store, claims, unpacked_bytes
        self._warm = WarmGoldens(store)

    def spec(self, task: Task, _: Advance) -> Answer:
        """Read a spec: its canonical text."""
        return {"canonical": parse_spec(task.body).canonical_json}, b""

    def golden(self, task: Task, advance: Advance) -> Answer:
        """Fetch or compute the golden of a canonical spec: its digest and its JSON."""
        golden, stored = self._warm.golden(Spec(task.fields["spec"]), advance)
        return {"digest": golden.digest, "stored": stored}, _golden_text(golden_json(golden))

    def render(self, task: Task, _: Advance) -> Answer:
        """Read a stored golden anew, all of it verified: its JSON."""
        golden = self._store.get(task.fields["digest"])
        return {"spec_digest": golden.spec_digest}, _golden_text(golden_json(golden))

    def golden_page(self, task: Task, _: Advance) -> Answer:
        """Read a stored golden anew, all of it verified: what a page about it shows, as JSON."""
        from oracle.report.golden_view import golden_view

        return {}, json.dumps(golden_view(self._store.get(task.fields["digest"]))).encode()

    def record(self, task: Task, _: Advance) -> Answer:
        """Read the file of a stored golden, verified byte for byte."""
        return {}, self._store.file_bytes(task.fields["digest"])

    def candidate(self, task: Task, _: Advance) -> Answer:
        """Read a candidate, before hours are spent on the golden that it is to be held against."""
        file = self._file(task)
        return {"dtype": task.fields["declaration"].get("dtype") or file.dtype()}, b""

    def check(self, task: Task, advance: Advance) -> Answer:
        """Judge a candidate: the verdict and its JSON."""
        comparison = self._compared(task, advance, draw=False)
        if comparison.verdict.outcome is Outcome.DISAGREES:  # what is told of it may rest on the envelope
            comparison = self._compared(task, advance, draw=True)
        answer = {"verdict": str(comparison.verdict.outcome), "golden": comparison.golden.digest}
        return answer, json.dumps(comparison_json(comparison), allow_nan=False).encode()

    def report(self, task: Task, advance: Advance) -> Answer:
        """Judge a candidate: the page about it."""
        from oracle.report.comparison import Report
        from oracle.report.html import render_html
        from oracle.versions import versions

        found = self._compared(task, advance, draw=True)
        report = Report(f"check of {found.candidate}", (found,), (), versions(), found.verdict.seconds)
        return {"verdict": str(found.verdict.outcome)}, render_html(report).encode()

    def claims(self, _: Task, advance: Advance) -> Answer:
        """Adjudicate every claim: the ledger's JSON, and its page behind it."""
        from oracle.claims.catalogue import catalogue
        from oracle.claims.claim import Setting
        from oracle.claims.figure_results import all_figures
        from oracle.claims.ledger import adjudicate
        from oracle.claims.stored import StoredFindings
        from oracle.report.claims_html import render_claims_html
        from oracle.report.claims_json import render_claims_json
        from oracle.versions import versions

        setting, found = Setting(), versions()
        stored = StoredFindings(self._claims)
        entries = adjudicate(list(catalogue().values()), setting, stored, workers=1, advance=advance)
        text = render_claims_json(entries, setting, found).encode()
        page = render_claims_html(entries, setting, found, all_figures(setting)).encode()
        return {"json_bytes": len(text)}, text + page

    def _compared(self, task: Task, advance: Advance, *, draw: bool) -> Comparison:
        file = self._file(task)
        declared: dict[str, Any] = dict(task.fields["declaration"])
        declaration = replace(Declaration(dtype=declared.pop("dtype", "") or file.dtype()), **declared)
        golden, _ = self._warm.golden(Spec(task.fields["spec"]), advance)
        return compare(golden, file, declaration, task.fields["name"], draw_envelope=draw, diagnose=draw)

    def _file(self, task: Task) -> CandidateFile:
        return read_candidate_bytes(task.body, task.fields["name"], self._unpacked)


def _golden_text(content: Mapping[str, Any]) -> bytes:
    """Return what `oracle golden --json` prints."""
    return json.dumps(content).encode()
