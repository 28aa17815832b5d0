"""The description of the interface is true: of every example, and of whatever a generator can think of."""

from __future__ import annotations

import json
from typing import Any

import pytest

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
    lines = server.until(
        lambda: [line for line in server.log() if line["event"] == "fault" and line["request"] == "planted-1"]
    )
    assert ["RuntimeError: swordfish" in line["exception"] for line in lines] == [True]
