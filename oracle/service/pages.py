"""The pages for people: the first one, what a problem means, and all the others put together."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from oracle.service import pages_checks, pages_claims, pages_docs, pages_goldens, pages_jobs, pages_login
from oracle.service.gate import MayRead
from oracle.service.pages_frame import asset, show
from oracle.service.pages_goldens import EXAMPLE
from oracle.service.pages_jobs import verdicts_of
from oracle.service.pool import Lane
from oracle.service.problems import KINDS, ProblemError
from oracle.service.requests import TheService
from oracle.service.service import Service

__all__ = ["router"]

NEWEST = 5
router = APIRouter(include_in_schema=False)
for routes in (pages_goldens, pages_jobs, pages_checks, pages_claims, pages_docs, pages_login):
    router.include_router(routes.router)


@router.get("/")
async def home(request: Request, service: TheService, _: MayRead) -> Response:
    """Tell a newcomer what this is, and show what is new."""
    jobs = await service.runner.recent(NEWEST)
    return show(
        request,
        "home.html",
        spec=EXAMPLE,
        goldens=await asyncio.to_thread(service.store.newest, NEWEST),
        jobs=jobs,
        verdicts=await verdicts_of(service, jobs),
        checks=await asyncio.to_thread(service.book.recent_checks, NEWEST),
        state_of=await _state(service),
    )


@router.get("/problems")
async def problems(request: Request) -> Response:
    """List every kind of problem: its status, what it means and where more is said."""
    return show(request, "problems.html", kinds=KINDS)


@router.get("/problems/{name}")
async def problem_meaning(request: Request, name: str) -> Response:
    """Tell what a problem means and what to do."""
    kind = KINDS.get(name)
    if kind is None:
        raise ProblemError(
            "not-found", f"no problem is called `{name:.40}`; there are {', '.join(sorted(KINDS))}"
        )
    return show(request, "problem_meaning.html", name=name, kind=kind, kinds=KINDS)


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Send the style sheet or the script."""
    found = asset(name)
    if found is None:
        raise ProblemError("not-found", f"there is no file `{name:.40}` here")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}  # its address changes when it does
    return Response(found[0], headers=headers, media_type=found[1])


async def _state(service: Service) -> dict[str, Any]:
    """Return how the server stands."""
    return {
        "goldens": await asyncio.to_thread(service.store.count),
        "workers": service.settings.workers,
        "busy": service.pool.busy(),
        "waiting": sum(service.pool.waiting(lane) for lane in Lane),
        "under_way": service.runner.under_way,
        "is_loopback": service.settings.is_loopback,
    }
