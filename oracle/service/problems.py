"""What can go wrong with a request, and how it is told: RFC 9457 problem documents.

One table names every problem with its status and the exit code that the command line has for the same failure;
one function turns the exceptions of the packages below into these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oracle.candidate_file import CandidateError
from oracle.goldens import REFUSALS
from oracle.records.figure import FigureError
from oracle.records.record_errors import DamagedRecordError, MissingRecordError, StoreError
from oracle.spec_error import SpecError
from reference.exact import ExactNumberError
from reference.iterates import CertificateViolationError

__all__ = ["ANNOUNCED", "KINDS", "Problem", "ProblemError", "ProblemKind", "document", "problem_of"]

MISUSE, DAMAGED, FAULT = 2, 4, 70  # of the command line, as the contract has them


@dataclass(frozen=True)
class ProblemKind:
    """One row of the table.

    Parameters
    ----------
    status : int
        Of HTTP.
    title : str
        The same for every occurrence.
    exit_code : int
        What the command line leaves with for the same failure.
    advice : str
        What to do, for the page behind the problem's address.
    """

    status: int
    title: str
    exit_code: int
    advice: str


KINDS: Mapping[str, ProblemKind] = {  # in the order of their status, as the pages list them
    "malformed-request": ProblemKind(
        400, "The request is not as described", MISUSE,
        "Compare the request with the description of the interface under /docs; `detail` names the part that is wrong.",
    ),
    "unauthorised": ProblemKind(
        401, "A token that this server knows is needed", MISUSE,
        "Send `Authorization: Bearer TOKEN`. Who runs this server makes one with `oracle token create NAME --scope read`.",
    ),
    "forbidden": ProblemKind(
        403, "Not allowed", MISUSE,
        "`detail` says which: the token lacks a scope; or another token asked for the job; or the request was addressed to "
        "a name that is none of this server's (`oracle serve --allow-host NAME` gives it one); or it was sent by a page of "
        "another site, as it seems to be where a reverse proxy does not pass on `Host` as it came.",
    ),
    "not-found": ProblemKind(
        404, "There is no such thing here", MISUSE,
        "Check the address; goldens are listed under /v1/goldens, jobs under /v1/jobs.",
    ),
    "method-not-allowed": ProblemKind(
        405, "This address does not take this method", MISUSE, "The header `Allow` lists those it takes.",
    ),
    "too-slow": ProblemKind(
        408, "The request took too long to arrive", MISUSE,
        "Send it again over a faster line, or ask who runs this server for more time (`oracle serve --limits`).",
    ),
    "job-finished": ProblemKind(
        409, "The job is finished already", MISUSE, "Nothing is left to cancel; its result stays where it is.",
    ),
    "cancelled": ProblemKind(
        409, "The job was cancelled", MISUSE, "Ask again if the result is wanted after all.",
    ),
    "too-large": ProblemKind(
        413, "The request is too large", MISUSE,
        "Record fewer steps, or ask who runs this server for a larger limit (`oracle serve --help`).",
    ),
    "unsupported-media-type": ProblemKind(
        415, "The body has another media type than this address takes", MISUSE,
        "Send a spec as `application/json`, a check as `multipart/form-data`.",
    ),
    "bad-spec": ProblemKind(
        422, "The spec is not valid", MISUSE, "`detail` lists each field by its path, what arrived and what was expected.",
    ),
    "bad-candidate": ProblemKind(
        422, "The candidate cannot be compared", MISUSE,
        "`detail` says what to change in the file; `numpy.savez` writes what is expected.",
    ),
    "cannot-be-computed": ProblemKind(
        422, "The mathematics refuses", MISUSE,
        "Nothing could be enclosed of what was asked: a run that diverges, a limit without proof; `detail` says which.",
    ),
    "beyond-limits": ProblemKind(
        422, "The spec asks for more than this server computes", MISUSE,
        "Ask for less, compute it where you are (`oracle golden`), or ask who runs this server for larger limits.",
    ),
    "too-many-jobs": ProblemKind(
        429, "Too many jobs at once", MISUSE, "Wait for some of your jobs to finish; `Retry-After` says when to ask again.",
    ),
    "worker-lost": ProblemKind(
        500, "The computation ended its process", FAULT,
        "It needed more memory than this server allows, or hit a fault. Nothing else was touched; ask for less.",
    ),
    "damaged-record": ProblemKind(
        500, "A stored record is damaged", DAMAGED,
        "On the server `oracle store verify` tells more; the record is never served, and never recomputed in silence.",
    ),
    "missing-record": ProblemKind(
        500, "A stored record is missing", DAMAGED,
        "The index lists a file that is not there; `oracle store verify` on the server tells more.",
    ),
    "certificate-violated": ProblemKind(
        500, "The certificate contradicts the definition", DAMAGED, "Please report the spec: this must never happen.",
    ),
    "internal-error": ProblemKind(
        500, "A fault of this program", FAULT, "Not your input's: please report it with the request's id.",
    ),
    "overloaded": ProblemKind(
        503, "The server is busy", MISUSE, "Ask again; `Retry-After` says when.",
    ),
    "timed-out": ProblemKind(
        504, "The computation took longer than this server allows", MISUSE,
        "Ask for fewer steps or digits, or compute it where you are (`oracle golden`).",
    ),
    "store-unusable": ProblemKind(
        507, "The golden store cannot be used", MISUSE, "Its disk is full, read-only or busy; nothing stored was lost.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One occurrence.

    Parameters
    ----------
    name : str
        A key of `KINDS`.
    detail : str
        What was asked, what arrived, what was expected, what to do.
    headers : mapping
        To send along, as ``Retry-After``.
    """

    name: str
    detail: str
    headers: Mapping[str, str] | None = None

    @property
    def kind(self) -> ProblemKind:
        """The row of the table."""
        return KINDS[self.name]


class ProblemError(Exception):
    """A problem on its way to the one who asked."""

    def __init__(self, name: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{name}: {detail}")
        self.problem = Problem(name, detail, headers)


def document(problem: Problem, instance: str | None = None) -> dict[str, Any]:
    """Return the problem document; `instance` is the address of this occurrence."""
    kind = problem.kind
    content = {
        "type": f"/problems/{problem.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "exit_code": kind.exit_code,
    }
    return content | ({"instance": instance} if instance else {})


def problem_of(error: BaseException) -> Problem:
    """Return what an exception is to the one who asked; one that nobody announces is a fault of ours."""
    if isinstance(error, ProblemError):
        return error.problem
    for types, name in ANNOUNCED:
        if isinstance(error, types):
            return Problem(name, str(error))
    if isinstance(error, MemoryError):
        return Problem("worker-lost", "the computation needs more memory than this server allows a job")
    return Problem("internal-error", f"an unexpected {type(error).__name__}; the server's log has the rest")


ANNOUNCED: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((SpecError, ExactNumberError), "bad-spec"),
    ((CandidateError,), "bad-candidate"),
    ((DamagedRecordError, FigureError), "damaged-record"),
    ((MissingRecordError,), "missing-record"),
    ((CertificateViolationError,), "certificate-violated"),
    ((StoreError,), "store-unusable"),
    (REFUSALS, "cannot-be-computed"),
)
