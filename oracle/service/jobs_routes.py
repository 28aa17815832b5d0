"""Jobs over HTTP: where they stand, as it happens, and their cancellation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import JSONResponse, Response

from oracle.service.answers import JobAnswer, JobList, problems
from oracle.service.gate import MayRead
from oracle.service.job import Job, job_json
from oracle.service.problems import ProblemError
from oracle.service.query_names import KNOWN_QUERY_ALONE
from oracle.service.requests import TheService
from oracle.service.tokens import Scope

__all__ = ["accepted", "router", "scope_to_cancel"]

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], dependencies=[KNOWN_QUERY_ALONE])
Identifier = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="of the job")]


async def _known(service: TheService, _: MayRead, identifier: Identifier) -> AsyncIterator[Job]:
    """Give a job to a stream of events, which counts from here to its end, or refuse it while that can be told."""
    if service.streams >= service.settings.limits.streams:  # the other connections are for other requests
        raise ProblemError(
            "overloaded",
            f"{service.streams} streams of events are open, as many as this server keeps up; ask `/v1/jobs/{identifier}` "
            "now and then instead",
            {"Retry-After": "1"},
        )
    job = await service.runner.job(identifier)
    service.streams += 1
    try:
        yield job
    finally:
        service.streams -= 1


KnownJob = Annotated[Job, Depends(_known)]


def accepted(job: Job) -> Response:
    """Return the answer of an endpoint whose result is still being computed."""
    headers = {"Location": f"/v1/jobs/{job.identifier}", "Retry-After": "1"}
    return JSONResponse(job_json(job), 202, headers)


@router.get("", summary="The newest jobs", response_model=JobList, responses=problems("store-unusable"))
async def list_jobs(
    service: TheService, _: MayRead, limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> dict[str, Any]:
    """Tell the newest jobs, the newest first."""
    return {"jobs": [job_json(job) for job in await service.runner.recent(limit)]}


@router.get("/{identifier}", summary="A job", response_model=JobAnswer, responses=problems("not-found"))
async def get_job(service: TheService, _: MayRead, identifier: Identifier) -> dict[str, Any]:
    """Tell where a job stands."""
    return job_json(await service.runner.job(identifier))


@router.get(
    "/{identifier}/events",
    summary="A job as it goes on",
    response_class=EventSourceResponse,
    responses=problems("not-found"),
)
async def job_events(service: TheService, _: MayRead, known: KnownJob) -> AsyncIterator[ServerSentEvent]:
    """Tell each change of a job as a server-sent event `progress`, and its end as `end`."""
    async for job in service.runner.changes(known.identifier):
        yield ServerSentEvent(data=job_json(job), event="end" if job.state.is_final else "progress")


@router.delete(
    "/{identifier}",
    summary="Cancel a job",
    response_model=JobAnswer,
    responses=problems("not-found", "job-finished"),
)
async def cancel_job(
    request: Request, service: TheService, asker: MayRead, identifier: Identifier
) -> dict[str, Any]:
    """Withdraw from a job; it ends when nobody else asked for it."""
    job = await service.runner.job(identifier)
    service.gate.admit(request, scope_to_cancel(job))
    return job_json(await service.runner.cancel(identifier, asker))


def scope_to_cancel(job: Job) -> Scope:
    """Return what a token needs to cancel a job: what it needed to ask for it."""
    return Scope.CHECK if job.kind == "check" else Scope.COMPUTE
