"""How fast: stored goldens and checks on loopback, and short requests beside long computations."""

from __future__ import annotations

import base64
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.service.figures import Findings, Setting
from tests.service.http_client import JSON, form_of
from tests.service.load_generator import percentile
from tests.service.seeded_store import fill
from tests.service.server_process import Folders, ServerProcess
from tests.service.specimens import Specimen, large, npz, polynomial, regression, shuffled_run

__all__ = ["run"]

RATE, SECONDS_P99 = 1500.0, 0.020
CHECK_SECONDS = 0.050
CONNECTIONS = (1, 8, 32)
GENERATOR = Path(__file__).with_name("load_generator.py")


@dataclass(frozen=True)
class Stock:
    """What is stored before the server starts: specimens and their digests."""

    specimens: Sequence[Specimen]
    digests: Sequence[str]

    def gets(self) -> list[bytes]:
        """Return requests by digest."""
        return [_request("GET", f"/v1/goldens/{digest}") for digest in self.digests]

    def posts(self) -> list[bytes]:
        """Return requests by spec."""
        return [_request("POST", "/v1/goldens", specimen.body) for specimen in self.specimens]


def run(setting: Setting) -> Findings:
    """Measure, and hold the figures to their targets."""
    found, folders = Findings(), Folders.under(setting.folder)
    stock = _stocked(setting, folders)
    with ServerProcess(folders) as server:
        _cold(setting, server, stock, found)
        _stored(setting, server, stock, found)
        _large_checks(setting, server, found)
        _small_checks(setting, server, stock, found)
        _beside_long(setting, server, stock, found)
    return found


def _stocked(setting: Setting, folders: Folders) -> Stock:
    """Store small goldens, one in twenty of them a regression, and the large one."""
    source = random.Random(setting.seed)
    count = setting.size(1000, 40)
    specimens = [(regression if i % 20 == 0 else polynomial)(source) for i in range(count)]
    bodies = [specimen.body for specimen in specimens] + [json.dumps(_large(setting)).encode()]
    digests = fill(folders.store, bodies, len(os.sched_getaffinity(0)), setting.tell)
    return Stock(specimens, digests[:-1])


def _large(setting: Setting) -> dict[str, Any]:
    return large(steps=setting.size(1000, 20))


def _cold(setting: Setting, server: ServerProcess, stock: Stock, found: Findings) -> None:
    """Read every golden for the first time since the server's start: a worker verifies each."""
    setting.tell("cold goldens")
    told = _loaded(server, stock.gets(), connections=8, once=True, seconds=120)
    found.details["cold"] = told
    _expect_ok(found, "cold goldens", told)
    found.add("goldens read and verified for the first time", f"{told['per_second']:.0f}/s, p99 {_p99(told)}")


def _stored(setting: Setting, server: ServerProcess, stock: Stock, found: Findings) -> None:
    """Ask for stored goldens in turn, half by digest and half by spec."""
    mixed = [request for pair in zip(stock.gets(), stock.posts(), strict=True) for request in pair]
    seconds = setting.size(10, 1)
    for name, requests in (
        ("GET by digest", stock.gets()),
        ("POST of a spec", stock.posts()),
        ("both in turn", mixed),
    ):
        for connections in CONNECTIONS:
            if connections != 8 and name != "both in turn":
                continue
            setting.tell(f"stored goldens, {name}, {connections} connections")
            told = _loaded(server, requests, connections=connections, seconds=seconds)
            found.details[f"stored, {name}, {connections} connections"] = told
            _expect_ok(found, name, told)
            held = name == "both in turn" and connections == 8
            found.add(
                f"{len(stock.digests)} stored goldens, {name}, {connections} connections",
                f"{told['per_second']:.0f}/s, p50 {_ms(told, 'p50')}, p99 {_p99(told)}",
                *(_target(told) if held else ()),
            )
    setting.tell(f"stored goldens at {RATE:g}/s")
    told = _loaded(server, mixed, connections=8, seconds=seconds, rate=RATE)
    found.details["stored, open"] = told
    _expect_ok(found, "stored goldens at a fixed rate", told)
    found.add(
        f"the same at a fixed {RATE:g}/s, timed from when each was due",
        f"{told['per_second']:.0f}/s, p99 {_p99(told)}, p99.9 {_ms(told, 'p99.9')}",
        *_target(told, allowance=0.99),
    )


def _target(told: dict[str, Any], allowance: float = 1.0) -> tuple[str, bool]:
    reached = told["per_second"] >= allowance * RATE and told["milliseconds"]["p99"] < 1000 * SECONDS_P99
    return f"≥ {RATE:g}/s at p99 < {1000 * SECONDS_P99:g} ms", reached


