"""The catalogue of planted faults: names, conditions, and what it costs to ask for it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from lightning_runs.faults import catalogue
from lightning_runs.faults.catalogue import FAULTS, HOSTS, NO_FAULT, planted
from oracle.diagnosis.catalogue import FAMILIES, VARIANTS
from oracle.records.planted import PlantedFault

SCHEDULED = {"step_size_inside_buffer", "step_size_outside_buffer"}
BATCHES = ((0, 1), (2, 3, 4), (1, 4))


def test_every_name_is_a_diagnosis() -> None:
    """What a fault is explained by is a name that the oracle can give."""
    known = {*VARIANTS, *(family.name for family in FAMILIES)} | SCHEDULED
    for fault in planted():
        assert fault.explained_by <= known, fault.name


def test_every_diagnosis_is_planted() -> None:
    """There is no name that no fault would bring to light."""
    if not any(fault.kernel == "torch_sgd" for fault in planted()):
        pytest.skip("torch is not installed")
    explained = {name for fault in planted() for name in fault.explained_by}
    assert {*VARIANTS, *(family.name for family in FAMILIES)} <= explained


def test_a_fault_and_a_kernel_are_met_once() -> None:
    """Name and kernel are a key; all but the kernels without a fault are explained by something."""
    faults = planted()
    assert len({(fault.name, fault.kernel) for fault in faults}) == len(faults)
    assert {fault.name for fault in faults if not fault.explained_by} <= {NO_FAULT.name}
    assert all(fault.sentence.endswith(".") for fault in faults)


def test_at_least_forty_faults_are_in_every_kernel() -> None:
    """Those that take a task as it comes, Lightning and torch.optim.SGD, have fewer than the kernels."""
    counts: dict[str, int] = {}
    for fault in planted():
        counts[fault.kernel] = counts.get(fault.kernel, 0) + 1
    for kernel, count in counts.items():
        assert count >= (35 if kernel in ("lightning", "torch_sgd") else 70), (kernel, count)


def test_asking_for_the_faults_imports_no_torch() -> None:
    """Nor LLVM, Triton or Lightning: a kernel is loaded by the first run."""
    code = (
        "import sys; from lightning_runs.faults.catalogue import planted; planted()\n"
        "print(sorted({'torch', 'llvmlite', 'triton', 'pytorch_lightning'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_kernel_whose_package_is_missing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without llvmlite there is no fault in `fused`, and without torch none at all elsewhere."""
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None if name in ("llvmlite", "triton") else name)
    kernels = {fault.kernel for fault in planted()}
    assert kernels == {host.name for host, _ in HOSTS} - {"fused", "fused_mixed", "triton"}


def by_name(name: str) -> PlantedFault:
    """Return a fault of the readable kernel."""
    (fault,) = (fault for fault in planted() if (fault.name, fault.kernel) == (name, "eager"))
    return fault


# each with what it applies to, and what it finds nothing to change in
CONDITIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("momentum_complement", {}, {"momentum": "0"}),
    ("momentum_reset", {}, {"method": "gradient_descent"}),
    ("runs_nesterov", {}, {"method": "nesterov"}),
    ("runs_heavy_ball", {"method": "nesterov"}, {"method": "gradient_descent"}),
    ("initial_momentum_ignored", {"moving": True}, {}),
    ("batches_reversed", {"batches": BATCHES}, {"batches": ((0, 1), (2,), (0, 1))}),
    ("batches_shifted", {"batches": BATCHES}, {"batches": ((0, 1),)}),
    ("batches_ignored", {"batches": BATCHES}, {}),
    ("batches_averaged_over_all", {"batches": BATCHES}, {"batches": ((0, 1, 2, 3, 4),)}),
    ("row_skipped", {}, {"shape": (1, 3)}),
    ("loss_averaged_twice", {}, {"shape": (1, 3)}),
    ("loss_summed", {}, {"loss": "half_sum_square"}),
    ("last_tile_skipped", {}, {"shape": (3, 1)}),
    ("last_column_skipped", {}, {"shape": (3, 1)}),
    ("parameters_swapped", {}, {"model": "linear"}),
    ("shared_buffer", {}, {"model": "linear"}),
    ("missing_factor_two", {}, {"model": "hadamard"}),
    ("gradient_at_full_momentum", {"method": "nesterov"}, {}),
    ("state_float32", {}, {"dtype": "float32"}),
    ("products_tfloat32", {"dtype": "float32"}, {"dtype": "bfloat16"}),
    ("momentum_coefficient_float32", {}, {"momentum": "7/8"}),
    ("step_size_bfloat16", {"dtype": "float32"}, {"dtype": "bfloat16"}),
    ("data_float32", {}, {"dtype": "float32"}),
    ("step_size_outside_buffer", {"more": {"schedule": ["1", "1/2"]}}, {"more": {"schedule": ["1", "1"]}}),
]


@pytest.mark.parametrize(
    ("name", "there", "not_there"), CONDITIONS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_applies_tells_whether_there_is_something_to_change(
    trial: Any, name: str, there: dict[str, Any], not_there: dict[str, Any]
) -> None:
    """True on the one task and False on the other."""
    pytest.importorskip("torch")
    fault = by_name(name)
    assert fault.applies(trial(**there).task)
    assert not fault.applies(trial(**not_there).task)


def test_faults_have_sentences_of_their_own() -> None:
    """No two faults are described alike."""
    sentences = [fault.sentence for fault in FAULTS]
    assert len(set(sentences)) >= len(sentences) - 1  # η·½ is two faults on one model
