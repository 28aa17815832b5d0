"""The schedule: chunks cover every step once, and a resume goes on where it stopped."""

from __future__ import annotations

from itertools import islice

import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import torch

from lightning_runs.data import Chunk, ChunkLoader, Plan, ScheduleData
from lightning_runs.samples import Samples

CYCLE = tuple(Samples(torch.zeros(1, 1), torch.zeros(1), factor) for factor in (1.0, 2.0, 3.0))


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


def test_step_takes_the_batch_of_its_number() -> None:
    """Step k takes cycle[k mod 3], from whatever step the chunk begins."""
    steps = list(Chunk(4, 8, CYCLE).steps())
    assert [(step, samples.factor) for step, samples in steps] == [(4, 2.0), (5, 3.0), (6, 1.0), (7, 2.0)]


def test_loader_continues_from_its_saved_position() -> None:
    """After two chunks, a new loader with the old one's state hands out the third."""
    before, after = (ChunkLoader(Plan(10, 3), CYCLE) for _ in range(2))
    list(islice(before, 2))
    after.load_state_dict(before.state_dict())
    assert [(chunk.first, chunk.stop) for chunk in after] == [(6, 9), (9, 10)]


def test_loader_length_is_that_of_the_plan() -> None:
    """Lightning counts chunks of the whole plan, so the length does not shrink with the position."""
    loader = ChunkLoader(Plan(10, 3), CYCLE)
    loader.load_state_dict({"position": 6})
    assert len(loader) == 4


def test_data_module_hands_out_the_whole_schedule() -> None:
    """The loader of the data module covers steps 0 to the last once, in order."""
    chunks = list(ScheduleData(Plan(7, 3), CYCLE).train_dataloader())
    assert [step for chunk in chunks for step, _ in chunk.steps()] == list(range(7))
