"""`oracle --server URL golden|check`: the local commands' output and exit codes, from a server."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from oracle.cli import server_choice
from oracle.client import address
from oracle.records.npz import read_npz

pytestmark = pytest.mark.usefixtures("alone")

GOLDENS, CHECKS, REPORT = "/v1/goldens", "/v1/checks", "/v1/reports/c1"


def check_told(path: Path, comparison: dict[str, Any], spec_digest: str) -> dict[str, Any]:
    """Return the check that a server tells of a local comparison."""
    return {
        "id": "c1",
        "verdict": comparison["verdict"],
        "spec_digest": spec_digest,
        "golden": comparison["golden"],
        "candidate_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "report": REPORT,
        "comparison": comparison,
        "created": "2026-01-01T00:00:00+00:00",
    }


def spec_digest_of(golden: dict[str, Any]) -> str:
    """Return the digest of a golden's spec, by its definition."""
    text = json.dumps(golden["spec"], sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_golden_json_is_the_local_one_to_the_byte(
    oracle: Any, spec: Any, server: Any, replies: Any, tmp_path: Path
) -> None:
    """What a server had computed is printed as if it had been computed here, and nothing is kept."""
    local = oracle("golden", spec(), "--json").stdout
    server.on("POST", GOLDENS, replies.said(json.loads(local)))
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    result = oracle("--server", server.url, "golden", spec(), "--json", "--npz", tmp_path / "golden.npz")
    assert (result.stdout, result.exit_code, result.stderr) == (local, 0, "")
    assert read_npz(tmp_path / "golden.npz").digest == json.loads(local)["digest"]
    assert not (tmp_path / "store").exists()


def test_golden_is_kept_where_a_store_is_named(
    oracle: Any, spec: Any, server: Any, replies: Any, tmp_path: Path
) -> None:
    """With `--store` the next command finds it there; the text says both places."""
    server.on("POST", GOLDENS, replies.said(json.loads(oracle("golden", spec(), "--json").stdout)))
    kept = tmp_path / "kept"
    told = oracle("--server", server.url, "golden", spec(), "--store", kept).stdout
    assert f"from {server.url}, stored in {kept}" in told
    assert f"fetched from {kept}" in oracle("golden", spec(), "--store", kept).stdout


def test_golden_that_contradicts_the_store_is_printed_and_refused(
    oracle: Any, spec: Any, server: Any, replies: Any
) -> None:
    """Two goldens of one spec cannot both be right: the store keeps its own, and the command leaves with 2."""
    local = json.loads(oracle("golden", spec(), "--json", "--store", "kept").stdout)
    other = json.loads(json.dumps(local))
    other["values"]["u"][1][0] = other["values"]["u"][1][0][:-1] + "9"
    parts = {key: other[key] for key in ("spec", "values", "radius")}
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    other["digest"] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    server.on("POST", GOLDENS, replies.said(other))
    result = oracle("--server", server.url, "golden", spec(), "--json", "--store", "kept")
    assert (result.exit_code, json.loads(result.stdout)["digest"]) == (2, other["digest"])
    assert "one of them is wrong" in result.stderr


@pytest.mark.parametrize("momentum", [0.9, 0.81])
def test_check_says_what_the_local_one_says(
    oracle: Any, spec: Any, candidate: Any, server: Any, replies: Any, momentum: float
) -> None:
    """Text, JSON, JUnit and exit code are those of the local command; the report is the server's."""
    path = candidate(momentum=momentum)
    local = oracle("check", spec(), path)
    printed = json.loads(oracle("check", spec(), path, "--json", "--junit", "here.xml").stdout)
    golden = json.loads(oracle("golden", spec(), "--json").stdout)
    told = check_told(path, {**printed, "candidate": "named otherwise.npz"}, spec_digest_of(golden))
    server.on("POST", CHECKS, replies.said(told))
    server.on("GET", REPORT, replies.Reply(200, b"<p>page</p>", {"Content-Type": "text/html"}))
    asked = ("--server", server.url, "check", spec(), path)
    remote = oracle(*asked, "--report", "there.html", "--junit", "there.xml")
    assert (remote.stdout, remote.exit_code) == (local.stdout, local.exit_code)
    assert json.loads(oracle(*asked, "--json").stdout) == printed
    assert Path("there.html").read_text() == "<p>page</p>"
    here, there = (ElementTree.parse(f"{name}.xml").find("testsuite") for name in ("here", "there"))
    assert here is not None
    assert there is not None
    assert there.attrib["failures"] == here.attrib["failures"]
    assert ElementTree.tostring(there[1]) == ElementTree.tostring(here[1])
    assert there[0][0].attrib == {"name": "server", "value": server.url}


def test_verdict_cannot_steer_the_terminal(
    oracle: Any, spec: Any, candidate: Any, server: Any, replies: Any
) -> None:
    """What a server words is shown without control characters."""
    path = candidate(momentum=0.81)
    printed = json.loads(oracle("check", spec(), path, "--json").stdout)
    golden = json.loads(oracle("golden", spec(), "--json").stdout)
    named = {**printed, "method": "heavy_\x1b[2J\x9bball", "golden": "sha256:\r\x07" + "0" * 64}
    server.on("POST", CHECKS, replies.said(check_told(path, named, spec_digest_of(golden))))
    shown = oracle("--server", server.url, "check", spec(), path)
    assert shown.exit_code == 1
    assert "heavy_[2Jball" in shown.stdout
    assert not set(shown.stdout + shown.stderr) & set("\x1b\x9b\r\x07")


def test_declaration_and_token_are_sent(
    oracle: Any, spec: Any, candidate: Any, server: Any, replies: Any, tmp_path: Path
) -> None:
    """What is declared travels in the form, the token of the file in the header, and neither is shown."""
    (tmp_path / "token").write_text("hidden.TOKEN\n")
    server.on("POST", CHECKS, replies.problem("forbidden", 403))
    options = ("--server", server.url, "--token-file", tmp_path / "token")
    result = oracle(*options, "check", spec(), candidate(), "--form", "buffer", "--state", "float32")
    assert result.exit_code == 2
    assert "403 `forbidden`: the detail of forbidden; ask who runs the server" in result.stderr
    assert "hidden" not in result.output
    (seen,) = server.seen
    assert seen.headers["Authorization"] == "Bearer hidden.TOKEN"
    assert b'name="form"\r\n\r\nbuffer' in seen.body
    assert b'name="state"\r\n\r\nfloat32' in seen.body


@pytest.mark.parametrize(("code", "status"), [(2, 422), (4, 500), (70, 500)])
def test_problem_leaves_with_its_own_code(
    oracle: Any, spec: Any, server: Any, replies: Any, code: int, status: int
) -> None:
    """Misuse, damage and faults leave as they would here, without a traceback of ours."""
    server.on("POST", GOLDENS, replies.problem("some-problem", status, code))
    result = oracle("--server", server.url, "golden", spec())
    assert result.exit_code == code
    assert (
        f"oracle: `POST {server.url}/v1/goldens?wait=10` was answered with {status} `some-problem`"
        in result.stderr
    )
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--server", "http://127.0.0.1:1"), "did not answer"),
        (("--server", "localhost:8765"), "expected scheme, host and port"),
        (("--server", "http://a.example", "--token-file", "token"), "--allow-plain-http"),
        (("--server", "http://127.0.0.1:1", "--token-file", "none"), "cannot read the token file"),
    ],
    ids=["unreachable", "address", "plain http", "token file"],
)
def test_server_that_cannot_be_asked_is_misuse(
    oracle: Any, spec: Any, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], message: str
) -> None:
    """Each leaves with 2, says what to do, and prints no golden."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    path = spec()
    Path("token").write_text("abc")
    result = oracle(*options, "golden", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_answer_of_something_else_is_misuse(oracle: Any, spec: Any, server: Any, replies: Any) -> None:
    """A page instead of a golden says that no oracle answers there."""
    server.on("POST", GOLDENS, replies.Reply(200, b"<html>Welcome</html>", {"Content-Type": "text/html"}))
    result = oracle("--server", server.url, "golden", spec())
    assert result.exit_code == 2
    assert "20 bytes of text/html ('<html>Welcome</html>')" in result.stderr


def test_altered_golden_is_damage(oracle: Any, spec: Any, server: Any, replies: Any) -> None:
    """A golden whose digest is not that of its contents leaves with 4, unprinted."""
    told = json.loads(oracle("golden", spec(), "--json").stdout)
    told["values"]["v"][3][1] += "1"
    server.on("POST", GOLDENS, replies.said(told))
    result = oracle("--server", server.url, "golden", spec(), "--json")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "is not sound, and nothing of it was used" in result.stderr


def test_bad_spec_is_told_without_the_server(oracle: Any, spec: Any, server: Any) -> None:
    """What is wrong with a spec needs no network."""
    result = oracle("--server", server.url, "golden", spec(digits=3))
    assert result.exit_code == 2
    assert "`digits`" in result.stderr
    assert not server.seen


def test_environment_names_the_server(
    oracle: Any, spec: Any, server: Any, replies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the two commands it stands in for the option, and an empty option overrules it; others do not mind it."""
    told = oracle("golden", spec(), "--json").stdout
    server.on("POST", GOLDENS, replies.said(json.loads(told)))
    monkeypatch.setenv("MOMENTUM_ORACLE_SERVER", server.url)
    assert f"from {server.url}" in oracle("golden", spec()).stdout
    assert "fetched from" in oracle("--server", "", "golden", spec()).stdout
    assert oracle("store", "ls").exit_code == 0
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--server", "http://127.0.0.1:1", "store", "ls"), "`--server` does not go with `oracle store`"),
        (("--token-file", "token", "claims"), "goes with `check` and `golden`: leave it out"),
        (("--allow-plain-http", "golden", "spec.json"), "none is named; add `--server URL`"),
        (
            ("--server", "http://127.0.0.1:1", "check", "spec.json", "run.npz", "--store", "x"),
            "leave out one of",
        ),
    ],
)
def test_option_that_does_not_belong_is_refused(
    oracle: Any, arguments: tuple[str, ...], message: str
) -> None:
    """A server given to a command that works here, and options for a server without one."""
    result = oracle(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_door_and_client_name_the_same_variable() -> None:
    """The name is spelled out at the door so that help imports nothing; the two are one."""
    assert server_choice.VARIABLE == address.SERVER_VARIABLE
