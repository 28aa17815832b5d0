"""Chunks made ahead are the chunks asked for, and nothing made beyond them shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import active_count
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from lightning_runs.data import Chunk
from lightning_runs.run_ahead import PlannedChunk, RunAhead
from oracle.records.candidate import Array


class Counter:
    """A loop whose state is the step, which may fail at one."""

    def __init__(self, fails_at: int = -1) -> None:
        self.step, self.fails_at = 0, fails_at

    def advance(self, stop: int, wanted: Sequence[int] = ()) -> dict[str, Array]:
        """Count."""
        if self.step < self.fails_at <= stop:
            raise FloatingPointError("planted")
        self.step = stop
        return {"u": np.array(wanted, dtype=float)[:, None, None]}

    def state(self) -> dict[str, Array]:
        """Return the step."""
        return {"u": np.full((1, 1), float(self.step))}

    def restore(self, step: int, state: Mapping[str, Array]) -> None:
        """Go on from a step."""
        self.step = step


def plan(chunks: int, wanted: Sequence[int] = (1, 2, 5)) -> list[PlannedChunk]:
    """Return chunks of ten steps that want some of them."""
    return [
        PlannedChunk(Chunk(10 * k, 10 * k + 10), [10 * k + step for step in wanted]) for k in range(chunks)
    ]


def values(states: Mapping[str, Array]) -> list[float]:
    """Return the steps that states tell."""
    return [float(value) for value in states["u"].ravel()]


def test_each_chunk_has_its_wanted_states_and_the_one_after_it() -> None:
    """Three hundred chunks, made several to a call, come one by one with their own states."""
    planned = plan(300)
    ahead = RunAhead(Counter(), planned)
    for part in planned:
        states, after = ahead.take(part.chunk)
        assert (values(states), values(after)) == ([*map(float, part.wanted)], [part.chunk.stop])
    ahead.close()


def test_chunk_that_wants_nothing_still_ends_somewhere() -> None:
    """Without wanted steps there are no states, and the one after the chunk."""
    ahead = RunAhead(Counter(), plan(2, ()))
    states, after = ahead.take(Chunk(0, 10))
    assert (values(states), values(after)) == ([], [10.0])
    ahead.close()


def test_failure_belongs_to_whoever_asks_for_the_chunk() -> None:
    """An error on the thread is raised where the steps are asked for."""
    ahead = RunAhead(Counter(fails_at=5), plan(4))
    with pytest.raises(FloatingPointError, match="planted"):
        ahead.take(Chunk(0, 10))
    ahead.close()


def test_more_chunks_than_planned_are_refused() -> None:
    """Asked beyond the plan, or again after a failure, nobody waits for ever."""
    ahead = RunAhead(Counter(), plan(1))
    ahead.take(Chunk(0, 10))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no more chunks were planned"):
            ahead.take(Chunk(10, 20))
    ahead.close()


def test_other_chunk_than_planned_is_refused() -> None:
    """Chunks come in the planned order and in no other."""
    ahead = RunAhead(Counter(), plan(4))
    with pytest.raises(RuntimeError, match=r"is asked for, and .* was planned next"):
        ahead.take(Chunk(10, 20))
    ahead.close()


def test_closing_early_leaves_no_thread_waiting() -> None:
    """A thread that waits for room ends when nobody wants more."""
    before: Any = active_count()
    ahead = RunAhead(Counter(), plan(2000))
    ahead.take(Chunk(0, 10))
    ahead.close()
    assert active_count() == before
