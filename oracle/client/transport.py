"""Requests and answers over HTTP: asked again where that can help, bounded in size, the token kept to its server.

Every request may be repeated, POSTs among them: the same spec leads to the same digest, the same check to the same
identifier, however often it is asked.
"""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, ResponseError
from urllib3.util import Retry, Timeout

from oracle.client.address import ServerAddress, origin_of
from oracle.client.errors import ServerAnswerError, ServerUnreachableError
from oracle.client.messages import Answer, Request
from oracle.client.redirects import REDIRECTS, redirected
from oracle.client.secret import Secret, bearer

__all__ = ["Manner", "Transport"]

MOST_REDIRECTS = 5
BUSY = (429, 503)
GATEWAYS = (
    502,
    504,
)  # a problem document of these is the oracle's own, and asking again would cost as much again
PIECE = 1 << 16


@dataclass(frozen=True)
class Manner:
    """How patiently a server is asked.

    Parameters
    ----------
    timeout : float
        Seconds of silence after which an answer is given up.
    retries : int
        How often a request is sent again.
    most_bytes : int
        Of one answer.
    longest_wait : float
        Seconds between two attempts, whatever ``Retry-After`` asks for.
    backoff : float
        Seconds before the second retry; doubled with each further one, a little chance added.
    """

    timeout: float = 30.0
    retries: int = 5
    most_bytes: int = 1 << 29
    longest_wait: float = 60.0
    backoff: float = 0.2


