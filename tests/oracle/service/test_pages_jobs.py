"""Jobs on pages: where they stand, kept up to date without a script too, cancelled with a button."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oracle.service import pages_goldens

PEOPLE = {"Accept": "text/html"}


@pytest.fixture
def held(server: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a server that is slow with goldens, and impatient."""
    monkeypatch.setattr(pages_goldens, "PATIENCE", 0.05)
    server.plant("hold-golden")
    yield server
    server.mend("hold-golden")


def asked(server: Any, start: int) -> str:
    """Ask for a golden with the form; return the page that it leads to."""
    answer = server.client.post(
        "/goldens", files={"spec": (None, json.dumps(server.spec(start)))}, headers=PEOPLE
    )
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_slow_golden_leads_to_its_job_and_on_to_the_golden(held: Any) -> None:
    """The page shows progress, names its events, and reloads itself where no script runs; then it links the golden."""
    address = asked(held, 101)
    assert address.startswith("/jobs/")
    identifier = address.removeprefix("/jobs/")
    held.until(lambda: held.job(identifier)["progress"])
    page = held.client.get(address, headers=PEOPLE).text
    assert "Golden: 4 iterates of gradient descent on regression, 20 digits" in page
    assert '<progress max="1000" value="' in page
    assert f'data-events="/v1{address}/events"' in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    held.mend("hold-golden")
    golden = held.ended(identifier)["result"].removeprefix("/v1")
    done = held.client.get(address, headers=PEOPLE).text
    assert f'href="{golden}">Open the golden' in done
    assert "http-equiv" not in done
    assert "data-events" not in done


def test_list_shows_what_is_under_way_and_asks_to_be_looked_at_again(held: Any) -> None:
    """Only while something is under way."""
    identifier = asked(held, 102).removeprefix("/jobs/")
    held.until(lambda: held.job(identifier)["progress"])
    page = held.client.get("/jobs", headers=PEOPLE).text
    assert "▸ running" in page
    assert '<div id="jobs" data-refresh>' in page
    held.mend("hold-golden")
    held.ended(identifier)
    held.until(lambda: '<div id="jobs">' in held.client.get("/jobs", headers=PEOPLE).text)


def test_cancel_button_cancels(held: Any) -> None:
    """And the page says so; a second press is told that nothing is left to cancel."""
    address = asked(held, 103)
    assert f'action="{address}/cancel"' in held.client.get(address, headers=PEOPLE).text
    answer = held.client.post(f"{address}/cancel", headers=PEOPLE)
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    page = held.client.get(address, headers=PEOPLE).text
    assert "– cancelled" in page
    assert "The job was cancelled" in page
    again = held.client.post(f"{address}/cancel", headers=PEOPLE)
    assert again.status_code == 409
    assert "The job is finished already" in again.text


def test_failed_job_tells_the_problem_in_plain_words(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that the mathematics refuses: its title, its detail, what to do."""
    monkeypatch.setattr(pages_goldens, "PATIENCE", 0.0)
    server.plant("raise-golden", "reference.iterates:CertificateViolationError")
    address = asked(server, 104)
    server.ended(address.removeprefix("/jobs/"))
    server.mend("raise-golden")
    page = server.client.get(address, headers=PEOPLE).text
    assert "✗ failed" in page
    assert "The certificate contradicts the definition" in page
    assert 'href="/problems/certificate-violated"' in page


def test_unknown_job_is_not_found(server: Any) -> None:
    """As a page."""
    answer = server.client.get("/jobs/nothing", headers=PEOPLE)
    assert answer.status_code == 404
    assert "there is no job" in answer.text
