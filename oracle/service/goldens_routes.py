"""Goldens over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from oracle.service.answers import GoldenAnswer, GoldenList, JobAnswer, json_response, problems
from oracle.service.examples import SPEC, spec_body
from oracle.service.gate import MayRead
from oracle.service.job import Job
from oracle.service.jobs_routes import accepted
from oracle.service.problems import ProblemError
from oracle.service.query_names import KNOWN_QUERY_ALONE
from oracle.service.rendered import RenderedGolden
from oracle.service.requests import TheService, Wait, read_body, read_spec, require_media_type
from oracle.service.service import Service
from oracle.service.tokens import Scope

__all__ = ["router"]

router = APIRouter(prefix="/v1/goldens", tags=["goldens"], dependencies=[KNOWN_QUERY_ALONE])
Digest = Annotated[str, Path(pattern="^sha256:[0-9a-f]{64}$", description="of the golden")]
CURL = "curl -H 'Content-Type: application/json' --data-binary @spec.json"
UNCHANGING = {"Cache-Control": "private, max-age=31536000, immutable"}  # private: tokens may be asked for
ENDED = ("cannot-be-computed", "timed-out", "worker-lost", "certificate-violated", "cancelled")
STORED = ("damaged-record", "missing-record", "store-unusable")


@router.post(
    "",
    summary="Fetch or compute the golden of a spec",
    response_model=GoldenAnswer,
    responses={
        202: {"model": JobAnswer, "description": "It takes longer: the job that computes it"},
        **problems(
            "too-large",
            "unsupported-media-type",
            "bad-spec",
            "beyond-limits",
            "too-many-jobs",
            *ENDED,
            *STORED,
        ),
    },
    openapi_extra={"requestBody": spec_body(SPEC)},
)
async def post_golden(request: Request, service: TheService, asker: MayRead, wait: Wait = 2.0) -> Response:
    """Answer with the golden where it is stored or quickly computed, else with a job.

    The same spec asked twice, at once or later, is computed once; however it is spelt, it is the same golden.
    """
    require_media_type(request, "application/json", CURL)
    body = await read_body(request, service.settings.limits.spec_bytes)
    found = service.goldens.rendered.asked(body)
    source = "memory"
    if found is None:
        spec = await read_spec(service, body)
        found, source = await service.goldens.of_spec(spec.digest), "store"
        if found is None:
            service.gate.admit(request, Scope.COMPUTE)
            job = await service.runner.golden(spec, (asker,))
            job = await service.runner.wait(job.identifier, wait)
            if job.problem is not None:
                raise ProblemError(job.problem.name, job.problem.detail)
            if not job.state.is_final:
                return accepted(job)
            found, source = await _of_job(service, job), "computed"
        service.goldens.rendered.remember(body, found.digest)
    service.metrics.goldens.labels(source).inc()
    return _sent(found, {"Content-Location": f"/v1/goldens/{found.digest}"})


@router.get(
    "",
    summary="List the stored goldens",
    response_model=GoldenList,
    responses=problems("damaged-record", "store-unusable"),
)
async def list_goldens(
    service: TheService,
    _: MayRead,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[
        str, Query(pattern="^(sha256:[0-9a-f]{64})?$", description="`next` of the page before")
    ] = "",
) -> dict[str, Any]:
    """Tell what the index says of every golden, in the order of their digests, a page at a time."""
    entries = await asyncio.to_thread(service.store.page, after, limit + 1)
    shown = [
        {name: value for name, value in asdict(entry).items() if name != "file_sha256"}
        for entry in entries[:limit]
    ]
    return {"goldens": shown, "next": shown[-1]["digest"] if len(entries) > limit else None}


@router.get(
    "/{digest}",
    summary="A stored golden",
    response_model=GoldenAnswer,
    responses={304: {"description": "You have it"}, **problems("not-found", *STORED)},
)
async def get_golden(request: Request, service: TheService, _: MayRead, digest: Digest) -> Response:
    """Answer with the golden of a digest; it never changes, so it may be kept for ever."""
    found = await service.goldens.fetch(digest)
    if _has_it(request, digest):
        return Response(status_code=304, headers={"ETag": f'"{digest}"', **UNCHANGING})
    service.metrics.goldens.labels("digest").inc()
    return _sent(found, UNCHANGING)


@router.get(
    "/{digest}/record",
    summary="A stored golden as `.npz`",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        **problems("not-found", *STORED),
    },
)
async def get_record(service: TheService, _: MayRead, digest: Digest) -> Response:
    """Answer with the store's own file: float64 limbs, for machines that have numpy alone."""
    body = await service.goldens.record(digest)
    name = f'attachment; filename="{digest.removeprefix("sha256:")}.npz"'
    headers = {"ETag": f'"{digest}"', "Content-Disposition": name, **UNCHANGING}
    return Response(body, headers=headers, media_type="application/octet-stream")


async def _of_job(service: Service, job: Job) -> RenderedGolden:
    return await service.goldens.fetch(job.result.removeprefix("/v1/goldens/"))


def _sent(found: RenderedGolden, headers: dict[str, str]) -> Response:
    return json_response(found.text, headers={"ETag": f'"{found.digest}"', **headers})


def _has_it(request: Request, digest: str) -> bool:
    """Tell whether `If-None-Match` names a golden, strongly, weakly, in a list or as any."""
    given = request.headers.getlist("if-none-match")
    tags = [tag.strip().removeprefix("W/") for line in given for tag in line.split(",")]
    return f'"{digest}"' in tags or tags == ["*"]
