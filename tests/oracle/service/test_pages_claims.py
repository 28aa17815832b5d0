"""The page of claims: offered, being made, and the ledger itself in place."""

from __future__ import annotations

from typing import Any

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


def test_real_ledger_has_the_place_where_the_way_back_is_put() -> None:
    """The template of the ledger has one plain `<body>`."""
    from importlib.resources import files  # noqa: PLC0415 - one test needs it

    text = (files("oracle.report") / "templates" / "claims.html").read_text(encoding="utf-8")
    assert text.count("<body>") == 1
    assert "<script" not in text
