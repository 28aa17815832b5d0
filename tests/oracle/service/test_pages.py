"""Every page for people is whole, needs nothing from elsewhere, escapes what it was given, and says what went wrong."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from oracle.service.problems import KINDS

PEOPLE = {"Accept": "text/html,application/xhtml+xml"}
VOID = {"meta", "br", "link", "img", "input", "hr", "path", "circle", "use"}
SVG = {"svg", "g", "defs", "clippath", "rect", "text", "title", "style"}
ADDRESSES = [
    "/",
    "/goldens",
    "/goldens?method=heavy_ball",
    "/jobs",
    "/check",
    "/claims",
    "/docs",
    "/problems",
    "/problems/bad-spec",
]


class Page(HTMLParser):
    """Collects what is wrong with a page: tags that do not nest, ids used twice, fields without a label, addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.addresses: list[str] = []
        self.headings = 0
        self.inline = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag and what it refers to."""
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.headings += tag == "h1"
        self.inline += tag == "style" or (tag == "script" and "src" not in given)
        self.inline += any(name.startswith("on") for name in given)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.labelled |= {given.get("for") or ""} if tag == "label" else set()
        if tag in {"input", "textarea", "select"} and given.get("type") != "hidden":
            self.fields.append(given.get("id") or "")
        self.addresses += [given[name] or "" for name in ("src", "href", "action") if name in given]

    def handle_endtag(self, tag: str) -> None:
        """Check that it closes what is open."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def complaints(self) -> list[str]:
        """Return what is wrong."""
        found = [f"`{tag}` is not closed" for tag in self.open]
        found += [f"the id `{name}` is used twice" for name in self.ids if self.ids.count(name) > 1]
        found += [f"the field `{name}` has no label" for name in self.fields if name not in self.labelled]
        found += [
            f"`{a}` is elsewhere"
            for a in self.addresses
            if not a.startswith(("/", "#", "data:")) or a[:2] == "//"
        ]
        found += ["not one heading"] if self.headings != 1 else []
        return found + ["script or style inside the page"] * bool(self.inline)


@pytest.fixture(scope="module")
def filled(server: Any) -> Any:
    """Return a server that has a golden, a check and jobs."""
    assert server.post(server.spec()).status_code == 200
    assert server.check(server.spec(), server.candidate()).json()["verdict"] == "AGREES"
    assert server.check(server.spec(), server.candidate(wrong=1e-9)).json()["verdict"] == "DISAGREES"
    return server


def every_address(server: Any) -> list[str]:
    """Return an address of each kind of page."""
    golden = server.client.get("/v1/goldens").json()["goldens"][0]["digest"]
    home = server.client.get("/", headers=PEOPLE).text
    checks = re.findall(r'href="(/checks/[0-9a-f]{64})"', home)
    jobs = [f"/jobs/{job['id']}" for job in server.client.get("/v1/jobs").json()["jobs"]]
    assert len(checks) == 2
    return [*ADDRESSES, f"/goldens/{golden}", *checks, *jobs]


def test_every_page_is_whole_and_labelled_and_needs_nothing_from_elsewhere(filled: Any) -> None:
    """Tags nest, ids are unique, fields have labels, all addresses are the server's, no script is inside."""
    for address in every_address(filled):
        answer = filled.client.get(address, headers=PEOPLE)
        assert answer.status_code == 200, address
        assert Page(answer.text).complaints() == [], address


@pytest.mark.parametrize(
    ("planted", "complaint"),
    [
        ("<h1>a</h1><p>", "`p` is not closed"),
        ('<h1 id="a">a</h1><p id="a"></p>', "the id `a` is used twice"),
        ('<h1>a</h1><input name="a">', "the field `` has no label"),
        (
            '<h1>a</h1><script src="https://elsewhere.example/a.js"></script>',
            "`https://elsewhere.example/a.js` is elsewhere",
        ),
        ("<h1>a</h1><script>1</script>", "script or style inside the page"),
        ('<h1 onclick="1">a</h1>', "script or style inside the page"),
        ("<p>a</p>", "not one heading"),
    ],
)
def test_what_looks_at_the_pages_complains_of_a_planted_fault(planted: str, complaint: str) -> None:
    """Each thing that is looked for is found where it is planted."""
    assert complaint in Page(planted).complaints()


def test_every_page_forbids_scripts_but_the_one_of_the_server(filled: Any) -> None:
    """The policy names this server alone and has no `unsafe-inline` for scripts."""
    for address in every_address(filled):
        policy = filled.client.get(address, headers=PEOPLE).headers["content-security-policy"]
        rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == "'self'"
        assert rules["style-src"] == "'self'"
        assert rules["form-action"] == "'self'"


def test_first_page_tells_what_can_be_done_and_what_is_new(filled: Any) -> None:
    """A newcomer finds the three ways in; the newest golden, check and job; and how the server stands."""
    text = filled.client.get("/", headers=PEOPLE).text
    for words in (
        "Get a golden",
        "Check a candidate",
        "Read the claims",
        "0 of 3 busy (2 for anything, 1 for short tasks alone)",
        "✓ AGREES",
        "✗ DISAGREES",
    ):
        assert words in text
    assert "iterates of gradient descent on regression" in text
    assert "Check of run.npz: 4 iterates of gradient descent on regression, 20 digits" in text


