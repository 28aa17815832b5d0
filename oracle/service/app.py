"""The application: routes, errors, and what surrounds them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from itertools import chain
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp

from oracle.service import checks_routes, goldens_routes, jobs_routes, pages, plain_routes
from oracle.service.envelope import Envelope
from oracle.service.pages_frame import problem_answer
from oracle.service.problems import ANNOUNCED, Problem, ProblemError, problem_of
from oracle.service.query_names import query_parameters
from oracle.service.service import Service, assemble
from oracle.service.settings import ServiceSettings
from oracle.service.slow_clients import SlowClients

__all__ = ["application"]

DESCRIPTION = """Does this momentum optimiser do what the mathematics says?

Post a **spec** and have its **golden**: every digit proved. Post a spec and the arrays that your program recorded, and
have the **verdict**: AGREES, DISAGREES (since when, by how much, most likely why) or UNDECIDED.
Numbers are strings, because a JSON double is not the number you typed. Errors are RFC 9457 problem documents."""
NOT_FOUND, METHOD_NOT_ALLOWED = 404, 405
LONGEST_SHOWN = 80  # characters of what arrived
HEXADECIMAL = "hexadecimal digits (0-9, a-f)"
GOLDENS = f"that is `sha256:` and 64 {HEXADECIMAL}; /v1/goldens lists them"
PATTERNS = {  # what a pattern of the description asks for, in words
    "^sha256:[0-9a-f]{64}$": f"it is no golden's digest: {GOLDENS}",
    "^(sha256:[0-9a-f]{64})?$": f"it is no golden's digest, which `next` of the page before is: {GOLDENS}",
    "^[0-9a-f]{32}$": f"it is no job's `id`: that is 32 {HEXADECIMAL}; /v1/jobs lists the newest",
    "^[0-9a-f]{64}$": f"it is no check's `id`: that is 64 {HEXADECIMAL}, as the answer to `POST /v1/checks` states it",
}
NUMBERS = {"number": "a number", "integer": "a whole number"}
PLACES = {"query": " in the query", "path": " in the address"}
DESCRIBED = "the interface is described under /docs, for programs under /openapi.json"
BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media-type"}


def application(settings: ServiceSettings, log: Any) -> ASGIApp:
    """Return the ASGI application of a server; its parts come up and go down with its lifespan.

    Raises
    ------
    SettingsError, oracle.store.StoreError
        As `assemble`.
    """
    service = assemble(settings, log)
    app = FastAPI(
        title="Momentum Oracle",
        version=version("momentum-oracle"),
        description=DESCRIPTION,
        lifespan=_lifespan(service),
        docs_url=None,  # FastAPI's own page loads its script from another host; ours needs nothing
        redoc_url=None,
    )
    app.state.service = service
    for routes in (goldens_routes, jobs_routes, checks_routes, plain_routes, pages):
        app.include_router(routes.router)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _refused)
    announced: list[type[Exception]] = [ProblemError, *chain.from_iterable(types for types, _ in ANNOUNCED)]
    for kind in announced:
        app.add_exception_handler(kind, _failed)
    app.add_exception_handler(Exception, _failed)  # the last resort: Starlette's own answer is a plain text
    app.openapi = lambda: _described(app)  # type: ignore[method-assign] # FastAPI's own way to change it
    return Envelope(SlowClients(app, settings.limits), settings, service.metrics, log)


def _lifespan(service: Service) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.openapi()  # queries are held against it; made now, no request waits for it
        await service.start()
        try:
            yield
        finally:
            await service.close()

    return lifespan


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = [_told_of(request, found) for found in error.errors()]
    return problem_answer(request, Problem("malformed-request", "; ".join(told)))


def _told_of(request: Request, found: Any) -> str:
    """Return what FastAPI found wrong with one part of a request: where, what arrived, what was expected."""
    where, name = found["loc"][0], found["loc"][-1]
    wrong = PATTERNS.get(found.get("ctx", {}).get("pattern"))
    if wrong is None and where == "query":
        wrong = _expected(query_parameters(request).get(name, {}))
    wrong = wrong or f"{found['msg'][:1].lower()}{found['msg'][1:]}"
    return f"`{name}`{PLACES.get(where, '')} is {ascii(str(found['input']))[:LONGEST_SHOWN]}: {wrong}"


def _expected(schema: Mapping[str, Any]) -> str:
    """Return what a parameter with bounds may be, in words; nothing for others."""
    kind = NUMBERS.get(schema.get("type", ""))
    if kind is None or not {"minimum", "maximum"} <= set(schema):
        return ""
    return f"expected {kind} from {schema['minimum']:g} to {schema['maximum']:g}"


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name = BY_STATUS.get(error.status_code, "malformed-request")
    told, headers = str(error.detail), dict(error.headers or {})
    if error.status_code == NOT_FOUND:
        told = f"nothing is at this address; {DESCRIBED}"
    if error.status_code == METHOD_NOT_ALLOWED:  # Starlette names the methods of one route of several
        headers["Allow"] = ", ".join(_methods_at(request))
        told = f"this address takes {headers['Allow']}; {DESCRIBED}"
    return problem_answer(
        request, Problem(name, f"{request.method} {request.url.path[:200]}: {told}", headers)
    )


def _methods_at(request: Request) -> list[str]:
    """Return the methods that an address takes."""

    def takes(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    found = [method for method in ("DELETE", "GET", "POST") if takes(method)]
    return [*found, "HEAD"] if "GET" in found else found


async def _failed(request: Request, error: Exception) -> Response:
    return problem_answer(request, problem_of(error))


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, once made."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _forget_own_refusals(found)
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}, {}]
        app.openapi_schema = found
    return app.openapi_schema


def _forget_own_refusals(described: dict[str, Any]) -> None:
    """Take out what FastAPI describes by itself: what it refuses with 422 is answered with 400 and a problem document."""
    for item in described["paths"].values():
        for operation in item.values():
            content = operation["responses"].get("422", {}).get("content", {})
            if "application/json" in content:
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(name, None)
