"""How much one request may ask for, and the refusal of what asks for more.

Every bound is a field of `Limits`; ``oracle serve --limit NAME=VALUE`` sets it (`option_of`).  What a spec asks for is
read off its text (`oracle.service.spec_sizes`), before anything of that size is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from oracle.service.spec_sizes import Size, number_sizes, sizes_of, text_sizes, written_out

__all__ = ["LONGEST_WAIT", "BeyondLimitsError", "Excess", "Limits", "check_raw", "check_spec", "option_of"]

MEBIBYTE = 2**20
LONGEST_WAIT = 60  # seconds; the interface takes no more
NEVER_ZERO = (
    "body_bytes",
    "spec_bytes",
    "job_seconds",
    "header_seconds",
    "header_bytes",
    "session_seconds",
    "send_seconds",
    "connections",
)


@dataclass(frozen=True)
class Limits:
    """What a server grants.

    Parameters
    ----------
    body_bytes : int
        Of a request's body, an upload above all.
    spec_bytes : int
        Of a spec's text.
    lists : int
        Lists, objects and fields in a spec's text: rows of X, terms, batches.
    unpacked_bytes : int
        That an uploaded archive unpacks to.
    samples, coordinates, entries : int
        n and d of a problem, and n · d.
    steps : int
        The largest step asked for.
    rows : int
        Recorded steps.
    numbers : int
        Recorded numbers: rows (or times) · d · arrays.
    times : int
        Recorded times of a flow.
    horizon : int
        The largest time asked for.
    digits : int
        Asked for.  These bound the working precision too, which has no limit of its own: the reference begins with the
        bits that the digits are worth and stops at `reference.raising.MOST_TIMES` times as many.
    order : int
        Of a modified equation; rooted trees grow nearly threefold with each.
    terms, degree : int
        Of a polynomial loss: monomials, and the sum of the powers of one.
    number_bits : int
        Of the numerator or denominator of any number in a spec: exact arithmetic carries them all.
    written_digits : int
        That the numbers of a spec come to once exponents are written out, and likewise one number that stands for
        every coordinate: a short text may ask for much.
    job_seconds, job_memory_bytes : int
        Of one computation.
    jobs_per_token, queued_jobs : int
        Under way or waiting for one token, and waiting in all.
    wait_seconds : int
        That a request may wait for its answer (``?wait=``).
    header_seconds : int
        For the head of a request to arrive.
    header_bytes : int
        Of the head of a request.
    body_seconds : int
        For the body of a request to arrive.
    least_bytes_per_second : int
        Mean rate of a request's body after its first seconds; 0 asks for none.
    session_seconds : int
        That a person who signed in with a token stays signed in.
    idle_seconds : int
        Between two requests on one connection.
    send_seconds : int
        For a client to take what it is sent, each time its buffers are full.
    connections : int
        Open at a time; half of them at most for streams of events (`streams`), a quarter for requests that wait for
        a job or a report (`waiting`).
    keep_uploads_bytes, keep_days : int
        Of uploaded candidates: bytes in all, and days since each was last asked about.

    Raises
    ------
    ValueError
        If nobody could be served: one of `NEVER_ZERO` is 0; or if `wait_seconds` is beyond `LONGEST_WAIT`.
    """

    body_bytes: int = 64 * MEBIBYTE
    spec_bytes: int = 4 * MEBIBYTE
    lists: int = 20_000
    unpacked_bytes: int = 256 * MEBIBYTE
    samples: int = 2_000
    coordinates: int = 5_000
    entries: int = 1_000_000
    steps: int = 100_000
    rows: int = 20_000
    numbers: int = 20_000_000
    times: int = 2_000
    horizon: int = 100_000
    digits: int = 300
    order: int = 12
    terms: int = 500
    degree: int = 20
    number_bits: int = 4_096
    written_digits: int = 16 * MEBIBYTE
    job_seconds: int = 600
    job_memory_bytes: int = 2 * 1024 * MEBIBYTE
    jobs_per_token: int = 8
    queued_jobs: int = 1_000
    wait_seconds: int = 60
    header_seconds: int = 10
    header_bytes: int = 64 * 1024
    body_seconds: int = 60
    least_bytes_per_second: int = 1_024
    session_seconds: int = 12 * 3_600
    idle_seconds: int = 30
    send_seconds: int = 30
    connections: int = 512
    keep_uploads_bytes: int = 4 * 1024 * MEBIBYTE
    keep_days: int = 30

    def __post_init__(self) -> None:
        for name in NEVER_ZERO:
            if getattr(self, name) <= 0:
                raise ValueError(f"`{name.replace('_', '-')}` is {getattr(self, name)}; expected more than 0")
        if self.wait_seconds > LONGEST_WAIT:
            raise ValueError(
                f"`wait-seconds` is {self.wait_seconds}; expected 0 to {LONGEST_WAIT}; what takes longer is a job"
            )

    @property
    def streams(self) -> int:
        """How many streams of events are kept up at a time."""
        return max(1, self.connections // 2)

    @property
    def waiting(self) -> int:
        """How many requests may wait at a time: one more for a job is answered with that at once, for a report refused."""
        return max(1, self.connections // 4)


@dataclass(frozen=True)
class Excess:
    """One thing that goes beyond one limit.

    Parameters
    ----------
    size : Size
        What was asked, and by which field of the spec.
    allowed : int
    """

    size: Size
    allowed: int

    def __str__(self) -> str:
        return (
            f"`{self.size.path}` asks for {self.size.amount_text()} {self.size.unit}; this server allows "
            f"{self.allowed} (its owner raises that with `oracle serve {option_of(self.size.limit)}`)"
        )


class BeyondLimitsError(ValueError):
    """A spec asks for more than this server grants.

    Parameters
    ----------
    excesses : iterable of Excess
        All of them; the message names each field, what it asks for and what is allowed.
    """

    def __init__(self, excesses: Iterable[Excess]) -> None:
        self.excesses = tuple(excesses)
        advice = "ask for less, or compute it on your own machine with `oracle golden`"
        lines = [str(excess) for excess in self.excesses]
        if len(lines) == 1:
            super().__init__(f"{lines[0]}; {advice}")
        else:
            listed = [f"- {line}" for line in lines]
            super().__init__("\n".join([f"the spec goes beyond {len(lines)} limits; {advice}:", *listed]))


def option_of(name: str) -> str:
    """Return the option of ``oracle serve`` that sets a field of `Limits`, as in ``--limit spec-bytes=…``."""
    return f"--limit {name.replace('_', '-')}=…"


def check_raw(text: bytes, limits: Limits) -> None:
    """Refuse the text of a spec that `oracle.spec.parse_spec` should not be given.

    Takes time and memory of a small multiple of the text's length, whatever the text is.  What is no JSON or no spec
    passes: the parser says what is wrong with it, and is quick about that.

    Parameters
    ----------
    text : bytes
        As it arrived.
    limits : Limits

    Raises
    ------
    BeyondLimitsError
        If the text is too long, or asks for more than the limits; names every field that does.
    """
    _refuse_beyond([Size("the spec", len(text), "spec_bytes", "bytes")], limits)
    _refuse_beyond(text_sizes(text, limits.written_digits), limits)
    value = _value_of(text, limits)
    if isinstance(value, Mapping):
        _refuse_beyond(chain(sizes_of(value), written_out(value)), limits)


def check_spec(canonical: Mapping[str, Any], limits: Limits) -> None:
    """Refuse a canonical spec that asks for more than the limits.

    Parameters
    ----------
    canonical : mapping
        `oracle.spec.Spec.canonical`.
    limits : Limits

    Raises
    ------
    BeyondLimitsError
        Naming every field that asks for more.
    """
    _refuse_beyond(chain(sizes_of(canonical), number_sizes(canonical)), limits)


def _value_of(text: bytes, limits: Limits) -> Any:
    """Return the value of a JSON text, None for what the parser will refuse."""
    try:
        return json.loads(text.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        return None
    except ValueError:  # Python makes no integer of more than 4300 digits out of text
        _refuse_beyond([Size("the spec", 14_284, "number_bits", "bits and more in one integer")], limits)
        return None


def _refuse_beyond(sizes: Iterable[Size], limits: Limits) -> None:
    """Raise for the sizes that are beyond their limits, if any is."""
    excesses = [
        Excess(size, getattr(limits, size.limit))
        for size in sizes
        if size.amount > getattr(limits, size.limit)
    ]
    if excesses:
        raise BeyondLimitsError(excesses)