def test_one_golden_is_not_counted_as_several(start: Callable[..., Any], tmp_path: Path) -> None:
    """The link to the list has a number from two on."""
    with start(tmp_path) as server:
        for first, words in ((1, ">All goldens<"), (3, ">All 2 goldens<")):
            assert server.post(server.spec(first)).status_code == 200
            assert words in server.client.get("/", headers=PEOPLE).text


def test_problem_is_a_page_for_people_and_a_document_for_programs(server: Any) -> None:
    """What a browser asks for in vain is told as a page with the same status."""
    page = server.client.get("/nowhere", headers=PEOPLE)
    document = server.client.get("/nowhere")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such thing here" in page.text
    assert '<a href="/goldens">/goldens</a>, jobs under <a href="/jobs">/jobs</a>.' in page.text
    assert "/v1/" not in page.text
    assert Page(page.text).complaints() == []
    assert document.headers["content-type"] == "application/problem+json"
    assert (
        server.client.get("/v1/nowhere", headers=PEOPLE).headers["content-type"] == "application/problem+json"
    )


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_problem_has_a_page_that_says_what_to_do(server: Any, name: str) -> None:
    """The address in a problem document leads to its meaning, its status and its exit code."""
    text = server.client.get(f"/problems/{name}", headers=PEOPLE).text
    kind = KINDS[name]
    assert f"<h1>{kind.title}</h1>" in text
    assert f"<dd>{kind.status}</dd>" in text
    assert kind.advice.replace("`", "") in html.unescape(re.sub("</?code>", "", text))


def test_list_of_problems_leads_to_each(server: Any) -> None:
    """Where the README sends its reader: every kind, its status, what to do, and the page about it."""
    answer = server.client.get("/problems", headers=PEOPLE)
    rows = re.findall(
        r"<tr><td>(\d+)</td><td><a href=\"/problems/([^\"]*)\">(.*?)</a></td>(.*?)</tr>", answer.text
    )
    listed = [(int(status), name, title) for status, name, title, _ in rows]
    assert sorted(listed) == sorted((kind.status, name, kind.title) for name, kind in KINDS.items())
    assert [status for status, _, _ in listed] == sorted(status for status, _, _ in listed)
    for _, name, _, rest in rows:
        assert KINDS[name].advice.replace("`", "") in html.unescape(re.sub("<[^>]*>", "", rest))
    assert 'href="/problems"' in server.client.get("/problems/bad-spec", headers=PEOPLE).text


def test_list_of_problems_says_what_to_do_on_a_phone_too(server: Any) -> None:
    """What a narrow window leaves out (class `minor`) is the address, which the title leads to; never the advice."""
    text = server.client.get("/problems", headers=PEOPLE).text
    hidden = re.findall(r'<th scope="col" class="minor">([^<]*)<', text)
    assert hidden == ["Type"]
    assert len(re.findall(r'<td class="minor"><code>/problems/[a-z-]+</code></td><td>', text)) == len(KINDS)


def test_unknown_problem_is_not_found_and_escaped(server: Any) -> None:
    """A made-up name is repeated as text."""
    answer = server.client.get("/problems/<script>alert(1)</script>x", headers=PEOPLE)
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert server.client.get("/problems/<script>", headers=PEOPLE).text.count("&lt;script&gt;") == 1


def test_assets_are_kept_by_browsers_under_an_address_of_their_content(server: Any) -> None:
    """The addresses that pages give are answered, for ever; no other file is."""
    text = server.client.get("/", headers=PEOPLE).text
    for address in re.findall(r'"(/static/[^"]+)"', text):
        answer = server.client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert re.search(r"\?v=[0-9a-f]{12}$", address)
    for name in ("base.html", "..%2Fpages.py", "%2e%2e/pages.py"):
        assert server.client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("address", ["/goldens", "/check", "/claims", "/login", "/logout", "/jobs/x/cancel"])
@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1"])
def test_form_sent_by_a_page_of_another_site_is_refused(server: Any, address: str, origin: str) -> None:
    """Nothing is done for a POST that says it comes from elsewhere."""
    before = len(server.client.get("/v1/jobs").json()["jobs"])
    answer = server.client.post(
        address, headers={**PEOPLE, "Origin": origin}, files={"spec": (None, json.dumps(server.spec(77)))}
    )
    assert answer.status_code == 403
    assert "a page of another site" in answer.text
    assert len(server.client.get("/v1/jobs").json()["jobs"]) == before


def test_description_of_the_interface_shows_every_endpoint(server: Any) -> None:
    """What OpenAPI lists is on the page, with a line for the shell that has this server's address."""
    described = server.client.get("/openapi.json").json()
    text = server.client.get("/docs", headers=PEOPLE).text
    for path, methods in described["paths"].items():
        for method in methods:
            assert f'aria-label="{method.upper()} {path}"' in text
    assert f"-F candidate=@run.npz {server.client.base_url}/v1/checks".replace("//v1", "/v1") in text
    assert not [
        path
        for path in described["paths"]
        if not path.startswith(("/v1/", "/healthz", "/readyz", "/metrics"))
    ]
