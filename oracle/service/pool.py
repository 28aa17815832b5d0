"""The workers of a server, for its event loop: lanes of tasks, so that short ones never wait behind long ones."""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import IntEnum

from oracle.service.problems import problem_of
from oracle.service.task import Advance, Ending, Outcome, Task
from oracle.service.worker import WorkerSlot

__all__ = ["Lane", "Ticket", "WorkerPool"]

MOST_LOSSES = 3  # of a worker, before a task that loses it is given up
REMEMBERED = 16  # spec digests a slot was last asked about


class Lane(IntEnum):
    """How long a task may be expected to take: what is stored is prompt, a first try short, what is computed long."""

    PROMPT = 0
    TRY = 1
    LONG = 2


@dataclass(eq=False)
class Ticket:
    """A task that was handed in.

    Parameters
    ----------
    task : Task
    lane : Lane
    seconds : float
        What it may take.
    advance : callable
        Told (done, total), in the event loop.
    about : str
        Spec digest; a worker that was asked about it before is preferred, since it has the golden at hand.
    outcome : asyncio.Future of Outcome
    on_start : callable
        Called when a worker takes it.
    losses : int
        Workers it lost so far.
    slot : object or None
        Where it is under way.
    """

    task: Task
    lane: Lane
    seconds: float
    advance: Advance
    about: str
    outcome: asyncio.Future[Outcome]
    on_start: Callable[[], None]
    losses: int = 0
    slot: _Place | None = None


@dataclass(eq=False)
class _Place:
    """A slot with the lanes it takes from, in order, and what it was last asked about."""

    slot: WorkerSlot
    lanes: tuple[Lane, ...]
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    busy: Ticket | None = None