class Transport:
    """The way to one server; may be shared by threads.

    Parameters
    ----------
    address : ServerAddress
    token : Secret or None
        Sent to the server's own origin alone.
    manner : Manner
    agent : str
        Who asks, for the server's log.
    """

    def __init__(
        self,
        address: ServerAddress,
        token: Secret | None,
        manner: Manner,
        agent: str = "momentum-oracle-client",
    ) -> None:
        self.address = address
        self.manner = manner
        self.sleep: Callable[[float], None] = time.sleep
        self._token = token
        self._agent = agent
        self._pool = urllib3.PoolManager(
            timeout=Timeout(connect=min(10.0, manner.timeout), read=manner.timeout)
        )

    def ask(self, request: Request) -> Answer:
        """Return the answer, whatever its status; redirects are followed.

        Raises
        ------
        ServerUnreachableError
            If no whole answer came after every retry.
        ServerAnswerError
            If the answer is too large, packed in an unknown way, or redirects to where we do not go.
        """
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._patiently(request)
            if answer.status not in REDIRECTS:
                return answer
            request = redirected(request, answer)
        raise ServerAnswerError(
            f"`{request}` was redirected more than {MOST_REDIRECTS} times; check the address of the server"
        )

    @contextmanager
    def stream(self, request: Request) -> Iterator[tuple[int, str, Iterator[bytes]]]:
        """Yield status, media type and the pieces of an answer as they arrive; asked once, never redirected.

        Raises
        ------
        urllib3.exceptions.HTTPError
            If the connection cannot be made, or breaks.
        """
        response = self._send(request)
        try:
            pieces = iter(lambda: response.read1(PIECE), b"")
            yield response.status, response.headers.get("Content-Type", "").partition(";")[0], pieces
        finally:
            response.close()  # what is left of it is not waited for

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def _patiently(self, request: Request) -> Answer:
        """Send a request until it is answered, or often enough."""
        retry = Retry(
            total=self.manner.retries,
            allowed_methods=None,
            backoff_factor=self.manner.backoff,
            backoff_max=self.manner.longest_wait,
            backoff_jitter=self.manner.backoff,
        )
        identity = uuid.uuid4().hex  # the same for every attempt
        while True:
            answer, error = self._attempt(request, identity)
            attempts = len(retry.history) + 1
            if answer is not None and not _is_worth_repeating(answer):
                return replace(answer, attempts=attempts)
            try:
                retry = retry.increment(request.method, request.url, error=error or ResponseError("busy"))
            except MaxRetryError:
                if answer is not None:
                    return replace(answer, attempts=attempts)
                raise ServerUnreachableError(_unreachable(self.address, request, attempts, error)) from error
            self.sleep(max(retry.get_backoff_time(), self._asked_to_wait(retry, answer)))

    def _attempt(self, request: Request, identity: str) -> tuple[Answer | None, HTTPError | None]:
        """Return the answer to one attempt, or what went wrong on the way."""
        try:
            response = self._send(request, identity)
            try:
                body = self._body(request, response)
            finally:
                response.close() if response.length_remaining else response.release_conn()
        except HTTPError as error:
            if isinstance(_innermost(error), ssl.SSLCertVerificationError):  # no retry makes it another one
                raise ServerUnreachableError(
                    f"`{self.address.url}` shows a certificate that is not trusted here: {_cause(error)}; check the "
                    "address, or name the authority that signed it in $SSL_CERT_FILE"
                ) from error
            return None, error
        return Answer(request, response.status, response.headers, body), None

    def _send(self, request: Request, identity: str = "") -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            request.method,
            request.url,
            body=request.body,
            headers=self._headers(request, identity),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _headers(self, request: Request, identity: str) -> dict[str, str]:
        headers = {"Accept": request.accept, "Accept-Encoding": "identity", "User-Agent": self._agent}
        if identity:
            headers["X-Request-ID"] = identity
        if request.content_type:
            headers["Content-Type"] = request.content_type
        if self._token is not None and origin_of(request.url) == self.address.origin:
            headers["Authorization"] = bearer(self._token)
        return headers

    def _body(self, request: Request, response: urllib3.BaseHTTPResponse) -> bytes:
        """Return the whole body, read piece by piece so that no answer takes more than its share of memory."""
        packed = response.headers.get("Content-Encoding", "identity")
        if packed.lower() != "identity":
            raise ServerAnswerError(
                f"`{request}` was answered with a body packed by `{packed[:40]}`; expected none"
            )
        found, most = bytearray(), self.manner.most_bytes
        claimed = response.length_remaining or 0
        while claimed <= most and len(found) <= most:
            piece = response.read1(PIECE)
            if not piece:
                return bytes(found)
            found += piece
        raise ServerAnswerError(
            f"`{request}` was answered with {max(claimed, len(found))} bytes or more; at most {most} are read: ask for "
            "fewer steps or digits, or allow more (`most_bytes`)"
        )

    def _asked_to_wait(self, retry: Retry, answer: Answer | None) -> float:
        """Return the seconds of ``Retry-After``, within what we are willing to wait."""
        text = "" if answer is None else answer.headers.get("Retry-After", "")
        try:
            return min(retry.parse_retry_after(text), self.manner.longest_wait) if text else 0.0
        except (InvalidHeader, ValueError, OverflowError):
            return 0.0


def _is_worth_repeating(answer: Answer) -> bool:
    if answer.status in GATEWAYS:
        return answer.media_type != "application/problem+json"
    return answer.status in BUSY


def _unreachable(address: ServerAddress, request: Request, attempts: int, error: HTTPError | None) -> str:
    times = "once" if attempts == 1 else f"{attempts} times"
    return (
        f"`{address.url}` did not answer: `{request}` was tried {times}, at last {_cause(error)}; check the address, that "
        "the server runs (`oracle serve`, `/healthz`) and that nothing on the way stops the connection"
    )


def _cause(error: BaseException | None) -> str:
    """Return the innermost reason of a failed attempt."""
    found = _innermost(error)
    return f"{type(found).__name__}: {found}" if str(found) else type(found).__name__


def _innermost(error: BaseException | None) -> BaseException | None:
    """Return what an error was made of in the first place."""
    while error is not None:
        inner = next((item for item in error.args if isinstance(item, BaseException)), error.__cause__)
        if inner is None:
            break
        error = inner
    return error
