"""Goldens on pages: asked for with a form, found again by searching, shown with digits that are exact."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from oracle.service import pages_goldens

PEOPLE = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the form wait for the golden, however busy the machine is."""
    monkeypatch.setattr(pages_goldens, "PATIENCE", 60.0)


def sent(server: Any, spec: str | bytes, file: bytes | None = None) -> Any:
    """Send the form as a browser does: a file field is there even where nothing was chosen."""
    chosen = (
        ("", b"", "application/octet-stream") if file is None else ("spec.json", file, "application/json")
    )
    return server.client.post("/goldens", files={"spec": (None, spec), "spec_file": chosen}, headers=PEOPLE)


def test_form_leads_to_the_golden_with_its_exact_digits(server: Any) -> None:
    """Of β_k = 2^−k the page shows 0.5, 0.25, 0.125, each to the twenty digits asked for, and both downloads."""
    answer = sent(server, json.dumps(server.spec()))
    assert answer.status_code == 303
    digest = answer.headers["location"].removeprefix("/goldens/")
    page = server.client.get(answer.headers["location"], headers=PEOPLE).text
    rows = re.findall(r"<td>(beta\[0\])</td><td>([^<]*)</td><td class=\"radius\">± ([^<]*)</td>", page)
    assert [value for _, value, _ in rows] == ["1", "0.5", "0.25", "0.125"]
    assert all(0 <= float(radius) <= 1e-20 * float(value) for _, value, radius in rows)
    assert f'href="/v1/goldens/{digest}" download' in page
    assert f'href="/v1/goldens/{digest}/record" download' in page
    assert '<svg class="curves"' in page
    assert server.client.get(f"/v1/goldens/{digest}").json()["digest"] == digest


def test_page_of_the_example_is_reached_as_the_first_page_sends_it(server: Any) -> None:
    """The field holds a spec that is computed as it stands, with the line ends that a browser gives it."""
    first = server.client.get("/", headers=PEOPLE).text
    typed = html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", first, re.DOTALL)[1])  # type: ignore[index]
    answer = sent(server, typed.replace("\n", "\r\n"))
    assert answer.status_code == 303
    page = server.client.get(answer.headers["location"], headers=PEOPLE).text
    assert "Heavy ball on regression" in page
    assert "6 steps, from 0 to 5." in page


def test_digits_are_promised_of_the_largest_coordinate_alone(server: Any) -> None:
    """A coordinate far below the largest has fewer: the page says so, and each row's radii keep just what it says."""
    small = ["1", "1/1000000000000000000000000000000"]  # β_k = (1, 10^−30) · 2^−k
    spec = server.spec(problem=server.spec()["problem"] | {"X": [["1", "0"], ["0", "1"]], "y": ["0", "0"]})
    answer = sent(server, json.dumps(spec | {"init": {"beta": small}}))
    page = server.client.get(answer.headers["location"], headers=PEOPLE).text
    said = re.search(r"one quantity at one step, no radius is more than 10<sup>−(\d+)</sup>", page)
    assert said is not None
    assert f"{said[1]} digits of the largest coordinate, fewer of a smaller one" in page
    assert "digits of every value" not in page
    found = re.findall(r"<td>beta\[(\d)\]</td><td>([^<]*)</td><td class=\"radius\">± ([^<]*)</td>", page)
    assert len(found) == 8
    largest = 0.0
    for place, value, radius in found:
        largest = float(value) if place == "0" else largest
        assert float(radius) <= 10.0 ** -int(said[1]) * largest
    assert any(float(radius) > 1e-20 * float(value) for _, value, radius in found)


def test_few_rows_are_all_shown_and_said_to_be_of_steps(server: Any) -> None:
    """Of six steps none is left out, and the loss is one number at each, not one number."""
    spec = server.spec(41, want={"kind": "iterates", "steps": list(range(6))})
    page = server.client.get(sent(server, json.dumps(spec)).headers["location"], headers=PEOPLE).text
    assert len(re.findall(r"<td>beta\[0\]</td>", page)) == 6
    assert "one number at each step</span>" in page
    assert "shown in part" not in page


