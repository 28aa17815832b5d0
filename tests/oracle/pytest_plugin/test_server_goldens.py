"""Goldens of a server: after the store and before any computation, and no test fails because it is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from oracle.client import address
from oracle.goldens import compute_golden
from oracle.pytest_plugin import settings
from oracle.records.golden import Golden, golden_from_json, golden_json
from oracle.spec import parse_spec
from oracle.store import Store

pytestmark = pytest.mark.usefixtures("alone")

Run = Callable[..., pytest.RunResult]
GOLDENS = "/v1/goldens"
AGREES = """
def test_it(oracle):
    oracle.assert_agrees(kernel, SPEC)
"""
DISAGREES = """
def test_it(oracle):
    oracle.assert_agrees(shifted, SPEC)
"""
MANY = """
@pytest.mark.parametrize("steps", [4, 5, 6, 7])
def test_it(oracle, steps):
    oracle.assert_agrees(kernel, oracle.spec(**{**FIELDS, "steps": steps}))
"""


@pytest.fixture
def empty(project: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a store that holds nothing, and is the default one."""
    monkeypatch.setenv("MOMENTUM_ORACLE_STORE", str(tmp_path / "empty"))
    return tmp_path / "empty"


def answering(server: Any, replies: Any, also: Callable[[Golden], dict[str, Any]] = golden_json) -> None:
    """Have the fake server answer every spec with its golden, or with what is made of that."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        told = also(compute_golden(parse_spec(server.seen[-1].body), cross_check=False))
        body = json.dumps(told).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    server.on("POST", GOLDENS, replies.Reply(act=act))


def altered(golden: Golden) -> dict[str, Any]:
    """Return the golden's JSON with one digit more in it, its digest as it was."""
    told: dict[str, Any] = json.loads(json.dumps(golden_json(golden)))
    told["values"]["u"][1][0] += "1"
    return told


def contradicting(golden: Golden) -> dict[str, Any]:
    """Return a sound golden of the same spec with wider radii, and so another digest."""
    from dataclasses import replace  # noqa: PLC0415 - the planted fault alone needs these

    from reference.decimal_grid import GridArray  # noqa: PLC0415

    grid = golden.arrays["u"]
    rows = tuple(replace(row, half_units=tuple(2 * unit for unit in row.half_units)) for row in grid.rows)
    return golden_json(
        replace(golden, arrays={**golden.arrays, "u": GridArray(rows)}, digits=golden.digits - 1)
    )


def test_server_is_asked_once_and_its_golden_kept(
    project: Run, empty: Path, server: Any, replies: Any
) -> None:
    """What the store lacks comes from the server, and from the store the next time; the failure says which."""
    answering(server, replies)
    first = project(DISAGREES, f"--oracle-server={server.url}")
    second = project(DISAGREES, f"--oracle-server={server.url}")
    first.stdout.fnmatch_lines([f"*golden*certified, from the server {server.url}*"])
    second.stdout.fnmatch_lines(["*golden*certified, from the store*"])
    assert len(server.seen) == 1


@pytest.fixture(params=["ini", "variable"])
def otherwise_named(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, server: Any, project: Run
) -> None:
    """Name the server in the ini file, or in the environment."""
    pytester: pytest.Pytester = request.getfixturevalue("pytester")
    if request.param == "ini":
        pytester.makeini(f"[pytest]\noracle_server = {server.url}")
    else:
        monkeypatch.setenv("MOMENTUM_ORACLE_SERVER", server.url)


@pytest.mark.usefixtures("otherwise_named")
def test_server_is_named_in_other_ways(project: Run, empty: Path, server: Any, replies: Any) -> None:
    """By the ini file or by the environment; an empty option overrules both."""
    answering(server, replies)
    project(AGREES, "--oracle-server=").assert_outcomes(passed=1)
    assert not server.seen
    project(AGREES, f"--oracle-store={empty}2").assert_outcomes(passed=1)
    assert len(server.seen) == 1


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "xdist"])
def test_unreachable_server_is_told_once_and_costs_no_test(
    project: Run, empty: Path, nobody: str, workers: tuple[str, ...]
) -> None:
    """Goldens are computed here, and one line of the summary says why, however many workers met it."""
    outcome = project(MANY, f"--oracle-server={nobody}", *workers, apart=bool(workers))
    outcome.assert_outcomes(passed=4)
    told = [line for line in outcome.outlines if "gave no golden" in line]
    assert len(told) == 1
    assert "was tried 3 times" in told[0]
    assert nobody in told[0]


