"""Every problem that the interface knows, provoked over HTTP, with its status, its exit code and the fields of RFC 9457."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from oracle.service.problems import KINDS
from oracle.service.tokens import TokenFile

NOWHERE = "0" * 32
FRESH = count(900)  # specs that nobody asked for yet
ELSEWHERE = {"Origin": "http://evil.example"}


@pytest.fixture(scope="module")
def guarded(forking: None, tmp_path_factory: pytest.TempPathFactory, start_module: Any) -> Iterator[Any]:
    """Return a server with tokens, one job a token and small limits."""
    folder = tmp_path_factory.mktemp("guarded")
    tokens = TokenFile(folder / "data" / "tokens.json")
    secrets = {name: tokens.create(name, scopes)[1] for name, scopes in SCOPES.items()}
    with start_module(folder, limits={"jobs_per_token": 1, "queued_jobs": 2, "steps": 1000}) as found:
        found.secrets = secrets
        yield found


SCOPES = {"reader": ("read",), "one": ("compute", "check"), "two": ("compute",), "three": ("compute",)}


def bearer(server: Any, name: str) -> dict[str, str]:
    """Return the header of a token."""
    return {"Authorization": f"Bearer {server.secrets[name]}"}


def busy(server: Any, name: str, then: Callable[[], Any], hold: tuple[str, ...]) -> Any:
    """Do something while tokens have a job each under way."""
    server.plant("hold-golden")
    held: list[str] = []
    try:
        for one in hold:
            held.append(server.post(server.spec(next(FRESH)), 0, **bearer(server, one)).json()["id"])
        return then()
    finally:
        server.mend("hold-golden")
        for identifier in held:
            server.until(partial(is_over, server, name, identifier))


def is_over(server: Any, name: str, identifier: str) -> bool:
    """Tell whether a job has ended."""
    found = server.client.get(f"/v1/jobs/{identifier}", headers=bearer(server, name)).json()
    return found["finished"] is not None


def raised(server: Any, kind: str, start: int) -> Any:
    """Return the answer to a golden whose computation raises."""
    server.plant("raise-golden", kind)
    try:
        return server.post(server.spec(start))
    finally:
        server.mend("raise-golden")


def planted(server: Any, fault: str, start: int) -> Any:
    """Return the answer to a golden whose worker has a fault."""
    server.plant(fault)
    try:
        return server.post(server.spec(start))
    finally:
        server.mend(fault)


def finished(server: Any) -> Any:
    """Cancel a job that has ended."""
    server.post(server.spec(101))
    job = server.client.get("/v1/jobs", params={"limit": 1}).json()["jobs"][0]
    return server.client.delete(f"/v1/jobs/{job['id']}")


def cancelled(server: Any) -> Any:
    """Wait for a job that is cancelled meanwhile."""
    server.plant("hold-golden")
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(server.post, server.spec(102))
        job = server.until(
            lambda: next(
                (job for job in server.client.get("/v1/jobs").json()["jobs"] if job["state"] == "running"),
                None,
            )
        )
        server.client.delete(f"/v1/jobs/{job['id']}")
        server.mend("hold-golden")
        return waiting.result()


def ledgered(server: Any) -> Any:
    """Ask for a ledger of claims that was altered."""
    path = server.service.claims._path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'{"sha256": "0"}\naltered')
    try:
        return server.client.get("/v1/claims")
    finally:
        path.unlink()


OPEN: dict[str, Callable[[Any], Any]] = {
    "malformed-request": lambda s: s.client.get("/v1/goldens?limit=many"),
    "forbidden": lambda s: s.client.post("/v1/goldens", json=s.spec(), headers=ELSEWHERE),
    "not-found": lambda s: s.client.get(f"/v1/jobs/{NOWHERE}/events"),
    "method-not-allowed": lambda s: s.client.put("/v1/goldens"),
    "job-finished": finished,
    "cancelled": cancelled,
    "too-large": lambda s: s.client.post(
        "/v1/goldens", content=b" " * (5 * 2**20), headers={"Content-Type": "application/json"}
    ),
    "unsupported-media-type": lambda s: s.client.post("/v1/goldens", content=b"{}"),
    "bad-spec": lambda s: s.post({}),
    "bad-candidate": lambda s: s.check(s.spec(103), b"nothing"),
    "cannot-be-computed": lambda s: s.post(s.spec(104, method={"name": "gradient_descent", "step_size": "3"},
                                                 want={"kind": "limit"})),
    "beyond-limits": lambda s: s.post(s.spec(want={"kind": "iterates", "steps": [0, 10**6]})),
    "worker-lost": lambda s: planted(s, "die-golden", 105),
    "damaged-record": ledgered,
    "missing-record": lambda s: raised(s, "oracle.records.record_errors:MissingRecordError", 106),
    "certificate-violated": lambda s: raised(s, "reference.iterates:CertificateViolationError", 107),
    "store-unusable": lambda s: raised(s, "oracle.records.record_errors:StoreError", 108),
    "internal-error": lambda s: raised(s, "builtins:ZeroDivisionError", 109),
}  # fmt: skip
GUARDED: dict[str, Callable[[Any], Any]] = {
    "unauthorised": lambda s: s.client.get("/v1/goldens", headers={"Authorization": "Bearer wrong"}),
    "too-many-jobs": lambda s: busy(
        s, "one", lambda: s.post(s.spec(next(FRESH)), **bearer(s, "one")), ("one",)
    ),
    "overloaded": lambda s: busy(
        s, "one", lambda: s.post(s.spec(next(FRESH)), **bearer(s, "three")), ("one", "two")
    ),
}
ELSEWHERE_TESTED = {"timed-out", "too-slow"}  # below, and with slow clients


def assert_is_problem(found: Any, name: str) -> None:
    """Assert that an answer is a problem document with everything it should have."""
    kind, content = KINDS[name], found.json()
    assert found.headers["content-type"] == "application/problem+json"
    assert (found.status_code, content["status"], content["type"]) == (
        kind.status,
        kind.status,
        f"/problems/{name}",
    )
    assert (content["title"], content["exit_code"]) == (kind.title, kind.exit_code)
    assert content["instance"] == f"/requests/{found.headers['x-request-id']}"
    assert content["detail"]


@pytest.mark.parametrize("name", OPEN)
def test_problem_is_told_as_described(server: Any, name: str) -> None:
    """On an open server."""
    assert_is_problem(OPEN[name](server), name)


@pytest.mark.parametrize("name", GUARDED)
def test_problem_of_tokens_is_told_as_described(guarded: Any, name: str) -> None:
    """On a server with tokens."""
    assert_is_problem(GUARDED[name](guarded), name)


def test_every_problem_is_provoked_somewhere() -> None:
    """A new one finds its place here."""
    assert set(KINDS) == set(OPEN) | set(GUARDED) | ELSEWHERE_TESTED


def test_time_limit_costs_its_own_job_alone(start: Any, tmp_path: Path) -> None:
    """504; the worker is replaced and others go on. The log says where the time went."""
    with start(tmp_path, limits={"job_seconds": 5}) as short:
        short.plant("hold-golden")
        assert_is_problem(short.post(short.spec(1)), "timed-out")
        short.mend("hold-golden")
        assert short.post(short.spec(2)).status_code == 200
        (line,) = [line for line in short.log() if line["event"] == "timed out"]
        assert (line["task"], line["seconds"]) == ("golden", 5)
        assert re.search(r"planted_works\.py\", line \d+ in planted", line["where"])


def test_memory_limit_costs_its_own_job_alone(server: Any) -> None:
    """The same problem as a crash, and the next is computed."""
    assert_is_problem(planted(server, "grow-golden", 110), "worker-lost")
    assert server.post(server.spec(110)).status_code == 200


def test_worker_killed_once_costs_nothing(server: Any) -> None:
    """The task is done by another worker."""
    assert planted(server, "once-golden", 111).status_code == 200


def test_refusals_say_when_to_come_back(guarded: Any) -> None:
    """Retry-After with 429 and 503, a challenge with 401, the methods with 405."""
    found = {name: GUARDED[name](guarded).headers for name in GUARDED}
    assert int(found["too-many-jobs"]["retry-after"]) > 0
    assert int(found["overloaded"]["retry-after"]) > 0
    assert found["unauthorised"]["www-authenticate"].startswith("Bearer ")
    refused = guarded.client.put("/v1/goldens", headers=bearer(guarded, "reader"))
    assert refused.headers["allow"] == "GET, POST, HEAD"


@pytest.mark.parametrize(
    ("name", "method", "path", "status"),
    [
        ("reader", "GET", "/v1/goldens", 200),
        ("reader", "POST", "/v1/goldens", 403),
        ("reader", "POST", "/v1/checks", 403),
        ("two", "POST", "/v1/goldens", 200),
        ("two", "POST", "/v1/checks", 403),
        ("one", "POST", "/v1/checks", 200),
        ("", "GET", "/healthz", 200),
        ("", "GET", "/metrics", 401),
        ("", "POST", "/v1/goldens", 401),
    ],
)
def test_scope_is_what_a_token_may(guarded: Any, name: str, method: str, path: str, status: int) -> None:
    """Read for looking, compute for goldens that are not there yet, check for verdicts."""
    headers = bearer(guarded, name) if name else {}
    start = 1000 + status + len(name)
    if path == "/v1/checks":
        files = {"spec": json.dumps(guarded.spec(start)), "candidate": ("a.npz", guarded.candidate(start))}
        found = guarded.client.post(path, files=files, headers=headers)
    else:
        found = guarded.client.request(
            method,
            path,
            json=guarded.spec(start) if method == "POST" else None,
            headers=headers,
            params={"wait": 60} if method == "POST" else None,
        )
    assert found.status_code == status


def test_reader_may_ask_for_what_is_stored(guarded: Any) -> None:
    """POST fetches too."""
    guarded.post(guarded.spec(77), **bearer(guarded, "two"))
    assert guarded.post(guarded.spec(77), **bearer(guarded, "reader")).status_code == 200


def test_no_token_is_in_the_log(guarded: Any) -> None:
    """Neither right nor wrong ones, wherever they were sent; every line is JSON."""
    wrong = "mo_" + "w" * 43
    told = {"Authorization": f"Bearer {wrong}"}, bearer(guarded, "reader")
    for number, headers in enumerate(told):
        asked = headers | {"X-Request-ID": f"token-{number}"}
        guarded.client.get("/v1/goldens", params={"token": wrong}, headers=asked)
    assert [guarded.logged(f"token-{number}")["token"] for number in range(2)] == [None, "reader"]
    text = guarded.stream.getvalue()
    assert [secret for secret in (*guarded.secrets.values(), wrong) if secret in text] == []
