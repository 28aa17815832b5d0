"""The tokens of a server: a file of digests, read again whenever it changes.

A file that cannot be trusted lets nobody in: it stops whatever needs it, until somebody looks.
"""

from __future__ import annotations

import hmac
import json
import math
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from oracle.records.atomic_files import OWNER_ALONE, write_atomically
from oracle.records.record_errors import DamagedRecordError
from oracle.service.steady_clock import SteadyClock
from oracle.service.token import (
    Scope,
    Token,
    TokenError,
    digest_of,
    new_secret,
    read_token,
    sane_name,
    written,
)

__all__ = ["Scope", "Token", "TokenError", "TokenFile", "TokenFileError"]

SCHEMA = "momentum-oracle/tokens/1"
MOST_BYTES = 4 * 2**20
MOST_TOKENS = 10_000
SUPERUSER = 0
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH

Signature = tuple[int, int, int, int]


class TokenFileError(DamagedRecordError):
    """The file of tokens cannot be trusted; nobody is let in before it is mended."""


@dataclass(frozen=True)
class _Kept:
    """What the file held when it had this signature."""

    signature: Signature | None = None
    tokens: Mapping[str, Token] = field(default_factory=dict)  # by digest
    latest: float = 0.0  # when the newest was made


class TokenFile:
    """The tokens in one file, of mode 0600.

    Parameters
    ----------
    path : Path
    wall, monotonic : callable
        The two clocks, seconds; tests hand in others.

    Notes
    -----
    Whether a token has expired is judged by the wall clock, but never by one that was set back: the time taken is at
    least that of the first look plus what the monotonic clock has measured since (`SteadyClock`), and at least when
    the newest token was made.  A clock set forward expires tokens early, which lets nobody in; set right again, it
    brings them back.  A file that has been there and is gone is an error, not an empty file: it would open a server.
    """

    def __init__(
        self,
        path: Path,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._clock = SteadyClock(wall, monotonic)
        self._kept = _Kept()

    def __repr__(self) -> str:
        return f"TokenFile({str(self._path)!r})"

    def create(
        self, name: str, scopes: Iterable[Scope | str], expires: float | None = None
    ) -> tuple[Token, str]:
        """Make a token and return it with its secret, which is kept nowhere.

        Parameters
        ----------
        name : str
            Not in use.
        scopes : iterable of Scope
            At least one.
        expires : float, optional
            Seconds since 1970.

        Raises
        ------
        TokenError
            If the name is taken or unfit, or there is no scope or an unknown one, or `expires` has passed.
        TokenFileError
            If the file cannot be trusted.
        OSError
            If it cannot be written; it is as before then.
        """
        with self._locked():
            kept = self._current()
            now = self._now(kept)
            token = Token(sane_name(name), _scopes(scopes), now, expires)
            if any(other.name == name for other in kept.tokens.values()):
                raise TokenError(
                    f"there is a token `{name}` already: choose another name, or `oracle token revoke` it"
                )
            if expires is not None and not now < expires < math.inf:
                raise TokenError(
                    f"the token `{name}` would expire before it is made, or at no finite time; choose a later time"
                )
            secret = new_secret()
            digest = digest_of(secret)
            assert digest is not None
            self._write({**kept.tokens, digest: token})
        return token, secret

    def revoke(self, name: str) -> None:
        """Take a token back; running servers notice with their next request.

        Raises
        ------
        TokenError
            If there is none of that name.
        TokenFileError, OSError
            As `create`.
        """
        with self._locked():
            tokens = self._current().tokens
            rest = {digest: token for digest, token in tokens.items() if token.name != name}
            if len(rest) == len(tokens):
                known = ", ".join(f"`{token.name}`" for token in tokens.values())
                raise TokenError(
                    f"there is no token `{ascii(name)[1:-1]:.80}` in `{self._path}`; "
                    + (
                        f"expected one of {known}"
                        if known
                        else "there are none at all; name another `--data`"
                    )
                )
            self._write(rest)

    def tokens(self) -> list[Token]:
        """Return every token, oldest first, the expired ones too.

        Raises
        ------
        TokenFileError
            If the file cannot be trusted.
        """
        return sorted(self._current().tokens.values(), key=lambda token: (token.created, token.name))

    def identify(self, secret: str) -> Token | None:
        """Return the token that a secret belongs to; None if it belongs to none, or to one that has expired.

        Raises
        ------
        TokenFileError
            If the file cannot be trusted.
        """
        kept = self._current()
        digest = digest_of(secret)
        if digest is None:
            return None
        for (
            known,
            token,
        ) in kept.tokens.items():  # nothing about the secret can be learnt from how long this takes
            if hmac.compare_digest(known, digest):
                return None if token.expires is not None and self._now(kept) >= token.expires else token
        return None

    def is_empty(self) -> bool:
        """Tell whether no token was ever made: revoking the last one does not open a server to everyone.

        Raises
        ------
        TokenFileError
            If the file cannot be trusted, or has vanished.
        """
        return self._current().signature is None

    def _now(self, kept: _Kept) -> float:
        return max(self._clock.now(), kept.latest)

    def _current(self) -> _Kept:
        """Return what the file holds, reading it only if it is another than at the last look."""
        try:
            signature = _signature(os.stat(self._path))
        except FileNotFoundError:
            if self._kept.signature is None:
                return self._kept
            raise _untrusted(self._path, "it was there and is gone") from None
        except OSError as error:
            raise _untrusted(self._path, f"it cannot be looked at ({error.strerror})") from error
        if signature != self._kept.signature:
            self._kept = _read(self._path)
        return self._kept

    def _write(self, tokens: Mapping[str, Token]) -> None:
        content = {"schema": SCHEMA, "tokens": [written(token, digest) for digest, token in tokens.items()]}
        text = json.dumps(content, indent=1)
        write_atomically(self._path, text.encode("ascii"), mode=OWNER_ALONE)
        self._current()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other writers out, where the system has such locks; two at once would lose one of two tokens."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            import fcntl  # noqa: PLC0415 - there is none on Windows
        except ModuleNotFoundError:
            yield
            return
        lock = os.open(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, OWNER_ALONE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _scopes(given: Iterable[Scope | str]) -> frozenset[Scope]:
    choices = ", ".join(f"`{scope}`" for scope in Scope)
    try:
        scopes = frozenset(Scope(scope) for scope in given)
    except ValueError as error:
        raise TokenError(f"a token cannot have these scopes ({error}); expected some of {choices}") from error
    if not scopes:
        raise TokenError(f"a token without a scope allows nothing; expected some of {choices}")
    return scopes


def _read(path: Path) -> _Kept:
    """Return what a file holds once all of it is as it should be."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _untrusted(path, f"it cannot be read ({error.strerror})") from error
    if os.name != "nt" and found.st_mode & OTHERS_MAY_WRITE:
        raise _untrusted(path, "others than its owner may write to it (`chmod 600` it)")
    if os.name != "nt" and found.st_uid not in (os.geteuid(), SUPERUSER):
        raise _untrusted(path, "it belongs to another user than the one that runs this (`chown` it)")
    try:
        tokens = _tokens(data)
    except (ValueError, RecursionError) as error:
        raise _untrusted(path, str(error)) from error
    return _Kept(_signature(found), tokens, max((token.created for token in tokens.values()), default=0.0))


def _tokens(data: bytes) -> dict[str, Token]:
    """Return the tokens of a text by their digests."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    content = json.loads(data.decode("ascii"))
    if not isinstance(content, dict) or set(content) != {"schema", "tokens"} or content["schema"] != SCHEMA:
        raise ValueError(f"it is not an object of `schema` = {SCHEMA} and `tokens`")
    listed = content["tokens"]
    if not isinstance(listed, list) or len(listed) > MOST_TOKENS:
        raise ValueError(f"its `tokens` are no list of at most {MOST_TOKENS}")
    entries = [read_token(entry) for entry in listed]
    if len({token.name for _, token in entries}) < len(entries) or len(dict(entries)) < len(entries):
        raise ValueError("it holds a name or a digest twice")
    return dict(entries)


def _signature(found: os.stat_result) -> Signature:
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def _untrusted(path: Path, reason: str) -> TokenFileError:
    return TokenFileError(
        f"the tokens in `{path}` cannot be trusted: {reason}. Nobody is let in. Restore the file from a copy; or stop the "
        "server, move the file away and make new tokens with `oracle token create`."
    )
