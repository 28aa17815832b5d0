"""Planted faults: each part of the evidence finds what it is there to find."""

from __future__ import annotations

import json
import random
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from oracle.goldens import compute_golden
from oracle.service.book_rows import CHECK_COLUMNS
from oracle.spec import parse_spec
from oracle.store import Store
from tests.service import clocks, description, disk, load, load_generator, sockets, writers
from tests.service.corruption import Truth, wrong_answers
from tests.service.damages import KEYS, TEXTS, damage
from tests.service.figures import Findings
from tests.service.http_client import Answer
from tests.service.journal import Journal
from tests.service.specimens import Specimen, polynomial

PROBLEM = {"content-type": "application/problem+json"}


def problem(status: int, name: str, detail: str = "") -> Answer:
    """Return a problem document."""
    return Answer(status, PROBLEM, json.dumps({"type": f"/problems/{name}", "detail": detail}).encode())


def specimen(seed: int = 3) -> Specimen:
    """Return a small spec with an honest run."""
    return polynomial(random.Random(seed))


def test_corruption_finds_an_altered_digit_and_an_unnamed_fault() -> None:
    """What is read must be the truth, or a problem with a name."""
    truth = Truth("secret", {"/v1/goldens/sha256:0": b'{"b": ["0.5"]}'})

    def server(answer: Answer) -> list[str]:
        def ask(
            method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
        ) -> Answer:
            return answer

        return wrong_answers(ask, truth)[0]

    assert server(Answer(200, {}, b'{"b": ["0.5"]}')) == []
    assert server(problem(500, "damaged-record")) == []
    assert len(server(Answer(200, {}, b'{"b": ["0.6"]}'))) == 1
    assert len(server(problem(500, "internal-error"))) == 1


@pytest.mark.parametrize("name", ["flip", "text", "truncate", "blank", "append", "delete", "swap"])
def test_damage_changes_the_files(name: str, tmp_path: Path) -> None:
    """Every way of damaging leaves another content."""
    folder = tmp_path / "store" / "objects" / "ab"
    folder.mkdir(parents=True)
    for place in range(2):
        (folder / f"{place}.npz").write_bytes(f"record {place} ".encode() * 50)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    source = random.Random(1)
    for _ in range(5):  # a block of zeros may fall on zeros, a digit become itself
        assert damage(tmp_path, "record", name, source)
        if before != {path.name: path.read_bytes() for path in folder.iterdir()}:
            return
    pytest.fail("nothing was changed")


def test_disk_finds_an_unannounced_answer() -> None:
    """A full disk is 507, not 500."""
    for answer, broken in ((problem(507, "store-unusable"), 0), (problem(500, "internal-error"), 4)):
        journal, outcomes = Journal(), Counter[str]()
        disk._asked(lambda *a, answer=answer: answer, journal, random.Random(1), 4, outcomes)  # type: ignore[arg-type]
        assert len(journal.violations) == broken
        assert sum(outcomes.values()) == 4


def test_clocks_find_a_token_that_outlives_its_end() -> None:
    """A token with an hour left is over ten years ahead."""
    scenario = clocks.Scenario(lambda *a: Answer(200), lambda s: None, "a", "b", random.Random(1), 10)
    scenario._token("ten years ahead", 401)
    scenario._token("right again", 200)
    assert scenario.held == 1
    assert scenario.journal.violations == ["a token with an hour left, ten years ahead: 200; expected 401"]


def test_clocks_find_a_job_that_the_jump_ended() -> None:
    """What was under way must come to its end."""
    ended = Answer(
        200, {}, json.dumps({"state": "failed", "problem": {"type": "/problems/timed-out"}}).encode()
    )
    scenario = clocks.Scenario(lambda *a: ended, lambda s: None, "a", "b", random.Random(1), 10)
    scenario._goes_on("/v1/jobs/0", "ten years ahead")
    assert "timed-out" in scenario.journal.violations[0]


