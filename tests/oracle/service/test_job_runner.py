"""Races of jobs: joining, withdrawing, ending and closing, in every order that could lose or double one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oracle.service.job import Job, JobState
from oracle.service.job_book import JobBook
from oracle.service.job_runner import JobRunner
from oracle.service.limits import Limits
from oracle.service.metrics import Metrics
from oracle.service.pool import Lane, Ticket
from oracle.service.problems import ProblemError
from oracle.service.task import Ending, Outcome, Task
from oracle.service.waiting_room import WaitingRoom
from oracle.spec import Spec, parse_spec

DIGEST = "sha256:" + "0" * 64
SPEC = (
    '{"problem": {"kind": "regression", "X": [["1"]], "y": ["%d"]}, "model": "linear", "init": {"beta": "1"},'
    ' "method": {"name": "gradient_descent", "step_size": "1/2"}, "want": {"kind": "iterates", "steps": [1]},'
    ' "schema": "momentum-oracle/spec/1", "digits": 20}'
)


def _say_nothing(*_: Any, **__: Any) -> None:
    """Be no log."""


DONE = Outcome(Ending.ANSWERED, {"digest": DIGEST}, b"{}")


def spec(number: int = 0) -> Spec:
    """Return one of many specs."""
    return parse_spec(SPEC % number)


class Scripted:
    """A pool whose tasks end when the test says so."""

    def __init__(self) -> None:
        self.tickets: list[Ticket] = []
        self.room = True

    def has_room(self, lane: Lane) -> bool:
        """Return whether a long task would begin at once."""
        return self.room

    def submit(self, task: Task, lane: Lane, seconds: float, **others: Any) -> Ticket:
        """Take a task; it begins at once."""
        future = asyncio.get_running_loop().create_future()
        ticket = Ticket(task, lane, seconds, others["advance"], others["about"], future, others["on_start"])
        self.tickets.append(ticket)
        ticket.on_start()
        return ticket

    def stop(self, ticket: Ticket) -> None:
        """End a task as stopped."""
        self.end(ticket, Outcome(Ending.STOPPED))

    def end(self, ticket: Ticket, outcome: Outcome = DONE) -> None:
        """End a task."""
        if not ticket.outcome.done():
            ticket.outcome.set_result(outcome)

    async def close(self) -> None:
        """End everything."""
        for ticket in self.tickets:
            self.stop(ticket)


class Scene:
    """A runner with a scripted pool and a real book."""

    def __init__(self, folder: Path, **limits: int) -> None:
        self.pool, self.book = Scripted(), JobBook(folder / "jobs.sqlite3")
        silent = SimpleNamespace(**dict.fromkeys(("info", "warning", "exception", "error"), _say_nothing))
        store = SimpleNamespace(digest_of=lambda _: None)
        means: Any = SimpleNamespace(
            book=self.book, pool=self.pool, store=store, rendered=SimpleNamespace(keep=lambda *_: None),
            uploads=SimpleNamespace(read=lambda _: b""), claims=None, limits=Limits(**limits),
            waiting=WaitingRoom(Limits(**limits).waiting), metrics=Metrics(), log=silent,
        )  # fmt: skip
        self.runner = JobRunner(means)

    async def ended(self, job: Job) -> Job:
        """Return a job once it has ended."""
        async with asyncio.timeout(30):
            async for state in self.runner.changes(job.identifier):
                found = state
        return found

    async def tasks(self, count: int) -> None:
        """Wait until so many tasks were handed in."""
        async with asyncio.timeout(30):
            while len(self.pool.tickets) < count:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def scene_in(folder: Path, **limits: int) -> AsyncIterator[Scene]:
    """Yield a scene, closed at the end."""
    scene = Scene(folder, **limits)
    await scene.runner.start()
    try:
        yield scene
    finally:
        await scene.runner.close()
        scene.book.close()


Run = Callable[[Callable[[Scene], Any]], Any]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., Any]:
    """Return what plays a scene to its end and returns what it returned."""

    def run(script: Callable[[Scene], Any], **limits: int) -> Any:
        async def played() -> Any:
            async with scene_in(tmp_path, **limits) as scene:
                return await script(scene)

        return asyncio.run(played())

    return run


def test_same_spec_asked_many_times_at_once_is_one_job(play: Run) -> None:
    """Fifty askers, one identifier, one task."""

    async def script(scene: Scene) -> Any:
        jobs = await asyncio.gather(*(scene.runner.golden(spec(), (f"a{i}",)) for i in range(50)))
        await scene.tasks(1)
        return (
            len({job.identifier for job in jobs}),
            len(scene.pool.tickets),
            len(scene.book.take_up()[0].askers),
        )

    assert play(script) == (1, 1, 50)


def test_job_is_in_the_book_before_it_is_told(play: Run) -> None:
    """And its end before that is."""

    async def script(scene: Scene) -> Any:
        job = await scene.runner.golden(spec(), ("a",))
        entered = scene.book.job(job.identifier)
        await scene.tasks(1)
        scene.pool.end(scene.pool.tickets[0])
        await scene.ended(job)
        written = scene.book.job(job.identifier)
        assert entered is not None
        assert written is not None
        return entered.state, written.state, written.result

    assert play(script) == (JobState.QUEUED, JobState.DONE, f"/v1/goldens/{DIGEST}")


@pytest.mark.parametrize("room", [True, False])
def test_small_golden_that_would_wait_is_tried_among_the_short_tasks(play: Run, room: bool) -> None:
    """Where a worker is free there is nothing to try."""

    async def script(scene: Scene) -> Any:
        scene.pool.room = room
        job = await scene.runner.golden(spec(), ("a",))
        await scene.tasks(1)
        scene.pool.end(scene.pool.tickets[0])
        return [ticket.lane for ticket in scene.pool.tickets], (await scene.ended(job)).state

    assert play(script) == ([Lane.LONG if room else Lane.TRY], JobState.DONE)


def test_large_golden_is_not_tried(play: Run) -> None:
    """It waits for its turn."""

    async def script(scene: Scene) -> Any:
        scene.pool.room = False
        await scene.runner.golden(parse_spec((SPEC % 0).replace("[1]}", "[60000]}")), ("a",))
        await scene.tasks(1)
        return [ticket.lane for ticket in scene.pool.tickets]

    assert play(script) == [Lane.LONG]


def test_try_that_takes_long_is_ended_and_the_job_waits_for_its_turn(
    play: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same job, which started with the try; nobody is told of a failure."""
    monkeypatch.setattr("oracle.service.job_tasks.TRY_SECONDS", 0.01)

    async def script(scene: Scene) -> Any:
        scene.pool.room = False
        job = await scene.runner.golden(spec(), ("a",))
        states: list[JobState] = []

        async def listen() -> None:
            async for state in scene.runner.changes(job.identifier):
                states.append(state.state)

        listening = asyncio.create_task(listen())
        await scene.tasks(1)
        begun = (await scene.runner.job(job.identifier)).started
        await scene.tasks(2)
        scene.pool.end(scene.pool.tickets[1])
        await listening
        ended = await scene.runner.job(job.identifier)
        return (
            [ticket.lane for ticket in scene.pool.tickets],
            states[-1],
            ended.problem,
            ended.started == begun,
        )

    assert play(script) == ([Lane.TRY, Lane.LONG], JobState.DONE, None, True)


