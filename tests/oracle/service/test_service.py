"""A server's parts come up together or not at all, and go down in order."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oracle.records.record_errors import StoreError
from oracle.service.logs import logger
from oracle.service.service import assemble
from oracle.service.settings import SettingsError
from oracle.service.tokens import TokenFile


def test_server_on_the_network_without_a_token_is_refused(
    settings_for: Callable[..., Any], tmp_path: Path
) -> None:
    """And leaves its data directory free for the next try."""
    settings = settings_for(tmp_path, host="0.0.0.0", open_to_network=True)
    for _ in range(2):
        with pytest.raises(SettingsError, match="at least one token"):
            assemble(settings, logger("json"))
    TokenFile(tmp_path / "data" / "tokens.json").create("a", ("read",))
    service = assemble(settings, logger("json"))
    service.book.close()
    service.lock.close()


def test_store_that_cannot_be_written_is_refused(settings_for: Callable[..., Any], tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError):
        assemble(settings_for(tmp_path), logger("json"))


def test_what_a_server_keeps_is_its_owners_alone(
    start: Callable[..., Any], settings_for: Any, tmp_path: Path
) -> None:
    """Directory and files, whatever the umask takes: specs, uploads, verdicts and reports."""
    data = tmp_path / "data"
    umask = os.umask(0)
    try:
        with start(tmp_path) as server:
            check = server.check(server.spec(1), server.candidate(1)).json()
            server.client.get(check["report"])
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in data.rglob("*") if path.is_file()}
    finally:
        os.umask(umask)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert {path.suffix for path in modes} >= {".sqlite3", ".npz", ".sealed"}
    assert {mode for path, mode in modes.items() if path.name != "lock"} == {0o600}


def test_second_server_on_the_same_data_is_refused(
    start: Callable[..., Any], settings_for: Any, tmp_path: Path
) -> None:
    """While the first runs."""
    with (
        start(tmp_path),
        pytest.raises(SettingsError, match="another server is running on the data directory"),
    ):
        assemble(settings_for(tmp_path), logger("json"))


def test_jobs_checks_and_goldens_are_there_after_a_restart(start: Callable[..., Any], tmp_path: Path) -> None:
    """What was told once is told again; nothing is computed twice."""
    with start(tmp_path) as first:
        golden = first.post(first.spec(1)).content
        check = first.check(first.spec(1), first.candidate(1)).json()
        jobs = first.client.get("/v1/jobs").json()
    with start(tmp_path) as second:
        begun = second.begun("golden"), second.begun("check")
        assert second.post(second.spec(1)).content == golden
        assert second.check(second.spec(1), second.candidate(1)).json() == check
        assert second.client.get("/v1/jobs").json() == jobs
        assert (second.begun("golden"), second.begun("check")) == begun


def test_jobs_under_way_are_taken_up_with_their_identifiers(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    """A golden, and a check that waits for it, though the server ends in the middle."""
    with start(tmp_path) as first:
        first.plant("hold-golden")
        check = first.check(first.spec(2), first.candidate(2), wait=0).json()["id"]
        first.until(lambda: first.begun("golden"))
    (tmp_path / "hold-golden").unlink()
    with start(tmp_path) as second:
        ended = second.ended(check)
        assert ended["state"] == "done"
        assert second.client.get(ended["result"]).json()["verdict"] == "AGREES"


def test_uploads_stay_within_their_bound_but_for_those_in_use(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    """Old ones go as new ones come."""
    with start(tmp_path, limits={"keep_uploads_bytes": 2000}) as server:
        for i in range(8):
            server.check(server.spec(1), server.candidate(1, i * 1e-9))
        kept = [path.stat().st_size for path in (tmp_path / "data" / "uploads").glob("??/*.npz")]
        assert 0 < sum(kept) <= 2000


def test_server_is_ready_once_it_is_up(server: Any) -> None:
    """And alive in any case."""
    assert [server.client.get(path).json() for path in ("/healthz", "/readyz")] == [{"status": "ok"}] * 2
    server.service.ready = False
    try:
        found = server.client.get("/readyz"), server.client.get("/v1/goldens"), server.client.get("/healthz")
        assert [answer.status_code for answer in found] == [503, 503, 200]
        assert found[0].headers["retry-after"] == "1"
    finally:
        server.service.ready = True


def test_requests_leave_no_open_files_behind(server: Any) -> None:
    """Goldens, checks, refusals, event streams."""

    def some(start: int) -> int:
        server.post(server.spec(start))
        server.check(server.spec(start), server.candidate(start, 1e-3))
        server.post({})
        job = server.client.get("/v1/jobs").json()["jobs"][0]["id"]
        server.client.get(f"/v1/jobs/{job}/events")
        return len(os.listdir("/proc/self/fd"))

    counts = [some(start) for start in range(70, 78)]
    assert counts[-1] <= counts[2]
