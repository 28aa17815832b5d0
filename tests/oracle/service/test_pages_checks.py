"""Candidates on pages: uploaded with a form, judged, told in words."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.service import pages_checks

PEOPLE = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the form wait for the verdict, however busy the machine is."""
    monkeypatch.setattr(pages_checks, "PATIENCE", 60.0)


def sent(server: Any, spec: Any, data: bytes, name: str = "run.npz", **declared: str) -> Any:
    """Send the form as a browser does, with every field, most of them empty."""
    fields = {"dtype": "", "form": "", "accumulate": "", "operands": "", "state": "", **declared}
    files = {
        "spec": (None, spec if isinstance(spec, str) else json.dumps(spec)),
        "spec_file": ("", b"", "application/octet-stream"),
        "candidate": (name, data, "application/octet-stream"),
        **{field: (None, value) for field, value in fields.items()},
    }
    return server.client.post("/check", files=files, headers=PEOPLE)


def verdict_page(server: Any, answer: Any) -> str:
    """Return the page that a form led to."""
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith("/checks/")
    return str(server.client.get(answer.headers["location"], headers=PEOPLE).text)


def test_right_run_agrees_in_words(server: Any) -> None:
    """β_k = 2^−k, recorded exactly."""
    page = verdict_page(server, sent(server, server.spec(), server.candidate()))
    assert '<div class="banner AGREES">' in page
    assert "✓ AGREES" in page
    assert "The run agrees with the mathematics to within its own rounding." in page
    assert re.search(r'<iframe src="/checks/[0-9a-f]{64}/report"[^>]* sandbox="allow-same-origin"', page)


def test_wrong_run_disagrees_and_the_page_says_where(server: Any) -> None:
    """The last state is off by 1e-9: step 3, where 0.125 was expected."""
    page = verdict_page(server, sent(server, server.spec(), server.candidate(wrong=1e-9)))
    assert "✗ DISAGREES" in page
    assert "The run is not what the mathematics says: it departs at step 3." in page
    assert "<dt>first divergent step</dt><dd>3</dd>" in page
    assert '<dd class="mono">beta[0]</dd>' in page
    assert "<dt>what to do</dt>" in page


def test_names_in_the_finding_are_shown_as_code(server: Any) -> None:
    """Also at its beginning, where a sentence has its capital."""
    file = io.BytesIO()
    np.savez(file, steps=np.arange(4), beta=np.array([[1], [0.5], [np.nan], [np.nan]]))
    page = verdict_page(server, sent(server, server.spec(), file.getvalue()))
    assert "<p><code>beta</code> is not finite from step 2 on.</p>" in page


def test_report_inside_the_page_begins_with_its_plots_and_is_whole_by_itself(server: Any) -> None:
    """What the page tells is marked to be hidden in the report inside it, and in that alone; no script is needed."""
    check = server.check(server.spec(11), server.candidate(11, wrong=1e-9)).json()["id"]
    inside = server.client.get(f"/checks/{check}/report", headers=PEOPLE)
    alone = server.client.get(f"/v1/reports/{check}").text
    assert inside.headers["content-security-policy"].startswith("default-src 'none'")
    assert inside.text == alone.replace("<body>", '<body class="inside">')
    assert ".inside header, .inside .told { display: none; }" in inside.text
    assert 'class="inside"' not in alone
    assert '<div class="finding told DISAGREES">' in alone


def test_program_on_the_page_records_a_run_that_agrees(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newcomer who runs it and uploads what it wrote, with the spec beside it, sees AGREES; altered, DISAGREES."""
    form = server.client.get("/check", headers=PEOPLE).text
    program = html.unescape(re.search(r'id="recording">(.*?)</pre>', form, re.DOTALL)[1])  # type: ignore[index]
    spec = html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)[1])  # type: ignore[index]
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    assert "✓ AGREES" in verdict_page(server, sent(server, spec, Path("run.npz").read_bytes()))
    exec(program.replace("0.9 * p_v + 0.05", "0.9 * p_v - 0.05"), {})
    assert "✗ DISAGREES" in verdict_page(server, sent(server, spec, Path("run.npz").read_bytes()))


def test_name_of_a_file_is_text_and_nothing_else(server: Any) -> None:
    """A name that is markup, in a path, comes back as text."""
    name = "../<script>alert(1)<_script>.npz"
    page = verdict_page(server, sent(server, server.spec(7), server.candidate(7), name))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;_script&gt;.npz" in page
    assert "../" not in page


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "", "no candidate was chosen"),
        (b"not an archive", "run.npz", "cannot be compared"),
        (b"", "run.npz", "cannot be compared"),
    ],
)
def test_bad_candidate_is_told_above_the_form_with_what_was_typed(
    server: Any, data: bytes, name: str, said: str
) -> None:
    """The spec and the declarations are kept; the page says that the file is to be chosen again."""
    spec = json.dumps(server.spec(9), indent=3)
    answer = sent(server, spec, data, name, dtype="float32")
    assert answer.status_code in {400, 422}
    assert said in answer.text
    assert "choose it again" in answer.text
    assert "<option selected>float32</option>" in answer.text
    assert html.escape(spec).replace("&quot;", "&#34;") in answer.text


def test_declared_arithmetic_reaches_the_verdict(server: Any) -> None:
    """A run whose state is rounded to bfloat16 disagrees as plain float32, and agrees as what it is."""
    method = {"name": "gradient_descent", "step_size": "0.3"}
    spec = server.spec() | {"method": method, "inputs_as": "float32"}
    states = [np.float32(1)]
    for _ in range(3):
        states.append(to_bfloat16(states[-1] - np.float32(0.3) * states[-1]))
    file = io.BytesIO()
    np.savez(file, steps=np.arange(4), beta=np.array(states)[:, None])
    assert "✗ DISAGREES" in verdict_page(server, sent(server, spec, file.getvalue()))
    assert "✓ AGREES" in verdict_page(server, sent(server, spec, file.getvalue(), state="bfloat16"))


def to_bfloat16(value: np.float32) -> np.float32:
    """Return the nearest number of eight significant bits, ties to even."""
    bits = int(np.float32(value).view(np.uint32))
    return np.uint32((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32)


def test_unknown_check_is_not_found(server: Any) -> None:
    """As a page."""
    assert server.client.get(f"/checks/{'0' * 64}", headers=PEOPLE).status_code == 404
