"""The audit behind the evidence: a lost job, an altered digit, a flipped verdict and a vanished record are found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from oracle.goldens import compute_golden
from oracle.records.golden import golden_json
from oracle.spec import spec_from
from tests.service.http_client import Answer
from tests.service.journal import Journal, audit_checks, audit_goldens, audit_jobs, digest_of

SPEC = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "polynomial", "terms": [{"coefficient": "1/2", "powers": [2]}]},
    "init": {"b": "1"},
    "method": {"name": "gradient_descent", "step_size": "1/2"},
    "want": {"kind": "iterates", "steps": [0, 1, 2]},
    "digits": 20,
}
CHECK, JOB = "c" * 64, "0" * 32


def problem(status: int, name: str) -> Answer:
    """Return a problem document."""
    return Answer(
        status,
        {"content-type": "application/problem+json"},
        json.dumps({"type": f"/problems/{name}"}).encode(),
    )


class Server:
    """Answers from a table, as a server would that keeps every promise; one answer can be replaced."""

    def __init__(self) -> None:
        self.golden = json.dumps(golden_json(compute_golden(spec_from(SPEC), cross_check=False))).encode()
        self.digest = json.loads(self.golden)["digest"]
        job = {"id": JOB, "kind": "golden", "state": "done", "result": f"/v1/goldens/{self.digest}"}
        self.answers = {
            f"/v1/goldens/{self.digest}": Answer(200, {}, self.golden),
            "/v1/goldens": Answer(200, {}, self.golden),
            f"/v1/checks/{CHECK}": Answer(200, {}, json.dumps({"id": CHECK, "verdict": "AGREES"}).encode()),
            f"/v1/jobs/{JOB}": Answer(200, {}, json.dumps(job).encode()),
        }

    def __call__(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Answer."""
        return self.answers[path]

    def audited(self) -> list[str]:
        """Return what the audit finds of the promises that this server made before."""
        journal = Journal()
        journal.golden(json.dumps(SPEC).encode(), self.golden)
        journal.check({"id": CHECK, "verdict": "AGREES"})
        journal.job({"id": JOB, "kind": "golden"})
        audit_goldens(journal, self, list(journal.goldens))
        audit_checks(journal, self, list(journal.checks))
        audit_jobs(journal, self, journal.pending())
        return journal.violations


def altered(golden: bytes) -> bytes:
    """Return a golden with one digit changed."""
    told = json.loads(golden)
    told["values"]["b"][1] = ["0.500001"]
    return json.dumps(told).encode()


def told_again(answer: Answer, **changes: Any) -> Answer:
    """Return an answer with some fields of its JSON changed."""
    return Answer(200, {}, json.dumps(answer.json() | changes).encode())


def test_kept_promises_are_no_violations() -> None:
    """A server that has everything as it was passes."""
    assert Server().audited() == []


@pytest.mark.parametrize(
    ("path", "fault", "found"),
    [
        ("/v1/jobs/" + JOB, lambda a: problem(404, "not-found"), "the job 0+ is answered with 404"),
        ("/v1/jobs/" + JOB, lambda a: told_again(a, state="cancelled"), "though nobody cancelled it"),
        (
            "/v1/jobs/" + JOB,
            lambda a: told_again(a, state="failed", problem={"type": "/problems/internal-error"}),
            "failed with .*internal-error",
        ),
        ("/v1/checks/" + CHECK, lambda a: told_again(a, verdict="DISAGREES"), "was AGREES and is DISAGREES"),
        ("/v1/checks/" + CHECK, lambda a: problem(500, "damaged-record"), "the check c+ is answered with 500"),
        ("/v1/goldens", lambda a: Answer(200, {}, altered(a.body)), "has other numbers now"),
        ("GOLDEN", lambda a: Answer(200, {}, altered(a.body)), "has other numbers now"),
        ("GOLDEN", lambda a: problem(404, "not-found"), "the golden sha256:[0-9a-f]+ is answered with 404"),
    ],
)  # fmt: skip
def test_broken_promise_is_found(path: str, fault: Callable[[Answer], Answer], found: str) -> None:
    """Whatever is lost, altered or flipped is told, by name."""
    server = Server()
    path = f"/v1/goldens/{server.digest}" if path == "GOLDEN" else path
    server.answers[path] = fault(server.answers[path])
    violations = server.audited()
    assert violations
    with pytest.raises(AssertionError, match=found):
        raise AssertionError("; ".join(violations))


def test_job_that_names_its_loss_keeps_the_promise() -> None:
    """A computation that took its worker along may fail, if it says so."""
    server = Server()
    lost = {"type": "/problems/worker-lost"}
    server.answers[f"/v1/jobs/{JOB}"] = told_again(
        server.answers[f"/v1/jobs/{JOB}"], state="failed", problem=lost
    )
    assert server.audited() == []


def test_golden_with_a_wrong_digest_is_found_when_it_is_promised() -> None:
    """The digest is recomputed from the numbers, not read off."""
    journal = Journal()
    journal.golden(b"{}", altered(Server().golden))
    assert "its numbers give sha256:" in journal.violations[0]


def test_wrong_verdict_is_found_when_it_is_given() -> None:
    """A run that is right by construction must agree."""
    journal = Journal()
    journal.check({"id": CHECK, "verdict": "DISAGREES"}, "AGREES")
    assert "AGREES is right" in journal.violations[0]


def test_digest_is_that_of_the_stated_recipe() -> None:
    """SHA-256 of spec, values and radii, keys sorted, without blanks."""
    part = {"spec": {"b": 1, "a": 2}, "values": {}, "radius": {}}
    text = '{"radius":{},"spec":{"a":2,"b":1},"values":{}}'
    assert digest_of(part) == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
