"""`oracle serve` as a process: it comes up, ends when told, and goes on after a kill where it was."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from oracle.service.tokens import TokenFile
from oracle.store import Store
from tests.processes import descendants, lives

LONG_RUN: dict[str, Any] = {  # some seconds of exact arithmetic
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "sparse_regression", "n": 20, "d": 60, "nonzeros": 3, "seed": 1},
    "model": "diagonal",
    "init": {"u": "0.1", "v": "0.1"},
    "method": {"name": "heavy_ball", "step_size": "0.01", "momentum": "0.9"},
    "want": {"kind": "iterates", "steps": [0, 1200]},
    "digits": 40,
}


def post(address: str, spec: Any, wait: float) -> httpx.Response:
    """Ask for a golden."""
    return httpx.post(f"{address}/v1/goldens", params={"wait": wait}, json=spec, timeout=120)


def job(address: str, identifier: str) -> dict[str, Any]:
    """Return a job."""
    found: dict[str, Any] = httpx.get(f"{address}/v1/jobs/{identifier}", timeout=60).json()
    return found


def test_killed_server_goes_on_where_it_was(spawn: Callable[..., Any], tmp_path: Path, until: Any) -> None:
    """kill -9 in the middle of a job: its workers end, and started again it finishes the job of the same identifier."""
    first = spawn(tmp_path)
    identifier = post(first.address, LONG_RUN, 0).json()["id"]
    until(lambda: (job(first.address, identifier)["progress"] or {}).get("done"))
    workers = descendants(first.process.pid)
    first.kill()
    until(lambda: not any(map(lives, workers)))
    second = spawn(tmp_path)
    assert post(second.address, LONG_RUN, 0).json()["id"] == identifier
    ended = until(lambda: found if (found := job(second.address, identifier))["finished"] else None)
    assert (ended["state"], len(Store(tmp_path / "store").entries())) == ("done", 1)
    assert {str(check.state) for check in Store(tmp_path / "store").verify()} == {"sound"}


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_server_ends_when_told_and_leaves_no_process(
    spawn: Callable[..., Any], tmp_path: Path, until: Any, told: signal.Signals
) -> None:
    """In the middle of a job, with a check that waits for it."""
    server = spawn(tmp_path)
    identifier = post(server.address, LONG_RUN, 0).json()["id"]
    until(lambda: job(server.address, identifier)["started"])
    started = descendants(server.process.pid)
    os.kill(server.process.pid, told)
    _, text = server.left()
    assert [json.loads(line)["event"] for line in text.splitlines()[1:] if not line.startswith("oracle: ")][
        -1
    ] == "closed"
    until(lambda: not any(map(lives, started)))


def test_log_of_the_process_is_json_but_for_the_line_that_says_where_it_is(
    spawn: Callable[..., Any], tmp_path: Path
) -> None:
    """Also what uvicorn says."""
    server = spawn(tmp_path)
    httpx.get(f"{server.address}/healthz")
    _, text = server.end()
    lines = [
        line for line in text.splitlines() if not line.startswith("oracle: serving on http://127.0.0.1:")
    ]
    assert {json.loads(line)["event"] for line in lines} >= {"ready", "request", "closed"}


@pytest.mark.parametrize(("host", "here"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]")])
def test_server_on_every_address_names_one_that_opens_here(
    spawn: Callable[..., Any], tmp_path: Path, host: str, here: str
) -> None:
    """What stands for all of them is none that a browser takes."""
    if ":" in host and not takes_ipv6():
        pytest.skip("this machine has no IPv6")
    TokenFile(tmp_path / "data" / "tokens.json").create("one", ["read"])
    server = spawn(tmp_path, "--host", host, "--open-to-network")
    told = re.search(r"\(on this machine (http://\S+); store ", server.lines[-1])
    assert told is not None
    assert told[1] == f"http://{here}:{server.address.rpartition(':')[2]}"
    assert httpx.get(f"{told[1]}/healthz").status_code == 200


def takes_ipv6() -> bool:
    """Tell whether an IPv6 address can be listened on."""
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_second_server_on_the_same_data_is_refused(spawn: Callable[..., Any], tmp_path: Path) -> None:
    """Named, with what to do; the first goes on."""
    first = spawn(tmp_path)
    second = spawn(tmp_path)
    code, text = second.left()
    assert (code, "another server is running on the data directory" in text) == (2, True)
    assert httpx.get(f"{first.address}/healthz").status_code == 200


def test_port_in_use_is_refused(spawn: Callable[..., Any], tmp_path: Path) -> None:
    """Exit code 2, and the way out."""
    first = spawn(tmp_path / "a")
    port = first.address.rpartition(":")[2]
    code, text = spawn(tmp_path / "b", "--port", port).left()
    assert (code, "cannot be listened on" in text, "`--port`" in text) == (2, True, True)


def test_damaged_book_stops_the_server(spawn: Callable[..., Any], tmp_path: Path) -> None:
    """Exit code 4, no traceback, and the file stays."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs.sqlite3").write_bytes(b"nothing of the kind" * 300)
    code, text = spawn(tmp_path).left()
    assert (code, "holds no golden: move it away" in text, "Traceback" in text) == (4, True, False)
