"""What requests have in common: the service they meet, the spec in their body, the declaration of a candidate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from oracle.check import DTYPES, FORMS, refuse_other_wants
from oracle.service.code_digest import code_digest
from oracle.service.endings import Granted, answered
from oracle.service.job import Check
from oracle.service.limits import LONGEST_WAIT, BeyondLimitsError, check_raw, check_spec
from oracle.service.pool import Lane
from oracle.service.problems import ProblemError
from oracle.service.service import Service
from oracle.service.task import Task
from oracle.spec import Spec, parse_spec
from oracle.spec_error import refusal
from oracle.spec_reading import integer_problem

__all__ = ["TheService", "Wait", "check_form", "read_body", "read_check", "read_spec", "require_media_type"]

SMALL = 16 * 1024  # bytes of a spec that are read at once; a longer one would hold up everyone else
DECLARED = {
    "dtype": DTYPES,
    "form": FORMS,
    "accumulate": DTYPES,
    "operands": ("tfloat32", "bfloat16", "float16"),
    "state": DTYPES[1:],
}
LONGEST_NAME = 100
MOST_FIELDS = 10
# one more than a check can have: a second `candidate` is then read, and named
MOST_FILES = 3
EXPECTED_PARTS = (
    f"expected one part `spec` (JSON), one file `candidate` (an .npz), and at most one each of {', '.join(DECLARED)}, as "
    "`curl -F spec=@spec.json -F candidate=@run.npz` sends them"
)


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    if not service.ready:
        raise ProblemError("overloaded", "the server is just starting", {"Retry-After": "1"})
    return service


TheService = Annotated[Service, Depends(_service)]
Wait = Annotated[
    float,
    Query(
        ge=0,
        le=LONGEST_WAIT,
        allow_inf_nan=False,
        description="How many seconds a computation is waited for before it is answered with a job; where many wait, none.",
    ),
]


def require_media_type(request: Request, wanted: str, example: str) -> None:
    """Refuse a body of another kind.

    Raises
    ------
    ProblemError
        ``unsupported-media-type``, with an example for the shell.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted:
        arrived = f"is `{given:.80}`" if given else "states no media type"
        raise ProblemError(
            "unsupported-media-type", f"the body {arrived}; expected `{wanted}`, as `{example}` sends it"
        )


