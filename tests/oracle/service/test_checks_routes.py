"""Verdicts over HTTP are those of the command line, and nothing that is kept can turn one into another."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from oracle.cli.main import main
from oracle.service import requests
from oracle.store import Store

CASES = {
    "agrees": (0.0, {}, "AGREES", 0),
    "disagrees": (1e-6, {}, "DISAGREES", 1),
    "agrees in float32": (0.0, {"dtype": "float32", "form": "position"}, "AGREES", 0),
}


def told(
    server: Any, folder: Path, spec: Any, data: bytes, declared: dict[str, str]
) -> tuple[dict[str, Any], int]:
    """Return what the command line prints, and its exit code."""
    (folder / "spec.json").write_text(json.dumps(spec))
    (folder / "run.npz").write_bytes(data)
    options = [word for name, value in declared.items() for word in (f"--{name}", value)]
    store = ["--store", str(folder / "store")]
    command = ["check", str(folder / "spec.json"), str(folder / "run.npz"), "--json", *options, *store]
    found = CliRunner().invoke(main, command)
    return json.loads(found.stdout), found.exit_code


def saved(**arrays: Any) -> bytes:
    """Return the bytes of an `.npz`."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def without_seconds(value: Any) -> Any:
    """Return JSON without what no two runs share."""
    if isinstance(value, dict):
        return {name: without_seconds(item) for name, item in value.items() if name != "seconds"}
    return [without_seconds(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES)
def test_verdict_is_that_of_the_command_line(server: Any, tmp_path: Path, case: str) -> None:
    """Every field of it but the seconds."""
    wrong, declared, verdict, code = CASES[case]
    data = server.candidate(2, wrong, declared.get("dtype", "float64"))
    printed, exit_code = told(server, tmp_path, server.spec(2), data, declared)
    found = server.check(server.spec(2), data, **declared)
    assert (found.status_code, found.json()["verdict"], exit_code) == (200, verdict, code)
    assert without_seconds(found.json()["comparison"]) == without_seconds(printed)


def test_undecided_is_told_as_such(server: Any, tmp_path: Path) -> None:
    """A record that stops half way agrees as far as it goes, and that is not a pass."""
    spec = server.spec(1, want={"kind": "iterates", "steps": [0, 1, 2, 3, 4, 5]})
    data = server.candidate()
    printed, code = told(server, tmp_path, spec, data, {})
    found = server.check(spec, data)
    assert (found.json()["verdict"], code) == ("UNDECIDED", 3)
    assert without_seconds(found.json()["comparison"]) == without_seconds(printed)


def test_check_can_be_asked_for_again(server: Any) -> None:
    """By its identifier, which says what it was of; judged once."""
    first = server.check(server.spec(3), server.candidate(3))
    begun = server.begun("check")
    again = server.check(server.spec(3), server.candidate(3), name="renamed.npz")
    by_name = server.client.get(first.headers["content-location"])
    assert first.json() == again.json() == by_name.json()
    assert server.begun("check") == begun


@pytest.mark.parametrize("other", [{"form": "position"}, {"form": "buffer"}])
def test_other_declaration_is_another_check(server: Any, other: dict[str, str]) -> None:
    """So is another candidate, of course."""
    plain = server.check(server.spec(3), server.candidate(3)).json()["id"]
    assert server.check(server.spec(3), server.candidate(3), **other).json()["id"] != plain


def test_verdict_of_other_code_is_not_told_as_ours(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the program changed. The same check is judged anew."""
    first = server.check(server.spec(4), server.candidate(4)).json()["id"]
    monkeypatch.setattr(requests, "code_digest", lambda: "another")
    assert server.check(server.spec(4), server.candidate(4)).json()["id"] != first


def test_same_check_asked_at_once_is_judged_once_and_its_golden_computed_once(server: Any) -> None:
    """Eight askers, four of them for the golden alone."""
    goldens, checks = server.begun("golden"), server.begun("check")
    ask = [
        lambda: server.post(server.spec(5)),
        lambda: server.check(server.spec(5), server.candidate(5)),
    ]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda i: ask[i % 2](), range(8)))
    assert {one.status_code for one in found} == {200}
    assert (server.begun("golden") - goldens, server.begun("check") - checks) == (1, 1)


def test_bad_candidate_is_refused_before_its_golden_is_computed(server: Any) -> None:
    """It is the cheaper to refuse."""
    before = server.begun("golden")
    found = server.check(server.spec(6), b"PK nothing")
    assert (found.status_code, found.json()["exit_code"], server.begun("golden")) == (422, 2, before)


@pytest.mark.parametrize("declared", [{}, {"dtype": "float32"}, {"dtype": "float64"}])
def test_record_of_several_dtypes_is_refused_with_what_helps(server: Any, declared: dict[str, str]) -> None:
    """In words that hold here too, where nobody has an option `--dtype`; done as they say, it is judged."""
    arrays = dict(np.load(io.BytesIO(server.candidate(9, dtype="float32"))))
    first = next(name for name in arrays if name != "steps")
    loss = np.zeros(len(arrays["steps"]))
    before = server.begun("golden")
    found = server.check(server.spec(9), saved(**arrays, loss=loss), **declared)
    assert (found.status_code, found.json()["type"]) == (422, "/problems/bad-candidate")
    assert f"(float32: `{first}`; float64: `loss`)" in found.json()["detail"]
    assert "--dtype" not in found.json()["detail"]
    assert server.begun("golden") == before
    assert server.check(server.spec(9), saved(**arrays)).status_code == 200


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"spec": "{}"}, "no part `candidate`"),
        ({"candidate": ("a.npz", b"")}, "no part `spec`"),
        ({"spec": "{}", "candidate": (None, "text")}, "`candidate` is a text"),
        ({"spec": "{}", "candidate": ("a", b""), "colour": (None, "red")}, "a part `colour`"),
        ({"spec": "{}", "candidate": ("a", b""), "dtype": (None, "float8")}, "`dtype` is `float8`"),
    ],
)
def test_form_that_is_not_as_described_is_refused(server: Any, parts: dict[str, Any], words: str) -> None:
    """Each part is named."""
    found = server.client.post("/v1/checks", files=parts)
    assert (found.status_code, found.json()["type"]) == (400, "/problems/malformed-request")
    assert words in found.json()["detail"]


TWICE = [("candidate", ("a.npz", b"")), ("candidate", ("b.npz", b""))]


@pytest.mark.parametrize(("parts", "words"), [
    ([("spec", "{}"), *TWICE], "the form has 2 parts `candidate`"),
    ([("spec", (None, "{}")), *TWICE], "the form has 2 parts `candidate`"),
    ([("spec", "{}"), *TWICE, *TWICE], "the form cannot be read (Too many files"),
    ([("candidate", ("a.npz", b"")), *[("dtype", (None, "float32"))] * 20], "the form cannot be read (Too many fields"),
    ([("candidate", ("a.npz", b"")), ("spec", (None, " " * 2**23))], "the form cannot be read (Part exceeded"),
    ([("candidate", ("a.npz", b"")), ("hue", (None, "red")), ("spec", "{}")], "the form has a part `hue`"),
])  # fmt: skip
def test_form_with_other_parts_is_told_the_parts_of_a_check(server: Any, parts: Any, words: str) -> None:
    """Which there are to be, how many of each, and a line that sends them."""
    found = server.client.post("/v1/checks", files=parts)
    detail = found.json()["detail"]
    assert (found.status_code, found.json()["type"]) == (400, "/problems/malformed-request")
    assert words in detail
    assert (
        "expected one part `spec` (JSON), one file `candidate` (an .npz), and at most one each of dtype, form, "
        in detail
    )
    assert "curl -F spec=@spec.json -F candidate=@run.npz" in detail


def test_form_without_a_boundary_is_told_the_parts_of_a_check(server: Any) -> None:
    """It says where one part ends and the next begins."""
    found = server.client.post("/v1/checks", content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert (found.status_code, "expected one part `spec`" in found.json()["detail"]) == (400, True)


def test_other_wants_are_refused(server: Any) -> None:
    """A candidate is checked step by step."""
    found = server.check(server.spec(want={"kind": "limit"}), server.candidate())
    assert (found.status_code, found.json()["type"]) == (422, "/problems/bad-candidate")


def test_name_of_an_upload_is_never_a_path(server: Any) -> None:
    """It is for showing alone."""
    found = server.check(server.spec(7), server.candidate(7), name="../../etc/pass\x1bwd")
    assert found.json()["comparison"]["candidate"] == "passwd"


def test_report_is_a_page_that_loads_and_runs_nothing(server: Any) -> None:
    """Made once; the same bytes after."""
    address = server.check(server.spec(8), server.candidate(8, 1e-3)).json()["report"]
    first, again = server.client.get(address), server.client.get(address)
    assert (first.status_code, first.content, server.begun("report")) == (200, again.content, 1)
    assert "DISAGREES" in first.text
    assert first.headers["content-security-policy"].startswith("default-src 'none'")


def test_report_that_many_look_at_is_made_once(server: Any) -> None:
    """Before it is there: it takes a worker, and who may only read may ask for it."""
    check = server.check(server.spec(64), server.candidate(64)).json()
    server.plant("hold-report")
    began = server.begun("report")
    with ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(server.client.get, check["report"]) for _ in range(6)]
        server.until(lambda: server.begun("report") > began)
        server.mend("hold-report")
        answers = [one.result() for one in asked]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert server.begun("report") == began + 1


def test_requests_that_wait_for_a_report_leave_connections_to_others(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    """A quarter of them may wait, for jobs and reports together; one more is told to come again, and then has it."""
    with start(tmp_path, limits={"connections": 8}) as server, ThreadPoolExecutor(2) as threads:
        report = server.check(server.spec(1), server.candidate(1)).json()["report"]
        server.plant("hold-report")
        asked = [threads.submit(server.client.get, report) for _ in range(2)]
        server.until(lambda: server.service.waiting.taken == 2)
        refused = server.client.get(report)
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
        assert refused.headers["retry-after"] == "2"
        server.mend("hold-report")
        assert [each.result().status_code for each in asked] == [200, 200]
        assert (server.client.get(report).status_code, server.service.waiting.taken) == (200, 0)


def test_fault_in_a_report_is_in_the_log(server: Any) -> None:
    """Who asks learns that it is ours; the log has the traceback, and the next is made."""
    check = server.check(server.spec(23), server.candidate(23)).json()
    server.plant("raise-report", "builtins:ZeroDivisionError")
    refused = server.client.get(check["report"])
    server.mend("raise-report")
    assert (refused.status_code, "planted" in refused.text) == (500, False)
    (line,) = [line for line in server.log() if line["event"] == "fault" and line["task"] == "report"]
    assert (line["spec"], "ZeroDivisionError: planted" in line["traceback"]) == (check["spec_digest"], True)
    assert server.client.get(check["report"]).status_code == 200


def test_altered_report_is_not_shown(server: Any) -> None:
    """Planted: somebody changes the verdict in the kept page."""
    found = server.check(server.spec(9), server.candidate(9, 1e-3)).json()
    server.client.get(found["report"])
    path = server.folder / "data" / "reports" / f"{found['id']}.sealed"
    altered = path.read_bytes().replace(b"DISAGREES", b"AGREES")
    path.write_bytes(altered)
    refused = server.client.get(found["report"])
    assert (refused.status_code, refused.json()["type"]) == (500, "/problems/damaged-record")
    assert path.read_bytes() == altered


def test_report_without_its_upload_says_what_to_do(server: Any) -> None:
    """Uploads are not kept for ever."""
    found = server.check(server.spec(10), server.candidate(10)).json()
    sha256 = found["candidate_sha256"]
    (server.folder / "data" / "uploads" / sha256[:2] / f"{sha256}.npz").unlink()
    refused = server.client.get(found["report"])
    assert refused.json()["type"] == "/problems/missing-record"
    assert "send the candidate again" in refused.json()["detail"]


def test_set_aside_golden_is_computed_anew_for_a_check(server: Any) -> None:
    """Though a worker has it warm."""
    digest = server.check(server.spec(14), server.candidate(14)).json()["golden"]
    path = server.folder / "store" / "objects" / digest[7:9] / f"{digest[7:]}.npz"
    path.write_bytes(b"damaged")
    Store(server.folder / "store").gc(set_aside=True)
    found = server.check(server.spec(14), server.candidate(14, 1e-6))
    assert (found.json()["verdict"], path.exists()) == ("DISAGREES", True)


def test_unknown_check_is_not_found(server: Any) -> None:
    """Nor is its report."""
    for kind in ("checks", "reports"):
        assert server.client.get(f"/v1/{kind}/{'0' * 64}").json()["type"] == "/problems/not-found"
