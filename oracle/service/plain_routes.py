"""The ledger of claims, health, readiness and metrics over HTTP."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from oracle.service.answers import Description, JobAnswer, LedgerAnswer, json_response, problems
from oracle.service.gate import MayRead
from oracle.service.jobs_routes import accepted
from oracle.service.problems import ProblemError
from oracle.service.query_names import KNOWN_QUERY_ALONE
from oracle.service.requests import TheService
from oracle.service.tokens import Scope

__all__ = ["router"]

router = APIRouter()


@router.get(
    "/v1/claims",
    tags=["claims"],
    summary="What papers print about momentum, adjudicated",
    response_model=LedgerAnswer,
    dependencies=[KNOWN_QUERY_ALONE],
    responses={
        202: {"model": JobAnswer, "description": "It is being made, once: minutes"},
        **problems("damaged-record"),
    },
)
async def get_claims(request: Request, service: TheService, asker: MayRead) -> Response:
    """Answer with the ledger, or, where nobody asked before, with the job that makes it: that takes the scope compute."""
    found = await asyncio.to_thread(service.claims.fetch)
    if found is not None:
        return json_response(found[0])
    service.gate.admit(request, Scope.COMPUTE)
    return accepted(await service.runner.claims((asker,)))


@router.get("/healthz", tags=["server"], summary="Whether the server lives", response_model=Description)
async def health() -> dict[str, str]:
    """Answer whenever the process does."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    tags=["server"],
    summary="Whether it takes requests",
    response_model=Description,
    responses=problems(),
)
async def readiness(request: Request) -> dict[str, str]:
    """Answer 200 once workers are up and the queue is resumed, 503 before that."""
    if not request.app.state.service.ready:
        raise ProblemError("overloaded", "the server is just starting", {"Retry-After": "1"})
    return {"status": "ok"}


@router.get(
    "/metrics",
    tags=["server"],
    summary="Counts and times for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems()},
)
async def metrics(service: TheService, _: MayRead) -> Response:
    """Answer in Prometheus's text format."""
    return Response(service.measure(), media_type=CONTENT_TYPE_LATEST)
