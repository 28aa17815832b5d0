"""Every planted fault changes what it says it changes, and the judge sees it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from lightning_runs.candidates import eager, torch_sgd
from lightning_runs.faults.catalogue import FAULTS, HOSTS, NO_FAULT, Spoiled, planted
from lightning_runs.faults.fault import Fault
from lightning_runs.faults.hosts import Host
from lightning_runs.faults.torch_options import TORCH_FAULTS, TorchFault
from lightning_runs.tasks import METHODS
from oracle.findings import Outcome
from oracle.records.candidate import Array

if find_spec("triton") is not None:
    with pytest.MonkeyPatch.context() as _before_triton_is_imported:
        if not torch.cuda.is_available():
            _before_triton_is_imported.setenv("TRITON_INTERPRET", "1")
        import_module("lightning_runs.kernels.triton_loop")

BATCHES = ((0, 1), (2, 3, 4), (1, 4))
EQUAL_BATCHES = ((0, 1), (2, 3))
HOST = {host.name: host for host, _ in HOSTS}
SCHEDULE = {"schedule": ["1", "1/2", "1/4"]}
# between them every fault finds something to change
GROUNDS: list[dict[str, Any]] = [
    *({"method": method, "moving": method != "gradient_descent"} for method in METHODS),
    *({"method": method, "batches": BATCHES} for method in METHODS),
    {"batches": EQUAL_BATCHES, "model": "hadamard"},
    {"model": "linear", "method": "nesterov"},
    {"model": "hadamard", "method": "nesterov_lookahead", "loss": "sum_square"},
    {"more": SCHEDULE},
    {"more": {**SCHEDULE, "schedule_scales": "update"}},
]


def runs_here(host: Host) -> bool:
    """Whether the host's packages are installed and it lacks nothing."""
    packages = dict(HOSTS)[host]
    return all(find_spec(package) is not None for package in packages) and not host.missing()


def records(candidate: Any, trial: Any) -> dict[str, Array]:
    """Return what a candidate records of a trial."""
    task = trial.task
    return dict(candidate(task.problem, task.method, task.steps))


def scheduled(candidate: Any, trial: Any) -> bool:
    """Whether the candidate runs the trial's method and schedule."""
    method = trial.task.method
    return method.name in candidate.methods and (
        not len(method.step_sizes) or method.scales in candidate.schedules
    )


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_in_the_readable_kernel_is_refused(trial: Any, fault: Fault) -> None:
    """In float64, wherever it applies, another trajectory than the right one comes out, and DISAGREES."""
    candidate, seen = Spoiled(HOST["eager"], fault), 0
    for ground in (trial(**fields) for fields in GROUNDS):
        if not scheduled(candidate, ground) or not candidate.changes(ground.task):
            continue
        arrays, right = records(candidate, ground), records(eager, ground)
        assert any(not np.array_equal(arrays[name], right[name]) for name in right), ground
        assert ground.judged(candidate, arrays).outcome is Outcome.DISAGREES, ground
        seen += 1
    assert seen > 0


@pytest.mark.parametrize("fault", TORCH_FAULTS, ids=lambda fault: fault.name)
def test_every_fault_of_a_training_script_is_refused(trial: Any, fault: TorchFault) -> None:
    """An option of torch.optim.SGD, or a hand in its buffers: DISAGREES in float64."""
    candidate, seen = Spoiled(HOST["torch_sgd"], fault), 0
    for ground in (trial(**fields) for fields in GROUNDS):
        if scheduled(candidate, ground) and candidate.changes(ground.task):
            assert ground.judged(candidate, records(candidate, ground)).outcome is Outcome.DISAGREES, ground
            seen += 1
    assert seen > 0


@pytest.mark.parametrize("method", sorted(HOST["torch_sgd"].methods))
def test_the_training_script_without_a_fault_is_torchs_own(trial: Any, method: str) -> None:
    """Its loop agrees, so that what is refused above is the fault."""
    from lightning_runs.faults.torch_options import run_with  # noqa: PLC0415 - beside its one use

    nothing = TorchFault("nothing", "", lambda _task, _declaration: True, frozenset())
    ground = trial(method=method, moving=method != "gradient_descent", batches=BATCHES)
    assert ground.judged(torch_sgd, run_with(nothing, ground.task)).outcome is Outcome.AGREES


