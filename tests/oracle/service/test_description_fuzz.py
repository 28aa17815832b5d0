"""Requests made up from the description: every answer is one that it describes, and none is a fault."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

schemathesis = pytest.importorskip(
    "schemathesis", reason="made-up requests need `schemathesis` (group `service`)"
)

from schemathesis.specs.openapi.checks import positive_data_acceptance  # noqa: E402 - only where it is installed

EXAMPLES = 15
OPERATIONS = (  # but for /v1/claims: whoever asks first has minutes of adjudication begin
    "GET /healthz", "GET /readyz", "GET /metrics", "GET /v1/goldens", "POST /v1/goldens", "GET /v1/goldens/{digest}",
    "GET /v1/goldens/{digest}/record", "GET /v1/jobs", "GET /v1/jobs/{identifier}", "DELETE /v1/jobs/{identifier}",
    "GET /v1/jobs/{identifier}/events", "POST /v1/checks", "GET /v1/checks/{identifier}",
    "GET /v1/reports/{identifier}",
)  # fmt: skip
# that a number is exact, a run converges and a candidate fits its golden no schema says: 422 does
BEYOND_A_SCHEMA = [positive_data_acceptance]


@pytest.fixture(scope="module")
def schema(server: Any) -> Any:
    """Return the description as schemathesis reads it."""
    return schemathesis.openapi.from_url(f"{server.client.base_url}/openapi.json")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_answer_is_as_described(schema: Any, server: Any, operation: str) -> None:
    """Status, media type, headers, schema; refusals of what does not fit; no fault of the server's."""
    method, _, path = operation.partition(" ")

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate),
    )  # fmt: skip
    @given(case=schema[path][method].as_strategy())
    def all_answers(case: Any) -> None:
        case.call_and_validate(excluded_checks=BEYOND_A_SCHEMA if method == "POST" else [])

    all_answers()
    assert [line for line in server.log() if line["event"] == "fault"] == []


def test_every_operation_is_tried(schema: Any) -> None:
    """A new one finds its place in the list."""
    found = {result.ok().label for result in schema.get_all_operations()}
    assert found == {*OPERATIONS, "GET /v1/claims"}
