"""Checks: what is uploaded for one, and what the server says of it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from urllib3.filepost import encode_multipart_formdata

from oracle.candidate_file import CandidateError
from oracle.client.asked import AskedSpec
from oracle.client.errors import ServerAnswerError
from oracle.records.candidate import Declaration

__all__ = ["DECLARED", "CheckAnswer", "Upload", "check_from", "form_of", "upload_of"]

DECLARED = ("dtype", "form", "accumulate", "operands", "state")
VERDICTS = ("AGREES", "DISAGREES", "UNDECIDED")
UNNAMED = "arrays.npz"


@dataclass(frozen=True)
class Upload:
    """A candidate on its way: its name for people, and the bytes of its `.npz`."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Of the bytes, in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class CheckAnswer:
    """A check as the server has it.

    Parameters
    ----------
    id : str
        The same for the same spec, candidate and declaration.
    verdict : str
        ``AGREES``, ``DISAGREES`` or ``UNDECIDED``.
    golden : str
        Digest of what the candidate was held against.
    report : str
        Full address of the report for people.
    comparison : mapping
        What `oracle check --json` prints.
    told : mapping
        Everything that the server said of it.
    """

    id: str
    verdict: str
    golden: str
    report: str
    comparison: Mapping[str, Any]
    told: Mapping[str, Any]


def upload_of(candidate: object, name: str = "") -> Upload:
    """Return the upload of a candidate.

    Parameters
    ----------
    candidate : path of an `.npz`, its bytes, or mapping of name to array
        Arrays as in a golden's values, and ``steps``.
    name : str
        For people; empty means that of the file.

    Raises
    ------
    CandidateError
        If it is none of these, or an array holds anything but numbers.
    OSError
        If the file cannot be read.
    """
    match candidate:
        case bytes():
            return Upload(name or UNNAMED, candidate)
        case str() | PathLike():
            path = Path(candidate)
            return Upload(name or path.name, path.read_bytes())
        case Mapping() if candidate:
            return Upload(name or UNNAMED, _packed(candidate))
    raise CandidateError(
        f"the candidate is a `{type(candidate).__name__}` of nothing that can be sent; expected the path of an `.npz`, "
        "its bytes, or a mapping of arrays by name"
    )


def form_of(
    spec: AskedSpec, upload: Upload, declaration: Declaration | Mapping[str, str] | None
) -> tuple[bytes, str]:
    """Return the body of a check and its media type.

    Raises
    ------
    CandidateError
        If the declaration holds what the service is not told.
    """
    fields: dict[str, Any] = {
        "spec": ("spec.json", spec.text.encode("utf-8"), "application/json"),
        "candidate": (upload.name, upload.data, "application/octet-stream"),
    }
    body, content_type = encode_multipart_formdata(fields | _declared(declaration))
    return body, content_type


def check_from(
    told: Mapping[str, Any], request: str, server: str, upload: Upload | None = None
) -> CheckAnswer:
    """Return the check that a JSON object states.

    Parameters
    ----------
    told : mapping
    request, server : str
        Which it answers, and whose addresses it names.
    upload : Upload, optional
        What was to be checked.

    Raises
    ------
    ServerAnswerError
        If it states none, contradicts itself, or is of another candidate.
    """
    texts = {name: told.get(name) for name in ("id", "verdict", "golden", "report", "spec_digest")}
    comparison = told.get("comparison")
    if any(not isinstance(text, str) or not text for text in texts.values()) or not isinstance(
        comparison, dict
    ):
        raise ServerAnswerError(
            f"`{request}` was answered with an object of {', '.join(list(told)[:8]) or 'no fields'}; expected a check with "
            f"{', '.join(f'`{name}`' for name in texts)} and `comparison`"
        )
    if texts["verdict"] not in VERDICTS or comparison.get("verdict") != texts["verdict"]:
        raise ServerAnswerError(
            f"`{request}` was answered with the verdict {texts['verdict']!r:.40} over a comparison that says "
            f"{comparison.get('verdict')!r:.40}; expected one of {', '.join(VERDICTS)}, twice. Nothing of it was used"
        )
    if upload is not None and str(told.get("candidate_sha256")).removeprefix("sha256:") != upload.sha256:
        raise ServerAnswerError(
            f"`{request}` was answered with a check of another candidate: {str(told.get('candidate_sha256'))[:80]} came, "
            f"{upload.sha256} was sent. Nothing of it was used"
        )
    report = server + str(texts["report"]) if str(texts["report"]).startswith("/") else str(texts["report"])
    return CheckAnswer(
        str(texts["id"]), str(texts["verdict"]), str(texts["golden"]), report, comparison, told
    )


def _declared(declaration: Declaration | Mapping[str, str] | None) -> dict[str, str]:
    """Return what is said of the arithmetic, without what is left to its default."""
    said: Mapping[str, Any] = (
        asdict(declaration) if isinstance(declaration, Declaration) else declaration or {}
    )
    if not said.get("fma", True):
        raise CandidateError(
            "the declaration says `fma=False`, which the service is not told; a check there allows fused multiply-adds: "
            "leave it at True, or judge the record here (`oracle.verdict.judge`)"
        )
    unknown = sorted(said.keys() - {*DECLARED, "fma"})
    if unknown:
        raise CandidateError(f"the declaration says `{unknown[0]}`; expected some of {', '.join(DECLARED)}")
    return {name: str(said[name]) for name in DECLARED if said.get(name)}


def _packed(arrays: Mapping[Any, Any]) -> bytes:
    """Return arrays as an `.npz`; the same arrays give the same bytes."""
    found = {str(name): np.asarray(values) for name, values in arrays.items()}
    for name, array in found.items():
        if array.dtype.kind not in "fiu":
            raise CandidateError(
                f"`{name}` has dtype {array.dtype}; expected numbers: floating point values, and integers for `steps`"
            )
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **found)
    return buffer.getvalue()
