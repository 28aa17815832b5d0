"""Chunks made on a thread of their own, ahead of the `training_step` that asks for them.

Lightning's bookkeeping takes about 0.1 ms a `training_step`, as long as hundreds of steps of a small problem.
Generated code holds no lock of Python's while it runs, so the next chunks are made meanwhile, several to a call
where a chunk takes less than `CALL_SECONDS`.  What is computed is the same, and so is the state after each chunk:
a checkpoint or an early stop sees that state, not what was made beyond it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import Full, Queue
from threading import Event, Thread
from time import perf_counter
from typing import Any

import numpy as np

from lightning_runs.data import Chunk
from lightning_runs.kernels.interface import Loop
from oracle.records.candidate import Array

__all__ = ["PlannedChunk", "RunAhead"]

SWITCH_SECONDS = 2e-5  # Python's own 5 ms, several times a call, would cost more than Lightning does
CALL_SECONDS = 0.05  # long against the 5 ms for which Python lets a thread wait for its lock
MOST_CHUNKS = 256  # to a call
MOST_STATES = 2**24  # numbers of the states that a call keeps
CALLS_AHEAD = 2  # made and not yet taken
BREATH = 0.1  # seconds between looks at whether to stop


@dataclass(frozen=True)
class PlannedChunk:
    """A chunk with the steps whose states somebody wants."""

    chunk: Chunk
    wanted: Sequence[int]


@dataclass(frozen=True)
class Made:
    """The chunks of one call, and the states at all steps that any of them wants or ends with."""

    planned: Sequence[PlannedChunk]
    wanted: Array
    states: Mapping[str, Array]

    def chunks(self) -> Iterator[tuple[Chunk, dict[str, Array], dict[str, Array]]]:
        """Yield each chunk with its wanted states and the state after it."""
        for planned in self.planned:
            slots = np.searchsorted(self.wanted, planned.wanted)
            end = int(np.searchsorted(self.wanted, planned.chunk.stop))
            after = {name: rows[end] for name, rows in self.states.items()}
            yield planned.chunk, _rows(self.states, slots), after


class RunAhead:
    """The states of planned chunks, in order.

    Parameters
    ----------
    loop : Loop
        At the first chunk's first step; nobody else may advance it before `close`.
    plan : sequence of PlannedChunk
    """

    def __init__(self, loop: Loop, plan: Sequence[PlannedChunk]) -> None:
        self.loop, self.plan = loop, plan
        self.numbers = sum(array.size for array in loop.state().values())
        self._ready: Queue[Made | Exception] = Queue(CALLS_AHEAD)
        self._failure: Exception | None = None
        self._stopped = Event()
        self._chunks: Iterator[tuple[Chunk, dict[str, Array], dict[str, Array]]] = iter(())
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread = Thread(target=self._make, name="run-ahead", daemon=True)
        self._thread.start()

    def take(self, chunk: Chunk) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the wanted states of the next chunk, and the state after it.

        Raises
        ------
        RuntimeError
            If another chunk is asked for than was planned.
        Exception
            Whatever the loop raised.
        """
        made = next(self._chunks, None)
        if made is None:
            group = self._ready.get() if self._failure is None else self._failure
            if isinstance(group, Exception):
                self._failure = group
                raise group
            self._chunks = group.chunks()
            made = next(self._chunks)
        if made[0] != chunk:
            raise RuntimeError(f"{chunk} is asked for, and {made[0]} was planned next")
        return made[1], made[2]

    def close(self) -> None:
        """Stop after the call under way."""
        self._stopped.set()
        self._thread.join()
        sys.setswitchinterval(self._interval)

    def _make(self) -> None:
        try:
            for group in self._groups():
                wanted = sorted({step for planned in group for step in (*planned.wanted, planned.chunk.stop)})
                states = self.loop.advance(group[-1].chunk.stop, wanted)
                self._hand_over(Made(group, np.array(wanted), states))
                if self._stopped.is_set():
                    return
            self._hand_over(RuntimeError("no more chunks were planned"))
        except Exception as error:  # it belongs to whoever asks for the chunk
            self._hand_over(error)

    def _groups(self) -> Iterator[Sequence[PlannedChunk]]:
        """Yield the chunks of one call after another, as many as its time allows."""
        first, size = 0, 1
        while first < len(self.plan):
            began = perf_counter()
            group = self.plan[first : first + size]
            yield group
            first += len(group)
            each = (perf_counter() - began) / len(group)
            kept = self.numbers * (1 + max(len(planned.wanted) for planned in group))
            size = int(max(1, min(MOST_CHUNKS, CALL_SECONDS / each, MOST_STATES / kept, 2 * size)))

    def _hand_over(self, made: Made | Exception) -> None:
        """Wait for room, unless nobody waits for the chunks any more."""
        while not self._stopped.is_set():
            try:
                self._ready.put(made, timeout=BREATH)
            except Full:
                continue
            return


def _rows(states: Mapping[str, Array], slots: Array) -> dict[str, Array]:
    """Return some rows; a view where they follow each other, as those that one listener wants mostly do."""
    chosen: Any = slots
    if len(slots) and slots[-1] - slots[0] == len(slots) - 1:
        chosen = slice(int(slots[0]), int(slots[-1]) + 1)
    return {name: rows[chosen] for name, rows in states.items()}