def test_cancelled_try_is_cancelled(play: Run) -> None:
    """And not tried again in another lane."""

    async def script(scene: Scene) -> Any:
        scene.pool.room = False
        job = await scene.runner.golden(spec(), ("a",))
        await scene.tasks(1)
        await scene.runner.cancel(job.identifier, "a")
        return len(scene.pool.tickets), (await scene.ended(job)).state

    assert play(script) == (1, JobState.CANCELLED)


def test_client_that_goes_away_while_its_job_is_entered_strands_nobody(play: Run) -> None:
    """The job is in the book, so it is done."""

    async def script(scene: Scene) -> Any:
        asking = asyncio.create_task(scene.runner.golden(spec(), ("a",)))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await scene.tasks(1)
        scene.pool.end(scene.pool.tickets[0])
        job = await scene.runner.golden(spec(), ("b",))
        if len(scene.pool.tickets) > 1:
            scene.pool.end(scene.pool.tickets[1])
        return (await scene.ended(job)).state

    assert play(script) is JobState.DONE


def test_job_ends_when_its_last_asker_withdraws(play: Run) -> None:
    """Not before."""

    async def script(scene: Scene) -> Any:
        job = await scene.runner.golden(spec(), ("a",))
        await scene.runner.golden(spec(), ("b",))
        await scene.tasks(1)
        first = await scene.runner.cancel(job.identifier, "a")
        last = await scene.runner.cancel(job.identifier, "b")
        return first.state, last.state, last.problem.name if last.problem else ""

    assert play(script) == (JobState.RUNNING, JobState.CANCELLED, "cancelled")


