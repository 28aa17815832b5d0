"""The tasks of jobs, handed to the workers: their progress is the job's, and their endings become its own."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from oracle.service.endings import CANCELLED, Granted, answered
from oracle.service.first_try import TRY_SECONDS, is_small
from oracle.service.job import JobState
from oracle.service.limits import Limits
from oracle.service.live_job import LiveJob
from oracle.service.pool import Lane, Ticket, WorkerPool
from oracle.service.problems import ProblemError
from oracle.service.task import Ending, Outcome, Task

__all__ = ["JobTasks"]


class JobTasks:
    """What hands tasks to the workers of a server.

    Parameters
    ----------
    pool : WorkerPool
    limits : Limits
    """

    def __init__(self, pool: WorkerPool, limits: Limits) -> None:
        self._pool = pool
        self._granted = Granted(limits.job_seconds)
        self.closing = False  # tasks that are stopped leave their jobs to the next start

    async def computed(
        self, live: LiveJob, task: Task, lane: Lane, granted: Granted | None = None
    ) -> Outcome:
        """Have a worker do a task of a job.

        Parameters
        ----------
        live : LiveJob
        task : Task
        lane : Lane
        granted : Granted or None
            The time that it may take, if it is another than that of all jobs.

        Raises
        ------
        ProblemError
            For a problem, a timeout, a lost worker, a job that was cancelled.
        ServerEndsError
            If the server is ending.
        """
        granted = granted or self._granted
        return self._answered(live, await self._outcome(live, task, lane, granted), granted)

    async def golden(self, live: LiveJob, task: Task) -> Outcome:
        """Have a golden computed; a small one that would have to wait is tried among the short tasks first.

        Raises
        ------
        ProblemError, ServerEndsError
            As `computed` does.
        """
        if not self._pool.has_room(Lane.LONG) and is_small(live.job.payload["spec"]):
            outcome = await self._outcome(live, task, Lane.TRY, self._granted)
            if outcome.ending is not Ending.STOPPED or live.cancelled.is_set() or self.closing:
                return self._answered(live, outcome, self._granted)
            live.become(replace(live.job, state=JobState.QUEUED))
        return await self.computed(live, task, Lane.LONG)

    async def _outcome(self, live: LiveJob, task: Task, lane: Lane, granted: Granted) -> Outcome:
        """Hand a task in; a first try is stopped once its time is over."""
        if live.cancelled.is_set():
            raise ProblemError("cancelled", CANCELLED)
        loop = asyncio.get_running_loop()

        def begin() -> None:
            live.began = live.began or time.monotonic()
            live.become(live.job.begun(time.time()))
            if lane is Lane.TRY:
                loop.call_later(TRY_SECONDS, lambda: self._pool.stop(ticket))

        def advance(done: int, total: int) -> None:
            live.become(live.job.advanced(done, total))

        ticket: Ticket = self._pool.submit(
            task, lane, granted.seconds, about=live.job.spec_digest, advance=advance, on_start=begin
        )
        live.ticket = ticket
        outcome = await ticket.outcome
        live.ticket = None
        return outcome

    def _answered(self, live: LiveJob, outcome: Outcome, granted: Granted) -> Outcome:
        cancelled = live.cancelled.is_set()
        return answered(outcome, granted, live.job, cancelled=cancelled, closing=self.closing)
