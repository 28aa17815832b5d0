"""Stored goldens on their way out: from memory where they are at hand, else read and verified by a worker, once."""

from __future__ import annotations

import asyncio

from oracle.service.endings import Granted, answered
from oracle.service.pool import Lane, WorkerPool
from oracle.service.problems import Problem, ProblemError
from oracle.service.rendered import RenderedGolden, RenderedGoldens
from oracle.service.task import Outcome, Task
from oracle.store import Store, require_answer

__all__ = ["StoredGoldens"]

MOST_TRIES = 3


class StoredGoldens:
    """What the store holds, as the server sends it.

    Parameters
    ----------
    store : Store
    pool : WorkerPool
    rendered : RenderedGoldens
    seconds : float
        What reading one may take.
    work : str
        The worker's that makes the text: ``render`` for the JSON, ``golden-page`` for what a page about it shows.
    """

    def __init__(
        self,
        store: Store,
        pool: WorkerPool,
        rendered: RenderedGoldens,
        seconds: float,
        work: str = "render",
    ) -> None:
        self._store, self._pool, self.rendered, self._seconds = store, pool, rendered, seconds
        self._work = work
        self._reading: dict[str, asyncio.Task[Outcome]] = {}

    async def of_spec(self, spec_digest: str) -> RenderedGolden | None:
        """Return the golden that answers a spec, None if there is none yet; refuse one that answers another."""
        digest = await asyncio.to_thread(self._store.digest_of, spec_digest)
        if digest is None:
            return None
        found = await self.fetch(digest)
        require_answer(digest, found.spec_digest, spec_digest)
        return found

    async def fetch(self, digest: str) -> RenderedGolden:
        """Return a golden.

        Raises
        ------
        ProblemError
            ``not-found``, ``damaged-record``, ``missing-record``, ``store-unusable``.
        """
        for _ in range(MOST_TRIES):
            found = self.rendered.get(digest)
            if found is not None:
                return found
            outcome = await self._read(digest)
            found = self.rendered.keep(digest, outcome.body, outcome.fields.get("spec_digest", ""))
            if found is not None:
                return found
        raise ProblemError(  # its file goes away each time it was read
            "missing-record",
            f"the golden {digest} was read, and its file is gone again: it was set aside or deleted",
        )

    async def record(self, digest: str) -> bytes:
        """Return the file of a golden."""
        outcome = await self._pool.ask(Task("record", {"digest": digest}), Lane.PROMPT, self._seconds)
        await self._tell_unknown(digest, outcome.problem)
        return answered(outcome, Granted(self._seconds)).body

    async def _read(self, digest: str) -> Outcome:
        """Have a worker read a golden; all who ask for it at once share the one reading."""
        reading = self._reading.get(digest)
        if reading is None:
            reading = self._reading[digest] = asyncio.ensure_future(self._rendered(digest))
            reading.add_done_callback(lambda _: self._reading.pop(digest, None))
        return await asyncio.shield(reading)

    async def _rendered(self, digest: str) -> Outcome:
        outcome = await self._pool.ask(Task(self._work, {"digest": digest}), Lane.PROMPT, self._seconds)
        await self._tell_unknown(digest, outcome.problem)
        return answered(outcome, Granted(self._seconds))

    async def _tell_unknown(self, digest: str, problem: Problem | None) -> None:
        """Tell a golden that was never here from one that is gone."""
        if problem is None or problem.name != "missing-record":
            return
        if await asyncio.to_thread(self._store.entry, digest) is None:
            raise ProblemError(
                "not-found", f"there is no golden {digest} here; /v1/goldens lists what there is"
            )