def test_withdrawal_while_the_job_ends_does_not_bring_it_back(play: Run) -> None:
    """Planted race: the end is on its way into the book when one of two askers withdraws."""

    async def script(scene: Scene) -> Any:
        job = await scene.runner.golden(spec(), ("a",))
        await scene.runner.golden(spec(), ("b",))
        await scene.tasks(1)
        write, begun, go = scene.book.write, threading.Event(), threading.Event()

        def slow(ended: Job) -> None:
            begun.set()
            go.wait(30)
            write(ended)

        vars(scene.book)["write"] = slow  # planted
        scene.pool.end(scene.pool.tickets[0])
        assert await asyncio.to_thread(begun.wait, 30)
        withdrawing = asyncio.create_task(scene.runner.cancel(job.identifier, "a"))
        await asyncio.sleep(0)  # it has found the job under way, and waits for the book behind the end
        go.set()
        await withdrawing
        await scene.ended(job)
        found = scene.book.job(job.identifier)
        assert found is not None
        return found.state, scene.runner.under_way

    assert play(script) == (JobState.DONE, 0)


def test_who_asks_for_what_another_is_cancelling_gets_a_job_of_their_own(play: Run) -> None:
    """Not the other's cancellation."""

    async def script(scene: Scene) -> Any:
        vars(scene.pool)["stop"] = lambda _: None  # the worker takes its time to die
        first = await scene.runner.golden(spec(), ("a",))
        await scene.tasks(1)
        cancelling = asyncio.create_task(scene.runner.cancel(first.identifier, "a"))
        await asyncio.sleep(0)
        asking = asyncio.create_task(scene.runner.golden(spec(), ("b",)))
        await asyncio.sleep(0.05)
        scene.pool.end(scene.pool.tickets[0], Outcome(Ending.STOPPED))
        second = await asking
        await scene.tasks(2)
        scene.pool.end(scene.pool.tickets[1])
        return (
            (await cancelling).state,
            (await scene.ended(second)).state,
            first.identifier == second.identifier,
        )

    assert play(script) == (JobState.CANCELLED, JobState.DONE, False)


@pytest.mark.parametrize("asker", ["a", "b"])
def test_finished_job_and_another_tokens_job_are_not_cancelled(play: Run, asker: str) -> None:
    """409 and 403."""

    async def script(scene: Scene) -> Any:
        job = await scene.runner.golden(spec(), ("a",))
        await scene.tasks(1)
        if asker == "a":
            scene.pool.end(scene.pool.tickets[0])
            await scene.ended(job)
        with pytest.raises(ProblemError) as caught:
            await scene.runner.cancel(job.identifier, asker)
        return caught.value.problem.name

    assert play(script) == {"a": "job-finished", "b": "forbidden"}[asker]


def test_cancelling_twice_is_cancelling_once(play: Run) -> None:
    """Both are told."""

    async def script(scene: Scene) -> Any:
        job = await scene.runner.golden(spec(), ("a",))
        await scene.tasks(1)
        found = await asyncio.gather(*(scene.runner.cancel(job.identifier, "a") for _ in range(2)))
        return [one.state for one in found]

    assert play(script) == [JobState.CANCELLED, JobState.CANCELLED]


def test_limit_of_a_token_holds_for_jobs_asked_at_once(play: Callable[..., Any]) -> None:
    """Ten at the same instant, three granted; joining one of them is granted always."""

    async def script(scene: Scene) -> Any:
        asked = (scene.runner.golden(spec(i), ("a",)) for i in range(10))
        found = await asyncio.gather(*asked, return_exceptions=True)
        refused = [one.problem.name for one in found if isinstance(one, ProblemError)]
        again = await scene.runner.golden(spec(0), ("a",))
        other = await scene.runner.golden(spec(9), ("b",))
        return refused, again.state.is_final, other.state.is_final

    assert play(script, jobs_per_token=3) == (["too-many-jobs"] * 7, False, False)


def test_limit_of_the_server_holds_for_everyone(play: Callable[..., Any]) -> None:
    """503 with a time to come back at."""

    async def script(scene: Scene) -> Any:
        asked = (scene.runner.golden(spec(i), ("",)) for i in range(5))
        found = await asyncio.gather(*asked, return_exceptions=True)
        return [one.problem.headers for one in found if isinstance(one, ProblemError)]

    assert play(script, queued_jobs=4) == [{"Retry-After": "5"}]


def test_end_that_cannot_be_written_is_told_and_written_later(play: Run) -> None:
    """The disk is full for a while (planted)."""

    async def script(scene: Scene) -> Any:
        job = await scene.runner.golden(spec(), ("a",))
        await scene.tasks(1)
        write, full = scene.book.write, [1, 2]

        def refuse(ended: Job) -> None:
            if full:
                full.pop()
                raise ProblemError("store-unusable", "planted")
            write(ended)

        vars(scene.book)["write"] = refuse  # planted
        scene.pool.end(scene.pool.tickets[0])
        told = await scene.ended(job)
        joined = await scene.runner.golden(spec(), ("b",))
        async with asyncio.timeout(30):
            while scene.runner.under_way:
                await asyncio.sleep(0.05)
        written = scene.book.job(job.identifier)
        assert written is not None
        return told.state, joined.identifier == job.identifier, written.state

    assert play(script) == (JobState.DONE, True, JobState.DONE)


