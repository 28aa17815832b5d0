"""What the caller has set for its own work changes no bit of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import torch

from lightning_runs.plain_torch import plain_torch
from lightning_runs.sgd import run_sgd
from lightning_runs.trainer import train
from oracle.records.candidate import CandidateTask

TaskMaker = Callable[..., CandidateTask]


def callers() -> dict[str, Any]:
    """Return contexts that a caller may be in and that would spoil a naive run."""
    return {
        "no_grad": torch.no_grad(),
        "inference_mode": torch.inference_mode(),
        "autocast": torch.autocast("cpu", dtype=torch.bfloat16),
    }


@pytest.mark.parametrize("run", [lambda task: train([task])[0], run_sgd], ids=["lightning", "sgd"])
@pytest.mark.parametrize("caller", ["no_grad", "inference_mode", "autocast"])
def test_caller_context_changes_no_bit(
    make_task: TaskMaker, caller: str, run: Callable[[CandidateTask], dict[str, Any]]
) -> None:
    """Gradients off, inference mode or autocast around the call leave the float32 record alone."""
    task = make_task(dtype="float32")
    expected = run(task)
    with callers()[caller]:
        arrays = run(task)
    assert all(np.array_equal(arrays[name], expected[name]) for name in expected)


def test_plain_torch_takes_reduced_products_back(make_task: TaskMaker) -> None:
    """A caller's reduced float32 products do not reach the run, and are there again after it."""
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        with plain_torch(threads=1):
            inside = torch.get_float32_matmul_precision()
        assert (inside, torch.get_float32_matmul_precision()) == ("highest", "medium")
    finally:
        torch.set_float32_matmul_precision(before)


def test_two_runs_agree_to_the_bit(make_task: TaskMaker) -> None:
    """The same tasks give the same bits again."""
    tasks = [make_task(dtype="float32", shape=(40, 100), eta=0.003, seed=seed) for seed in range(4)]
    pairs = list(zip(train(tasks), train(tasks), strict=True))
    assert all(np.array_equal(one[name], other[name]) for one, other in pairs for name in one)
