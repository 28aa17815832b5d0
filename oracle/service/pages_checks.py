"""Pages about checks: the form that takes a candidate, and the verdict."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, Response

from oracle.report.pages import set_inside
from oracle.service.checks_routes import REPORT_POLICY, known_check, report_of
from oracle.service.examples import RECORDING
from oracle.service.gate import MayRead
from oracle.service.job import Check
from oracle.service.pages_frame import go_to, problem_text, show
from oracle.service.pages_goldens import EXAMPLE, REFUSED, typed_spec
from oracle.service.problems import ProblemError, problem_of
from oracle.service.requests import DECLARED, TheService, read_check
from oracle.service.service import Service
from oracle.service.tokens import Scope
from oracle.service.wording import page_of

__all__ = ["router"]

router = APIRouter()
MOST_FIELDS = 10
PATIENCE = 5.0  # seconds before the form leads to the job instead of the verdict


@router.get("/check")
async def form(request: Request, service: TheService, _: MayRead) -> Response:
    """Show the form."""
    del service  # asked for so that a server that is just starting says so
    return _form(request, EXAMPLE, {})


@router.post("/check")
async def ask_check(request: Request, service: TheService, asker: MayRead) -> Response:
    """Have a candidate judged; lead to the verdict, or to the job where that takes a while."""
    limits = service.settings.limits
    async with request.form(max_files=2, max_fields=MOST_FIELDS, max_part_size=limits.spec_bytes) as sent:
        spec = await typed_spec(sent, limits.spec_bytes)
        declared = {name: value for name in DECLARED if isinstance(value := sent.get(name), str) and value}
        try:
            service.gate.admit(request, Scope.CHECK)
            asked = await read_check(service, _as_asked(sent, spec, declared))
            return go_to(await _address_of_check(service, asker, asked))
        except REFUSED as error:
            problem = problem_of(error)
            text = spec.decode("utf-8", "replace")
            return _form(request, text, declared, problem.kind.status, problem_text(problem))


@router.get("/checks/{identifier}")
async def check(request: Request, service: TheService, _: MayRead, identifier: str) -> Response:
    """Show a verdict, where the run departs and why, and below it the rest of the report."""
    found = await known_check(service, identifier)
    comparison = await asyncio.to_thread(json.loads, found.comparison)
    return show(
        request,
        "check.html",
        check=found,
        comparison=comparison,
        decisive=_decisive(found.verdict, comparison),
    )


@router.get("/checks/{identifier}/report")
async def report(service: TheService, _: MayRead, identifier: str) -> Response:
    """Show what the report has beyond the page of its check: plots, digits, what was checked."""
    made = await report_of(service, await known_check(service, identifier))
    return HTMLResponse(set_inside(made), headers=REPORT_POLICY)


def _form(
    request: Request,
    spec: str,
    declared: dict[str, str],
    status: int = 200,
    problem: dict[str, Any] | None = None,
) -> Response:
    return show(
        request,
        "ask_check.html",
        status=status,
        spec=spec,
        declared=declared,
        choices=DECLARED,
        recording=RECORDING,
        problem=problem,
    )


def _as_asked(sent: FormData, spec: bytes, declared: dict[str, str]) -> FormData:
    """Return the form as programs send it: without the parts that a browser leaves empty."""
    candidate = sent.get("candidate")
    if not isinstance(candidate, UploadFile) or not candidate.filename:
        raise ProblemError(
            "malformed-request",
            "no candidate was chosen: choose the `.npz` file in which your run is recorded",
        )
    return FormData([("spec", UploadFile(BytesIO(spec))), ("candidate", candidate), *declared.items()])


async def _address_of_check(service: Service, asker: str, asked: Check) -> str:
    """Return the page of a check, or of the job that judges it where that takes a while."""
    if await asyncio.to_thread(service.book.check, asked.identifier) is not None:
        return f"/checks/{asked.identifier}"
    job = await service.runner.check(asked, (asker,))
    job = await service.runner.wait(job.identifier, PATIENCE)
    if job.problem is not None:
        raise ProblemError(job.problem.name, job.problem.detail)
    return page_of(job.result) if job.result else f"/jobs/{job.identifier}"


def _decisive(verdict: str, comparison: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first finding with the verdict's own outcome, unless that is AGREES."""
    if verdict == "AGREES":
        return None
    return next((found for found in comparison["findings"] if found["outcome"] == verdict), None)
