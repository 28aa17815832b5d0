"""A bearer token: its name, what it allows, how long; and the texts that it is kept and known by."""

from __future__ import annotations

import hashlib
import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Scope", "Token", "TokenError", "digest_of", "new_secret", "read_token", "sane_name", "written"]

PREFIX = "mo_"  # tells people, and scanners for leaked secrets, what they have found
SECRET_BYTES = 32
SECRET = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
FIELDS = {"name", "scopes", "sha256", "created", "expires"}


class TokenError(ValueError):
    """A token that cannot be made or revoked as asked; the message says what to change."""


class Scope(StrEnum):
    """What a token may allow."""

    READ = "read"
    COMPUTE = "compute"
    CHECK = "check"


@dataclass(frozen=True)
class Token:
    """A token without its secret, of which it holds no part.

    Parameters
    ----------
    name : str
    scopes : frozenset of Scope
    created : float
        Seconds since 1970.
    expires : float or None
        Likewise; None means never.
    """

    name: str
    scopes: frozenset[Scope]
    created: float
    expires: float | None = None


def new_secret() -> str:
    """Return a new secret: 256 bits from the operating system, behind a prefix."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str | None:
    """Return the SHA-256 that a secret is kept as, in hexadecimal digits; None for what is no secret of ours.

    Passwords are kept by slow functions because few of them are likely, so that whoever has the file tries them all.
    These secrets are 2^256 equally likely texts: no speed of trying helps, and a slow function would only let anyone
    keep the server busy with wrong ones.
    """
    if not SECRET.fullmatch(secret):
        return None
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def sane_name(name: str) -> str:
    """Return a name that can stand in files, logs and messages.

    Raises
    ------
    TokenError
        If it cannot.
    """
    if not NAME.fullmatch(name):
        raise TokenError(
            f"{ascii(name)[:80]} is no name for a token: expected up to 64 letters, digits, `.`, `_` and `-`, the first "
            "a letter or digit, as in `ci` or `anna-laptop`"
        )
    return name


def written(token: Token, digest: str) -> dict[str, Any]:
    """Return a token as the file holds it."""
    return {
        "name": token.name,
        "scopes": sorted(token.scopes),
        "sha256": digest,
        "created": token.created,
        "expires": token.expires,
    }


def read_token(value: Any) -> tuple[str, Token]:
    """Return the digest and the token that one entry of a file holds.

    Raises
    ------
    ValueError
        If it holds anything else than `written` writes.
    """
    if not isinstance(value, Mapping) or set(value) != FIELDS or not isinstance(value["scopes"], list):
        raise ValueError(f"an entry is not an object of {', '.join(sorted(FIELDS))}")
    digest = value["sha256"]
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise ValueError("an entry's `sha256` is not 64 hexadecimal digits")
    name = value["name"]
    if not isinstance(name, str) or not name:
        raise ValueError("an entry's `name` is no text")
    expires = None if value["expires"] is None else _time(value["expires"])
    scopes = frozenset(Scope(scope) for scope in value["scopes"])
    return digest, Token(sane_name(name), scopes, _time(value["created"]), expires)


def _time(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a time is not a number of seconds")
    return float(value)