def test_job_is_not_told_where_the_book_refuses_it(play: Run) -> None:
    """Nothing is under way then, and the next asker may try again."""

    async def script(scene: Scene) -> Any:
        add = scene.book.add

        def refuse(_: Job) -> Any:
            raise ProblemError("store-unusable", "planted")

        vars(scene.book)["add"] = refuse  # planted
        with pytest.raises(ProblemError, match="store-unusable"):
            await scene.runner.golden(spec(), ("a",))
        vars(scene.book)["add"] = add
        return scene.runner.under_way, (await scene.runner.golden(spec(), ("a",))).state.is_final

    assert play(script) == (0, False)


def test_server_that_closes_leaves_its_jobs_to_the_next(tmp_path: Path) -> None:
    """The same identifier, under way again; a check that waits for its golden does not hold the closing up."""

    async def asked(scene: Scene) -> str:
        return (await scene.runner.golden(spec(), ("a",))).identifier

    async def first() -> str:
        async with scene_in(tmp_path) as scene:
            identifier = await asked(scene)
            await scene.tasks(1)
            return identifier

    async def second() -> tuple[str, JobState]:
        async with scene_in(tmp_path) as scene:
            await scene.tasks(1)
            identifier = await asked(scene)
            scene.pool.end(scene.pool.tickets[0])
            return identifier, (await scene.ended(await scene.runner.job(identifier))).state

    identifier = asyncio.run(first())
    assert asyncio.run(second()) == (identifier, JobState.DONE)


def test_who_listens_hears_every_state_up_to_the_end(play: Run) -> None:
    """Also one who began to listen while it ended."""

    async def script(scene: Scene) -> Any:
        job = await scene.runner.golden(spec(), ("a",))
        heard = [asyncio.create_task(scene.ended(job))]
        await scene.tasks(1)
        scene.pool.tickets[0].advance(1, 2)
        scene.pool.end(scene.pool.tickets[0])
        for _ in range(20):
            heard.append(asyncio.create_task(scene.ended(job)))
            await asyncio.sleep(0.001)
        return {state.state for state in await asyncio.gather(*heard)}, scene.runner.under_way

    assert play(script) == ({JobState.DONE}, 0)


@pytest.mark.parametrize(
    ("outcome", "name"),
    [(Outcome(Ending.TIMED_OUT), "timed-out"), (Outcome(Ending.LOST, problem=None), "cancelled")],
)
def test_time_limit_is_told_as_such(play: Run, outcome: Outcome, name: str) -> None:
    """With the seconds that were granted."""

    async def script(scene: Scene) -> Any:
        job = await scene.runner.golden(spec(), ("a",))
        await scene.tasks(1)
        scene.pool.end(scene.pool.tickets[0], outcome)
        ended = await scene.ended(job)
        assert ended.problem is not None
        return ended.state, ended.problem.name

    assert play(script) == (JobState.FAILED, name)


@pytest.mark.parametrize(("kind", "raised"), [("golden", True), ("claims", False)])
def test_job_out_of_time_says_how_far_it_came_and_what_grants_more(
    play: Run, kind: str, raised: bool
) -> None:
    """No option of the server sets the time of the claims."""

    async def script(scene: Scene) -> Any:
        job = await (scene.runner.golden(spec(), ("a",)) if kind == "golden" else scene.runner.claims(("a",)))
        await scene.tasks(1)
        scene.pool.tickets[0].on_start()
        scene.pool.tickets[0].advance(31_200, 60_000)
        scene.pool.end(scene.pool.tickets[0], Outcome(Ending.TIMED_OUT))
        ended = await scene.ended(job)
        assert ended.problem is not None
        return "it had come to 31,200 of 60,000" in ended.problem.detail, (
            "`oracle serve --limit job-seconds=…`" in ended.problem.detail
        )

    assert play(script) == (True, raised)


def test_wait_is_bounded_by_the_limit(play: Callable[..., Any]) -> None:
    """A client may ask for an hour; it gets what is granted."""

    async def script(scene: Scene) -> Any:
        job = await scene.runner.golden(spec(), ("a",))
        return (await scene.runner.wait(job.identifier, 3600)).state.is_final

    assert play(script, wait_seconds=0) is False