def test_drawing_that_is_wider_than_the_screen_can_be_moved_with_keys(server: Any) -> None:
    """It is a region that takes the focus, and a note for narrow screens says that there is more."""
    page = server.client.get(sent(server, json.dumps(server.spec())).headers["location"], headers=PEOPLE).text
    assert '<div class="drawing" tabindex="0" role="region"' in page
    assert '<p class="note narrow">' in page


def test_chosen_file_takes_the_place_of_the_text(server: Any) -> None:
    """With a file the text is not even read."""
    answer = sent(server, "not JSON", json.dumps(server.spec(3)).encode())
    page = server.client.get(answer.headers["location"], headers=PEOPLE).text
    assert "<td>1.5</td>" in page


def test_bad_spec_is_told_above_the_form_with_what_was_typed(server: Any) -> None:
    """The page has the problem's status, names the field, and keeps the text, escaped."""
    typed = json.dumps(server.spec() | {"model": "</textarea><script>alert(1)</script>"})
    answer = sent(server, typed)
    assert answer.status_code == 422
    assert "The spec is not valid" in answer.text
    assert "<code>model</code>" in answer.text
    assert html.escape(typed, quote=True).replace("&quot;", "&#34;") in answer.text
    assert "<script>alert" not in answer.text


def test_spec_that_is_no_text_is_refused_not_a_fault(server: Any) -> None:
    """Bytes that are no UTF-8 come back as a bad spec."""
    answer = sent(server, "", b"\xff\xfe{}")
    assert answer.status_code == 422
    assert "The spec is not valid" in answer.text


def test_search_finds_by_digest_kind_and_method(server: Any) -> None:
    """Each of the three leaves what fits and drops what does not."""
    digest = sent(server, json.dumps(server.spec(5))).headers["location"].removeprefix("/goldens/")

    def shown(**asked: str) -> bool:
        return f'href="/goldens/{digest}"' in server.client.get("/goldens", params=asked, headers=PEOPLE).text

    assert shown(digest=digest[:15])
    assert shown(digest=digest[7:15].upper(), kind="regression", method="gradient_descent")
    assert not shown(digest=("0" if digest[7] != "0" else "1") + digest[8:15])
    assert not shown(kind="polynomial")
    assert not shown(method="nesterov")
    assert not shown(digest="' OR 1=1 --")


def test_list_is_paged_and_nothing_is_left_out(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two a page, the links lead through all of them in order, once each."""
    for start in (11, 12, 13):
        sent(server, json.dumps(server.spec(start)))
    monkeypatch.setattr(pages_goldens, "A_PAGE", 2)
    found, address = [], "/goldens?method=gradient_descent"
    while address:
        page = server.client.get(address, headers=PEOPLE).text
        found += re.findall(r'href="/goldens/(sha256:[0-9a-f]{64})"', page)
        following = re.search(r'href="([^"]*)">Next page', page)
        address = html.unescape(following[1]) if following else ""
    stored = [
        one["digest"]
        for one in server.client.get("/v1/goldens").json()["goldens"]
        if one["method"] == "gradient_descent"
    ]
    assert found == stored
    assert len(found) >= 3


@pytest.mark.parametrize("digest", ["x", "sha256:" + "0" * 64, "sha256:" + "A" * 64])
def test_unknown_digest_is_not_found(server: Any, digest: str) -> None:
    """Whether it could be one or not."""
    answer = server.client.get(f"/goldens/{digest}", headers=PEOPLE)
    assert answer.status_code == 404
    assert "There is no such thing here" in answer.text


def test_damaged_record_is_told_not_shown(server: Any) -> None:
    """A page that was looked at before does not outlive a change of its file."""
    address = sent(server, json.dumps(server.spec(21))).headers["location"]
    assert server.client.get(address, headers=PEOPLE).status_code == 200
    name = address.removeprefix("/goldens/sha256:")
    path = server.folder / "store" / "objects" / name[:2] / f"{name}.npz"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-7])
    answer = server.client.get(address, headers=PEOPLE)
    assert answer.status_code == 500
    assert "A stored record is damaged" in answer.text