async def read_body(request: Request, most_bytes: int) -> bytes:
    """Return the body of a request, read no further than it may go.

    Raises
    ------
    ProblemError
        ``too-large``.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most_bytes:
            raise ProblemError(
                "too-large",
                f"the spec has more than {most_bytes} bytes, which is what this server reads; shorten it, or compute it "
                "where you are (`oracle golden`)",
            )
        parts.append(part)
    return b"".join(parts)


async def read_spec(service: Service, body: bytes) -> Spec:
    """Return the spec that a body states, within the limits of this server.

    Raises
    ------
    ProblemError
        ``too-large``, ``bad-spec``, ``beyond-limits``.
    """
    known = service.specs.get(body)
    if known is not None:
        return known
    limits = service.settings.limits
    if len(body) > limits.spec_bytes:
        raise ProblemError(
            "too-large",
            f"the spec has more than the {limits.spec_bytes} bytes that this server reads; shorten it",
        )
    try:
        check_raw(body, limits)
        if len(body) <= SMALL:
            spec = parse_spec(body)
        else:
            outcome = await service.pool.ask(Task("spec", {}, body), Lane.PROMPT, limits.job_seconds)
            spec = Spec(answered(outcome, Granted(limits.job_seconds)).fields["canonical"])
        check_spec(spec.canonical, limits)
    except BeyondLimitsError as error:
        raise _beyond(error) from error
    service.specs.keep(body, spec)
    return spec


def _beyond(error: BeyondLimitsError) -> Exception:
    """Return the refusal of what is beyond limits: that of the format where no server would take it."""
    found = [integer_problem(excess.size.path, excess.size.amount) for excess in error.excesses]
    problems = [problem for problem in found if problem is not None]
    return refusal(problems) if problems else ProblemError("beyond-limits", str(error))


async def read_check(service: Service, form: FormData) -> Check:
    """Return the check that a form asks for, its candidate kept.

    Raises
    ------
    ProblemError
        ``malformed-request`` where a part is missing, doubled or unknown, and whatever `read_spec` raises.
    """
    _refuse_strange_parts(form)
    declaration = {name: _choice(name, form) for name in DECLARED if form.get(name)}
    spec = await read_spec(service, await _bytes(form, "spec", service.settings.limits.spec_bytes))
    refuse_other_wants(spec)
    file = form["candidate"]
    assert isinstance(file, UploadFile)
    candidate = await service.keep_upload(file.file)
    identity = json.dumps([spec.digest, candidate, declaration, code_digest()], sort_keys=True)
    return Check(
        identifier=hashlib.sha256(identity.encode()).hexdigest(),
        spec=spec.canonical_json,
        spec_digest=spec.digest,
        golden="",
        candidate=candidate,
        name=_name_for_people(file.filename),
        declaration=declaration,
    )


@asynccontextmanager
async def check_form(request: Request, most_bytes: int) -> AsyncIterator[FormData]:
    """Read the form of a check, and close its files at the end.

    Parameters
    ----------
    request : Request
    most_bytes : int
        Of a part that is no file; beyond `MOST_FILES` files and `MOST_FIELDS` others nothing is read.

    Yields
    ------
    FormData
        Its parts, not yet held against what a check has.

    Raises
    ------
    ProblemError
        ``malformed-request`` where it cannot be read, or has more parts than any check.
    """
    asked = request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=most_bytes)
    try:
        form = await asked
    except HTTPException as error:  # Starlette's words, which know nothing of checks
        raise ProblemError(
            "malformed-request",
            f"the form cannot be read ({str(error.detail).rstrip('.')}): {EXPECTED_PARTS}",
        ) from error
    try:
        yield form
    finally:
        await form.close()


def _refuse_strange_parts(form: FormData) -> None:
    known = ("spec", "candidate", *DECLARED)
    names = [name for name, _ in form.multi_items()]
    for name in names:
        if name not in known:
            raise ProblemError("malformed-request", f"the form has a part `{name:.40}`; {EXPECTED_PARTS}")
        if names.count(name) > 1:
            raise ProblemError(
                "malformed-request", f"the form has {names.count(name)} parts `{name}`; {EXPECTED_PARTS}"
            )
    for name in ("spec", "candidate"):
        if name not in names:
            raise ProblemError(
                "malformed-request",
                f"the form has no part `{name}`: send `spec` (JSON) and `candidate` (an .npz), as in "
                "`curl -F spec=@spec.json -F candidate=@run.npz`",
            )
    if not isinstance(form["candidate"], UploadFile):
        raise ProblemError(
            "malformed-request", "the part `candidate` is a text; expected a file (`-F candidate=@run.npz`)"
        )


def _choice(name: str, form: FormData) -> str:
    value, choices = form[name], DECLARED[name]
    if value not in choices:
        shown = value if isinstance(value, str) else "a file"
        raise ProblemError(
            "malformed-request", f"`{name}` is `{shown:.40}`; expected one of {', '.join(choices)}"
        )
    return str(value)


async def _bytes(form: FormData, name: str, most_bytes: int) -> bytes:
    """Return a part, no more of it than is enough to tell that it is too long."""
    part = form[name]
    if isinstance(part, UploadFile):
        return await part.read(most_bytes + 1)
    return part.encode("utf-8", "surrogatepass")


def _name_for_people(given: str | None) -> str:
    """Return what an upload is called, good for showing alone: it never becomes a path."""
    name = PureWindowsPath(PurePosixPath(given or "").name).name
    shown = "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME]
    return shown or "candidate.npz"
