"""Redirects: followed where they are safe, never with a body to another server, never out of TLS."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from oracle.client.address import origin_of
from oracle.client.errors import ServerAnswerError
from oracle.client.messages import Answer, Request

__all__ = ["REDIRECTS", "redirected"]

REDIRECTS = (301, 302, 303, 307, 308)


def redirected(request: Request, answer: Answer) -> Request:
    """Return the request that a redirect asks for; what is posted stays with its server, and TLS stays on.

    Raises
    ------
    ServerAnswerError
        If it leads nowhere, out of TLS, or what is posted to another server.
    """
    place = answer.headers.get("Location", "")
    try:
        url = urljoin(request.url, place)
        here, there = origin_of(request.url), origin_of(url)
    except ValueError:
        place, there, here = "", ("", "", 0), ("", "", 1)
    plain = here[0] == "https" and there[0] != "https"
    if not place or there[0] not in {"http", "https"} or plain:
        raise ServerAnswerError(
            f"`{request}` was redirected ({answer.status}) to {place[:200]!r}; expected an address of the same server, "
            "as safe as the one before"
        )
    if request.method not in {"GET", "HEAD"} and (here != there or answer.status not in {307, 308}):
        raise ServerAnswerError(
            f"`{request}` was redirected ({answer.status}) to `{url[:200]}`; what is posted is not sent elsewhere by "
            "itself: if you trust that server, name it instead of this one"
        )
    return replace(request, url=url)
