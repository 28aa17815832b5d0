"""What every failure says and which exit code it has: the one place that decides it.

===  ==========================================================================
0    agrees, or done
1    disagrees
2    misuse: bad spec, bad file, unknown name, and a store or disk that cannot be used
3    undecided
4    damaged or missing record, or a certificate that contradicts the definition
70   a fault of this program, with its traceback (never 1, which is a verdict)
130  interrupted; 141 the reader of the output went away
===  ==========================================================================
"""

# ruff: noqa: PLC0415 - commands import on use, so that `oracle --help` answers at once

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from oracle.cli.exit_codes import DAMAGED, FAULT, INTERRUPTED, MISUSE, READER_GONE

__all__ = ["SERVER_GOES_ON", "exit_of", "exit_quietly_on_broken_pipe", "interrupted_as"]

# an interrupt reaches the client alone: a job that the server has begun is there for whoever asks the same
SERVER_GOES_ON = "what the server has begun goes on there; run it again to wait for the same job"
ADVICE = {
    errno.ENOSPC: "the disk is full: free some space and run it again; nothing stored was lost",
    errno.EDQUOT: "the disk quota is used up: free some space and run it again; nothing stored was lost",
    errno.EROFS: "the file system is read-only: name a writable directory (`--store DIR`, `--out DIR`)",
    errno.EACCES: "access is not permitted: change its permissions, or name another place",
    errno.EPERM: "access is not permitted: change its permissions, or name another place",
    errno.ENOENT: "there is no such file or directory: check the path",
    errno.EISDIR: "this is a directory: name a file",
    errno.ENOTDIR: "a part of this path is a file, not a directory: check the path",
    errno.EEXIST: "a file is in the place of a directory: name another place",
}


def exit_of(error: BaseException) -> BaseException:
    """Say what went wrong on standard error, and return the exception that ends the command.

    Parameters
    ----------
    error : BaseException
        Whatever the command raised; what click itself raises comes back as it is.
    """
    if isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort):
        return error
    message, code = _message_and_code(error)
    if code == FAULT and not _is_a_servers(error):
        traceback.print_exception(error, file=sys.stderr)
    click.echo(f"oracle: {message}", err=True)
    return click.exceptions.Exit(code)


def exit_quietly_on_broken_pipe() -> NoReturn:
    """Leave as a program does whose reader went away, as in ``oracle golden … | head``."""
    # the interpreter flushes standard output once more on its way out
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise click.exceptions.Exit(READER_GONE)


@contextmanager
def interrupted_as(words: str) -> Iterator[None]:
    """Have an interrupt of what is done inside say what has become of it, and what to do."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(words) from error


def _message_and_code(error: BaseException) -> tuple[str, int]:
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted: {str(error) or 'what was stored is kept; run it again'}", INTERRUPTED
    expected = _expected(error)
    if expected is not None:
        return str(error), expected
    if isinstance(error, OSError) and error.errno in ADVICE:
        return f"`{error.filename or 'output'}`: {ADVICE[error.errno]}", MISUSE
    return "this is a fault of the program itself, not of your input: please report it", FAULT


def _is_a_servers(error: BaseException) -> bool:
    """Whether a server, or the way to it, is what failed: then no traceback of ours tells anything."""
    from oracle.client.errors import ClientError

    return isinstance(error, ClientError)


def _expected(error: BaseException) -> int | None:
    """Return the exit code of a failure that the packages announce, None for any other."""
    # here: on the way to a failure nobody minds the time these imports take; flint comes last, since a box
    # without it judges too
    from oracle.candidate_file import CandidateError
    from oracle.client.errors import ClientError
    from oracle.records.figure import FigureError
    from oracle.records.record_errors import DamagedRecordError, MissingRecordError
    from oracle.spec_error import SpecError
    from reference.exact import ExactNumberError

    if isinstance(error, ClientError):
        return error.exit_code
    if isinstance(error, DamagedRecordError | MissingRecordError | FigureError):
        return DAMAGED
    if isinstance(error, SpecError | CandidateError | ExactNumberError):
        return MISUSE
    return _expected_with_flint(error)


def _expected_with_flint(error: BaseException) -> int | None:
    """Return the exit code of a failure of the reference or the store."""
    try:
        from oracle.goldens import REFUSALS
        from oracle.store import StoreError
        from reference.iterates import CertificateViolationError
    except ModuleNotFoundError:
        return None
    if isinstance(error, CertificateViolationError):
        return DAMAGED
    return MISUSE if isinstance(error, (StoreError, *REFUSALS)) else None
