"""Many writers of one store at once: a server, sweeps, commands and plain programs, on overlapping specs."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from oracle.store import Store
from tests.service.figures import Findings, Setting
from tests.service.http_client import JSON
from tests.service.journal import Journal, digest_of, verified
from tests.service.server_process import ORACLE, Folders, ServerProcess
from tests.service.specimens import polynomial, regression

__all__ = ["one_record_each", "run"]

PROGRAM = """
import sys
from oracle.goldens import fetch_or_compute
from oracle.spec import parse_spec
from oracle.store import Store

store = Store(sys.argv[1])
for line in open(sys.argv[2], "rb"):
    print(fetch_or_compute(parse_spec(line), store)[0].digest)
"""
SECONDS = 300


def run(setting: Setting) -> Findings:
    """Have all of them write the same goldens, in orders of their own."""
    found, source, journal = Findings(), random.Random(setting.seed), Journal()
    folders, count = Folders.under(setting.folder), setting.size(150, 8)
    specs = [(regression if number % 10 == 0 else polynomial)(source).body for number in range(count)]
    told: list[str] = []
    with ServerProcess(folders) as server:
        programs = [_program(setting.folder, folders, specs, name, source) for name in ("one", "two")]
        sweeps = [_sweep(setting.folder, folders, specs, name, source) for name in ("three", "four")]
        clients = [
            _Client(server, specs, random.Random(f"{setting.seed} {place}"), journal) for place in range(2)
        ]
        for client in clients:
            client.start()
        for specimen in specs[: setting.size(5, 1)]:
            told.append(_command(setting.folder, folders, specimen))
        setting.tell("waiting for the writers")
        for name, process in [
            *(("a program", one) for one in programs),
            *(("a sweep", one) for one in sweeps),
        ]:
            out, error = process.communicate(timeout=SECONDS)
            told += out.split() if name == "a program" else []
            if process.returncode:
                found.fail([f"{name} left with {process.returncode}: {out[-300:]} {error[-500:]}"])
        for client in clients:
            client.join(SECONDS)
    found.fail([*journal.violations, *one_record_each(folders.store, count), *verified(folders.store)])
    strange = set(told) - {entry.digest for entry in Store(folders.store).entries()}
    found.fail(f"a writer computed {digest}, which the store has not" for digest in strange)
    found.add(
        "7 writers at once (a server with 2 clients, 2 sweeps, 2 programs, commands)",
        f"{count} specs each, {len(Store(folders.store).entries())} records",
        "one sound record a spec",
        not found.failures,
    )
    return found


def one_record_each(store: Path, count: int) -> list[str]:
    """Return what is wrong with a store that should hold so many goldens, each of another spec."""
    entries, files = Store(store).entries(), Counter(path.suffix for path in (store / "objects").glob("*/*"))
    specs = {entry.spec_digest for entry in entries}
    wrong = []
    if not count == len(entries) == len(specs) == files[".npz"]:
        wrong.append(
            f"{count} specs, {len(entries)} rows of {len(specs)} specs, {files['.npz']} records: expected one each"
        )
    if left := sum(files.values()) - files[".npz"]:
        wrong.append(f"{left} unfinished files were left though nobody was killed")
    return wrong


class _Client(threading.Thread):
    """Posts every spec to the server, in an order of its own."""

    def __init__(
        self, server: ServerProcess, specs: Sequence[bytes], source: random.Random, journal: Journal
    ) -> None:
        super().__init__(daemon=True)
        self._ask, self._journal = server.client(), journal
        self._specs = source.sample(list(specs), len(specs))

    def run(self) -> None:
        for spec in self._specs:
            answer = self._ask("POST", "/v1/goldens?wait=60", spec, JSON)
            if answer.status == 200:
                self._journal.golden(spec, answer.body)
            else:
                self._journal.broken(f"the server answered with {answer.status} {answer.body[:300]!r}")


def _lines(folder: Path, specs: Sequence[bytes], name: str, source: random.Random) -> Path:
    """Write the specs in an order of their own, one a line."""
    path = folder / f"{name}.jsonl"
    path.write_bytes(b"\n".join(source.sample(list(specs), len(specs))) + b"\n")
    return path


def _program(
    folder: Path, folders: Folders, specs: Sequence[bytes], name: str, source: random.Random
) -> subprocess.Popen[str]:
    lines = _lines(folder, specs, name, source)
    return _started([sys.executable, "-c", PROGRAM, str(folders.store), str(lines)])


def _sweep(
    folder: Path, folders: Folders, specs: Sequence[bytes], name: str, source: random.Random
) -> subprocess.Popen[str]:
    lines = _lines(folder, specs, name, source)
    return _started([*ORACLE, "sweep", str(lines), "--serial", "--store", str(folders.store)])


def _started(command: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _command(folder: Path, folders: Folders, spec: bytes) -> str:
    """Have `oracle golden` compute a spec, and return the digest of what it prints, computed anew."""
    path = folder / "command.json"
    path.write_bytes(spec)
    command = [*ORACLE, "golden", str(path), "--json", "--store", str(folders.store)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    return digest_of(json.loads(done.stdout))
