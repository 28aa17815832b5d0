"""What jobs are run with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracle.service.claims_ledger import ClaimsLedger
from oracle.service.job_book import JobBook
from oracle.service.limits import Limits
from oracle.service.metrics import Metrics
from oracle.service.pool import WorkerPool
from oracle.service.rendered import RenderedGoldens
from oracle.service.uploads import Uploads
from oracle.service.waiting_room import WaitingRoom
from oracle.store import Store

__all__ = ["Means"]


@dataclass(frozen=True)
class Means:
    """What jobs are run with.

    Parameters
    ----------
    book : JobBook
    pool : WorkerPool
    store : Store
    rendered : RenderedGoldens
    uploads : Uploads
    claims : ClaimsLedger
        Where the claims' ledger is kept.
    limits : Limits
    waiting : WaitingRoom
        For requests that wait for the end of a job.
    metrics : Metrics
    log : object
        A structlog logger.
    """

    book: JobBook
    pool: WorkerPool
    store: Store
    rendered: RenderedGoldens
    uploads: Uploads
    claims: ClaimsLedger
    limits: Limits
    waiting: WaitingRoom
    metrics: Metrics
    log: Any
