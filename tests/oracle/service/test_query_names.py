"""A parameter that a route does not take is refused, so that a misspelt one is not lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from oracle.service.tokens import Scope, TokenFile

DIGEST, JOB, CHECK = f"sha256:{'0' * 64}", "0" * 32, "0" * 64


def address_of(path: str) -> str:
    """Return an address that a path of the description stands for; nothing need be there."""
    named = JOB if path.startswith("/v1/jobs/") else CHECK
    return path.replace("{digest}", DIGEST).replace("{identifier}", named)


def operations(server: Any) -> list[tuple[str, str, set[str]]]:
    """Return method, path and query parameters of every operation below /v1, from the description as it is sent."""
    paths = server.client.get("/openapi.json").json()["paths"]
    return [
        (method, path, {one["name"] for one in told.get("parameters", ()) if one["in"] == "query"})
        for path, methods in paths.items()
        for method, told in methods.items()
        if path.startswith("/v1/")
    ]


def test_no_operation_takes_a_parameter_that_it_does_not_describe(server: Any) -> None:
    """Each names what arrived and what it takes; nothing is begun meanwhile."""
    found = operations(server)
    assert len(found) == 12
    for method, path, known in found:
        answer = server.client.request(method, f"{address_of(path)}?wiat=0")
        detail = answer.json()["detail"]
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-request"), path
        assert f"the query has `wiat`, which `{method.upper()} {path}` does not take" in detail
        told = detail.partition("expected ")[2].partition(";")[0]
        assert set(re.findall("`([a-z]+)`", told)) == known, path
    assert server.client.get("/v1/jobs").json()["jobs"] == []


@pytest.mark.parametrize(("query", "words"), [
    ("wiat=0", "the query has `wiat`, which `POST /v1/goldens` does not take; expected nothing but `wait`; /docs lists"),
    ("wait=0&Wait=0&=1", "the query has `Wait`, ``, which "),
    ("a&b&c&d&e", "the query has `a`, `b`, `c` and 2 more, which "),
    ("a=1&a=2", "the query has `a`, which "),
    ("%1b%0a%C3%A9=1", "the query has `\\x1b\\n\\xe9`, which "),
    ("x" * 500, f"the query has `{'x' * 40}`, which "),
])  # fmt: skip
def test_what_arrived_is_named_and_cut_to_a_sane_length(server: Any, query: str, words: str) -> None:
    """Names alone, without control characters; a value may be a secret."""
    answer = server.client.post(f"/v1/goldens?{query}", json=server.spec())
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(words)


@pytest.mark.parametrize("wait", ["1000", "-1", "soon", "nan", "inf", ""])
def test_wait_beyond_its_range_is_told_the_range(server: Any, wait: str) -> None:
    """In the words of the interface, whatever is wrong with it."""
    answer = server.client.post("/v1/goldens", params={"wait": wait}, json=server.spec())
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"`wait` in the query is '{wait}': expected a number from 0 to 60"


def test_looking_without_a_body_is_held_to_the_same(server: Any) -> None:
    """HEAD is GET here."""
    assert server.client.head("/v1/goldens?limit=1").status_code == 200
    assert server.client.head("/v1/goldens?limt=1").status_code == 400


def test_pages_and_health_take_what_browsers_and_monitors_add(server: Any) -> None:
    """A link followed from elsewhere carries marks of its own."""
    found = {
        path: server.client.get(f"{path}?from=x").status_code
        for path in ("/", "/jobs", "/goldens", "/healthz")
    }
    assert found == dict.fromkeys(found, 200)


def test_who_may_not_ask_is_told_that_first(start: Any, tmp_path: Any) -> None:
    """Not what the route takes."""
    secret = TokenFile(tmp_path / "data" / "tokens.json").create("one", [Scope.READ])[1]
    with start(tmp_path) as guarded:
        told = {"Authorization": f"Bearer {secret}"}
        assert guarded.client.get("/v1/jobs?token=x").status_code == 401
        assert guarded.client.get("/v1/jobs?token=x", headers=told).status_code == 400
