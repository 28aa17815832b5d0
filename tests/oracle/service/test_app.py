"""The description of the interface is true: of every example, and of whatever a generator can think of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oracle.client.errors import SERVERS_ADVICE
from oracle.service.app import PATTERNS

SUBSETS = ("get", "post", "delete")


@pytest.fixture(scope="module")
def described(server: Any) -> dict[str, Any]:
    """Return the OpenAPI document."""
    found: dict[str, Any] = server.client.get("/openapi.json").json()
    return found


def test_description_lists_what_the_contract_has(described: dict[str, Any]) -> None:
    """Every path and method, no page for people."""
    found = {
        (path, method) for path, item in described["paths"].items() for method in item if method in SUBSETS
    }
    assert found == {
        ("/v1/goldens", "post"), ("/v1/goldens", "get"), ("/v1/goldens/{digest}", "get"),
        ("/v1/goldens/{digest}/record", "get"), ("/v1/jobs", "get"), ("/v1/jobs/{identifier}", "get"),
        ("/v1/jobs/{identifier}", "delete"), ("/v1/jobs/{identifier}/events", "get"), ("/v1/checks", "post"),
        ("/v1/checks/{identifier}", "get"), ("/v1/reports/{identifier}", "get"), ("/v1/claims", "get"),
        ("/healthz", "get"), ("/readyz", "get"), ("/metrics", "get"),
    }  # fmt: skip


def test_every_reference_in_the_description_leads_somewhere(described: dict[str, Any]) -> None:
    """And every operation has a summary, an identifier of its own and a problem document for its refusals."""
    text = json.dumps(described)
    named = {part.partition('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    operations = [item[m] for item in described["paths"].values() for m in SUBSETS if m in item]
    assert named <= set(described["components"]["schemas"])
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        for status, answer in operation["responses"].items():
            assert int(status) < 400 or "application/problem+json" in answer["content"], operation[
                "operationId"
            ]


def test_no_answer_is_described_that_is_never_given(described: dict[str, Any]) -> None:
    """FastAPI's own 422 is a 400 here."""
    assert "HTTPValidationError" not in json.dumps(described)


def test_every_example_of_a_spec_is_computed(server: Any, described: dict[str, Any]) -> None:
    """As it stands in the description."""
    content = described["paths"]["/v1/goldens"]["post"]["requestBody"]["content"]["application/json"]
    found = {name: server.post(example["value"]).status_code for name, example in content["examples"].items()}
    assert found == dict.fromkeys(found, 200)
    assert len(found) == 2


@pytest.mark.parametrize(("path", "allow"), [
    ("/v1/goldens", "GET, POST, HEAD"), ("/v1/jobs/" + "0" * 32, "DELETE, GET, HEAD"), ("/v1/checks", "POST"),
])  # fmt: skip
def test_refused_method_names_those_that_are_taken(server: Any, path: str, allow: str) -> None:
    """All of them, though they are routes of their own."""
    found = server.client.patch(path)
    assert (found.status_code, found.headers["allow"]) == (405, allow)


def test_unknown_address_is_a_problem_document(server: Any) -> None:
    """As is every refusal."""
    found = server.client.get("/v2/goldens")
    assert (found.status_code, found.headers["content-type"]) == (404, "application/problem+json")
    assert found.json()["type"] == "/problems/not-found"


@pytest.mark.parametrize(("path", "words"), [
    ("/v1/goldens/zzz", ("`digest` in the address is 'zzz': it is no golden's digest", "64 hexadecimal")),
    ("/v1/goldens/zzz/record", ("it is no golden's digest", "/v1/goldens lists")),
    ("/v1/goldens?after=x", ("`after` in the query is 'x': it is no golden's digest", "`next` of the page before")),
    ("/v1/jobs/zzz", ("it is no job's `id`", "32 hexadecimal", "/v1/jobs lists")),
    ("/v1/checks/zzz", ("it is no check's `id`", "64 hexadecimal", "POST /v1/checks")),
    ("/v1/reports/zzz", ("it is no check's `id`", "64 hexadecimal", "POST /v1/checks")),
])  # fmt: skip
def test_address_of_another_form_is_refused_in_words(server: Any, path: str, words: tuple[str, ...]) -> None:
    """What it should have been and where those that are there are listed; no regular expression."""
    found = server.client.get(path).json()
    assert found["type"] == "/problems/malformed-request"
    assert [part for part in words if part not in found["detail"]] == []
    assert "pattern" not in found["detail"]
    assert "^" not in found["detail"]


def test_every_pattern_of_the_interface_has_its_words(described: dict[str, Any]) -> None:
    """Of each parameter that the description restrains by one."""
    parameters = [
        parameter["schema"]
        for item in described["paths"].values()
        for method in SUBSETS
        for parameter in item.get(method, {}).get("parameters", [])
    ]
    assert {schema["pattern"] for schema in parameters if "pattern" in schema} == set(PATTERNS)


def test_wrong_address_and_method_are_told_what_to_do_next(server: Any) -> None:
    """Which methods are taken, and where the interface is described."""
    nowhere, method = server.client.get("/v1/nothing").json(), server.client.put("/v1/goldens").json()
    assert nowhere["detail"].startswith("GET /v1/nothing: nothing is at this address; ")
    assert method["detail"].startswith("PUT /v1/goldens: this address takes GET, POST, HEAD; ")
    assert all(
        "/docs" in found["detail"] and "/openapi.json" in found["detail"] for found in (nowhere, method)
    )


def test_client_knows_the_advice_in_whose_place_it_gives_its_own(server: Any) -> None:
    """The words that `oracle.client` looks for are those that this server says."""
    detail = server.client.get("/v1/nothing").json()["detail"]
    assert SERVERS_ADVICE["not-found"] in detail
    assert SERVERS_ADVICE["beyond-limits"] in server.post(server.spec(digits=301)).json()["detail"]


@pytest.mark.parametrize(("changes", "words"), [
    ({"digits": 4000}, "`digits` is 4000; expected a JSON integer from 15 to 1000"),
    ({"want": {"kind": "iterates", "steps": [0, 10_000_001]}}, "`want.steps` is 10000001; expected a JSON integer from 0"),
    ({"digits": 10**40, "problem": {"kind": "sparse_regression", "n": 100_001}}, "`problem.n` is 100001; expected"),
])  # fmt: skip
def test_what_no_spec_may_ask_for_is_refused_by_the_format(
    server: Any, changes: dict[str, Any], words: str
) -> None:
    """Beyond the format's own range neither a larger limit nor another machine helps, and neither is advised."""
    found = server.post(server.spec(**changes)).json()
    assert found["type"] == "/problems/bad-spec"
    assert words in found["detail"]
    assert "limit" not in found["detail"]
    assert "oracle golden" not in found["detail"]


def test_fault_in_a_route_is_a_problem_document_and_a_traceback_in_the_log(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted; its words are for the log alone."""

    def broken(*_: Any) -> None:
        raise RuntimeError("swordfish")

    monkeypatch.setattr(server.service.store, "page", broken)
    found = server.client.get("/v1/goldens", headers={"X-Request-ID": "planted-1"})
    assert (found.status_code, found.json()["type"], "swordfish" in found.text) == (
        500,
        "/problems/internal-error",
        False,
    )
    assert found.json()["exit_code"] == 70
    assert "RuntimeError: swordfish" in server.logged("planted-1", "fault")["exception"]
