"""Jobs from their request to their end: entered in the book, computed by workers, told to whoever waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from oracle.service.endings import CANCELLED, Granted, ServerEndsError
from oracle.service.job import Check, Job, JobKind, JobState
from oracle.service.job_tasks import JobTasks
from oracle.service.live_job import LiveJob
from oracle.service.means import Means
from oracle.service.pool import Lane
from oracle.service.problems import Problem, ProblemError
from oracle.service.task import Task
from oracle.spec import Spec

__all__ = ["JobRunner"]

# every claim, one after the other, on a slow machine half an hour; no option sets it
FOR_CLAIMS = Granted(4 * 3600.0, option="")
SECONDS_BETWEEN_TRIES = 1.0
UNWRITTEN = (
    "the end of a job for the same cannot be written down: free some space on the server's disk and ask again"
)
ENDED = {
    JobState.FAILED: "has failed",
    JobState.CANCELLED: "was cancelled",
}  # another `is` what its state says
Found = TypeVar("Found")


class JobRunner:
    """The jobs of one server.

    Parameters
    ----------
    means : Means
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._work = JobTasks(means.pool, means.limits)
        self._live: dict[str, LiveJob] = {}
        self._by_key: dict[str, LiveJob] = {}
        self._entering: dict[str, tuple[Job, asyncio.Task[Job]]] = {}  # on their way into the book, by key
        self._tasks: set[asyncio.Task[Any]] = set()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="book")  # SQLite has one writer anyhow

    async def start(self) -> None:
        """Go on with what was under way when the last server ended."""
        for job in await self._in_book(self._means.book.take_up):
            self._set_out(job)

    async def close(self) -> None:
        """Leave everything that is under way to the next start."""
        self._work.closing = True
        await self._means.pool.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=True)

    @property
    def under_way(self) -> int:
        """How many jobs have no end yet."""
        return len(self._live)

    def uploads_in_use(self) -> set[str]:
        """Return the uploads that jobs under way need."""
        jobs = [live.job for live in self._live.values()] + [job for job, _ in self._entering.values()]
        return {job.payload["candidate"] for job in jobs if job.kind is JobKind.CHECK}

    async def golden(self, spec: Spec, askers: tuple[str, ...]) -> Job:
        """Have a golden computed; joins a job that computes it already."""
        return await self._enter(_golden_job(spec, askers))

    async def check(self, check: Check, askers: tuple[str, ...]) -> Job:
        """Have an uploaded candidate judged."""
        payload = {
            "id": check.identifier, "spec": check.spec, "candidate": check.candidate, "name": check.name,
            "declaration": dict(check.declaration),
        }  # fmt: skip
        key = f"check:{check.identifier}"
        return await self._enter(Job(_drawn(), JobKind.CHECK, key, payload, askers, check.spec_digest))

    async def claims(self, askers: tuple[str, ...]) -> Job:
        """Have the ledger of claims made."""
        return await self._enter(Job(_drawn(), JobKind.CLAIMS, "claims", {}, askers))

    async def job(self, identifier: str) -> Job:
        """Return a job.

        Raises
        ------
        ProblemError
            ``not-found``.
        """
        live = self._live.get(identifier)
        found = live.job if live else await self._in_book(self._means.book.job, identifier)
        if found is None:
            raise ProblemError(
                "not-found", f"there is no job `{identifier:.80}` here; /v1/jobs lists the newest"
            )
        return found

    async def recent(self, limit: int) -> list[Job]:
        """Return the newest jobs, the newest first."""
        found = await self._in_book(self._means.book.recent, limit)
        return [live.job if (live := self._live.get(job.identifier)) else job for job in found]

    async def wait(self, identifier: str, seconds: float) -> Job:
        """Return a job when it is finished, or as it stands after so many seconds, or as many as are granted.

        Where all places to wait are taken, it is returned as it stands: no client can hold every connection.
        """
        if self._means.waiting.is_full:
            return await self.job(identifier)
        with self._means.waiting.place():
            return await self._finished(identifier, min(seconds, self._means.limits.wait_seconds))

    async def changes(self, identifier: str) -> AsyncIterator[Job]:
        """Yield a job as it stands, then whenever it changed, up to its end."""
        live = self._live.get(identifier)
        if live is None:
            yield await self.job(identifier)
            return
        while True:
            changed, job = live.changed, live.job
            yield job
            if job.state.is_final:
                return
            await changed.wait()

    async def cancel(self, identifier: str, asker: str) -> Job:
        """Withdraw from a job; it ends when nobody is left who asked for it.

        Raises
        ------
        ProblemError
            ``job-finished``, ``not-found``, or ``forbidden`` where another asked for it.
        """
        job = await self.job(identifier)
        live = self._live.get(identifier)
        if live is None or job.state.is_final:
            raise ProblemError(
                "job-finished", f"the job `{identifier}` {ENDED.get(job.state, f'is {job.state}')} already"
            )
        if asker not in live.job.askers:
            raise ProblemError("forbidden", f"the job `{identifier}` was asked for with another token")
        left = tuple(name for name in live.job.askers if name != asker)
        if left:
            live.job = replace(live.job, askers=left)
            await self._in_book(self._means.book.set_askers, identifier, left)
            return live.job
        live.cancelled.set()
        if live.ticket is not None:
            self._means.pool.stop(live.ticket)
        return await self._finished(identifier, 10)

    async def _finished(self, identifier: str, seconds: float) -> Job:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for _ in self.changes(identifier):
                    pass
        return await self.job(identifier)

    async def _enter(self, job: Job, *, within_limits: bool = True) -> Job:
        """Enter a job, or join the one that computes the same."""
        while True:
            entering, live = self._entering.get(job.key), self._by_key.get(job.key)
            if entering is not None:
                await asyncio.wait({entering[1]})
            elif live is None:
                if within_limits:
                    self._refuse_too_many(job)
                task = self._begin(self._entered(job))
                self._entering[job.key] = job, task
                # who asks may go away: what is in the book is set out all the same
                return await asyncio.shield(task)
            elif not live.cancelled.is_set():
                return await self._join(live, job.askers)
            elif live.job.state.is_final:
                raise ProblemError("store-unusable", UNWRITTEN, {"Retry-After": "10"})
            else:  # others cancelled it: it has to end before it can begin anew
                await live.gone.wait()

    async def _entered(self, job: Job) -> Job:
        try:
            entered, _ = await self._in_book(self._means.book.add, replace(job, created=time.time()))
            self._set_out(entered)
            return entered
        finally:
            del self._entering[job.key]

    async def _join(self, live: LiveJob, askers: tuple[str, ...]) -> Job:
        joined = tuple(dict.fromkeys(live.job.askers + askers))
        if joined != live.job.askers:
            live.job = replace(live.job, askers=joined)
            await self._in_book(self._means.book.set_askers, live.job.identifier, joined)
        return live.job

    def _refuse_too_many(self, job: Job) -> None:
        limits = self._means.limits
        under_way = [live.job for live in self._live.values()] + [
            other for other, _ in self._entering.values()
        ]
        mine = sum(job.askers[0] in other.askers for other in under_way)
        if job.askers[0] and mine >= limits.jobs_per_token:
            raise ProblemError(
                "too-many-jobs",
                f"the token `{job.askers[0]}` has {mine} jobs under way; this server takes {limits.jobs_per_token} a token",
                {"Retry-After": "2"},
            )
        if len(under_way) >= limits.queued_jobs:
            raise ProblemError(
                "overloaded",
                f"{len(under_way)} jobs are under way, as many as this server takes",
                {"Retry-After": "5"},
            )

    def _set_out(self, job: Job) -> None:
        live = self._live[job.identifier] = self._by_key[job.key] = LiveJob(job)
        self._begin(self._run(live))

    def _begin(self, doing: Coroutine[Any, Any, Found]) -> asyncio.Task[Found]:
        task = asyncio.get_running_loop().create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, live: LiveJob) -> None:
        """Bring a job to its end, whatever happens on the way."""
        steps = {JobKind.GOLDEN: self._golden, JobKind.CHECK: self._check, JobKind.CLAIMS: self._claims}
        try:
            result = await steps[live.job.kind](live)
            ended = replace(live.job, state=JobState.DONE, result=result)
        except ProblemError as error:
            state = JobState.CANCELLED if live.cancelled.is_set() else JobState.FAILED
            ended = replace(live.job, state=state, problem=error.problem)
        except ServerEndsError:
            return
        except Exception as error:
            self._means.log.exception("fault", job=live.job.identifier)
            problem = Problem(
                "internal-error", f"an unexpected {type(error).__name__}; the server's log has the rest"
            )
            ended = replace(live.job, state=JobState.FAILED, problem=problem)
        await self._end(live, replace(ended, finished=time.time()))

    async def _end(self, live: LiveJob, job: Job) -> None:
        """Write a job's end down, as often as it takes, then tell it."""
        while True:
            try:
                await self._in_book(self._means.book.write, job)
                break
            except ProblemError as error:
                self._means.log.warning("book", job=job.identifier, problem=error.problem.detail)
                live.become(job)  # who waits is told all the same: the result is where it says
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
        del self._live[job.identifier], self._by_key[job.key]
        live.become(job)
        live.gone.set()
        self._means.metrics.jobs.labels(str(job.kind), str(job.state)).inc()
        seconds = time.monotonic() - live.began if live.began else 0.0
        self._means.metrics.job_seconds.labels(str(job.kind)).observe(seconds)
        self._means.log.info(
            "job", job=job.identifier, kind=str(job.kind), spec=job.spec_digest, state=str(job.state),
            seconds=round(seconds, 3), problem=job.problem.name if job.problem else None,
        )  # fmt: skip

    async def _golden(self, live: LiveJob) -> str:
        task = Task("golden", {"spec": live.job.payload["spec"]})
        outcome = await self._work.golden(live, task)
        digest = str(outcome.fields["digest"])
        self._means.rendered.keep(digest, outcome.body, live.job.spec_digest)
        return f"/v1/goldens/{digest}"

    async def _check(self, live: LiveJob) -> str:
        payload = live.job.payload
        asked = {name: payload[name] for name in ("spec", "name", "declaration")}
        load = partial(self._means.uploads.read, payload["candidate"])
        if await self._in_thread(self._means.store.digest_of, live.job.spec_digest) is None:
            # what is cheaper to refuse comes first
            await self._work.computed(live, Task("candidate", asked, load=load), Lane.PROMPT)
            await self._golden_for(live, Spec(payload["spec"]))
        outcome = await self._work.computed(live, Task("check", asked, load=load), Lane.PROMPT)
        found = Check(
            payload["id"], payload["spec"], live.job.spec_digest, outcome.fields["golden"], payload["candidate"],
            payload["name"], payload["declaration"], outcome.fields["verdict"], outcome.body.decode(), time.time(),
        )  # fmt: skip
        await self._in_book(self._means.book.keep_check, found)
        self._means.metrics.verdicts.labels(found.verdict).inc()
        return f"/v1/checks/{found.identifier}"

    async def _golden_for(self, live: LiveJob, spec: Spec) -> None:
        """Have the golden of a check computed as a job of its own, once for all who need it."""
        asker = f"check {live.job.identifier}"  # no token has a blank in its name
        job = await self._enter(_golden_job(spec, (asker,)), within_limits=False)
        following = asyncio.ensure_future(self._follow(live, job.identifier))
        stopping = asyncio.ensure_future(live.cancelled.wait())
        try:
            await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not following.done():
                following.cancel()
                if not self._work.closing:
                    await self._withdraw(job.identifier, asker)
        if live.cancelled.is_set():
            raise ProblemError("cancelled", CANCELLED)
        problem = following.result().problem
        if problem is not None:
            raise ProblemError(problem.name, problem.detail)

    async def _follow(self, live: LiveJob, identifier: str) -> Job:
        """Show the progress of another job as one's own, up to its end."""
        async for state in self.changes(identifier):
            live.become(replace(live.job, done=state.done, total=state.total, passes=state.passes))
            job = state
        return job

    async def _withdraw(self, identifier: str, asker: str) -> None:
        with suppress(ProblemError):  # it may just have ended
            await self.cancel(identifier, asker)

    async def _claims(self, live: LiveJob) -> str:
        outcome = await self._work.computed(live, Task("claims"), Lane.LONG, FOR_CLAIMS)
        cut = outcome.fields["json_bytes"]
        await self._in_thread(self._means.claims.keep, outcome.body[:cut], outcome.body[cut:])
        return "/v1/claims"

    async def _in_book(self, do: Callable[..., Found], *arguments: Any) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._threads, do, *arguments)

    async def _in_thread(self, do: Callable[..., Found], *arguments: Any) -> Found:
        return await asyncio.get_running_loop().run_in_executor(None, do, *arguments)


def _golden_job(spec: Spec, askers: tuple[str, ...]) -> Job:
    payload = {"spec": spec.canonical_json}
    return Job(_drawn(), JobKind.GOLDEN, f"golden:{spec.digest}", payload, askers, spec.digest)


def _drawn() -> str:
    return uuid4().hex
