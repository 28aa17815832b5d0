"""The session's own hooks: entries onto the tests' reports, and from there into the summary and the report."""

# ruff: noqa: PLC0415 - a session in which nothing is judged imports nothing

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from oracle.pytest_plugin.ledger import FAILED, Entry, Ledger, properties
from oracle.pytest_plugin.settings import Settings

if TYPE_CHECKING:
    from oracle.pytest_plugin.asking import Oracle
    from oracle.pytest_plugin.earlier import Earlier

__all__ = ["Session", "session_of"]

NAME = "momentum_oracle_session"
TRAVELS_AS = (
    "momentum_oracle_entries"  # an attribute of a test's report, which xdist carries to the controller
)
NEWS_TRAVELS_AS = "momentum_oracle_news"  # likewise
WORDS = {"AGREES": ("agrees", "agree"), "DISAGREES": ("disagrees", "disagree"),
         "UNDECIDED": ("is undecided", "are undecided"), FAILED: ("failed to run", "failed to run")}  # fmt: skip


class Session:
    """One session of pytest, in one process.

    Parameters
    ----------
    settings : Settings
    worker : bool
        Whether another process reports what happens here.
    """

    def __init__(self, settings: Settings, *, worker: bool) -> None:
        self.settings = settings
        self.ledger = Ledger(pack=bool(settings.reports))
        self.entries: list[Entry] = []
        self._worker = worker
        self._began = time.perf_counter()
        self.earlier = _earlier(settings)
        self._oracle: Oracle | None = None
        self._of_test: Counter[str] = Counter()
        self._trouble = ""
        self._told: dict[str, None] = {}  # in order, each once, whichever worker says it

    @property
    def oracle(self) -> Oracle:
        """The judge of this session, made when first asked for."""
        if self._oracle is None:
            from oracle.pytest_plugin.asking import Oracle
            from oracle.pytest_plugin.goldens_at_hand import Goldens
            from oracle.pytest_plugin.server_goldens import ServerGoldens

            server = ServerGoldens(self.settings.server) if self.settings.server else None
            self._oracle = Oracle(Goldens(self.settings.store, server), self.ledger)
        return self._oracle

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Know whose verdicts are about to come."""
        self.ledger.test = nodeid

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send what was judged with the report of the phase in which it was."""
        entries = self.ledger.drain()
        item.user_properties.extend(properties(entries, self._of_test[item.nodeid]))
        self._of_test[item.nodeid] += len(entries)
        report = yield
        if entries:
            vars(report)[TRAVELS_AS] = [asdict(entry) for entry in entries]
        if news := self._news():
            vars(report)[NEWS_TRAVELS_AS] = news
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the entries off a report, so that no other plugin stores them."""
        if not self._worker:
            self.entries += [Entry(**fields) for fields in vars(report).pop(TRAVELS_AS, [])]
            self._told |= dict.fromkeys(vars(report).pop(NEWS_TRAVELS_AS, []))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report, also of a session that failed or was interrupted."""
        if self._worker or not self.settings.reports:
            return
        from oracle.pytest_plugin.session_report import write_session_report

        try:
            write_session_report(self.entries, self.settings.reports, time.perf_counter() - self._began)
        except OSError as error:
            self._trouble = f"the report was not written: {error}; name another place with --oracle-report"
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what was judged, and where a run departs."""
        if not (self.entries or self.settings.reports or self._told):
            return
        terminalreporter.section("oracle")
        for line in self._lines():
            terminalreporter.write_line(line)

    def _news(self) -> list[str]:
        """Return what went wrong with the server since the last phase."""
        server = None if self._oracle is None else self._oracle.goldens.server
        return [] if server is None else server.drain()

    def _lines(self) -> Iterator[str]:
        count = Counter(entry.verdict for entry in self.entries)
        total = len(self.entries)
        parts = [f"{count[word]} {WORDS[word][count[word] != 1]}" for word in WORDS if count[word]]
        yield f"{total} run{'s' * (total != 1)} judged" + "".join(f", {part}" for part in parts)
        for entry in self.entries:
            if entry.verdict != "AGREES":
                yield f"{entry.verdict} {entry.test}: {entry.candidate}, {entry.dtype or 'not judged'}: {entry.sentence}"
        yield from (f"{entry.test}: {entry.note}" for entry in self.entries if entry.note)
        local = sum(entry.source.startswith("none") for entry in self.entries)
        if local:
            yield f"{local} judged without a golden, step by step; --oracle-store names a directory that holds goldens"
        yield from self._told
        if self._trouble:
            yield self._trouble
        elif self.settings.reports:
            yield "report: " + ", ".join(str(path) for path in self.settings.reports)


def _earlier(settings: Settings) -> Earlier | None:
    """Return what ``--oracle-compare`` names."""
    if settings.earlier is None:
        return None
    from oracle.pytest_plugin.earlier import read_earlier

    return read_earlier(settings.earlier, settings.allowed)


def session_of(config: pytest.Config) -> Session:
    """Return the session's own object."""
    session = config.pluginmanager.get_plugin(NAME)
    assert isinstance(session, Session)
    return session
