"""What the server answers: models for its description, and responses that carry texts made elsewhere."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from oracle.service.problems import KINDS, Problem, document

__all__ = [
    "CheckAnswer",
    "GoldenAnswer",
    "GoldenEntry",
    "GoldenList",
    "JobAnswer",
    "JobList",
    "LedgerAnswer",
    "ProblemDocument",
    "json_response",
    "problem_response",
    "problems",
]

DIGEST = "sha256:8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
Digest = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$", examples=[DIGEST])]
Time = Annotated[str, Field(description="UTC, ISO 8601", examples=["2026-11-21T17:36:27.123+00:00"])]


class ProblemDocument(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = Field(examples=["/problems/bad-spec"])
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str | None = Field(None, examples=["/requests/3f1c7d52a0b94c11"])
    exit_code: int = Field(description="what `oracle` leaves with for the same failure")


class Progress(BaseModel):
    """How far a job is, in units of its own."""

    done: int
    total: int
    pass_: int = Field(
        1, alias="pass", description="work that starts over, with more bits, begins another pass"
    )


class JobAnswer(BaseModel):
    """A job."""

    id: str = Field(pattern="^[0-9a-f]{32}$", examples=["0f8fad5bd9cb469fa16570867728950e"])
    kind: Literal["golden", "check", "claims"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    spec_digest: Digest | None
    progress: Progress | None
    created: Time
    started: Time | None
    finished: Time | None
    result: str | None = Field(description="address of what was computed", examples=[f"/v1/goldens/{DIGEST}"])
    problem: ProblemDocument | None


class JobList(BaseModel):
    """The newest jobs."""

    jobs: list[JobAnswer]


class GoldenAnswer(BaseModel):
    """A golden: certified values of a spec, with radii and digest."""

    model_config = ConfigDict(extra="allow")
    schema_: Literal["momentum-oracle/golden/1"] = Field(alias="schema")
    digest: Digest
    spec: dict[str, Any]
    values: dict[str, Any]
    radius: dict[str, Any]
    grade: Literal["certified", "confirmed"]
    digits: int
    provenance: dict[str, Any]


class GoldenEntry(BaseModel):
    """What the index says of a stored golden."""

    digest: Digest
    spec_digest: Digest
    kind: str
    n: int | None
    d: int | None
    method: str
    want: str
    digits: int
    grade: str
    bytes: int
    created: str


class GoldenList(BaseModel):
    """A page of the stored goldens."""

    goldens: list[GoldenEntry]
    next: Digest | None = Field(description="give it as `after` to go on; null at the end")


class CheckAnswer(BaseModel):
    """A verdict on a candidate."""

    id: str = Field(pattern="^[0-9a-f]{64}$")
    verdict: Literal["AGREES", "DISAGREES", "UNDECIDED"]
    spec_digest: Digest
    golden: Digest
    candidate_sha256: str
    report: str = Field(description="address of the page for people")
    comparison: dict[str, Any] = Field(description="what `oracle check --json` prints")
    created: Time


class LedgerAnswer(BaseModel):
    """The claims, as `oracle claims --json` prints them."""

    model_config = ConfigDict(extra="allow")
    claims: list[dict[str, Any]]


class Description(BaseModel):
    """Health or readiness."""

    status: Literal["ok", "starting"]


def json_response(content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a response with JSON that is text already."""
    return Response(content, status, headers, media_type="application/json")


def problem_response(problem: Problem, request_id: str) -> Response:
    """Return the problem document as a response."""
    content = json.dumps(document(problem, f"/requests/{request_id}"), ensure_ascii=False).encode()
    return Response(
        content, problem.kind.status, dict(problem.headers or {}), media_type="application/problem+json"
    )


def problems(*names: str) -> dict[int | str, dict[str, Any]]:
    """Return the part of an endpoint's description that tells which problems it answers with."""
    told: dict[int | str, dict[str, Any]] = {}
    for name in ("malformed-request", "unauthorised", "forbidden", "internal-error", "overloaded", *names):
        kind = KINDS[name]
        examples = told.setdefault(
            kind.status,
            {"description": "", "content": {"application/problem+json": {"schema": SCHEMA, "examples": {}}}},
        )
        examples["description"] = " · ".join(filter(None, (examples["description"], kind.title)))
        shown = document(Problem(name, kind.advice), "/requests/3f1c7d52a0b94c11")
        examples["content"]["application/problem+json"]["examples"][name] = {"value": shown}
    return told


SCHEMA = {"$ref": "#/components/schemas/ProblemDocument"}
