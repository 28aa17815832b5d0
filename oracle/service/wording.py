"""How the pages put things in words: methods, specs, jobs, times and sizes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from oracle.report.pages import code_marked
from oracle.service.job import Job, JobKind, JobState

__all__ = [
    "METHODS",
    "PROBLEMS",
    "job_title",
    "job_words",
    "method_words",
    "moment",
    "page_of",
    "paged",
    "problem_words",
    "size",
    "spec_words",
    "time_span",
    "want_words",
]

METHODS = {
    "gradient_descent": "gradient descent",
    "heavy_ball": "heavy ball",
    "nesterov": "Nesterov",
    "nesterov_lookahead": "Nesterov, look-ahead sequence",
    "gradient_flow": "gradient flow",
    "rescaled_gradient_flow": "rescaled gradient flow",
    "momentum_flow": "momentum flow",
    "mgf": "momentum gradient flow",
    "hb_flow": "heavy-ball flow",
    "gd_flow": "gradient-descent flow",
}
PROBLEMS = {
    "regression": "regression",
    "sparse_regression": "sparse regression",
    "scalar_product": "scalar product",
    "polynomial": "polynomial",
}
WANTS = {
    "iterates": "iterates",
    "flow": "times",
    "limit": "limit",
    "integrals": "integrals",
    "kkt": "minimiser",
}
STATES = {
    JobState.QUEUED: "Waiting for a free worker.",
    JobState.RUNNING: "Being computed.",
    JobState.DONE: "Done.",
    JobState.FAILED: "It could not be done.",
    JobState.CANCELLED: "It was cancelled.",
}
WANTED = {**WANTS, "flow": "flow"}
ADDRESS = re.compile(r"(?<![\w/])(?:/v1)?(/goldens|/jobs|/docs)(?![\w/])", re.ASCII)  # of what is a page too
UNITS = ((3_600, "hour"), (60, "minute"), (1, "second"))
LONGEST_READ = 100_000  # characters of a spec that a list reads for a line about it


def method_words(name: str) -> str:
    """Return a method's name for people; a dash where a spec has none."""
    return METHODS.get(name, name.replace("_", " ")) or "–"


def spec_words(text: str) -> str:
    """Return a line about a canonical spec: what is wanted, of which method, on which problem."""
    if len(text) > LONGEST_READ:
        return "a large spec"
    spec: Mapping[str, Any] = json.loads(text)
    want, method = spec["want"], spec.get("method", {}).get("name", "")
    places = len(want.get("steps") or want.get("times") or ())
    counted = f"{places} {WANTS[want['kind']]}" if places > 1 else WANTS[want["kind"]]
    of = f" of {method_words(method)}" if method else ""
    return f"{counted}{of} on {problem_words(spec['problem']['kind'])}, {spec['digits']} digits"


def job_title(job: Job) -> str:
    """Return what a job is about."""
    if job.kind is JobKind.CLAIMS:
        return "The ledger of claims"
    title = "Golden" if job.kind is JobKind.GOLDEN else f"Check of {job.payload.get('name', 'a candidate')}"
    spec = job.payload.get("spec")  # the book keeps no long one of a finished job
    return title if spec is None else f"{title}: {spec_words(spec)}"


def job_words(job: Job) -> str:
    """Return where a job stands, in a sentence."""
    return STATES[job.state]


def page_of(result: str) -> str:
    """Return the page about what the interface for programs has under an address."""
    return result.removeprefix("/v1")


def moment(when: float | str) -> str:
    """Return a time for people, in UTC, to the minute; `when` is seconds since 1970 or ISO 8601."""
    at = datetime.fromtimestamp(when, UTC) if isinstance(when, float | int) else datetime.fromisoformat(when)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def size(count: int) -> str:
    """Return a number of bytes for people: 812 B, 3.4 kB, 12 MB."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"


def time_span(seconds: int) -> str:
    """Return whole seconds for people, exactly, in the largest unit that they are a multiple of: 12 hours, 90 minutes."""
    unit, name = next(found for found in UNITS if seconds % found[0] == 0)
    count = seconds // unit
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def problem_words(kind: str) -> str:
    """Return a kind of problem, for people."""
    return PROBLEMS.get(kind, kind.replace("_", " "))


def want_words(kind: str) -> str:
    """Return what a spec wants, for people."""
    return WANTED.get(kind, kind)


def paged(text: str) -> Markup:
    """Return a text as `code_marked` does, its addresses for programs made links to the pages about the same."""
    return Markup(ADDRESS.sub(r'<a href="\1">\1</a>', str(code_marked(text))))