class WorkerPool:
    """Worker slots, some for short tasks alone.

    Parameters
    ----------
    make_slot : callable
    long_slots, prompt_slots : int
        How many take long tasks (and short ones before these), and how many prompt ones and first tries alone.
    on_end : callable
        Told how each try at a task ended; one that lost its worker is tried again.
    """

    def __init__(
        self,
        make_slot: Callable[[], WorkerSlot],
        long_slots: int,
        prompt_slots: int,
        on_end: Callable[[Ticket, Outcome], None],
    ) -> None:
        self._places = [_Place(make_slot(), (Lane.PROMPT, Lane.TRY)) for _ in range(prompt_slots)]
        self._places += [_Place(make_slot(), tuple(Lane)) for _ in range(long_slots)]
        self._threads = ThreadPoolExecutor(len(self._places), thread_name_prefix="worker-slot")
        self._waiting: dict[Lane, deque[Ticket]] = {lane: deque() for lane in Lane}
        self._conversations: set[asyncio.Task[None]] = set()
        self._on_end = on_end
        self._closed = False

    async def start(self) -> None:
        """Have every worker ready."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._threads, p.slot.start) for p in self._places))

    async def close(self) -> None:
        """End every worker; tasks under way and waiting end as stopped."""
        self._closed = True
        for lane in self._waiting.values():
            while lane:
                _settle(lane.popleft(), Outcome(Ending.STOPPED))
        loop = asyncio.get_running_loop()
        closings = [loop.run_in_executor(None, place.slot.close) for place in self._places]
        await asyncio.gather(*closings)
        await asyncio.gather(*self._conversations)
        self._threads.shutdown(wait=True)

    @property
    def pids(self) -> list[int]:
        """The processes of the workers that live."""
        return [pid for place in self._places if (pid := place.slot.pid) is not None]

    def waiting(self, lane: Lane) -> int:
        """Return how many tasks wait in a lane."""
        return len(self._waiting[lane])

    def has_room(self, lane: Lane) -> bool:
        """Return whether a task of a lane would begin at once."""
        return not self._waiting[lane] and self._idle(lane, "") is not None

    def busy(self) -> int:
        """Return how many workers have a task."""
        return sum(place.busy is not None for place in self._places)

    def submit(
        self,
        task: Task,
        lane: Lane,
        seconds: float,
        *,
        about: str = "",
        advance: Advance | None = None,
        on_start: Callable[[], None] | None = None,
    ) -> Ticket:
        """Hand a task in; its outcome comes as the ticket's future."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        ticket = Ticket(task, lane, seconds, advance or _ignore, about, future, on_start or _nothing)
        if self._closed:
            _settle(ticket, Outcome(Ending.STOPPED))
        else:
            self._waiting[lane].append(ticket)
            self._dispatch()
        return ticket

    async def ask(self, task: Task, lane: Lane, seconds: float, *, about: str = "") -> Outcome:
        """Hand a task in and wait for its outcome; one whose asker goes away is stopped."""
        ticket = self.submit(task, lane, seconds, about=about)
        try:
            return await ticket.outcome
        except asyncio.CancelledError:
            self.stop(ticket)
            raise

    def stop(self, ticket: Ticket) -> None:
        """End a task, waiting or under way."""
        if ticket in self._waiting[ticket.lane]:
            self._waiting[ticket.lane].remove(ticket)
            _settle(ticket, Outcome(Ending.STOPPED))
        elif ticket.slot is not None:
            ticket.losses = MOST_LOSSES
            ticket.slot.slot.stop(ticket.task)

    def _dispatch(self) -> None:
        """Bring waiting tasks to idle slots, short ones first; but one long task at least goes on, however many come."""
        some_long = any(place.busy is not None and place.busy.lane is Lane.LONG for place in self._places)
        if not some_long and self._waiting[Lane.LONG]:
            place = self._idle(Lane.LONG, self._waiting[Lane.LONG][0].about)
            if place is not None:
                self._begin(self._waiting[Lane.LONG].popleft(), place)
        for lane in Lane:
            waiting = self._waiting[lane]
            while waiting and (place := self._idle(lane, waiting[0].about)) is not None:
                self._begin(waiting.popleft(), place)

    def _idle(self, lane: Lane, about: str) -> _Place | None:
        """Return an idle slot that takes from a lane, one that knows the spec rather than another."""
        idle = [place for place in self._places if place.busy is None and lane in place.lanes]
        return min(idle, key=lambda place: about not in place.recent, default=None)

    def _begin(self, ticket: Ticket, place: _Place) -> None:
        place.busy, ticket.slot = ticket, place
        if ticket.about:
            place.recent.append(ticket.about)
        ticket.on_start()
        conversation = asyncio.get_running_loop().create_task(self._converse(ticket, place))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _converse(self, ticket: Ticket, place: _Place) -> None:
        loop = asyncio.get_running_loop()

        def advance(done: int, total: int) -> None:
            loop.call_soon_threadsafe(ticket.advance, done, total)

        try:
            outcome = await loop.run_in_executor(
                self._threads, place.slot.run, ticket.task, advance, ticket.seconds
            )
        except Exception as error:  # no thread left, say: the task must have an end all the same
            trace = "".join(traceback.format_exception(error))
            outcome = Outcome(Ending.REFUSED, problem=problem_of(error), traceback=trace)
        place.busy, ticket.slot = None, None
        if outcome.ending is not Ending.ANSWERED and outcome.ending is not Ending.REFUSED:
            place.recent.clear()  # a new process has nothing at hand
        self._on_end(ticket, outcome)
        ticket.losses += outcome.ending is Ending.LOST
        if outcome.ending is Ending.LOST and ticket.losses < MOST_LOSSES and not self._closed:
            self._waiting[ticket.lane].appendleft(ticket)  # perhaps it was not the task's fault
        else:
            _settle(ticket, outcome)
        self._dispatch()


def _settle(ticket: Ticket, outcome: Outcome) -> None:
    if not ticket.outcome.done():
        ticket.outcome.set_result(outcome)


def _ignore(done: int, total: int) -> None:
    """Say nothing."""


def _nothing() -> None:
    """Do nothing."""