@pytest.mark.parametrize(
    ("name", "status", "asked"), [("unauthorised", 401, 1), ("beyond-limits", 422, 4)], ids=str
)
@pytest.mark.usefixtures("empty")
def test_problem_costs_no_test(
    project: Run, server: Any, replies: Any, name: str, status: int, asked: int
) -> None:
    """A problem of every spec ends the asking, one of this spec does not; either is told once."""
    server.on("POST", GOLDENS, replies.problem(name, status))
    outcome = project(MANY, f"--oracle-server={server.url}")
    outcome.assert_outcomes(passed=4)
    outcome.stdout.fnmatch_lines(
        [f"the server {server.url} gave no golden: {status} `{name}`: the detail of {name}"]
    )
    assert len(server.seen) == asked
    assert sum("gave no golden" in line for line in outcome.outlines) == 1


def test_altered_golden_fails_the_test(project: Run, empty: Path, server: Any, replies: Any) -> None:
    """What cannot be trusted is an error, not a reason to look elsewhere; nothing of it is kept."""
    answering(server, replies, altered)
    outcome = project(AGREES, f"--oracle-server={server.url}")
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["*WrongGoldenError*is not sound, and nothing of it was used*"])
    assert not list(empty.glob("objects/*/*"))


def test_server_that_contradicts_the_store_fails_the_test(
    project: Run, empty: Path, server: Any, replies: Any
) -> None:
    """Two goldens of one spec: the store keeps the one that it got meanwhile, and the test says so."""

    def meanwhile(golden: Golden) -> dict[str, Any]:
        Store(empty).put(golden)
        return contradicting(golden)

    answering(server, replies, meanwhile)
    outcome = project(AGREES, f"--oracle-server={server.url}")
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(
        [f"*StoreError: the server {server.url} contradicts the store*one of them is wrong*"]
    )
    assert len(list(empty.glob("objects/*/*.npz"))) == 1


def test_planted_contradiction_is_a_sound_golden(
    project: Run, empty: Path, server: Any, replies: Any
) -> None:
    """The fault of the test above is caught as a contradiction and nothing else: alone it would do."""
    answering(server, replies, lambda golden: golden_json(golden_from_json(contradicting(golden))))
    project(AGREES, f"--oracle-server={server.url}").assert_outcomes(passed=1)


def test_golden_is_used_where_it_cannot_be_kept(
    project: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Any, replies: Any
) -> None:
    """A default store out of reach costs the keeping alone."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MOMENTUM_ORACLE_STORE", str(tmp_path / "file" / "store"))
    answering(server, replies)
    outcome = project(DISAGREES, f"--oracle-server={server.url}")
    outcome.stdout.fnmatch_lines([f"*from the server {server.url}, and not*"])


@pytest.mark.parametrize(
    ("url", "token", "message"),
    [
        ("localhost:1", "", "expected scheme, host and port"),
        ("http://a.example", "hidden", "over plain HTTP everyone"),
    ],
)
def test_server_that_cannot_be_asked_is_refused_at_once(
    project: Run, monkeypatch: pytest.MonkeyPatch, url: str, token: str, message: str
) -> None:
    """An address that is none, and a token in danger, end the session before its first test."""
    monkeypatch.setenv("MOMENTUM_ORACLE_TOKEN", token)
    outcome = project(AGREES, f"--oracle-server={url}")
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines([f"*--oracle-server: *{message}*"])
    assert "hidden" not in str(outcome.stderr)


def test_plugin_and_client_name_the_same_variable() -> None:
    """The name is spelled out in the settings so that no session imports the client for it; the two are one."""
    assert settings.SERVER_VARIABLE == address.SERVER_VARIABLE


def test_bad_address_in_the_environment_ends_no_session(
    project: Run, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable speaks to every session of a machine; one that judges tells of it, and computes."""
    monkeypatch.setenv("MOMENTUM_ORACLE_SERVER", "nonsense")
    outcome = project(AGREES)
    outcome.assert_outcomes(passed=1)
    outcome.stdout.fnmatch_lines(["the server nonsense gave no golden: *expected scheme, host and port*"])
