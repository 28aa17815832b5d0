"""The page of claims: the ledger where it is made, else what it takes to make it, and why it was not made at last."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from oracle.service.checks_routes import REPORT_POLICY
from oracle.service.gate import MayRead
from oracle.service.job import Job, JobKind
from oracle.service.pages_frame import go_to, show
from oracle.service.requests import TheService
from oracle.service.service import Service
from oracle.service.tokens import Scope

__all__ = ["router"]

router = APIRouter()
LOOKED_AT = 200  # newest jobs among which one that makes the ledger is looked for
# the ledger is one file with its styles and drawings inside, like a report; it stands in place of a page
WAY_BACK = (
    '<nav aria-label="Momentum Oracle"><p class="eyebrow"><a href="/">← Momentum Oracle</a> · '
    '<a href="/v1/claims">as JSON</a></p></nav>'
)


@router.get("/claims")
async def claims(request: Request, service: TheService, _: MayRead) -> Response:
    """Show the ledger in place, or offer to make it."""
    found = await asyncio.to_thread(service.claims.fetch)
    if found is None:
        return show(request, "claims_wanted.html", job=await _last(service))
    page = found[1].replace(b"<body>", b"<body>\n" + WAY_BACK.encode(), 1)
    return HTMLResponse(page, headers={**REPORT_POLICY, "Cache-Control": "no-cache"})


@router.post("/claims")
async def make_claims(request: Request, service: TheService, asker: MayRead) -> Response:
    """Have the ledger made, once."""
    service.gate.admit(request, Scope.COMPUTE)
    if await asyncio.to_thread(service.claims.fetch) is None:
        await service.runner.claims((asker,))
    return go_to("/claims")


async def _last(service: Service) -> Job | None:
    """Return the newest job that makes, or was to make, the ledger."""
    jobs = await service.runner.recent(LOOKED_AT)
    return next((job for job in jobs if job.kind is JobKind.CLAIMS), None)
