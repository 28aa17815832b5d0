"""The page of claims: offered, being made, and the ledger itself in place."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PEOPLE = {"Accept": "text/html"}
LEDGER = (
    b'<!DOCTYPE html>\n<html lang="en">\n<head><title>t</title></head>\n<body>\n<h1>ledger</h1></body></html>'
)


def test_ledger_is_offered_then_made_then_shown_in_place(server: Any) -> None:
    """A button starts the one job that makes it; the page shows how far it is; then the ledger stands there."""
    wanted = server.client.get("/claims", headers=PEOPLE).text
    assert "<button>Make the ledger</button>" in wanted
    server.plant("hold-claims")
    for _ in range(2):  # pressed twice, made once
        answer = server.client.post("/claims", headers=PEOPLE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/claims")
    jobs = [job for job in server.client.get("/v1/jobs").json()["jobs"] if job["kind"] == "claims"]
    assert len(jobs) == 1
    making = server.client.get("/claims", headers=PEOPLE).text
    assert "It has not been made" not in making
    assert f'data-events="/v1/jobs/{jobs[0]["id"]}/events"' in making
    assert "<button>Make the ledger</button>" not in making
    server.client.delete(f"/v1/jobs/{jobs[0]['id']}")
    server.mend("hold-claims")
    server.service.claims.keep(b'{"claims": []}', LEDGER)
    shown = server.client.get("/claims", headers=PEOPLE)
    assert "<h1>ledger</h1>" in shown.text
    assert '<a href="/">' in shown.text.partition("<h1>")[0]
    assert "script-src" not in shown.headers["content-security-policy"]
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.fixture
def new_server(start: Callable[..., Any], tmp_path: Path) -> Iterator[Any]:
    """Return a server that has no ledger yet."""
    with start(tmp_path) as found:
        yield found


def wanted(server: Any) -> tuple[str, str]:
    """Press the button; return the job that makes the ledger, and the page of claims once it has begun or ended."""
    server.client.post("/claims", headers=PEOPLE)
    job = str(server.client.get("/v1/jobs").json()["jobs"][0]["id"])
    return job, str(server.client.get("/claims", headers=PEOPLE).text)


def test_ledger_whose_job_failed_is_told_with_the_problem_and_offered_again(new_server: Any) -> None:
    """The problem stands there with a link to its job, and that what was finished is kept; a new job takes its place."""
    new_server.plant("raise-claims", "reference.iterates:CertificateViolationError")
    failed, _ = wanted(new_server)
    detail = new_server.ended(failed)["problem"]["detail"]
    new_server.mend("raise-claims")
    page = html.unescape(new_server.client.get("/claims", headers=PEOPLE).text)
    for said in (
        "The certificate contradicts the definition",
        detail,
        f'<a href="/jobs/{failed}">',
        "Each claim that was finished is kept",
        "<button>Go on with the ledger</button>",
    ):
        assert said in page
    assert "It has not been made" not in page
    new_server.plant("hold-claims")
    again, page = wanted(new_server)
    assert f'data-events="/v1/jobs/{again}/events"' in page
    assert failed not in page
    new_server.client.delete(f"/v1/jobs/{again}")
    new_server.mend("hold-claims")


def test_real_ledger_has_the_place_where_the_way_back_is_put() -> None:
    """The template of the ledger has one plain `<body>`."""
    from importlib.resources import files  # noqa: PLC0415 - one test needs it

    text = (files("oracle.report") / "templates" / "claims.html").read_text(encoding="utf-8")
    assert text.count("<body>") == 1
    assert "<script" not in text
