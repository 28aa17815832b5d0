"""Who may do what: bearer tokens with scopes, and sessions of the pages for people."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from oracle.service.limits import Limits
from oracle.service.problems import ProblemError
from oracle.service.tokens import Scope, TokenFile

__all__ = ["COOKIE", "Gate", "MayCheck", "MayCompute", "MayRead"]

COOKIE = "momentum_oracle_session"
MOST_SESSIONS = 10_000
NONE = "the request has none"
OTHER_KIND = "the request's `Authorization` is none of the kind `Bearer`"
UNKNOWN = "the request's is none that it knows (mistyped, revoked or expired)"


@dataclass(frozen=True)
class _Session:
    """The secret that a session was begun with, and when it ends on a clock that nobody sets."""

    secret: str = field(repr=False)
    end: float


class Gate:
    """Tells who asks.

    Parameters
    ----------
    tokens : TokenFile
    may_be_open : bool
        Whether a server without any token lets everyone in: on loopback alone.
    session_seconds : int
        How long a session lasts, whatever is done in it.
    monotonic : callable
        A clock that nobody sets, seconds; tests hand in another.
    """

    def __init__(
        self,
        tokens: TokenFile,
        may_be_open: bool,
        session_seconds: int = Limits.session_seconds,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens, self._may_be_open = tokens, may_be_open
        self.session_seconds, self._monotonic = session_seconds, monotonic
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    @property
    def is_open(self) -> bool:
        """Whether everyone is let in."""
        return self._may_be_open and self._tokens.is_empty()

    def admit(self, request: Request, scope: Scope) -> str:
        """Return the name of who asks; the empty name on an open server.

        Raises
        ------
        ProblemError
            ``unauthorised`` without a valid token, ``forbidden`` without the scope.
        """
        if self.is_open:
            return ""
        secret = self._secret(request)
        token = self._tokens.identify(secret)
        if token is None:
            raise ProblemError(
                "unauthorised",
                f"this server wants a token, and {_wrong(request, secret)}: send `Authorization: Bearer TOKEN`",
                {"WWW-Authenticate": 'Bearer realm="momentum-oracle"'},
            )
        if scope is not Scope.READ and scope not in token.scopes:  # whoever may ask may read
            raise ProblemError(
                "forbidden",
                f"the token `{token.name}` has the scopes {', '.join(sorted(token.scopes))}; this takes `{scope}`",
            )
        request.state.asker = token.name
        return token.name

    def begin_session(self, secret: str) -> str | None:
        """Return the cookie of a new session of a token's holder; None if there is no such token."""
        if self._tokens.identify(secret) is None:
            return None
        drawn, now = secrets.token_urlsafe(32), self._monotonic()
        self._sessions[drawn] = _Session(secret, now + self.session_seconds)
        while len(self._sessions) > MOST_SESSIONS or next(iter(self._sessions.values())).end <= now:
            self._sessions.popitem(last=False)  # the oldest, which end first
        return drawn

    def end_session(self, request: Request) -> None:
        """Forget the session of a request."""
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)

    def _secret(self, request: Request) -> str:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return secret.strip()
        session = self._sessions.get(request.cookies.get(COOKIE, ""))
        return session.secret if session is not None and self._monotonic() < session.end else ""


def _wrong(request: Request, secret: str) -> str:
    """Return why nobody is known by a request; what it sent may be a secret, and is not told."""
    if secret:
        return UNKNOWN
    given = request.headers.get("authorization", "").strip()
    return OTHER_KIND if given and given.partition(" ")[0].lower() != "bearer" else NONE


def _may(scope: Scope) -> object:
    """Return the dependency that admits who has a scope, and gives their name."""

    def admitted(request: Request) -> str:
        gate: Gate = request.app.state.service.gate
        return gate.admit(request, scope)

    async def at_once(request: Request) -> str:  # a plain function would be sent to a thread
        return admitted(request)

    return Depends(at_once)


MayRead = Annotated[str, _may(Scope.READ)]
MayCompute = Annotated[str, _may(Scope.COMPUTE)]
MayCheck = Annotated[str, _may(Scope.CHECK)]
