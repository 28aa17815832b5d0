"""Verdicts over HTTP: a spec and a candidate in, a check and its report out."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from oracle.service.answers import CheckAnswer, JobAnswer, json_response, problems
from oracle.service.endings import Granted, answered
from oracle.service.examples import check_body
from oracle.service.gate import MayCheck, MayRead
from oracle.service.job import Check, timestamp
from oracle.service.jobs_routes import accepted
from oracle.service.pool import Lane
from oracle.service.problems import ProblemError
from oracle.service.query_names import KNOWN_QUERY_ALONE
from oracle.service.requests import TheService, Wait, check_form, read_check, require_media_type
from oracle.service.service import Service
from oracle.service.task import Task

__all__ = ["REPORT_POLICY", "check_json", "known_check", "report_of", "router"]

router = APIRouter(prefix="/v1", tags=["checks"], dependencies=[KNOWN_QUERY_ALONE])
Identifier = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="of the check")]
CURL = "curl -F spec=@spec.json -F candidate=@run.npz"
# a report is one file with its styles and drawings inside: it may load nothing, run nothing
REPORT_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:"}
BODY = (
    "too-large",
    "unsupported-media-type",
    "bad-spec",
    "bad-candidate",
    "beyond-limits",
    "cannot-be-computed",
)
ENDED = ("timed-out", "worker-lost", "damaged-record", "missing-record", "store-unusable")


@router.post(
    "/checks",
    summary="Judge a candidate",
    response_model=CheckAnswer,
    responses={
        202: {"model": JobAnswer, "description": "It takes longer: the job that judges it"},
        **problems(*BODY, "too-many-jobs", "cancelled", "certificate-violated", *ENDED),
    },
    openapi_extra={"requestBody": check_body()},
)
async def post_check(request: Request, service: TheService, asker: MayCheck, wait: Wait = 30.0) -> Response:
    """Answer with the verdict on recorded arrays. The same check asked again is the same check."""
    require_media_type(request, "multipart/form-data", CURL)
    async with check_form(request, service.settings.limits.spec_bytes) as form:
        asked = await read_check(service, form)
    found = await asyncio.to_thread(service.book.check, asked.identifier)
    if found is None:
        job = await service.runner.check(asked, (asker,))
        job = await service.runner.wait(job.identifier, wait)
        if job.problem is not None:
            raise ProblemError(job.problem.name, job.problem.detail)
        if not job.state.is_final:
            return accepted(job)
        found = await known_check(service, asked.identifier)
    return _sent(found)


@router.get(
    "/checks/{identifier}", summary="A check", response_model=CheckAnswer, responses=problems("not-found")
)
async def get_check(service: TheService, _: MayRead, identifier: Identifier) -> Response:
    """Answer with a verdict that was given."""
    return _sent(await known_check(service, identifier))


@router.get(
    "/reports/{identifier}",
    summary="The report of a check",
    response_class=HTMLResponse,
    responses=problems("not-found", "overloaded", *ENDED),
)
async def get_report(service: TheService, _: MayRead, identifier: Identifier) -> Response:
    """Answer with the page about a check: verdict, curves, digits, diagnosis."""
    return HTMLResponse(
        await report_of(service, await known_check(service, identifier)), headers=REPORT_POLICY
    )


async def known_check(service: Service, identifier: str) -> Check:
    """Return a check from the book.

    Raises
    ------
    ProblemError
        ``not-found``.
    """
    found = await asyncio.to_thread(service.book.check, identifier)
    if found is None:
        raise ProblemError("not-found", f"there is no check `{identifier:.80}` here")
    return found


async def report_of(service: Service, check: Check) -> bytes:
    """Return the page about a check; it is made when it is first looked at, once for all who look, from the kept upload.

    Raises
    ------
    ProblemError
        ``internal-error`` where judging it again gives another verdict, ``overloaded`` where too many wait already, and
        what judging it raises.
    DamagedRecordError
        If the page was made before, and altered since.
    """
    kept = await asyncio.to_thread(service.reports.fetch, check.identifier)
    if kept is not None:
        return kept
    making = service.making.get(check.identifier)
    if making is None:
        making = service.making[check.identifier] = asyncio.ensure_future(_report_made(service, check))
        making.add_done_callback(lambda _: service.making.pop(check.identifier, None))
    with service.waiting.place():
        return await asyncio.shield(making)


async def _report_made(service: Service, check: Check) -> bytes:
    fields = {"spec": check.spec, "name": check.name, "declaration": dict(check.declaration)}
    seconds = service.settings.limits.job_seconds
    task = Task("report", fields, load=partial(service.uploads.read, check.candidate))
    outcome = await service.pool.ask(task, Lane.PROMPT, seconds, about=check.spec_digest)
    outcome = answered(outcome, Granted(seconds))
    if outcome.fields["verdict"] != check.verdict:
        raise ProblemError(
            "internal-error",
            f"judged again for its report, the check {check.identifier} is {outcome.fields['verdict']}, not "
            f"{check.verdict}: another version of this program judged it then; send the candidate again",
        )
    await asyncio.to_thread(service.reports.keep, check.identifier, outcome.body)
    return outcome.body


def check_json(check: Check) -> dict[str, Any]:
    """Return the JSON that those who ask are given."""
    return {
        "id": check.identifier,
        "verdict": check.verdict,
        "spec_digest": check.spec_digest,
        "golden": check.golden,
        "candidate_sha256": check.candidate,
        "report": f"/v1/reports/{check.identifier}",
        "comparison": json.loads(check.comparison),
        "created": timestamp(check.created),
    }


def _sent(check: Check) -> Response:
    return json_response(
        json.dumps(check_json(check)).encode(), headers={"Content-Location": f"/v1/checks/{check.identifier}"}
    )
