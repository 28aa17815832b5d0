"""What surrounds every request: its id, its log line, its count, and the refusal of what comes from another site.

A page of another site that someone on this machine has open can send requests to loopback too. Such a request says
where it comes from (`Origin`), or, where the other site has made its name point here, whom it means (`Host`).
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oracle.service.answers import problem_response
from oracle.service.metrics import Metrics
from oracle.service.problems import Problem, problem_of
from oracle.service.settings import LOOPBACK, ServiceSettings

__all__ = ["Envelope"]

SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
LONGEST_SHOWN = 100  # characters of a header that are told back
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PLAIN_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class Envelope:
    """ASGI middleware, outermost.

    Parameters
    ----------
    app : ASGI application
    settings : ServiceSettings
    metrics : Metrics
    log : object
        A structlog logger.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings, metrics: Metrics, log: Any) -> None:
        self._app, self._metrics, self._log = app, metrics, log
        own = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._hosts = {*LOOPBACK, "[::1]", *map(_name_of, (own, *settings.allowed_hosts))}
        # on loopback, where a server may be open to who has no token, its name is all that keeps other sites' pages out
        self._any_host = settings.open_to_network and not settings.is_loopback and not settings.allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = Headers(scope=scope)
        identifier = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = identifier
        status, inside, whole = 0, scope, False

        async def sending(message: Message) -> None:
            nonlocal status, whole
            if message["type"] == "http.response.start":
                status = message["status"]
                added = MutableHeaders(scope=message)
                added["X-Request-ID"] = identifier
                for name, value in PLAIN_HEADERS:
                    added.setdefault(name, value)
            await send(message)
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await problem_response(refusal, identifier)(scope, receive, sending)
            elif scope["method"] == "HEAD":  # the server below leaves the body out
                inside = {**scope, "method": "GET"}
                await self._app(inside, receive, sending)
            else:
                await self._app(scope, receive, sending)
        except ClientDisconnect:  # nobody is left to be answered
            self._log.info("client left", request=identifier)
        except Exception as error:  # whatever happens, who asked gets an answer and the log the reason
            self._log.exception("fault", request=identifier, path=scope["path"])
            if status and not whole:
                raise  # half an answer is out; the connection ends, so that nobody takes it for a whole one
            if not status:
                await problem_response(problem_of(error), identifier)(scope, receive, sending)
        finally:
            route = getattr(inside.get("route"), "path", "unknown")
            self._tell(scope, route, status, identifier, time.perf_counter() - began)

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        """Return why a request is not let in, if it is not."""
        host = headers.get("host", "")
        if not self._any_host and _name_of(host) not in self._hosts:
            return Problem(
                "forbidden",
                f"this server is not `{host:.{LONGEST_SHOWN}}`; start it with `--allow-host NAME` if that is a name of its "
                "own",
            )
        origin = headers.get("origin")
        if scope["method"] not in SAFE_METHODS and origin is not None and origin.partition("://")[2] != host:
            return Problem(
                "forbidden",
                f"the request was sent by a page of another site: its `Origin` is `{origin:.{LONGEST_SHOWN}}`, expected the "
                f"server's own, that of its `Host` `{host:.{LONGEST_SHOWN}}`; open the pages under that name. If a reverse "
                "proxy stands between, have it pass on `Host` as it came, and start this server with `--allow-host` and "
                "the name that browsers use",
            )
        return None

    def _tell(self, scope: Scope, route: str, status: int, identifier: str, seconds: float) -> None:
        self._metrics.requests.labels(route, _known_method(scope["method"]), status).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        self._log.info(
            "request", request=identifier, method=scope["method"][:16], path=scope["path"][:200], status=status,
            ms=round(1000 * seconds, 2), token=scope["state"].get("asker"),
        )  # fmt: skip


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if SANE_ID.fullmatch(given) else secrets.token_hex(8)


def _name_of(host: str) -> str:
    """Return a host without its port."""
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name.lower()


def _known_method(method: str) -> str:
    """Return a method as a label; a made-up one must not make a new time series."""
    return method if method in (*SAFE_METHODS, "POST", "PUT", "PATCH", "DELETE") else "other"
