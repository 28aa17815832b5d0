"""Two lanes over a few workers: nothing short waits for something long, nothing waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from oracle.service.pool import Lane, WorkerPool
from oracle.service.task import Ending, Outcome, Task
from oracle.service.worker import WorkerSlot

LONG = 60.0
pytestmark = pytest.mark.usefixtures("planted")


@asynccontextmanager
async def pool_of(
    long_slots: int = 1, prompt_slots: int = 1, slot: Callable[[], Any] | None = None
) -> AsyncIterator[tuple[WorkerPool, list[Task]]]:
    """Yield a pool and the tasks that lost a worker."""
    lost: list[Task] = []
    make = slot or (lambda: WorkerSlot("planted_tasks:works", {}, 2**29))
    pool = WorkerPool(
        make,
        long_slots,
        prompt_slots,
        lambda ticket, outcome: lost.append(ticket.task) if outcome.ending is Ending.LOST else None,
    )
    await pool.start()
    try:
        yield pool, lost
    finally:
        await pool.close()


def sleeping(folder: Path, name: str) -> Task:
    """Return a task that ends when the file `name` is there."""
    return Task("sleep", {"begun": str(folder / f"{name}-begun"), "until": str(folder / name)})


async def there(path: Path) -> None:
    """Wait for a file."""
    async with asyncio.timeout(LONG):
        while not path.exists():
            await asyncio.sleep(0.02)


def test_prompt_task_does_not_wait_for_a_long_one(tmp_path: Path) -> None:
    """The long one ends after it."""

    async def scene() -> tuple[bool, Ending]:
        async with pool_of() as (pool, _):
            long = pool.submit(sleeping(tmp_path, "go"), Lane.LONG, LONG)
            prompt = await pool.ask(Task("echo"), Lane.PROMPT, LONG)
            still = not long.outcome.done()
            (tmp_path / "go").touch()
            return still, (await long.outcome).ending and prompt.ending

    assert asyncio.run(scene()) == (True, Ending.ANSWERED)


def test_first_try_does_not_wait_for_long_tasks_nor_prompt_ones_for_many_tries(tmp_path: Path) -> None:
    """All workers for long tasks are busy, and three tries wait: a prompt task comes before the second of them."""

    async def scene() -> tuple[bool, bool, list[str]]:
        ended: list[str] = []
        async with pool_of() as (pool, _):
            before = pool.has_room(Lane.LONG)
            long = pool.submit(sleeping(tmp_path, "go"), Lane.LONG, LONG)
            room = pool.has_room(Lane.LONG)
            first = pool.submit(sleeping(tmp_path, "tried"), Lane.TRY, LONG)
            tries = [first, *(pool.submit(Task("echo"), Lane.TRY, LONG) for _ in range(2))]
            prompt = pool.submit(Task("echo"), Lane.PROMPT, LONG)
            for name, ticket in [("prompt", prompt), ("long", long), *(("try", each) for each in tries)]:
                ticket.outcome.add_done_callback(partial(_note, ended, name))
            (tmp_path / "tried").touch()
            await asyncio.gather(prompt.outcome, *(each.outcome for each in tries))
            (tmp_path / "go").touch()
            await long.outcome
        return before, room, ended

    assert asyncio.run(scene()) == (True, False, ["try", "prompt", "try", "try", "long"])


def test_long_task_comes_to_its_turn_under_many_prompt_ones(tmp_path: Path) -> None:
    """One slot alone for both lanes: a long task goes before the prompt ones that came after it began to wait."""

    async def scene() -> list[str]:
        ended: list[str] = []
        async with pool_of(1, 0) as (pool, _):
            first = pool.submit(sleeping(tmp_path, "go"), Lane.PROMPT, LONG)
            others = [pool.submit(Task("echo"), Lane.PROMPT, LONG) for _ in range(3)]
            long = pool.submit(Task("echo"), Lane.LONG, LONG)
            for name, ticket in [("long", long), *(("prompt", other) for other in others)]:
                ticket.outcome.add_done_callback(partial(_note, ended, name))
            (tmp_path / "go").touch()
            await asyncio.gather(*(ticket.outcome for ticket in (first, long, *others)))
            return ended

    assert asyncio.run(scene()) == ["long", "prompt", "prompt", "prompt"]


@pytest.mark.parametrize(("lives", "ending", "losses"), [(2, Ending.ANSWERED, 2), (9, Ending.LOST, 3)])
def test_task_is_tried_again_after_a_loss_but_not_for_ever(
    tmp_path: Path, lives: int, ending: Ending, losses: int
) -> None:
    """Perhaps it was not its fault."""
    (tmp_path / "lives").write_text(str(lives))

    async def scene() -> tuple[Ending, int]:
        async with pool_of() as (pool, lost):
            found = await pool.ask(Task("die", {"file": str(tmp_path / "lives")}), Lane.LONG, LONG)
            return found.ending, len(lost)

    assert asyncio.run(scene()) == (ending, losses)


def test_other_tasks_go_on_while_one_loses_its_worker(tmp_path: Path) -> None:
    """A crash costs its own task alone."""
    (tmp_path / "lives").write_text("9")

    async def scene() -> list[Ending]:
        async with pool_of(2, 0) as (pool, _):
            other = pool.submit(sleeping(tmp_path, "go"), Lane.LONG, LONG)
            lost = await pool.ask(Task("die", {"file": str(tmp_path / "lives")}), Lane.LONG, LONG)
            (tmp_path / "go").touch()
            return [lost.ending, (await other.outcome).ending]

    assert asyncio.run(scene()) == [Ending.LOST, Ending.ANSWERED]


@pytest.mark.parametrize("waits", [True, False], ids=["waiting", "just begun"])
def test_stopped_task_ends_as_stopped(tmp_path: Path, waits: bool) -> None:
    """Also in the instant before its thread has come to it."""

    async def scene() -> Ending:
        async with pool_of(1, 0) as (pool, _):
            if waits:
                pool.submit(sleeping(tmp_path, "never"), Lane.LONG, LONG)
            ticket = pool.submit(Task("echo"), Lane.LONG, LONG)
            pool.stop(ticket)
            return (await ticket.outcome).ending

    assert asyncio.run(scene()) is Ending.STOPPED


def test_asker_who_goes_away_stops_the_task(tmp_path: Path) -> None:
    """Its worker is free again."""

    async def scene() -> int:
        async with pool_of(1, 0) as (pool, _):
            asking = asyncio.create_task(pool.ask(sleeping(tmp_path, "never"), Lane.LONG, LONG))
            await there(tmp_path / "never-begun")
            asking.cancel()
            await pool.ask(Task("echo"), Lane.LONG, LONG)
            return pool.busy()

    assert asyncio.run(scene()) == 0


def test_close_ends_what_runs_and_what_waits(tmp_path: Path) -> None:
    """Nobody is left waiting."""

    async def scene() -> set[Ending]:
        async with pool_of(1, 0) as (pool, _):
            tickets = [pool.submit(sleeping(tmp_path, "never"), Lane.LONG, LONG) for _ in range(3)]
            await there(tmp_path / "never-begun")
            await pool.close()
            late = pool.submit(Task("echo"), Lane.LONG, LONG)
            return {(await ticket.outcome).ending for ticket in [*tickets, late]}

    assert asyncio.run(scene()) == {Ending.STOPPED}


def _note(ended: list[str], name: str, _: object) -> None:
    ended.append(name)


class BrokenSlot:
    """A slot whose `run` raises: a planted fault of ours."""

    pid = None

    def start(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def run(self, *_: Any) -> Outcome:
        """Raise."""
        raise RuntimeError("planted")


def test_fault_of_a_slot_ends_its_task_and_not_the_lane() -> None:
    """Both of two tasks are told, one after the other."""

    async def scene() -> list[str]:
        async with pool_of(1, 0, BrokenSlot) as (pool, _):
            found = [await pool.ask(Task("echo"), Lane.LONG, LONG) for _ in range(2)]
            return [outcome.problem.name if outcome.problem else "" for outcome in found]

    assert asyncio.run(scene()) == ["internal-error", "internal-error"]


def test_worker_that_was_asked_about_a_spec_is_asked_again() -> None:
    """It has the golden at hand."""

    async def scene() -> int:
        async with pool_of(2, 1) as (pool, _):
            asked = [await pool.ask(Task("echo"), Lane.PROMPT, LONG, about=f"spec {i % 3}") for i in range(9)]
            return len({(i % 3, outcome.fields["pid"]) for i, outcome in enumerate(asked)})

    assert asyncio.run(scene()) == 3


def test_progress_comes_to_the_event_loop() -> None:
    """In its thread, not the slot's."""

    async def scene() -> tuple[int, int]:
        told: list[tuple[int, int]] = []

        def advance(done: int, total: int) -> None:
            asyncio.get_running_loop()  # raises anywhere else
            told.append((done, total))

        async with pool_of() as (pool, _):
            await pool.submit(Task("count", {"to": 5}), Lane.LONG, LONG, advance=advance).outcome
        return told[-1]

    assert asyncio.run(scene()) == (5, 5)
