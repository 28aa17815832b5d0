"""The pages in a real browser: what a person does with them, with a script and without one, and nothing sent elsewhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

REASON = "driving a browser needs playwright: `pip install playwright`"
playwright = pytest.importorskip("playwright.sync_api", reason=REASON)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: `apt-get install chromium`"
)

from oracle.service import pages_checks, pages_goldens  # noqa: E402 - not without a browser
from oracle.service.tokens import Scope, TokenFile  # noqa: E402

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
MILLISECONDS = 60_000.0


@dataclass(eq=False)
class Visit:
    """A tab with everything that it complained of and everything that it asked for."""

    tab: Any
    server: Any
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to a page of the server."""
        self.tab.goto(f"{str(self.server.client.base_url).rstrip('/')}{address}")

    def says(self, text: str) -> None:
        """Wait until the page says something."""
        self.tab.get_by_text(text).first.wait_for(timeout=MILLISECONDS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Return the browser."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """Return each of the two colour schemes."""
    return str(request.param)


@pytest.fixture
def visit(server: Any, chromium: Any) -> Iterator[Visit]:
    """Return a tab that must not complain and must not ask anyone but the server."""
    context = chromium.new_context(viewport={"width": 1200, "height": 800})
    found = Visit(context.new_page(), server)
    found.tab.on("console", lambda said: found.complaints.append(said.text))
    found.tab.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.tab.on("request", lambda request: found.asked.append(request.url))
    yield found
    context.close()
    own = str(server.client.base_url)
    assert found.complaints == []
    assert [url for url in found.asked if not url.startswith((own, "data:", "blob:"))] == []


def test_spec_is_sent_and_the_golden_is_seen(visit: Visit) -> None:
    """The example as it stands: to the golden's page, with a drawing and forty digits."""
    visit.open("/")
    visit.tab.get_by_role("button", name="Get the golden").click()
    visit.says("Heavy ball on regression")
    assert visit.tab.locator("svg.curves").is_visible()
    assert visit.tab.get_by_role("link", name="Download .npz").is_visible()
    visit.says(
        "0.01250000000000000069388939039072283776477"
    )  # 0.05·2·(¼)²·2·(…): by Fraction from the spec's float64


def test_run_that_agrees_is_uploaded_and_agrees(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict comes first, in words; the report with its plots stands below it, as tall as it is long."""
    monkeypatch.setattr(pages_checks, "PATIENCE", 60.0)
    upload(visit, tmp_path, visit.server.candidate(51))
    visit.says("The run agrees with the mathematics to within its own rounding.")
    report = visit.tab.frame_locator("iframe")
    report.get_by_text("Error against bound").wait_for(timeout=MILLISECONDS)
    visit.server.until(lambda: visit.tab.evaluate("document.querySelector('iframe').clientHeight") > 900)


def test_planted_fault_is_uploaded_and_named(visit: Visit, tmp_path: Path) -> None:
    """Off by 1e-9 at the last step, with a verdict that takes its time: through the job's page to the verdict."""
    visit.server.plant("hold-check")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pages_checks, "PATIENCE", 0.0)
        upload(visit, tmp_path, visit.server.candidate(51, wrong=1e-9))
    visit.says("Being computed.")
    visit.server.mend("hold-check")
    visit.says("it departs at step 3")
    assert "/checks/" in visit.tab.url
    report = visit.tab.frame_locator("iframe")
    report.get_by_text("Error against bound").wait_for(timeout=MILLISECONDS)
    for told in ("Every comparison", "first divergent step", "what to do"):  # by the page, and once
        assert not report.get_by_text(told).first.is_visible()


def upload(visit: Visit, folder: Path, data: bytes) -> None:
    """Fill the form in and send it."""
    (folder / "run.npz").write_bytes(data)
    (folder / "spec.json").write_text(json.dumps(visit.server.spec(51)))
    visit.open("/check")
    visit.tab.get_by_label("… or a file with the spec").set_input_files(folder / "spec.json")
    visit.tab.get_by_label("Candidate (.npz)").set_input_files(folder / "run.npz")
    visit.tab.get_by_role("button", name="Check it").click()


def test_progress_moves_without_a_reload_and_leads_to_the_golden(visit: Visit) -> None:
    """The bar grows while the page stays the same document; at the end the golden opens by itself."""
    visit.server.plant("hold-golden")
    asked = visit.server.client.post("/v1/goldens?wait=0", json=visit.server.spec(52)).json()
    visit.open(f"/jobs/{asked['id']}")
    visit.tab.evaluate("window.sameDocument = true")
    bar = "document.querySelector('progress').value"
    seen = visit.server.until(lambda: visit.tab.evaluate(bar))
    visit.server.until(lambda: visit.tab.evaluate(bar) > seen + 10)
    assert visit.tab.evaluate("window.sameDocument") is True
    figure = visit.tab.locator("[data-figure]")
    assert ("of 1000" in figure.inner_text(), "pass" in figure.inner_text()) == (True, False)
    visit.server.plant("again-golden")
    visit.server.until(lambda: figure.inner_text().endswith("%), pass 2"))
    visit.server.mend("hold-golden")
    visit.tab.wait_for_url("**/goldens/sha256:*", timeout=MILLISECONDS)


def test_job_is_cancelled_with_a_press(visit: Visit) -> None:
    """From the list to the job, and the list says so afterwards."""
    visit.server.plant("hold-golden")
    asked = visit.server.client.post("/v1/goldens?wait=0", json=visit.server.spec(53)).json()
    visit.open("/jobs")
    visit.tab.locator(f"a[href='/jobs/{asked['id']}']").click()
    visit.tab.get_by_role("button", name="Cancel this job").click()
    visit.says("The job was cancelled")
    visit.server.mend("hold-golden")
    visit.open("/jobs")
    assert (
        visit.tab.locator("tr", has=visit.tab.locator(f"a[href='/jobs/{asked['id']}']"))
        .inner_text()
        .count("cancelled")
    )


def test_list_of_jobs_keeps_itself_up_to_date(visit: Visit) -> None:
    """A job that ends changes its badge without a reload."""
    visit.server.plant("hold-golden")
    asked = visit.server.client.post("/v1/goldens?wait=0", json=visit.server.spec(54)).json()
    visit.open("/jobs")
    visit.tab.evaluate("window.sameDocument = true")
    row = visit.tab.locator("tr", has=visit.tab.locator(f"a[href='/jobs/{asked['id']}']"))
    visit.server.mend("hold-golden")
    row.get_by_text("done").wait_for(timeout=MILLISECONDS)
    assert visit.tab.evaluate("window.sameDocument") is True


def test_pages_do_without_a_script(server: Any, chromium: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With scripts switched off a slow golden is asked for, watched by reloading, and opened by its link."""
    monkeypatch.setattr(pages_goldens, "PATIENCE", 0.0)
    server.plant("hold-golden")
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(str(server.client.base_url))
    tab.get_by_label("Spec (JSON)").fill(json.dumps(server.spec(55)))
    tab.get_by_role("button", name="Get the golden").click()
    tab.locator("progress").wait_for(timeout=MILLISECONDS)
    server.mend("hold-golden")
    tab.get_by_role("link", name="Open the golden").click(
        timeout=MILLISECONDS
    )  # it is there after some reload
    assert tab.get_by_text("Gradient descent on regression").is_visible()
    context.close()


def test_pages_fit_a_phone_in_both_schemes(server: Any, chromium: Any, scheme: str) -> None:
    """No page is wider than 390 pixels, and the text stands out from what is behind it."""
    server.post(server.spec(56))
    golden = server.client.get("/v1/goldens").json()["goldens"][0]["digest"]
    context = chromium.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    tab = context.new_page()
    for address in (
        "/",
        "/goldens",
        f"/goldens/{golden}",
        "/jobs",
        "/check",
        "/claims",
        "/docs",
        "/problems/bad-spec",
    ):
        tab.goto(f"{str(server.client.base_url).rstrip('/')}{address}")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390, address
    brightness = "(c) => c.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3"
    style = "getComputedStyle(document.body)"
    ink, paper = (tab.evaluate(f"({brightness})({style}.{name})") for name in ("color", "backgroundColor"))
    dark, bright = (ink, paper) if scheme == "light" else (paper, ink)
    assert dark < 60
    assert bright > 200
    context.close()


def test_keyboard_reaches_the_content_and_the_forms(visit: Visit) -> None:
    """The first stop skips the navigation; every stop after it is visible and has a name."""
    visit.open("/check")
    visit.tab.keyboard.press("Tab")
    assert visit.tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    names = []
    for _ in range(22):
        visit.tab.keyboard.press("Tab")
        names.append(
            visit.tab.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        )
    order = ["spec", "spec_file", "candidate", "dtype", "form", "accumulate", "operands", "state", "Check it"]
    assert [name for name in names if name in order] == order


def test_token_lets_in_and_the_report_is_seen_with_the_session(
    server: Any, chromium: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Led to the login, back to where one was; the report inside the page is let in too; out again."""
    monkeypatch.setattr(pages_checks, "PATIENCE", 60.0)
    address = f"/checks/{server.check(server.spec(57), server.candidate(57)).json()['id']}"
    tokens = TokenFile(server.folder / "data" / "tokens.json")
    secret = tokens.create("person", [Scope.READ])[1]
    context = chromium.new_context()
    tab = context.new_page()
    tab.goto(f"{str(server.client.base_url).rstrip('/')}{address}")
    tab.get_by_label("Token").fill("wrong")
    tab.get_by_role("button", name="Log in").click()
    tab.get_by_text("There is no such token").wait_for(timeout=MILLISECONDS)
    tab.get_by_label("Token").fill(secret)
    tab.get_by_role("button", name="Log in").click()
    tab.wait_for_url(f"**{address}", timeout=MILLISECONDS)
    tab.frame_locator("iframe").get_by_text("Error against bound").wait_for(timeout=MILLISECONDS)
    tab.get_by_role("button", name="Log out").click()
    tab.get_by_text("This server wants a token").wait_for(timeout=MILLISECONDS)
    context.close()
