"""The coordinator of a sweep: asks for what is missing, a bounded number at a time, and alone writes the store.

The store is the only memory of what is finished, so that a sweep that ended in whatever way goes on when it
is asked again.  Records come from the workers sealed; the store checks the seal and that they answer the spec
that was asked, and refuses a second golden for a spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

from oracle.spec import Spec
from oracle.store import DamagedRecordError, Store, StoreError
from oracle.sweep.failures import Failures
from oracle.sweep.hands import Hands
from oracle.sweep.missing import Missing
from oracle.sweep.summary import Summary
from oracle.sweep.sweep_file import Asked
from oracle.sweep.task import Answer, Outcome, answer

__all__ = ["Places", "run_sweep"]

Advance = Callable[[int, int], None]

AHEAD = 3  # tasks asked for each worker, so that none waits for the coordinator
KEPT_ALL = "everything finished is stored"
KEPT_RECORDS, KEPT_BYTES, KEPT_SECONDS = 64, 1 << 24, 2.0  # beyond any of these the store is written


class Asking(Protocol):
    """What is asked of a sweep: how many specs, and which."""

    @property
    def total(self) -> int:
        """How many."""

    def asked(self) -> Iterator[Asked]:
        """Yield them in order."""


@dataclass(frozen=True)
class Places:
    """Where a sweep reads, computes and writes.

    Parameters
    ----------
    store : Store
    hands : Hands
    failures : Failures
    """

    store: Store
    hands: Hands
    failures: Failures


def run_sweep(
    sweep: Asking,
    places: Places,
    *,
    limit: int | None = None,
    advance: Advance | None = None,
    task: Callable[[str], Answer] = answer,
) -> Summary:
    """Compute and store every golden of a sweep that the store has not.

    Parameters
    ----------
    sweep : Sweep
    places : Places
    limit : int, optional
        At most so many are computed.
    advance : callable, optional
        Told (done, total).
    task : callable
        What a worker does with a canonical spec.

    Raises
    ------
    StoreError
        If the store cannot be written, or holds another golden for one of the specs.
    DamagedRecordError
        If a worker's record arrived damaged or answers another spec.
    SweepError
        If there are no workers any more.
    """
    places.store.require_writable()
    run = _Run(sweep, places, advance, task)
    try:
        run.ask_all(limit)
        while run.pending:
            run.collect()
        run.write_kept()
    except (StoreError, DamagedRecordError):  # nothing more can be kept
        raise
    except BaseException:
        run.rescue()
        raise
    return run.summary()


class _Run:
    """A sweep under way: what is asked, what has come back, what is not yet written."""

    def __init__(
        self, sweep: Asking, places: Places, advance: Advance | None, task: Callable[[str], Answer]
    ) -> None:
        self.sweep, self.places, self.task = sweep, places, task
        self.advance = advance or (lambda done, total: None)
        self.missing = Missing(places.store, places.failures.refused)
        self.counts = self.missing.counts
        self.pending: dict[Future[Answer], Asked] = {}
        self.kept: dict[str, bytes] = {}
        self.left = False
        self.bytes, self.core_seconds = 0, 0.0
        self.began = self.written = perf_counter()

    def ask_all(self, limit: int | None) -> None:
        """Ask for everything that is missing, never for more at once than keeps the workers busy."""
        submitted = 0
        for asked, spec in self.missing.among(self.sweep.asked()):
            if spec is None:
                self._fail(asked, Outcome.MALFORMED, asked.reason)
                continue
            if submitted == limit:
                self.left = True
                return
            while len(self.pending) >= AHEAD * max(1, self.places.hands.width()):
                self.collect()
            self._submit(asked, spec)
            submitted += 1

    def collect(self) -> None:
        """Wait until something comes back, or for a moment; take it, and write when there is enough."""
        done, _ = wait(self.pending, timeout=KEPT_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            self._take(self.pending[future], future)
            del self.pending[future]
        size = sum(map(len, self.kept.values()))
        late = perf_counter() - self.written > KEPT_SECONDS
        if len(self.kept) >= KEPT_RECORDS or size >= KEPT_BYTES or late:
            self.write_kept()
        self.advance(self._settled(), self.sweep.total)

    def write_kept(self) -> None:
        """Put into the store what has come back."""
        if self.kept:
            self.places.store.put_sealed(self.kept)
            self.counts["computed"] += len(self.kept)
            self.bytes += sum(map(len, self.kept.values()))
            self.kept = {}
        self.written = perf_counter()

    def rescue(self) -> None:
        """Store what is finished, though the sweep breaks off."""
        for future, asked in self.pending.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self._take(asked, future)
        self.write_kept()

    def summary(self) -> Summary:
        """Return what was done."""
        counts: dict[str, Any] = {
            name: self.counts[name]
            for name in (
                "asked",
                "stored_before",
                "computed",
                "duplicates",
                "malformed",
                "refused",
                "violated",
            )
        }
        return Summary(
            **counts,
            faults=self.counts[Outcome.FAULT],
            lost=self.counts[Outcome.LOST],
            left=self.left,
            lost_workers=self.places.hands.lost(),
            workers=self.places.hands.width(),
            hands=self.places.hands.name,
            seconds=perf_counter() - self.began,
            core_seconds=self.core_seconds,
            bytes=self.bytes,
        )

    def _submit(self, asked: Asked, spec: Spec) -> None:
        try:
            self.pending[self.places.hands.executor.submit(self.task, spec.canonical_json)] = asked
        except RuntimeError as error:  # shut down under our hands
            raise self.places.hands.gone(error, KEPT_ALL) from error

    def _take(self, asked: Asked, future: Future[Answer]) -> None:
        """Keep a record that came back, or write down why there is none."""
        try:
            found = future.result()
        except self.places.hands.losses as error:
            self._fail(asked, Outcome.LOST, str(error))
            return
        except (CancelledError, OSError) as error:
            raise self.places.hands.gone(error, KEPT_ALL) from error
        self.core_seconds += found.seconds
        if found.outcome == Outcome.GOLDEN and asked.spec is not None:
            self.kept[asked.spec.digest] = found.record
        else:
            self._fail(asked, found.outcome, found.reason)

    def _fail(self, asked: Asked, outcome: Outcome, reason: str) -> None:
        self.counts[outcome] += 1
        self.places.failures.add(asked, outcome, reason)

    def _settled(self) -> int:
        """Return how many specs need nothing more."""
        return self.counts["asked"] - len(self.pending)
