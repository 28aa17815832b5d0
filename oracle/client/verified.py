"""Goldens as they arrive: none is handed on before it was held against its own digest and the one asked for."""

from __future__ import annotations

import re

from oracle.client.answers import json_object
from oracle.client.errors import AddressError, WrongGoldenError
from oracle.client.messages import Answer
from oracle.records.golden import Golden, golden_from_json
from oracle.records.npz import read_npz_bytes
from oracle.records.record_errors import DamagedRecordError

__all__ = ["golden_in", "record_in", "require_digest", "whole_digest"]

DIGEST = re.compile("sha256:[0-9a-f]{64}")


def golden_in(answer: Answer) -> Golden:
    """Return the golden in an answer, once its digest is that of its contents.

    Raises
    ------
    ServerAnswerError
        If no JSON came.
    WrongGoldenError
        If what came is no golden, is damaged, or was altered.
    """
    try:
        return golden_from_json(json_object(answer))
    except DamagedRecordError as error:
        raise WrongGoldenError(
            f"`{answer.request}` was answered with a golden that is not sound, and nothing of it was used: {error} "
            "If it stays so, tell who runs the server"
        ) from error


def record_in(answer: Answer) -> Golden:
    """Return the golden in an answer that is a sealed `.npz`, read and verified whole.

    Raises
    ------
    WrongGoldenError
        If it is damaged or was altered.
    """
    try:
        return read_npz_bytes(answer.body, answer.request.url)
    except DamagedRecordError as error:
        raise WrongGoldenError(f"`{answer.request}` was answered with no sound record: {error}") from error


def require_digest(golden: Golden, digest: str, where: str) -> None:
    """Refuse a golden that is not the one asked for.

    Parameters
    ----------
    golden : Golden
    digest : str
        Of the one asked for.
    where : str
        Who sent it.

    Raises
    ------
    WrongGoldenError
        If its digest is another.
    """
    if golden.digest != digest:
        raise WrongGoldenError(
            f"`{where}` sent the golden {golden.digest}, where {digest} was asked for; nothing of it was used. Tell who "
            "runs the server"
        )


def whole_digest(digest: str) -> str:
    """Return a digest that is whole.

    Raises
    ------
    AddressError
        If it is none, or the beginning of one.
    """
    if not DIGEST.fullmatch(digest):
        raise AddressError(
            f"a golden is asked for as {digest[:80]!r}; expected `sha256:` and 64 hexadecimal digits, as `goldens()` lists"
        )
    return digest
