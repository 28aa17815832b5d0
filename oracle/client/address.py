"""Where a server is: its address, checked, and whether a token may travel there."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from oracle.client.errors import AddressError, TokenError

__all__ = [
    "ALLOW_PLAIN_VARIABLE",
    "SERVER_VARIABLE",
    "ServerAddress",
    "address_of",
    "origin_of",
    "plain_allowed",
]

SERVER_VARIABLE = "MOMENTUM_ORACLE_SERVER"
ALLOW_PLAIN_VARIABLE = "MOMENTUM_ORACLE_ALLOW_PLAIN_HTTP"
PORTS = {"http": 80, "https": 443}
EXAMPLE = "as in `http://127.0.0.1:8765` or `https://oracle.example.org`"

Origin = tuple[str, str, int]


@dataclass(frozen=True)
class ServerAddress:
    """The address of a server, without a slash at its end.

    Parameters
    ----------
    url : str
        Scheme, host, port and perhaps a path before ``/v1``.
    """

    url: str

    @property
    def origin(self) -> Origin:
        """Scheme, host and port: what a token is meant for."""
        return origin_of(self.url)

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent: TLS, or this very machine."""
        scheme, host, _ = self.origin
        return scheme == "https" or _is_loopback(host)

    def at(self, *path: str, **query: object) -> str:
        """Return the address of something on the server; parts of the path are escaped."""
        asked = {name: value for name, value in query.items() if value is not None}
        below = "".join("/" + quote(part, safe=":") for part in path)
        return self.url + below + ("?" + urlencode(asked) if asked else "")

    def below(self, path: str) -> str:
        """Return the address of a path that the server itself named, such as ``/v1/jobs/7``.

        Raises
        ------
        AddressError
            If it leads away from the server.
        """
        if (
            not path.startswith("/v1/")
            or "\\" in path
            or ".." in path
            or not path.isprintable()
            or " " in path
        ):
            raise AddressError(
                f"`{self.url}` names {path[:80]!r} as a place of its own; expected one below `/v1/`"
            )
        return self.url + path


def address_of(given: str | None) -> ServerAddress:
    """Return the address given, else that of ``$MOMENTUM_ORACLE_SERVER``.

    Raises
    ------
    AddressError
        If there is none, or it is no address of a server.
    """
    text = (os.environ.get(SERVER_VARIABLE, "") if given is None else given).strip()
    if not text:
        raise AddressError(f"no server is named; give its address, {EXAMPLE}, or set ${SERVER_VARIABLE}")
    if "@" in text:  # not repeated: what stands there may be a password
        raise AddressError(
            "the server's address holds a user's name or a password (`@`); leave them out: a token goes into "
            "$MOMENTUM_ORACLE_TOKEN or a file"
        )
    try:
        parts = urlsplit(text)
        wrong = parts.scheme not in PORTS or not parts.hostname or bool(parts.query or parts.fragment)
        wrong = wrong or not text.isascii() or not text.isprintable() or " " in text or parts.port == 0
    except ValueError:  # a port that is no number
        wrong = True
    if wrong:
        raise AddressError(
            f"the server's address is {text[:200]!r}; expected scheme, host and port, {EXAMPLE}"
        )
    return ServerAddress(text.rstrip("/"))


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of an address.

    Raises
    ------
    ValueError
        If its port is none.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or PORTS.get(scheme, 0)


def plain_allowed(address: ServerAddress, allow_plain: bool) -> None:
    """Refuse to send a token where others could read it.

    Raises
    ------
    TokenError
        If the address is plain HTTP to another machine, and nobody said that this is meant.
    """
    if not (address.is_private or allow_plain or os.environ.get(ALLOW_PLAIN_VARIABLE) == "1"):
        raise TokenError(
            f"a token is not sent to `{address.url}`: over plain HTTP everyone on the way can read it; use `https://`, "
            f"or where the network is trusted say `--allow-plain-http` (`allow_plain=True`, ${ALLOW_PLAIN_VARIABLE}=1)"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
