"""Stored goldens are read once for all who ask at once, and what was never there is told from what is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any


def test_many_readers_share_one_reading(server: Any) -> None:
    """Sixteen at once, after the memory was lost; a worker reads once."""
    address = server.post(server.spec(1)).headers["content-location"]
    server.service.goldens.rendered._drop(address.rpartition("/")[2])
    server.plant("hold-render")
    with ThreadPoolExecutor(16) as threads:
        asked = [threads.submit(server.client.get, address) for _ in range(16)]
        server.until(lambda: server.begun("render"))
        server.mend("hold-render")
        found = [one.result() for one in asked]
    assert ({one.status_code for one in found}, server.begun("render")) == ({200}, 1)


def test_reader_whose_reading_fails_does_not_spoil_the_next(server: Any) -> None:
    """The worker is killed each time (planted), then not."""
    address = server.post(server.spec(2)).headers["content-location"]
    server.service.goldens.rendered._drop(address.rpartition("/")[2])
    server.plant("die-render")
    lost = server.client.get(address)
    server.mend("die-render")
    assert (lost.json()["type"], server.client.get(address).status_code) == ("/problems/worker-lost", 200)


def test_what_was_never_there_is_not_found(server: Any) -> None:
    """By digest, as JSON and as a record."""
    for path in ("", "/record"):
        found = server.client.get(f"/v1/goldens/sha256:{'0' * 64}{path}")
        assert (found.status_code, found.json()["type"]) == (404, "/problems/not-found")


def test_golden_that_the_index_gives_for_another_spec_is_refused(
    tmp_path: Path, start: Callable[..., Any]
) -> None:
    """Two rows of the index whose specs were exchanged: each record is sound, and neither answers."""
    with start(tmp_path) as server:
        assert {server.post(server.spec(k)).status_code for k in (1, 2)} == {200}
    (index,) = tmp_path.rglob("index.sqlite3")
    with closing(sqlite3.connect(index, isolation_level=None)) as connection:
        (one,), (other,) = connection.execute("SELECT spec_digest FROM records").fetchall()
        for old, new in ((one, "sha256:x"), (other, one), ("sha256:x", other)):
            connection.execute("UPDATE records SET spec_digest = ? WHERE spec_digest = ?", (new, old))
    with start(tmp_path) as server:
        for k in (1, 2):
            answer = server.post(server.spec(k))
            assert (answer.status_code, answer.json()["type"]) == (500, "/problems/damaged-record")
            assert "oracle store verify --rebuild" in answer.json()["detail"]