SAMPLE = (
    "stale_gradient",
    "momentum_bfloat16",
    "state_float16",
    "in_place_order",
    "last_tile_skipped",
    "last_column_skipped",
    "products_tfloat32",
    "runs_nesterov",
    "recorded_late",
)


@pytest.mark.parametrize("name", SAMPLE)
@pytest.mark.parametrize("host", [host for host, _ in HOSTS], ids=lambda host: host.name)
def test_faults_are_refused_in_every_kernel(trial: Any, host: Host, name: str) -> None:
    """In float32, or where it is mixed float32 with its state in bfloat16."""
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    if not runs_here(host) or not host.can_have(fault):
        pytest.skip(f"`{name}` cannot be planted in `{host.name}` here")
    ground = trial(dtype="float32" if "float32" in host.dtypes else "bfloat16", steps=6)
    candidate = Spoiled(host, fault)
    right = records(Spoiled(host, NO_FAULT), ground)
    assert ground.judged(candidate, right).outcome is Outcome.AGREES
    if not candidate.changes(ground.task) or (host.dtypes == {"bfloat16"} and name == "products_tfloat32"):
        return  # products of 11 bits are finer than a state of 8
    if name == "runs_nesterov" and host.name == "torch_sgd":
        return
    assert ground.judged(candidate, records(candidate, ground)).outcome is Outcome.DISAGREES


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kernel", ["eager", "autograd", "fused"])
def test_driven_step_by_step_a_kernel_gives_the_same_bits(
    trial: Any, kernel: str, method: str, dtype: str
) -> None:
    """A rule that makes the kernel's own step changes nothing, with batches and from a moving start."""
    from lightning_runs import candidates  # noqa: PLC0415 - asks for LLVM

    host = HOST[kernel]
    if dtype not in host.dtypes:
        pytest.skip(f"`{kernel}` runs no {dtype}")
    wrapped = Fault(
        "wrapped",
        "",
        lambda _task, _declaration: True,
        frozenset(),
        rule=lambda own, past, k: own.step(past[-1], k),
    )
    ground = trial(method=method, dtype=dtype, moving=method != "gradient_descent", batches=BATCHES)
    right = records(getattr(candidates, kernel), ground)
    for name, rows in records(Spoiled(host, wrapped), ground).items():
        np.testing.assert_array_equal(rows, right[name])


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("method", METHODS)
def test_an_update_written_out_without_a_fault_gives_the_same_bits(
    trial: Any, method: str, dtype: str
) -> None:
    """The readable kernel's η∇L and the update over rounded numbers are its own step, so a fault adds no rounding."""
    host = HOST["eager"]
    right_rule: Callable[..., Any] = lambda own, past, k: own.updated(  # noqa: E731 - a rule of one line
        past[-1], own.descents(own.asked(past[-1]), k)
    )
    wrapped = Fault("wrapped", "", lambda _task, _declaration: True, frozenset(), rule=right_rule)
    ground = trial(method=method, dtype=dtype, moving=method != "gradient_descent", batches=BATCHES)
    right = records(eager, ground)
    for name, rows in records(Spoiled(host, wrapped), ground).items():
        np.testing.assert_array_equal(rows, right[name])


def test_a_fault_that_does_not_apply_leaves_every_bit(trial: Any) -> None:
    """Whatever the kernel: what `applies` denies is not there."""
    ground = trial(method="gradient_descent", model="linear", shape=(1, 1))
    right = records(eager, ground)
    idle = [fault for fault in planted() if fault.kernel == "eager" and not fault.applies(ground.task)]
    assert len(idle) > 40
    for fault in idle:
        for name, rows in records(fault.candidate, ground).items():
            np.testing.assert_array_equal(rows, right[name], err_msg=fault.name)


def test_a_mixed_kernel_keeps_bfloat16_and_agrees(trial: Any) -> None:
    """Its record holds bfloat16 numbers, and float32 arithmetic explains every step."""
    candidate = Spoiled(HOST["eager_mixed"], NO_FAULT)
    for method in METHODS:
        ground = trial(method=method, dtype="bfloat16", moving=method != "gradient_descent")
        arrays = records(candidate, ground)
        assert all(not (array.view(np.uint32) & 0xFFFF).any() for array in arrays.values())
        assert ground.judged(candidate, arrays).outcome is Outcome.AGREES
