"""kill -9 at random instants, of the server and of its workers, while clients are at work."""

from __future__ import annotations

import random
import threading
import time

from tests.processes import Kin, descendants, kill, lives, workers_of
from tests.service.clients import clients_at_work
from tests.service.figures import Findings, Setting
from tests.service.http_client import UNREACHABLE
from tests.service.journal import Journal, audit_checks, audit_goldens, audit_jobs, verified
from tests.service.server_process import Folders, ServerError, ServerProcess

__all__ = ["run"]

LONGEST_PAUSE = 0.8
SECONDS_TO_ORPHANS_END = 10.0
SECONDS_TO_ALL_ENDS = 240.0
SAMPLE = 15


def run(setting: Setting) -> Findings:
    """Kill, restart and audit; count what was survived."""
    found, source, journal = Findings(), random.Random(setting.seed), Journal()
    folders, kills = Folders.under(setting.folder), setting.size(200, 6)
    survived, starts, last_ends = {"server": 0, "worker": 0}, [], []
    with ServerProcess(folders) as server:
        with clients_at_work(server, journal, setting.seed) as clients:
            for count in range(kills):
                time.sleep(source.uniform(0.05, LONGEST_PAUSE))
                before, what = len(journal.violations), "server" if count % 2 else "worker"
                if what == "server":
                    started, ended = _kill_server(server, journal)
                    starts.append(started)
                    last_ends.append(ended)
                else:
                    _kill_worker(server, journal, source)
                _audit_some(server, journal, source)
                survived[what] += len(journal.violations) == before
                setting.tell(
                    f"{count + 1} of {kills}, {sum(survived.values())} survived, {len(journal.goldens)} goldens"
                )
        _let_end(server, journal)
        _audit_all(server, journal, setting)
    journal.violations.extend(verified(folders.store))
    answered = sum(client.answered for client in clients)
    _report(found, journal, kills, survived, answered)
    losses = server.log.read_text(errors="replace").count('"event": "worker lost"')
    found.add("workers that were killed in the middle of a task", f"{losses}; each task was done by another")
    found.details |= {
        "seconds_to_start": starts,
        "seconds_to_last_process_end": last_ends,
        "survived": survived,
    }
    return found


def _kill_server(server: ServerProcess, journal: Journal) -> tuple[float, float]:
    """Kill the server and start it again; return the seconds to its start and to the end of the last worker."""
    kin = descendants(server.pid)
    killed = time.monotonic()
    server.kill()
    watch = _Watch(kin, killed)
    watch.start()
    try:
        server.start()
    except ServerError as error:
        journal.broken(f"the server did not come up after a kill: {error}")
        server.start()
    started = time.monotonic() - killed
    watch.join()
    for pid, _ in watch.left:
        journal.broken(f"the process {pid} lives {SECONDS_TO_ORPHANS_END:g} s after its server was killed")
    return round(started, 2), round(watch.seconds, 2)


class _Watch(threading.Thread):
    """Waits for processes to end, and says how long that took and which did not."""

    def __init__(self, kin: list[Kin], since: float) -> None:
        super().__init__(daemon=True)
        self.left, self.seconds, self._since = kin, 0.0, since

    def run(self) -> None:
        while self.left and time.monotonic() - self._since < SECONDS_TO_ORPHANS_END:
            time.sleep(0.02)
            self.left = [one for one in self.left if lives(one)]
        self.seconds = time.monotonic() - self._since


def _kill_worker(server: ServerProcess, journal: Journal, source: random.Random) -> None:
    """Kill a worker; the server must go on as if nothing had been."""
    pid, workers = server.pid, workers_of(server.pid)
    if workers:
        kill(source.choice(workers))
    ask = server.client(20)
    try:
        answer = ask("GET", "/readyz")
    except UNREACHABLE as error:
        journal.broken(f"the server did not answer after a worker was killed: {error}")
        return
    if answer.status != 200 or not server.lives() or server.pid != pid:
        journal.broken(f"a worker was killed, and the server answers {answer.status}")


def _audit_some(server: ServerProcess, journal: Journal, source: random.Random) -> None:
    """Audit every job that has not ended, and a sample of what was promised, the newest above all."""
    ask = server.client()
    audit_jobs(journal, ask, journal.pending())
    for known, audit in ((journal.goldens, audit_goldens), (journal.checks, audit_checks)):
        names = list(known)
        audit(journal, ask, [*names[-SAMPLE:], *source.sample(names, min(SAMPLE, len(names)))])


def _let_end(server: ServerProcess, journal: Journal) -> None:
    """Wait until every promised job has ended."""
    ask, deadline = server.client(), time.monotonic() + SECONDS_TO_ALL_ENDS
    while journal.pending() and time.monotonic() < deadline:
        audit_jobs(journal, ask, journal.pending())
        time.sleep(0.1)
    for identifier in journal.pending():
        journal.broken(f"the job {identifier} has not ended after {SECONDS_TO_ALL_ENDS:g} s")


def _audit_all(server: ServerProcess, journal: Journal, setting: Setting) -> None:
    """Audit everything that was ever promised, on a server that was started anew."""
    server.end()
    server.start()
    setting.tell(
        f"audit of {len(journal.goldens)} goldens, {len(journal.checks)} checks, {len(journal.ended)} jobs"
    )
    ask = server.client()
    audit_goldens(journal, ask, list(journal.goldens))
    audit_checks(journal, ask, list(journal.checks))
    audit_jobs(journal, ask, [name for name, state in journal.ended.items() if state != "vanished"])


def _report(found: Findings, journal: Journal, kills: int, survived: dict[str, int], answered: int) -> None:
    lost = sum(state == "failed" for state in journal.ended.values())
    total = sum(survived.values()) if not journal.violations else min(sum(survived.values()), kills - 1)
    found.add(
        "kill -9 of server and workers, survived",
        f"{total} of {kills}",
        f"{kills} of {kills}",
        total == kills,
    )
    promised = f"{len(journal.goldens)} goldens, {len(journal.checks)} checks, {len(journal.ended)} jobs"
    broken = len(journal.violations)
    found.add(
        "promised meanwhile, found again unaltered",
        f"{promised}; {broken} broken promises",
        "0 broken",
        not broken,
    )
    found.add("requests answered meanwhile", f"{answered}; {lost} jobs failed with a reason")
    found.fail(journal.violations)
