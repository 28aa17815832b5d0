"""Who has a token logs in and comes back to where they were; nobody is led elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from oracle.service.gate import COOKIE
from oracle.service.tokens import Scope, TokenFile

PEOPLE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def guarded(server: Any) -> Any:
    """Return a server that wants tokens, with the secrets of two."""
    tokens = TokenFile(server.folder / "data" / "tokens.json")
    server.secrets = {
        "reader": tokens.create("reader", [Scope.READ])[1],
        "maker": tokens.create("maker", [Scope.READ, Scope.COMPUTE, Scope.CHECK])[1],
    }
    return server


@pytest.fixture
def browser(guarded: Any) -> Iterator[httpx.Client]:
    """Return a client that keeps cookies and looks at pages."""
    with httpx.Client(base_url=guarded.client.base_url, headers=PEOPLE) as client:
        yield client


def entered(browser: httpx.Client, secret: str, following: str = "/") -> httpx.Response:
    """Send the form of the login page."""
    return browser.post("/login", data={"token": secret, "next": following})


@pytest.mark.parametrize(
    "address", ["/", "/goldens?kind=regression&method=mgf", "/jobs", "/check", "/claims", "/metrics"]
)
def test_page_leads_to_the_login_and_back_again(guarded: Any, browser: httpx.Client, address: str) -> None:
    """Without a session to the form, with the address kept; after it to where one was."""
    away = browser.get(address)
    assert away.status_code == 303
    assert away.headers["location"] == f"/login?next={quote(address, safe='')}"
    form = browser.get(away.headers["location"])
    assert "This server wants a token" in form.text
    back = entered(browser, guarded.secrets["reader"], address)
    assert (back.status_code, back.headers["location"]) == (303, address)
    assert browser.get(address).status_code == 200


def test_cookie_is_out_of_reach_of_scripts_and_of_other_sites(guarded: Any, browser: httpx.Client) -> None:
    """HttpOnly, SameSite=Strict, and not the token itself."""
    answer = entered(browser, guarded.secrets["reader"])
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "secure" not in cookie.lower()  # the server of the tests speaks plain HTTP
    assert guarded.secrets["reader"] not in cookie


def test_wrong_token_is_refused_and_not_repeated(browser: httpx.Client) -> None:
    """The form again, with status 401, without what was typed."""
    answer = entered(browser, "mo_made_up_secret", "/jobs")
    assert answer.status_code == 401
    assert "There is no such token" in answer.text
    assert "mo_made_up_secret" not in answer.text
    assert 'name="next" value="/jobs"' in answer.text
    assert COOKIE not in browser.cookies


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
        "",
        "/\té",
    ],
)
def test_nobody_is_led_to_another_site(guarded: Any, browser: httpx.Client, elsewhere: str) -> None:
    """Whatever the form or the address says, the way after the login stays on this server."""
    assert entered(browser, guarded.secrets["reader"], elsewhere).headers["location"] == "/"
    shown = browser.get("/login", params={"next": elsewhere}).text
    assert 'name="next" value="/"' in shown


def test_browser_is_told_when_the_session_ends(guarded: Any, browser: httpx.Client) -> None:
    """The cookie lasts no longer than what it stands for."""
    cookie = entered(browser, guarded.secrets["reader"]).headers["set-cookie"]
    assert f"Max-Age={guarded.service.settings.limits.session_seconds};" in cookie


def test_form_says_how_long_a_session_lasts_and_which_scopes_there_are(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    """As the setting has it, not as it is by default; with the scope of every form there is."""
    with start(tmp_path, limits={"session_seconds": 5_400}) as server:
        TokenFile(server.folder / "data" / "tokens.json").create("reader", [Scope.READ])
        form = server.client.get("/login", headers=PEOPLE).text
    assert "for 90 minutes at most" in form
    assert "oracle token create NAME --scope compute --scope check" in form


def test_logout_ends_the_session(guarded: Any, browser: httpx.Client) -> None:
    """Also for whoever kept the cookie."""
    entered(browser, guarded.secrets["maker"])
    assert "token <b>maker</b>" in browser.get("/").text
    kept = browser.cookies[COOKIE]
    assert browser.post("/logout").status_code == 303
    assert browser.get("/").status_code == 303
    browser.cookies.set(COOKIE, kept)
    assert browser.get("/").status_code == 303


def test_token_without_the_scope_is_told_so_with_what_was_typed(guarded: Any, browser: httpx.Client) -> None:
    """A reader may look, and is told which scope computing and checking take."""
    entered(browser, guarded.secrets["reader"])
    typed = json.dumps(guarded.spec(31))
    golden = browser.post("/goldens", files={"spec": (None, typed)})
    files = {"spec": (None, typed), "candidate": ("run.npz", guarded.candidate(31))}
    for answer, scope in ((golden, "compute"), (browser.post("/check", files=files), "check")):
        assert answer.status_code == 403
        assert f"this takes <code>{scope}</code>" in answer.text
        assert "&#34;31&#34;" in answer.text
    assert browser.post("/claims").status_code == 403


def test_session_computes_and_checks_with_the_scopes_of_its_token(
    guarded: Any, browser: httpx.Client
) -> None:
    """And the report inside the verdict's page is reached with the same session."""
    entered(browser, guarded.secrets["maker"])
    files = {"spec": (None, json.dumps(guarded.spec(33))), "candidate": ("run.npz", guarded.candidate(33))}
    address = browser.post("/check", files=files).headers["location"]
    assert "✓ AGREES" in browser.get(address).text
    assert browser.get(address.replace("/checks/", "/v1/reports/")).status_code == 200


def test_only_who_asked_is_offered_to_cancel(guarded: Any, browser: httpx.Client) -> None:
    """Another token sees the job and no button; its POST is refused."""
    guarded.plant("hold-golden")
    secret = guarded.secrets["maker"]
    asked = guarded.client.post(
        "/v1/goldens?wait=0", json=guarded.spec(35), headers={"Authorization": f"Bearer {secret}"}
    )
    address = asked.headers["location"].removeprefix("/v1")
    entered(browser, guarded.secrets["reader"])
    assert "/cancel" not in browser.get(address).text
    assert browser.post(f"{address}/cancel").status_code == 403
    entered(browser, secret)
    assert f'action="{address}/cancel"' in browser.get(address).text
    guarded.mend("hold-golden")


def test_open_server_wants_no_login(start: Callable[..., Any], tmp_path: Path) -> None:
    """There the form leads on at once."""
    with start(tmp_path) as server:
        answer = server.client.get("/login", params={"next": "/jobs"}, headers=PEOPLE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/jobs")
        assert (
            server.client.get("/login", params={"next": "//x.example"}, headers=PEOPLE).headers["location"]
            == "/"
        )
