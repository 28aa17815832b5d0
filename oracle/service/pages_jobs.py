"""Pages about jobs: the newest, and one as it goes on."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from oracle.service.gate import MayRead
from oracle.service.job import Job
from oracle.service.jobs_routes import scope_to_cancel
from oracle.service.pages_frame import go_to, show
from oracle.service.requests import TheService

__all__ = ["router"]

router = APIRouter()
SHOWN = 50


@router.get("/jobs")
async def list_jobs(request: Request, service: TheService, _: MayRead) -> Response:
    """List the newest jobs."""
    jobs = await service.runner.recent(SHOWN)
    return show(request, "jobs.html", jobs=jobs, most=SHOWN)


@router.get("/jobs/{identifier}")
async def job(request: Request, service: TheService, asker: MayRead, identifier: str) -> Response:
    """Show where a job stands; a script, or else the browser itself, keeps the page up to date."""
    found = await service.runner.job(identifier)
    return show(request, "job.html", job=found, may_cancel=_is_one_who_asked(asker, found))


@router.post("/jobs/{identifier}/cancel")
async def cancel(request: Request, service: TheService, asker: MayRead, identifier: str) -> Response:
    """Withdraw from a job."""
    found = await service.runner.job(identifier)
    service.gate.admit(request, scope_to_cancel(found))
    await service.runner.cancel(identifier, asker)
    return go_to(f"/jobs/{found.identifier}")


def _is_one_who_asked(asker: str, job: Job) -> bool:
    return asker in job.askers and not job.state.is_final
