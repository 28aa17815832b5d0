"""Pages about jobs: the newest, and one as it goes on; a check that is done is told by its verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from oracle.service.gate import MayRead
from oracle.service.job import Job, JobKind
from oracle.service.job_book import JobBook
from oracle.service.jobs_routes import scope_to_cancel
from oracle.service.pages_frame import go_to, show
from oracle.service.requests import TheService
from oracle.service.service import Service

__all__ = ["router", "verdicts_of"]

router = APIRouter()
SHOWN = 50


@router.get("/jobs")
async def list_jobs(request: Request, service: TheService, _: MayRead) -> Response:
    """List the newest jobs."""
    jobs = await service.runner.recent(SHOWN)
    return show(request, "jobs.html", jobs=jobs, verdicts=await verdicts_of(service, jobs), most=SHOWN)


@router.get("/jobs/{identifier}")
async def job(request: Request, service: TheService, asker: MayRead, identifier: str) -> Response:
    """Show where a job stands; a script, or else the browser itself, keeps the page up to date."""
    found = await service.runner.job(identifier)
    verdicts = await verdicts_of(service, [found])
    return show(request, "job.html", job=found, verdicts=verdicts, may_cancel=_is_one_who_asked(asker, found))


@router.post("/jobs/{identifier}/cancel")
async def cancel(request: Request, service: TheService, asker: MayRead, identifier: str) -> Response:
    """Withdraw from a job."""
    found = await service.runner.job(identifier)
    service.gate.admit(request, scope_to_cancel(found))
    await service.runner.cancel(identifier, asker)
    return go_to(f"/jobs/{found.identifier}")


async def verdicts_of(service: Service, jobs: Sequence[Job]) -> Mapping[str, str]:
    """Return the verdict that each finished check among some jobs came to, by the job's identifier."""
    checks = {
        job.identifier: job.result.rpartition("/")[2]
        for job in jobs
        if job.kind is JobKind.CHECK and job.result
    }
    return await asyncio.to_thread(_looked_up, service.book, checks) if checks else {}


def _looked_up(book: JobBook, checks: Mapping[str, str]) -> dict[str, str]:
    """Return verdicts from the newest checks, read at once, and one by one what is not among these or forgotten."""
    newest = {check.identifier: check for check in book.recent_checks(len(checks))}
    found = {job: newest.get(check) or book.check(check) for job, check in checks.items()}
    return {job: check.verdict for job, check in found.items() if check is not None}


def _is_one_who_asked(asker: str, job: Job) -> bool:
    return asker in job.askers and not job.state.is_final
