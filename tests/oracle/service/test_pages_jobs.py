"""Jobs on pages: where they stand, kept up to date without a script too, cancelled with a button."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from oracle.service import pages_goldens, pages_jobs
from oracle.service.job import Job, JobKind, JobState

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
    held.until(lambda: (held.job(identifier)["progress"] or {}).get("done", 0) > 10)
    page = held.client.get(address, headers=PEOPLE).text
    assert "Golden: 4 iterates of gradient descent on regression, 20 digits" in page
    assert '<progress max="1000" value="' in page
    assert f'data-events="/v1{address}/events"' in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert "%), pass" not in page
    held.plant("again-golden")
    held.until(lambda: (held.job(identifier)["progress"] or {}).get("pass") == 2)
    assert "%), pass 2<" in held.client.get(address, headers=PEOPLE).text
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
    assert ">! failed<" in page
    assert ">! The certificate contradicts the definition<" in page
    assert "The certificate contradicts the definition" in page
    assert 'href="/problems/certificate-violated"' in page


def test_check_that_failed_looks_like_no_verdict(server: Any) -> None:
    """In the list its badge shares neither class nor sign with that of a verdict or of another state."""
    differs = server.check(server.spec(109), server.candidate(109, wrong=1e-9), wait=0).json()["id"]
    server.ended(differs)
    server.plant("raise-check", "reference.iterates:CertificateViolationError")
    failed = server.check(server.spec(110), server.candidate(110), wait=0).json()["id"]
    assert server.ended(failed)["state"] == "failed"
    server.mend("raise-check")
    page = server.client.get("/jobs", headers=PEOPLE).text
    shown = {
        job: (look, said[0])
        for job, look, said in re.findall(
            r'href="/jobs/(\w+)">[^<]*</a></td>\s*<td><span class="badge (\w+)">([^<]*)<', page
        )
    }
    assert shown[differs] == ("DISAGREES", "✗")
    assert shown[failed][0] not in {"AGREES", "DISAGREES", "UNDECIDED", "OPEN", "GOING"}
    assert shown[failed][1] not in {"✓", "✗", "?", "–", "…", "▸"}
    style = server.client.get(re.findall(r'"(/static/page.css[^"]*)"', page)[0]).text
    assert f".{shown[failed][0]} {{" in style


def test_finished_check_is_told_by_its_verdict(server: Any) -> None:
    """In the list, on the first page and on its own; a golden is just done."""
    agrees = server.check(server.spec(105), server.candidate(105), wait=0).json()["id"]
    server.ended(agrees)
    differs = server.check(server.spec(105), server.candidate(105, wrong=1e-9), wait=0).json()["id"]
    server.ended(differs)
    golden = server.post(server.spec(106), wait=0).json()["id"]
    server.ended(golden)
    badges = {agrees: "✓ AGREES", differs: "✗ DISAGREES", golden: "✓ done"}
    for address in ("/jobs", "/"):
        page = server.client.get(address, headers=PEOPLE).text
        shown = dict(
            re.findall(
                r'href="/jobs/(\w+)">[^<]*</a>(?:</td>\s*<td>)?\s*<span class="badge \w+">([^<]*)<', page
            )
        )
        assert {job: shown[job] for job in badges} == badges
    assert '<div class="banner DISAGREES"><div class="word">✗ DISAGREES</div>' in page_of_job(server, differs)
    assert '<div class="banner AGREES"><div class="word">✓ AGREES</div>' in page_of_job(server, agrees)
    assert "✓ DONE" in page_of_job(server, golden)


def test_verdicts_are_found_among_newer_checks_and_where_one_is_forgotten(server: Any) -> None:
    """One that is not among as many of the newest as are listed is looked for by itself; one that is gone has no verdict."""
    old = server.ended(server.check(server.spec(107), server.candidate(107), wait=0).json()["id"])
    server.ended(server.check(server.spec(108), server.candidate(108), wait=0).json()["id"])
    gone = Job("gone", JobKind.CHECK, "", {}, state=JobState.DONE, result="/v1/checks/" + "0" * 64)
    one = Job("old", JobKind.CHECK, "", {}, state=JobState.DONE, result=old["result"])
    assert asyncio.run(pages_jobs.verdicts_of(server.service, [one])) == {"old": "AGREES"}
    assert asyncio.run(pages_jobs.verdicts_of(server.service, [gone, one])) == {"old": "AGREES"}


def page_of_job(server: Any, identifier: str) -> str:
    """Return the page about a job."""
    return str(server.client.get(f"/jobs/{identifier}", headers=PEOPLE).text)


def test_unknown_job_is_not_found(server: Any) -> None:
    """As a page."""
    answer = server.client.get("/jobs/nothing", headers=PEOPLE)
    assert answer.status_code == 404
    assert "there is no job" in answer.text
