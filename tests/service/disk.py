"""A disk that fills up in the middle of work, and has room again later."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.service.figures import Findings, Setting
from tests.service.http_client import JSON, HttpClient, form_of
from tests.service.journal import Journal, audit_checks, audit_goldens, audit_jobs, verified
from tests.service.server_process import Folders, ServerProcess
from tests.service.specimens import polynomial

__all__ = ["ballast", "run", "small_disk"]

MEBIBYTES = 16
ALLOWED = ("store-unusable",)
SECONDS_TO_END = 60.0


def run(setting: Setting) -> Findings:
    """Fill the disk, ask, free it, ask again."""
    found = Findings()
    with small_disk(setting.folder / "disk") as disk:
        if disk is None:
            found.add("a full disk", "not tried: this process may not mount a small disk (tmpfs) of its own")
            return found
        _filled(setting, disk, found)
    return found


@contextmanager
def small_disk(place: Path) -> Iterator[Path | None]:
    """Give a file system of a few mebibytes; None where this process may not mount one."""
    place.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEBIBYTES}m", "oracle-evidence", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield place if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def ballast(disk: Path) -> Iterator[None]:
    """Fill a disk to the last byte; it has room again afterwards."""
    heavy = disk / "ballast"
    try:
        with heavy.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        yield
    finally:
        heavy.unlink()


def _filled(setting: Setting, disk: Path, found: Findings) -> None:
    journal, source, outcomes = Journal(), random.Random(setting.seed), Counter[str]()
    folders = Folders(disk / "store", disk / "data")
    with ServerProcess(folders) as server:
        pid, ask = server.pid, server.client()
        for round_number in range(setting.size(10, 2)):
            setting.tell(f"round {round_number + 1}: {dict(outcomes)}")
            _asked(ask, journal, source, 12, Counter())
            with ballast(disk):
                _asked(ask, journal, source, 20, outcomes)
                audit_goldens(journal, ask, list(journal.goldens))
                audit_checks(journal, ask, list(journal.checks))
            freed = Counter[str]()
            _asked(ask, journal, source, 12, freed)
            if freed["store-unusable"]:
                journal.broken(f"there is room again, and the server still answers {dict(freed)}")
        deadline = time.monotonic() + SECONDS_TO_END
        while journal.pending() and time.monotonic() < deadline:
            audit_jobs(journal, ask, journal.pending())
            time.sleep(0.1)
        audit_goldens(journal, ask, list(journal.goldens))
        audit_checks(journal, ask, list(journal.checks))
        if server.pid != pid or not server.lives():
            journal.broken("the server ended")
    journal.violations += [f"the job {identifier} has not ended" for identifier in journal.pending()]
    found.fail([*journal.violations, *verified(folders.store)])
    promised = f"{len(journal.goldens)} goldens, {len(journal.checks)} checks"
    found.details |= {"answers_while_full": dict(outcomes)}
    full = f"while full {outcomes['store-unusable']} × 507, {outcomes['200']} × 200"
    found.add(
        "the disk filled up in the middle of work, and freed again", f"{setting.size(10, 2)} times; {full}"
    )
    found.add("promised before, meanwhile and after, all there", promised, "nothing lost", not found.failures)


def _asked(
    ask: HttpClient, journal: Journal, source: random.Random, count: int, outcomes: Counter[str]
) -> None:
    """Ask for new goldens and checks in turn; every answer is a promise kept, or the announced problem."""
    for number in range(count):
        specimen = polynomial(source)
        if number % 2:
            answer = ask("POST", "/v1/goldens?wait=10", specimen.body, JSON)
        else:
            content, headers = form_of(specimen.body, specimen.candidate)
            answer = ask("POST", "/v1/checks?wait=10", content, headers)
        outcomes[answer.problem or str(answer.status)] += 1
        if answer.status == 200 and number % 2:
            journal.golden(specimen.body, answer.body)
        elif answer.status == 200:
            journal.check(answer.json(), "AGREES")
        elif answer.status == 202:
            journal.job(answer.json())
        elif answer.problem not in ALLOWED:
            journal.broken(f"answered with {answer.status} {answer.body[:300]!r}")