def test_writers_find_a_missing_record_and_a_leftover(tmp_path: Path) -> None:
    """One record a spec, and no unfinished file."""
    store = Store(tmp_path)
    for seed in range(2):
        store.put(compute_golden(parse_spec(specimen(seed).body), cross_check=False))
    assert writers.one_record_each(tmp_path, 2) == []
    assert "3 specs, 2 rows" in writers.one_record_each(tmp_path, 3)[0]
    (next((tmp_path / "objects").iterdir()) / ".x.unfinished").write_bytes(b"")
    assert "1 unfinished" in writers.one_record_each(tmp_path, 2)[0]


def test_description_tells_failures_and_a_run_that_broke_off() -> None:
    """Whatever schemathesis complains of is a failure, and so is a report that never came."""
    whole = {
        "complete": True,
        "test_cases": {"generated": 9},
        "operations": {"tested": 2},
        "failures": [],
        "errors": [],
    }
    assert description.summary(whole) == {"cases": 9, "operations": 2, "failures": []}
    failed = whole | {"failures": [{"title": "Server error", "count": 2, "operations": ["GET /"]}]}
    assert description.summary(failed)["failures"] == ["Server error (2 times): ['GET /']"]
    assert description.summary({})["failures"] == ["schemathesis did not come to its end"]


@contextmanager
def listening(answer: bytes | None) -> Iterator[tuple[str, int]]:
    """Answer every request on every connection with the same bytes; with None, hang up."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536) and answer is not None:
                connection.sendall(answer)

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "500"),
        (b"something else", "no HTTP"),
        (None, "hung up"),
    ],
)
def test_sockets_tell_how_a_server_answered(answer: bytes | None, outcome: str) -> None:
    """A status, other bytes, or a connection that was ended."""
    with listening(answer) as (host, port):
        assert sockets.exchange(host, port, b"GET / HTTP/1.1\r\n\r\n") == outcome


@pytest.mark.parametrize("rate", [0.0, 200.0])
def test_load_counts_every_answer_and_its_status(rate: float) -> None:
    """Each request is asked once, over kept connections, at once or when it is due."""
    with listening(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno") as (host, port):
        plan = load_generator.Plan(host, port, [b"GET / HTTP/1.1\r\n\r\n"] * 20, 3, 30.0, rate, once=True)
        told = load_generator.run(plan).summary()
    assert (told["answers"], told["statuses"], told["broken_connections"]) == (20, {"503": 20}, 0)
    found = Findings()
    load._expect_ok(found, "goldens", told)
    assert "503" in found.failures[0]


def test_load_counts_an_answer_that_never_came() -> None:
    """A connection that breaks with an answer owed is told."""
    with listening(None) as (host, port):
        plan = load_generator.Plan(host, port, [b"GET / HTTP/1.1\r\n\r\n"], 2, 30.0)
        assert load_generator.run(plan).summary()["broken_connections"] == 2


def test_percentiles_are_exact() -> None:
    """The value that so many per cent do not exceed, as numpy's inverted distribution function has it."""
    values = sorted(random.Random(1).random() for _ in range(137))
    for at in (0.0, 50.0, 99.0, 99.9, 100.0):
        assert load_generator.percentile(values, at) == np.percentile(values, at, method="inverted_cdf")
    assert load_generator.percentile([], 50.0) == 0.0


def test_stalled_server_pays_for_every_request_that_was_due() -> None:
    """At a fixed rate a late answer is timed from when it was due, not from when it was asked."""
    source = load_generator._Source(load_generator.Plan("", 0, [b"x"], rate=10.0))
    source.began -= 1.0
    asked = [source.next(None) for _ in range(3)]  # type: ignore[arg-type]
    assert [round(due[0] - source.began, 6) for due in asked if due] == [0.0, 0.1, 0.2]


def test_target_is_missed_by_either_figure() -> None:
    """So many a second, and the 99th percentile below the bound."""
    told = {"per_second": 1600.0, "milliseconds": {"p99": 12.0}}
    assert load._target(told)[1]
    assert not load._target(told | {"per_second": 1400.0})[1]
    assert not load._target(told | {"milliseconds": {"p99": 21.0}})[1]


def test_tables_of_damages_fit_the_book() -> None:
    """Every column that is edited is there."""
    assert set(TEXTS["jobs"][1]) <= set(CHECK_COLUMNS.split(", "))
    assert set(KEYS) == {table for table, _ in TEXTS.values()}
