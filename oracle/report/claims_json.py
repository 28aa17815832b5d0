"""The ledger as JSON: the contract's fields, and beside them everything needed to read a verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from oracle.claims.claim import Setting
from oracle.claims.ledger import Entry
from oracle.report.claims_words import counted, headline

__all__ = ["changed_verdicts", "render_claims_json"]


def render_claims_json(entries: Sequence[Entry], setting: Setting, versions: Mapping[str, str]) -> str:
    """Return the ledger as JSON text.

    Parameters
    ----------
    entries : sequence of Entry
    setting : Setting
    versions : mapping
        As `oracle.versions.versions` returns them.
    """
    content = {
        "claims": [_entry(entry) for entry in entries],
        "summary": {"sentence": headline(entries), **{str(v): n for v, n in counted(entries).items()}},
        "precision": setting.precision,
        "provenance": dict(versions),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def changed_verdicts(text: str, entries: Sequence[Entry]) -> list[tuple[str, str, str]]:
    """Return (identifier, verdict then, verdict now) of the claims whose verdict is another than in an earlier JSON.

    Raises
    ------
    ValueError
        If the text is no ledger in JSON.
    """
    try:
        before = {claim["id"]: str(claim["verdict"]) for claim in json.loads(text)["claims"]}
    except (TypeError, KeyError, json.JSONDecodeError) as error:
        raise ValueError("it is no ledger as `oracle claims --json` prints it") from error
    now = {entry.claim.identifier: str(entry.ruling.verdict) for entry in entries}
    return [
        (name, before.get(name, "not in that file"), verdict)
        for name, verdict in now.items()
        if before.get(name) != verdict
    ]


def _entry(entry: Entry) -> dict[str, Any]:
    claim, ruling = entry.claim, entry.ruling
    corrected = ruling.correction
    return {
        "id": claim.identifier,
        "paper": claim.paper,
        "place": claim.place,
        "statement": claim.statement,
        "verdict": ruling.verdict,
        "corrected": corrected.text if corrected else None,
        "grade": ruling.grade,
        "evidence": [asdict(check) for check in entry.findings.checks],
        "reason": ruling.reason,
        "assumption": claim.assumption or None,
        "confirms": claim.confirms,
        "refutes": claim.refutes,
        "printed_tex": claim.printed_tex or None,
        "corrected_tex": (corrected.tex or None) if corrected else None,
        "remarks": list(entry.findings.remarks),
        "seconds": round(entry.seconds, 3),
        "failure": entry.failure or None,
    }
