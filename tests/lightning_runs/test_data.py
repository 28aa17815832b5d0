"""The schedule: chunks cover every step once, and a resume goes on where it stopped."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from lightning_runs.data import Chunk, Chunks, Plan, Schedule


@pytest.mark.parametrize(
    ("plan", "ends"),
    [
        (Plan(10, 4), [0, 4, 8, 10]),
        (Plan(8, 4), [0, 4, 8]),
        (Plan(10, 4, 5), [0, 4, 5, 8, 10]),
        (Plan(3, 100), [0, 3]),
        (Plan(0, 4), [0]),
    ],
)
def test_chunks_end_at_their_size_and_at_checkpoints(plan: Plan, ends: list[int]) -> None:
    """Chunk ends are the multiples of the chunk size and of the checkpoint distance, and the last step."""
    assert plan.ends() == ends


@pytest.mark.parametrize(
    ("first", "chunks"), [(6, [(6, 8), (8, 10)]), (8, [(8, 10)]), (10, [])], ids=["inside", "end", "done"]
)
def test_chunks_go_on_in_the_middle_of_one(first: int, chunks: list[tuple[int, int]]) -> None:
    """From step 6 of chunks of 4 the rest of the second chunk comes first; after the last step nothing."""
    assert list(Chunks(Plan(10, 4), first)) == [Chunk(*chunk) for chunk in chunks]


def test_number_of_chunks_is_what_is_left() -> None:
    """Lightning's epoch ends with the last chunk, so the length counts those handed out."""
    assert len(Chunks(Plan(10, 3), 6)) == 2


@pytest.mark.parametrize(("steps", "planned"), [(None, 500), (200, 200)])
def test_schedule_lasts_to_the_last_recorded_step_or_as_told(steps: int | None, planned: int) -> None:
    """Without a number of steps the module's own last one ends the run."""
    assert Schedule(100, steps).plan(last_step=500).steps == planned
