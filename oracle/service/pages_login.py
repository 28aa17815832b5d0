"""The pages that let a person in with a token, and out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from oracle.service.gate import COOKIE
from oracle.service.pages_frame import go_to, show
from oracle.service.requests import TheService
from oracle.service.service import Service

__all__ = ["router"]

router = APIRouter()
LONGEST_FIELD = 4096


@router.get("/login")
async def form(
    request: Request, service: TheService, following: Annotated[str, Query(alias="next")] = "/"
) -> Response:
    """Show the form; where no token is wanted, lead on."""
    if service.gate.is_open:
        return go_to(_within(following))
    return _form(request, service, _within(following))


@router.post("/login")
async def enter(request: Request, service: TheService) -> Response:
    """Begin a session of a token's holder."""
    async with request.form(max_files=0, max_fields=2, max_part_size=LONGEST_FIELD) as sent:
        token, following = str(sent.get("token", "")), _within(str(sent.get("next", "/")))
    session = service.gate.begin_session(token.strip())
    if session is None:
        return _form(request, service, following, refused=True)
    answer = go_to(following)
    secure = request.url.scheme == "https"
    answer.set_cookie(
        COOKIE,
        session,
        service.gate.session_seconds,
        httponly=True,
        samesite="strict",
        secure=secure,
        path="/",
    )
    return answer


@router.post("/logout")
async def leave(request: Request, service: TheService) -> Response:
    """End the session."""
    service.gate.end_session(request)
    answer = go_to("/")
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict", path="/")
    return answer


def _form(request: Request, service: Service, following: str, *, refused: bool = False) -> Response:
    """Show the form, and above it that a token was refused."""
    lasts, status = service.gate.session_seconds, 401 if refused else 200
    return show(request, "login.html", status=status, following=following, refused=refused, lasts=lasts)


def _within(address: str) -> str:
    """Return an address of this server as it is; anything that could lead elsewhere becomes the first page."""
    local = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if local and address.isascii() and address.isprintable() else "/"