def _large_checks(setting: Setting, server: ServerProcess, found: Findings) -> None:
    """Judge right runs of 1000 × 200 float32 states, each added up in an order of its own."""
    spec, source = _large(setting), np.random.default_rng(setting.seed)
    body = json.dumps(spec).encode()
    ask, seconds = server.client(), []
    for count in range(setting.size(60, 4) + 3):
        setting.tell(f"large check {count}")
        content, headers = form_of(body, shuffled_run(spec, source))
        began = time.perf_counter()
        answer = ask("POST", "/v1/checks", content, headers)
        seconds.append(time.perf_counter() - began)
        if answer.status != 200 or answer.json()["verdict"] != "AGREES":
            found.fail([f"a right run was answered {answer.status} {answer.body[:300]!r}; expected AGREES"])
    measured = sorted(seconds[3:])  # the first have a worker read the golden
    middle, p95 = median(measured), percentile(measured, 95)
    found.details["large checks"] = {"first": seconds[:3], "then": seconds[3:]}
    found.add(
        f"a check of {len(spec['want']['steps'])} × {2 * spec['problem']['d']} float32 states, end to end",
        f"median {1000 * middle:.1f} ms, p95 {1000 * p95:.1f} ms (first {1000 * seconds[0]:.0f} ms)",
        f"< {1000 * CHECK_SECONDS:g} ms",
        middle < CHECK_SECONDS,
    )


def _small_checks(setting: Setting, server: ServerProcess, stock: Stock, found: Findings) -> None:
    """Judge many small runs, each a file of its own."""
    requests = []
    for count, specimen in enumerate(list(stock.specimens) * setting.size(2, 1)):
        assert specimen.run is not None
        tagged = npz(specimen.run) + b""
        content, headers = form_of(specimen.body, _tagged(tagged, count))
        requests.append(_request("POST", "/v1/checks", content, headers["Content-Type"]))
    setting.tell("small checks")
    told = _loaded(server, requests, connections=8, once=True, seconds=120)
    found.details["small checks"] = told
    _expect_ok(found, "small checks", told)
    found.add(
        "small checks, 8 connections", f"{told['per_second']:.0f}/s, p50 {_ms(told, 'p50')}, p99 {_p99(told)}"
    )


def _beside_long(setting: Setting, server: ServerProcess, stock: Stock, found: Findings) -> None:
    """Ask for stored goldens while every worker that takes long tasks has one."""
    ask = server.client()
    locations, source = [], random.Random(setting.seed + 1)
    for _ in range(len(os.sched_getaffinity(0)) + 1):
        long = regression(source, wanted=[0, 60_000])
        answer = ask("POST", "/v1/goldens?wait=0", long.body, JSON)
        locations.append(answer.headers["location"])
    setting.tell("stored goldens beside long computations")
    told = _loaded(server, stock.gets(), connections=8, seconds=setting.size(10, 1), rate=300)
    running = sum(ask("GET", location).json()["state"] == "running" for location in locations)
    for location in locations:
        ask("DELETE", location)
    found.details["beside long computations"] = told | {"running": running}
    _expect_ok(found, "stored goldens beside long computations", told)
    if not running:
        found.fail(["no long computation was still running beside the stored goldens; ask for longer ones"])
    found.add(
        f"300/s stored goldens while {running} long computations run",
        f"{told['per_second']:.0f}/s, p50 {_ms(told, 'p50')}, p99 {_p99(told)}",
    )


def _loaded(server: ServerProcess, requests: Sequence[bytes], **plan: Any) -> dict[str, Any]:
    """Have a process of its own ask, and return its summary."""
    encoded = [base64.b64encode(request).decode() for request in requests]
    given = json.dumps({"host": server.host, "port": server.port, "requests": encoded, **plan})
    done = subprocess.run(
        [sys.executable, str(GENERATOR)], input=given, capture_output=True, text=True, check=True, timeout=300
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _request(method: str, path: str, body: bytes = b"", media_type: str = "application/json") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if body:
        head += f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def _tagged(candidate: bytes, number: int) -> bytes:
    """Return an archive with a number as its comment: another file with the same arrays."""
    comment = f"{number}".encode()
    return candidate[:-2] + len(comment).to_bytes(2, "little") + comment


def _expect_ok(found: Findings, what: str, told: dict[str, Any]) -> None:
    if set(told["statuses"]) != {"200"} or told["broken_connections"]:
        found.fail([f"{what}: statuses {told['statuses']}, {told['broken_connections']} broken connections"])


def _p99(told: dict[str, Any]) -> str:
    return _ms(told, "p99")


def _ms(told: dict[str, Any], name: str) -> str:
    return f"{told['milliseconds'][name]:.1f} ms"
