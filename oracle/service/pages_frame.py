"""What every page for people shares: its frame, its headers, and how a problem is told as a page."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from fastapi import Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

from oracle.report.figures import bounds, duration, short
from oracle.report.pages import environment
from oracle.service.answers import problem_response
from oracle.service.job import timestamp
from oracle.service.problems import Problem
from oracle.service.wording import (
    job_title,
    job_words,
    method_words,
    moment,
    page_of,
    paged,
    problem_words,
    size,
    time_span,
    want_words,
)

__all__ = ["asset", "go_to", "problem_answer", "problem_text", "show"]

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
DRAWN = "; style-src-attr 'unsafe-inline'"  # our drawings give their lines a style each
ASSETS = {"page.css": "text/css", "progress.js": "text/javascript"}
SEE_OTHER = 303


def show(
    request: Request, template: str, *, status: int = 200, drawn: bool = False, **content: Any
) -> Response:
    """Return a page.

    Parameters
    ----------
    request : Request
    template : str
        Of this package.
    status : int
    drawn : bool
        Whether it holds drawings of ours.
    **content
        What the template shows; every text in it is escaped.
    """
    gate = request.app.state.service.gate
    text = (
        _environment()
        .get_template(template)
        .render(
            path=request.url.path,
            asker=getattr(request.state, "asker", ""),
            is_open=gate.is_open,
            version=version("momentum-oracle"),
            styles=_address("page.css"),
            script=_address("progress.js"),
            **content,
        )
    )
    headers = {"Content-Security-Policy": POLICY + DRAWN * drawn, "Cache-Control": "no-store"}
    return HTMLResponse(text, status, headers)


def go_to(address: str) -> Response:
    """Return the way to another page of this server, to be looked at with GET."""
    return RedirectResponse(address, SEE_OTHER, {"Cache-Control": "no-store"})


def problem_answer(request: Request, problem: Problem) -> Response:
    """Return a problem: as a page to a browser that looks at pages, else as its document.

    Who looks at a page without a token that it takes is led to where one is given, and back.
    """
    if not _is_for_people(request):
        return problem_response(problem, request.state.request_id)
    if problem.name == "unauthorised" and request.method == "GET":
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return go_to(f"/login?next={quote(address, safe='')}")
    answer = show(
        request,
        "problem.html",
        status=problem.kind.status,
        problem=problem,
        request_id=request.state.request_id,
    )
    answer.headers.update(problem.headers or {})
    return answer


def problem_text(problem: Problem) -> dict[str, Any]:
    """Return what a form shows above itself when it is refused."""
    return {
        "name": problem.name,
        "title": problem.kind.title,
        "detail": problem.detail,
        "advice": problem.kind.advice,
    }


def asset(name: str) -> tuple[bytes, str] | None:
    """Return the style sheet or the script, with its media type."""
    kind = ASSETS.get(name)
    return None if kind is None else (_asset_text(name), kind)


def _is_for_people(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")


@cache
def _environment() -> Environment:
    return environment(
        "oracle.service",
        "oracle.report",  # the style sheet of the reports is part of ours
        bounds=bounds,
        duration=duration,
        job_title=job_title,
        job_words=job_words,
        method=method_words,
        moment=moment,
        page_of=page_of,
        paged=paged,
        problem=problem_words,
        short=short,
        size=size,
        time_span=time_span,
        timestamp=timestamp,
        want=want_words,
    )


@cache
def _asset_text(name: str) -> bytes:
    return _environment().get_template(name).render().encode()


@cache
def _address(name: str) -> str:
    """Return where an asset is; one that changes gets another address, so that browsers may keep it."""
    return f"/static/{name}?v={hashlib.sha256(_asset_text(name)).hexdigest()[:12]}"
