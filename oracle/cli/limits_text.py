"""The list of a server's limits as text: what each is called, what it grants, and of what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oracle.service.limits import Limits

__all__ = ["limits_lines"]

MEANINGS = {
    "body_bytes": "bytes of a request's body, an uploaded run above all",
    "spec_bytes": "bytes of a spec's text",
    "lists": "lists, objects and fields in a spec",
    "unpacked_bytes": "bytes that an uploaded archive unpacks to",
    "samples": "n: samples of a problem",
    "coordinates": "d: coordinates of a problem",
    "entries": "n · d: entries of X",
    "steps": "the largest step asked for",
    "rows": "recorded steps",
    "numbers": "recorded numbers: steps (or times) · d · arrays",
    "times": "recorded times of a flow",
    "horizon": "the largest time asked for",
    "digits": "digits asked for; they bound the working precision too",
    "order": "of a modified equation",
    "terms": "monomials of a polynomial loss",
    "degree": "of a monomial: the sum of its powers",
    "number_bits": "bits of a number's numerator or denominator",
    "written_digits": "digits of a spec's numbers, exponents written out",
    "job_seconds": "seconds that one computation may take",
    "job_memory_bytes": "bytes of memory that one computation may take",
    "jobs_per_token": "jobs of one token, waiting or under way",
    "queued_jobs": "jobs waiting, in all",
    "wait_seconds": "seconds that a request may wait for its answer (?wait=)",
    "header_seconds": "seconds for the head of a request to arrive",
    "header_bytes": "bytes of the head of a request",
    "body_seconds": "seconds for the body of a request to arrive",
    "least_bytes_per_second": "mean rate of a body after its first seconds; 0 asks for none",
    "session_seconds": "seconds that a person who signed in stays signed in",
    "idle_seconds": "seconds between two requests on one connection",
    "send_seconds": "seconds for a client to take what it is sent",
    "connections": "open at a time; half of them for events, a quarter for waiting",
    "keep_uploads_bytes": "bytes of uploaded runs that are kept, in all",
    "keep_days": "days that a run is kept after it was last asked about",
}


def limits_lines(limits: Limits) -> Iterator[str]:
    """Yield a line a limit: the name that `--limit` takes, the value, what it counts."""
    for name, value in asdict(limits).items():
        yield f"{name.replace('_', '-'):<22}  {value:>11}  {MEANINGS[name]}"
