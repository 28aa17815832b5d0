"""Clients at work: they ask for new goldens, stored ones and checks, and write down what they are promised."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.service.http_client import JSON, UNREACHABLE, Ask, HttpClient, form_of
from tests.service.journal import Journal, audit_goldens
from tests.service.server_process import ServerProcess
from tests.service.specimens import npz, polynomial, regression

__all__ = ["Client", "clients_at_work"]


@dataclass(eq=False)
class Client(threading.Thread):
    """A client that asks until it is told to stop, whatever happens to the server.

    Parameters
    ----------
    server : ServerProcess
        Whose address may change.
    journal : Journal
    source : random.Random
    ask_once : callable
        One request, and what was promised to it written down.
    """

    server: ServerProcess
    journal: Journal
    source: random.Random
    ask_once: Callable[[Ask, Journal, random.Random], None]
    stopping: threading.Event = field(default_factory=threading.Event)
    answered: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        """Ask, again and again."""
        while not self.stopping.is_set():
            ask = HttpClient(self.server.host, self.server.port)
            try:
                while not self.stopping.is_set():
                    self.ask_once(ask, self.journal, self.source)
                    self.answered += 1
            except UNREACHABLE:
                time.sleep(0.02)  # it was killed; another is coming up
            except (
                Exception
            ) as error:  # an answer that makes no sense is a broken promise, not the end of the client
                self.journal.broken(f"an answer could not be read: {type(error).__name__}: {error}")
            finally:
                ask.close()


@contextmanager
def clients_at_work(server: ServerProcess, journal: Journal, seed: int) -> Iterator[list[Client]]:
    """Have clients at work that ask for new goldens, stored ones and checks; they have ended when this does."""
    asks: Sequence[Callable[[Ask, Journal, random.Random], None]] = (ask_new, ask_new, ask_stored, ask_check)
    clients = [
        Client(server, journal, random.Random(f"{seed} {place}"), ask) for place, ask in enumerate(asks)
    ]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(90)


def ask_new(ask: Ask, journal: Journal, source: random.Random) -> None:
    """Ask for a golden that is not stored: milliseconds, a tenth of a second or seconds of work."""
    kind = source.random()
    long = [0, 5] if kind < 0.9 else [0, 1500]
    specimen = polynomial(source) if kind < 0.6 else regression(source, wanted=long)
    answer = ask("POST", f"/v1/goldens?wait={source.choice(('0', '0.1', '2'))}", specimen.body, JSON)
    if answer.status == 200:
        journal.golden(specimen.body, answer.body)
    elif answer.status == 202:
        journal.job(answer.json())
    elif answer.problem != "worker-lost":
        journal.broken(f"a new golden was answered with {answer.status} {answer.body[:300]!r}")
    time.sleep(source.uniform(0, 0.1))


def ask_stored(ask: Ask, journal: Journal, source: random.Random) -> None:
    """Ask for a golden that was promised."""
    digests = list(journal.goldens)
    if digests:
        audit_goldens(journal, ask, [source.choice(digests)])
    time.sleep(0.02)


def ask_check(ask: Ask, journal: Journal, source: random.Random) -> None:
    """Have a run judged that is right, or off by far more than its rounding in one number."""
    specimen = polynomial(source)
    assert specimen.run is not None
    arrays, expected = dict(specimen.run), "AGREES"
    if source.random() < 0.2:
        arrays["b"], expected = arrays["b"].copy(), "DISAGREES"
        arrays["b"][source.randrange(1, len(arrays["b"])), 0] *= 1 + 2.0**-20
    content, headers = form_of(specimen.body, npz(arrays))
    answer = ask("POST", f"/v1/checks?wait={source.choice(('0', '1', '30'))}", content, headers)
    if answer.status == 200:
        journal.check(answer.json(), expected)
    elif answer.status == 202:
        journal.job(answer.json())
    elif answer.problem != "worker-lost":
        journal.broken(f"a check was answered with {answer.status} {answer.body[:300]!r}")
    time.sleep(source.uniform(0, 0.1))
