"""Kernels are found by name, and a batch that one does not run is refused with what it does run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("llvmlite")

from lightning_runs.kernels.eager import EagerKernel
from lightning_runs.kernels.grouped import GroupedLoop
from lightning_runs.kernels.interface import Kernel, KernelError, Loop
from lightning_runs.kernels.registry import KERNELS, best_kernel, kernel_named
from lightning_runs.prepared_runs import PreparedRuns
from lightning_runs.run_batch import batch_of
from lightning_runs.tasks import METHODS


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_kernel_of_a_name_has_that_name_and_the_interface(name: str) -> None:
    """Each entry is a kernel that calls itself by its entry."""
    kernel = kernel_named(name)
    assert isinstance(kernel, Kernel)
    assert kernel.name == name


def test_best_kernel_is_the_fused_one() -> None:
    """Where LLVM is installed nothing else is as fast on a processor."""
    assert best_kernel().name == "fused"


def test_unknown_kernel_is_refused_with_the_choices() -> None:
    """The message lists every kernel."""
    with pytest.raises(KernelError, match="`kernel` is 'warp'; choose one of autograd, eager, fused, triton"):
        kernel_named("warp")


def test_batch_with_several_methods_is_one_loop(trial: Any, tasks_of: Any) -> None:
    """Runs of unlike methods are prepared apart and seen as one, with state and restore in run order."""
    batch = batch_of(tasks_of(trial(methods=METHODS, runs=9)))
    loop = EagerKernel().prepare(batch)
    assert isinstance(loop, GroupedLoop)
    assert isinstance(loop, Loop)
    start = loop.state()
    assert all((start[name] == batch.start[name]).all() for name in start)


def test_device_that_is_not_there_is_named() -> None:
    """Without CUDA the eager kernel says what is missing and what to use instead."""
    import torch  # noqa: PLC0415 - skipped above where it is missing

    missing = EagerKernel("cuda").missing()
    assert missing == ("" if torch.cuda.is_available() else "torch sees no CUDA device; use the device `cpu`")


@pytest.mark.parametrize("shape", [(5, 7), (1, 7)], ids=str)
@pytest.mark.parametrize("name", ["autograd", "eager", "fused"])
def test_views_of_data_are_taken_as_they_come(
    trial: Any, tasks_of: Any, name: str, shape: tuple[int, int]
) -> None:
    """Reversed rows, Fortran's order and read-only memory give the bits of a plain copy."""
    (task,) = tasks_of(trial(runs=1, shape=shape))
    plain = task.problem.X
    reversed_twice = plain[::-1].copy()[::-1]
    read_only = plain.copy()
    read_only.flags.writeable = False
    recorded = [
        PreparedRuns(kernel_named(name), [replace(task, problem=replace(task.problem, X=X))])()[0]["u"]
        for X in (plain, reversed_twice, np.asfortranarray(plain), read_only)
    ]
    assert all(np.array_equal(recorded[0], other) for other in recorded[1:])
