"""The machine's clock set ten years forward and back under a running server: nothing ends, goes or comes back early."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from oracle.service.limits import Limits
from oracle.service.settings import ServiceSettings
from oracle.service.tokens import Scope, TokenFile
from tests.service.figures import Findings, Setting
from tests.service.http_client import JSON, Answer, Ask, form_of
from tests.service.in_process import InProcess
from tests.service.journal import Journal, audit_checks, audit_goldens
from tests.service.server_process import Folders, ServerProcess
from tests.service.specimens import Specimen, polynomial, regression

__all__ = ["LIBRARIES", "Scenario", "faked_clock", "run", "shifted_clock"]

LIBRARIES = tuple(
    Path(folder) / "faketime" / "libfaketimeMT.so.1"
    for folder in (
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
        "/usr/local/lib",
    )
)
YEAR = 31_556_952
HOUR = 3600.0
Jump = Callable[[int], None]
"""Sets the clock so many seconds off the right time."""


def run(setting: Setting) -> Findings:
    """Set the clock of a real server, where libfaketime is installed, and that of one in this process."""
    found = Findings()
    clocks = {
        "of the server's process (libfaketime)": faked_clock,
        "of the server's code (in process)": shifted_clock,
    }
    for name, clock in clocks.items():
        setting.tell(name)
        with clock(setting.folder / clock.__name__) as given:
            if given is None:
                found.add(
                    f"clock {name}, ±10 years",
                    "not tried: libfaketime is not installed (`apt install faketime`)",
                )
                continue
            scenario = Scenario(*given, random.Random(setting.seed), setting.size(5000, 1500))
            scenario.play()
        found.fail(f"clock {name}: {what}" for what in scenario.journal.violations)
        found.add(
            f"clock {name} set +10, −10 years and right again",
            f"{scenario.held} expectations held, {len(scenario.journal.violations)} not",
            "all",
            not scenario.journal.violations,
        )
    return found


@dataclass
class Scenario:
    """What is asked before, between and after the jumps.

    Parameters
    ----------
    ask : Ask
    jump : callable
    lasting, brief : str
        Secrets of a token without an end, and of one that ends in an hour; empty where tokens keep another clock.
    source : random.Random
    steps : int
        Of a run that takes seconds to compute.
    """

    ask: Ask
    jump: Jump
    lasting: str
    brief: str
    source: random.Random
    steps: int
    journal: Journal = field(default_factory=Journal)
    held: int = 0
    jobs: list[str] = field(default_factory=list)

    def play(self) -> None:
        """Go through it all."""
        specimen = self._stored("at the right time")
        if self.brief:
            self._token("at the right time", 200)
        for years, name in ((10, "ten years ahead"), (-10, "ten years back"), (0, "right again")):
            location = self._long_job()
            self.jump(years * YEAR)
            self._goes_on(location, name)
            self._waits(name)
            self._stored(name)
            self._report(specimen, name)
            if self.brief:
                self._token(name, 401 if years > 0 else 200)
        self._ordered()
        audit_goldens(self.journal, self._asked, list(self.journal.goldens))
        audit_checks(self.journal, self._asked, list(self.journal.checks))

    def _asked(self, method: str, path: str, body: bytes = b"", headers: object = None) -> Answer:
        given = dict(headers) if isinstance(headers, dict) else {}
        return self.ask(method, path, body, given | {"Authorization": f"Bearer {self.lasting}"})

    def _expect(self, what: str, found: object, expected: object) -> None:
        if found == expected:
            self.held += 1
        else:
            self.journal.broken(f"{what}: {found}; expected {expected}")

    def _stored(self, name: str) -> Specimen:
        """Compute a golden, and have a right run judged."""
        specimen = polynomial(self.source)
        answer = self._asked("POST", "/v1/goldens?wait=60", specimen.body, JSON)
        self._expect(f"a golden {name}", answer.status, 200)
        if answer.status == 200:
            self.journal.golden(specimen.body, answer.body)
        content, headers = form_of(specimen.body, specimen.candidate)
        answer = self._asked("POST", "/v1/checks?wait=60", content, headers)
        self._expect(f"a check {name}", answer.status, 200)
        if answer.status == 200:
            self.journal.check(answer.json(), "AGREES")
        return specimen

    def _long_job(self) -> str:
        """Begin what takes seconds; its promise tells when to ask again."""
        answer = self._asked(
            "POST", "/v1/goldens?wait=0", regression(self.source, wanted=[0, self.steps]).body, JSON
        )
        self._expect(
            "a long computation is promised, with when to ask again",
            (answer.status, answer.headers.get("retry-after")),
            (202, "1"),
        )
        return answer.headers.get("location", "/v1/jobs/none")

    def _goes_on(self, location: str, name: str) -> None:
        """See that what was under way when the clock jumped comes to its end."""
        deadline = time.monotonic() + 120
        job = self._asked("GET", location).json()
        while job.get("state") in ("queued", "running") and time.monotonic() < deadline:
            time.sleep(0.05)
            job = self._asked("GET", location).json()
        self.jobs.append(location.rpartition("/")[2])
        self._expect(
            f"a computation under way, {name}", (job.get("state"), job.get("problem")), ("done", None)
        )

    def _waits(self, name: str) -> None:
        """See that waiting a second takes a second, whatever the clock says; what is waited for takes longer anywhere."""
        body = regression(self.source, wanted=[0, Limits().steps]).body
        began = time.monotonic()
        answer = self._asked("POST", "/v1/goldens?wait=1", body, JSON)
        waited = time.monotonic() - began
        self._expect(f"a wait of a second, {name}", (answer.status, 0.9 < waited < 60), (202, True))
        identifier = answer.json().get("id", "none")
        cancelled = self._asked("DELETE", f"/v1/jobs/{identifier}").json().get("state")
        self._expect(f"a cancelled job, {name}", cancelled, "cancelled")
        self.jobs.append(identifier)

    def _report(self, specimen: Specimen, name: str) -> None:
        """See that an upload of before is still there: its check is the same, and its report can be made."""
        content, headers = form_of(specimen.body, specimen.candidate)
        told = self._asked("POST", "/v1/checks?wait=60", content, headers).json()
        self._expect(f"a report, {name}", self._asked("GET", told.get("report", "/none")).status, 200)

    def _token(self, name: str, expected: int) -> None:
        """See that a token that ends in an hour is valid unless the clock says that it has ended."""
        answer = self.ask("GET", "/v1/jobs", b"", {"Authorization": f"Bearer {self.brief}"})
        self._expect(f"a token with an hour left, {name}", answer.status, expected)

    def _ordered(self) -> None:
        """See that jobs are listed in the order in which they were asked, whatever their times."""
        listed = [job["id"] for job in self._asked("GET", "/v1/jobs?limit=1000").json()["jobs"]]
        found = [identifier for identifier in reversed(listed) if identifier in self.jobs]
        self._expect("the order of the jobs", found, self.jobs)


Given = tuple[Ask, Jump, str, str]


@contextmanager
def faked_clock(folder: Path) -> Iterator[Given | None]:
    """Give a server whose process sees the clock that a file says; None where libfaketime is not installed."""
    library = next((path for path in LIBRARIES if path.exists()), None)
    if library is None:
        yield None
        return
    folders, said = Folders.under(folder), folder / "clock"
    lasting, brief = _tokens(folders.data)
    said.write_text("+0")
    environment = {
        "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(said), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
    }  # fmt: skip
    with ServerProcess(folders, environment=environment) as server:
        yield server.client(), lambda seconds: _say(said, seconds), lasting, brief


@contextmanager
def shifted_clock(folder: Path) -> Iterator[Given | None]:
    """Give an application in this process, whose wall clock is off by what was said last."""
    lasting, _ = _tokens(folder / "data")
    right, off = time.time, [0]
    with patch("time.time", lambda: right() + off[0]):
        settings = ServiceSettings(folder / "store", folder / "data", folder / "claims", workers=2)
        with InProcess(settings) as app:

            def jump(seconds: int) -> None:
                off[0] = seconds

            yield app, jump, lasting, ""


def _tokens(data: Path) -> tuple[str, str]:
    """Make two tokens: one without an end, one that ends in an hour."""
    tokens = TokenFile(data / "tokens.json")
    _, lasting = tokens.create("lasting", list(Scope))
    _, brief = tokens.create("brief", [Scope.READ], time.time() + HOUR)
    return lasting, brief


def _say(said: Path, seconds: int) -> None:
    """Tell libfaketime the offset, whole at every instant."""
    fresh = said.with_suffix(".new")
    fresh.write_text(f"{seconds:+d}")
    os.replace(fresh, said)
