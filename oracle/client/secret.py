"""Tokens: where they come from, and text that no message, log or traceback repeats."""

from __future__ import annotations

import os
import re
from pathlib import Path

from oracle.client.errors import TokenError

__all__ = ["TOKEN_VARIABLE", "Secret", "bearer", "token_from", "token_in_file"]

TOKEN_VARIABLE = "MOMENTUM_ORACLE_TOKEN"
WELL_FORMED = re.compile(r"[A-Za-z0-9._~+/-]{1,1024}=*")  # RFC 6750, section 2.1
LONGEST_FILE = 4096


class Secret(str):
    """A text whose `repr` hides it: what shows local variables shows this."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<secret>"


def token_from(given: str | None) -> Secret | None:
    """Return the token given, else that of ``$MOMENTUM_ORACLE_TOKEN``, else None.

    Raises
    ------
    TokenError
        If it is none that a header could carry.
    """
    where = "the token" if given is not None else f"${TOKEN_VARIABLE}"
    text = os.environ.get(TOKEN_VARIABLE, "") if given is None else given
    return _checked(text.strip(), where) if text.strip() else None


def token_in_file(path: Path) -> Secret:
    """Return the token that a file holds, blanks around it left out.

    Raises
    ------
    TokenError
        If the file cannot be read, or holds no token.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise TokenError(
            f"cannot read the token file `{path}`: {error.strerror}; name a readable file that holds one token"
        ) from error
    return _checked(content.decode("latin-1").strip(), f"the file `{path}`")


def bearer(token: Secret) -> Secret:
    """Return the value of the header ``Authorization``."""
    return Secret("Bearer " + token)


def _checked(text: str, where: str) -> Secret:
    if not WELL_FORMED.fullmatch(text):
        raise TokenError(
            f"{where} holds {len(text)} characters that are no token; expected one word of letters, digits and -._~+/ "
            "as `oracle token` prints it (it is not repeated here)"
        )
    return Secret(text)
