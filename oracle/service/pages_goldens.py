"""Pages about goldens: the list, one golden, and the form that asks for one."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from oracle.report.golden_view import readable_json
from oracle.service.examples import SPEC
from oracle.service.gate import MayRead
from oracle.service.pages_frame import go_to, problem_text, show
from oracle.service.problems import ANNOUNCED, ProblemError, problem_of
from oracle.service.requests import TheService, read_spec
from oracle.service.service import Service
from oracle.service.tokens import Scope
from oracle.service.wording import METHODS, PROBLEMS, page_of

__all__ = ["EXAMPLE", "REFUSED", "router", "typed_spec"]

router = APIRouter()
EXAMPLE = readable_json(SPEC, 56)  # as wide as the field on the page
REFUSED: tuple[type[Exception], ...] = (ProblemError, *(error for types, _ in ANNOUNCED for error in types))
A_PAGE = 50
PATIENCE = 2.0  # seconds before a form leads to the job instead of the result
DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
PREFIX = re.compile(r"(sha256:)?[0-9a-f]{0,64}", re.ASCII)


@router.get("/goldens")
async def list_goldens(
    request: Request,
    service: TheService,
    _: MayRead,
    digest: Annotated[str, Query(max_length=100)] = "",
    kind: Annotated[str, Query(max_length=40)] = "",
    method: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """List stored goldens, a page at a time, those alone that are looked for."""
    looked_for = digest.strip().lower()
    entries = []
    if PREFIX.fullmatch(looked_for):
        prefix = f"sha256:{looked_for.removeprefix('sha256:')}" if looked_for else ""
        entries = await asyncio.to_thread(
            service.store.page, after, A_PAGE + 1, prefix=prefix, kind=kind, method=method
        )
    asked = {"digest": digest, "kind": kind, "method": method}
    following = ""
    if len(entries) > A_PAGE:
        following = "/goldens?" + urlencode({**asked, "after": entries[A_PAGE - 1].digest})
    return show(
        request,
        "goldens.html",
        entries=entries[:A_PAGE],
        following=following,
        first="/goldens?" + urlencode(asked) if after else "",
        asked=asked,
        odd=not PREFIX.fullmatch(looked_for),
        kinds=PROBLEMS,
        methods=METHODS,
        total=await asyncio.to_thread(service.store.count),
    )


@router.get("/goldens/{digest}")
async def golden(request: Request, service: TheService, _: MayRead, digest: str) -> Response:
    """Show a golden: facts, certificate, spec, values, a picture."""
    if not DIGEST.fullmatch(digest):
        raise ProblemError(
            "not-found", f"`{digest:.80}` is no golden's digest: that is `sha256:` and 64 hexadecimal digits"
        )
    found = await service.golden_pages.fetch(digest)
    view = await asyncio.to_thread(json.loads, found.text)
    entry = await asyncio.to_thread(service.store.entry, digest)
    svg = Markup(view.pop("svg"))  # our own drawing of numbers
    return show(request, "golden.html", drawn=True, golden=view, svg=svg, entry=entry)


@router.post("/goldens")
async def ask_golden(request: Request, service: TheService, asker: MayRead) -> Response:
    """Have the golden of a spec from the form; lead to it, or to the job that computes it."""
    async with request.form(
        max_files=1, max_fields=2, max_part_size=service.settings.limits.spec_bytes
    ) as form:
        body = await typed_spec(form, service.settings.limits.spec_bytes)
    try:
        return go_to(await _address_of_golden(request, service, asker, body))
    except REFUSED as error:
        problem = problem_of(error)
        text = body.decode("utf-8", "replace")
        status = problem.kind.status
        return show(request, "ask_golden.html", status=status, spec=text, problem=problem_text(problem))


async def typed_spec(form: FormData, most_bytes: int) -> bytes:
    """Return the spec of a form: the chosen file where there is one, else the text; of a long one enough to tell that."""
    chosen: Any = form.get("spec_file")
    if isinstance(chosen, UploadFile) and chosen.filename:
        return await chosen.read(most_bytes + 1)
    typed = form.get("spec")
    return (
        await typed.read(most_bytes + 1)
        if isinstance(typed, UploadFile)
        else (typed or "").encode("utf-8", "surrogatepass")
    )


async def _address_of_golden(request: Request, service: Service, asker: str, body: bytes) -> str:
    """Return the page of the golden of a spec, or of the job that computes it where that takes a while."""
    spec = await read_spec(service, body)
    stored = await asyncio.to_thread(service.store.digest_of, spec.digest)
    if stored is not None:
        return f"/goldens/{stored}"
    service.gate.admit(request, Scope.COMPUTE)
    job = await service.runner.golden(spec, (asker,))
    job = await service.runner.wait(job.identifier, PATIENCE)
    if job.problem is not None:
        raise ProblemError(job.problem.name, job.problem.detail)
    return page_of(job.result) if job.result else f"/jobs/{job.identifier}"
