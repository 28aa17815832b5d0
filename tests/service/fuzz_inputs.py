"""What the fuzz run asks: specs, uploads, forms, tokens and headers, drawn from one seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.service.http_client import JSON, form_of
from tests.service.spec_mutations import mutated_bytes, mutated_spec
from tests.service.specimens import Specimen, corpus, polynomial
from tests.service.upload_mutations import hostile, moved, odd, repacked

__all__ = ["KINDS", "Input", "inputs"]

KINDS = {
    "spec": 36,
    "spec bytes": 14,
    "right run": 12,
    "moved run": 1,
    "odd run": 5,
    "hostile file": 17,
    "form": 3,
    "head": 12,
}
"""Weights of the kinds of input, in per cent."""
CHEAP = 6  # of the corpus: how many times as often a spec is drawn that takes milliseconds
DTYPES = ("float64", "float32", "bfloat16", "float16")
TEXTS = (
    "",
    "x",
    "float64",
    "velocity",
    "\u0000",
    "é",
    "../../etc/passwd",
    "A" * 5000,
    "'; DROP TABLE jobs; --",
    "\r\nX-A: b",
    "%00",
)
PATHS = (
    "/v1/goldens", "/v1/goldens?limit=1", "/v1/goldens?limit=0", "/v1/goldens?after=x",
    "/v1/goldens?limit=99999999999999999999", "/v1/jobs", "/v1/jobs?limit=-1", "/v1/claims", "/healthz", "/readyz",
    "/metrics", "/", "/jobs", "/check", "/login", "/claims", "/openapi.json", "/docs", "/v1/checks/",
    "/v1/goldens/", "/static/../../etc/passwd", "/problems/bad-spec", "/problems/x", "//", "/v1/goldens?wait=nan",
    "/v1/goldens?wait=-1", "/v1/goldens?wait=1e9", "/v1/checks?wait=inf",
)  # fmt: skip
HEADERS = (
    "Authorization", "X-Request-ID", "Host", "Origin", "Content-Type", "If-None-Match", "Accept", "Cookie", "Range",
    "Content-Encoding", "Transfer-Encoding", "Referer", "X-Forwarded-For", "Content-Length", "Expect", "Upgrade",
)  # fmt: skip
METHODS = ("GET", "GET", "GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "GETT", "get")


@dataclass(frozen=True)
class Input:
    """One request.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    method, path, body, headers
        As it is sent.
    specimen : Specimen or None
        Of a check: what the candidate is held against.
    candidate : bytes
        The uploaded file.
    declared : mapping
        What the form declares.
    must : str
        ``AGREES`` · ``not AGREES`` · empty where nothing is known beforehand.
    """

    kind: str
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    specimen: Specimen | None = None
    candidate: bytes = b""
    declared: Mapping[str, str] = field(default_factory=dict)
    must: str = ""


def inputs(source: random.Random, specimens: Sequence[Specimen], tokens: Sequence[str]) -> Iterator[Input]:
    """Yield inputs without end.

    Parameters
    ----------
    source : random.Random
    specimens : sequence of Specimen
        Whose goldens are stored.
    tokens : sequence of str
        Secrets that are valid, for a part of the headers.
    """
    stock = _stock()
    while True:
        (kind,) = source.choices(list(KINDS), list(KINDS.values()))
        yield _one(kind, source, stock, specimens, tokens)


def _stock() -> list[dict[str, Any]]:
    """Return specs to mutate; those that are quickly computed come often."""
    cheap = [polynomial(random.Random(seed)).spec for seed in range(4)]
    kept = [
        spec
        for spec in corpus()
        if spec["want"]["kind"] == "kkt" or spec["problem"]["kind"] == "scalar_product"
    ]
    return (cheap + kept) * CHEAP + corpus()


def _one(
    kind: str,
    source: random.Random,
    stock: Sequence[dict[str, Any]],
    specimens: Sequence[Specimen],
    tokens: Sequence[str],
) -> Input:
    if kind == "spec":
        return Input(kind, "POST", "/v1/goldens?wait=20", mutated_spec(source.choice(stock), source), JSON)
    if kind == "spec bytes":
        body = mutated_bytes(source.choice(specimens).body, source)
        return Input(kind, "POST", "/v1/goldens?wait=20", body, JSON)
    if kind == "head":
        return _head(source, specimens, tokens)
    specimen = source.choice(specimens)
    assert specimen.run is not None
    if kind == "form":
        return _form(source, specimen)
    make = {"right run": repacked, "moved run": moved, "odd run": odd, "hostile file": hostile}[kind]
    must = {"right run": "AGREES", "moved run": "not AGREES"}.get(kind, "")
    declared = {"dtype": source.choice(DTYPES)} if kind == "odd run" and source.random() < 0.2 else {}
    return _check(kind, specimen, make(specimen.run, source), declared, must)


def _check(kind: str, specimen: Specimen, candidate: bytes, declared: Mapping[str, str], must: str) -> Input:
    body, headers = form_of(specimen.body, candidate, declared)
    return Input(kind, "POST", "/v1/checks", body, headers, specimen, candidate, declared, must)


def _form(source: random.Random, specimen: Specimen) -> Input:
    """Return a form with strange parts, or one whose bytes were changed."""
    name = source.choice(
        ("dtype", "form", "accumulate", "operands", "state", "spec", "candidate", "other", "")
    )
    body, headers = form_of(
        specimen.body, specimen.candidate, {name: source.choice(TEXTS)}, source.choice(TEXTS)
    )
    if source.random() < 0.6:
        body = mutated_bytes(body, source)
    if source.random() < 0.2:
        headers = {
            "Content-Type": source.choice(
                ("multipart/form-data", "multipart/form-data; boundary=", "text/plain", "é", "")
            )
        }
    return Input("form", "POST", "/v1/checks", body, headers)


def _head(source: random.Random, specimens: Sequence[Specimen], tokens: Sequence[str]) -> Input:
    """Strange methods, addresses, tokens and headers."""
    digest = "sha256:" + source.randbytes(32).hex()
    paths = (
        *PATHS,
        f"/v1/goldens/{digest}",
        f"/v1/goldens/{digest}/record",
        f"/v1/checks/{digest[7:]}",
        f"/v1/jobs/{digest[7:39]}",
    )
    path, headers = source.choice(paths), {}
    if source.random() < 0.2:
        path = "/" + mutated_bytes(path.encode(), source)[:300].decode("latin-1")
    for _ in range(source.randrange(4)):
        headers[source.choice(HEADERS)] = source.choice(
            (*TEXTS, *(f"Bearer {text}" for text in TEXTS), source.randbytes(20).hex())
        )
    if source.random() < 0.3:
        secret = source.choice(tokens)
        headers["Authorization"] = source.choice(
            (f"Bearer {secret}", f"bearer  {secret} ", f"Basic {secret}", f"Bearer {secret[:-1]}x")
        )
    headers.pop("Content-Length", None)
    body = source.choice((b"", b"", source.choice(specimens).body, b"{}"))
    return Input("head", source.choice(METHODS), path, body, headers)
