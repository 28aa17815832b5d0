"""Misuse, told in one message and without the oracle's own frames."""

# ruff: noqa: PLC0415 - what may be refused is looked up on the way to a failure, where nobody minds the time

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

__all__ = ["plainly"]

Result = TypeVar("Result")


def plainly(call: Callable[..., Result], *arguments: object) -> Result:
    """Call a function of the oracle; what it refuses is raised with its message alone.

    Parameters
    ----------
    call : callable
        That runs no code of the user's.
    *arguments
        Handed on.
    """
    __tracebackhide__ = True
    try:
        return call(*arguments)
    except Exception as error:
        if not isinstance(error, _refusals()):
            raise
        raise error.with_traceback(None) from None


def _refusals() -> tuple[type[Exception], ...]:
    from oracle.candidate_file import CandidateError
    from oracle.records.record_errors import DamagedRecordError, MissingRecordError, StoreError
    from oracle.spec_error import SpecError
    from reference.exact import ExactNumberError

    known: tuple[type[Exception], ...] = (
        CandidateError,
        SpecError,
        StoreError,
        ExactNumberError,
        DamagedRecordError,
        MissingRecordError,
    )
    goldens, client = (sys.modules.get(name) for name in ("oracle.goldens", "oracle.client.errors"))
    if client is not None:  # where one of these was not imported it refused nothing
        known = (*known, client.ClientError)
    return known if goldens is None else (*known, *goldens.REFUSALS)
