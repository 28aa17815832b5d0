"""One server's parts, put together, brought up and taken down in order."""

from __future__ import annotations

import asyncio
import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from oracle.service.claims_ledger import ClaimsLedger
from oracle.service.gate import Gate
from oracle.service.job_book import JobBook
from oracle.service.job_runner import JobRunner
from oracle.service.means import Means
from oracle.service.metrics import Metrics
from oracle.service.pool import Lane, Ticket, WorkerPool
from oracle.service.recent_specs import RecentSpecs
from oracle.service.rendered import RenderedGoldens
from oracle.service.reports import Reports
from oracle.service.settings import ServiceSettings, SettingsError
from oracle.service.stored_goldens import StoredGoldens
from oracle.service.task import Ending, Outcome
from oracle.service.tokens import TokenFile
from oracle.service.uploads import Uploads
from oracle.service.waiting_room import WaitingRoom
from oracle.service.worker import WorkerSlot
from oracle.store import Store, StoreError
from oracle.store_files import file_errors_named, make_directory

__all__ = ["Service", "assemble"]

WORKS = "oracle.service.works:works"
PARTS = 64  # uploads are pruned whenever so much of what is kept has come in
DATA_MODE = 0o700  # specs, candidates and verdicts are no business of others on the machine
PAGES_BYTES = 32 * 2**20  # of goldens' pages kept at hand


@dataclass(eq=False)
class Service:
    """The parts of a server; see `assemble`."""

    settings: ServiceSettings
    metrics: Metrics
    log: Any
    gate: Gate
    store: Store
    goldens: StoredGoldens
    golden_pages: StoredGoldens
    uploads: Uploads
    reports: Reports
    claims: ClaimsLedger
    pool: WorkerPool
    runner: JobRunner
    book: JobBook
    waiting: WaitingRoom
    lock: IO[bytes]
    specs: RecentSpecs = field(default_factory=RecentSpecs)
    ready: bool = False
    unpruned: int = 0
    making: dict[str, asyncio.Task[bytes]] = field(default_factory=dict)  # reports under way, by check
    streams: int = 0  # of events, open now

    async def start(self) -> None:
        """Start the workers, then go on with what the last server left."""
        await self.pool.start()
        await self.runner.start()
        await self._prune()
        self.ready = True
        self.log.info("ready", store=str(self.settings.store), workers=self.settings.workers)

    async def close(self) -> None:
        """End the workers; what is under way waits for the next start."""
        self.ready = False
        await self.runner.close()
        self.book.close()
        self.lock.close()
        self.log.info("closed")

    async def keep_upload(self, file: IO[bytes]) -> str:
        """Keep an uploaded file, within what is kept of all of them; what `Uploads.keep` raises."""

        def keep() -> str:
            data = file.read()
            self.unpruned += len(data)
            return self.uploads.keep(data)

        sha256 = await asyncio.to_thread(keep)  # in memory only there, where a few at a time are
        if self.unpruned > self.settings.limits.keep_uploads_bytes // PARTS:
            await self._prune()
        return sha256

    async def _prune(self) -> None:
        self.unpruned = 0
        try:
            await asyncio.to_thread(self.uploads.prune, self.runner.uploads_in_use())
        except StoreError as error:
            self.log.warning("uploads", problem=str(error))

    def measure(self) -> bytes:
        """Return the metrics as they stand."""
        for lane in Lane:
            self.metrics.waiting.labels(lane.name.lower()).set(self.pool.waiting(lane))
        self.metrics.busy.set(self.pool.busy())
        self.metrics.cached.set(self.goldens.rendered.bytes)
        return self.metrics.text()


def assemble(settings: ServiceSettings, log: Any) -> Service:
    """Return the parts of a server, connected and not yet started.

    Raises
    ------
    SettingsError
        If another server uses the data directory, or one on the network has no token.
    oracle.store.StoreError
        If a directory cannot be written to.
    """
    data = settings.data
    with file_errors_named(data):
        make_directory(data, DATA_MODE)
        lock = _locked(data / "lock")
    try:
        return _assembled(settings, log, lock)
    except BaseException:
        lock.close()
        raise


def _assembled(settings: ServiceSettings, log: Any, lock: IO[bytes]) -> Service:
    limits, data = settings.limits, settings.data
    metrics = Metrics()
    store = Store(settings.store)
    store.require_writable()
    tokens = TokenFile(data / "tokens.json")
    gate = Gate(tokens, settings.is_loopback, limits.session_seconds)
    if not settings.is_loopback and tokens.is_empty():
        raise SettingsError(
            "a server that others on the network can reach needs at least one token: make one with "
            f"`oracle token create NAME --scope read --data {data}`"
        )

    def ended(ticket: Ticket, outcome: Outcome) -> None:
        asked = {"task": ticket.task.name, "spec": ticket.about}
        if outcome.ending is Ending.LOST:
            metrics.losses.inc()
            log.warning("worker lost", **asked, how=outcome.problem.detail if outcome.problem else "")
        elif outcome.ending is Ending.TIMED_OUT:
            log.warning("timed out", **asked, seconds=ticket.seconds, where=outcome.traceback)
        elif outcome.traceback:
            log.error("fault", **asked, traceback=outcome.traceback)

    def slot() -> WorkerSlot:
        arguments = {
            "store": str(settings.store),
            "claims": str(settings.claims),
            "unpacked_bytes": limits.unpacked_bytes,
        }
        return WorkerSlot(WORKS, arguments, limits.job_memory_bytes)

    pool = WorkerPool(slot, settings.workers, 1, ended)
    rendered = RenderedGoldens(settings.store / "objects")
    goldens = StoredGoldens(store, pool, rendered, limits.job_seconds)
    drawn = RenderedGoldens(settings.store / "objects", PAGES_BYTES)
    golden_pages = StoredGoldens(store, pool, drawn, limits.job_seconds, "golden-page")
    uploads, claims = Uploads(data / "uploads", limits), ClaimsLedger(data / "claims")
    book, waiting = JobBook(data / "jobs.sqlite3"), WaitingRoom(limits.waiting)
    runner = JobRunner(Means(book, pool, store, rendered, uploads, claims, limits, waiting, metrics, log))
    return Service(
        settings, metrics, log, gate, store, goldens, golden_pages, uploads, Reports(data / "reports"), claims, pool,
        runner, book, waiting, lock,
    )  # fmt: skip


def _locked(path: Path) -> IO[bytes]:
    """Return the open file that stands for the data directory, locked as long as this process lives."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise SettingsError(
            f"another server is running on the data directory `{path.parent}`: end it, or name another with `--data DIR`"
        ) from error
    os.ftruncate(file.fileno(), 0)
    file.write(str(os.getpid()).encode())
    file.flush()
    return file
