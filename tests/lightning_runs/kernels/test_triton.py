"""The Triton kernel, judged step by step: on a GPU where there is one, else its source in Triton's interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from lightning_runs.kernels.interface import Kernel, KernelError
from lightning_runs.prepared_runs import PreparedRuns
from lightning_runs.run_batch import batch_of
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.findings import Finding, Outcome
from oracle.records.candidate import CandidateTask

if find_spec("triton") is None:
    pytest.skip("triton is not installed", allow_module_level=True)

with pytest.MonkeyPatch.context() as _before_triton_is_imported:
    if not torch.cuda.is_available():
        _before_triton_is_imported.setenv("TRITON_INTERPRET", "1")
    from lightning_runs.kernels.triton import TritonKernel
    from lightning_runs.kernels.triton_loop import ResidentLoop, TiledLoop
    from lightning_runs.kernels.triton_sizes import FORMATS, HOPPER_BYTES, Tile, tile_for

RESIDENT, TILED = TritonKernel(), TritonKernel(on_chip_bytes=0)
both_paths = pytest.mark.parametrize("kernel", [RESIDENT, TILED], ids=["resident", "tiled"])
Judging = Callable[..., list[Finding]]


@pytest.fixture
def found(tasks_of: Any, judged: Any) -> Judging:
    """Return the function that runs a trial and judges every run of it."""

    def find(case: Any, kernel: Kernel) -> list[Finding]:
        recorded = PreparedRuns(kernel, tasks_of(case))()
        findings: list[Finding] = judged(case, kernel.declare(case.dtype, "heavy_ball"), recorded)
        return findings

    return find


def outcomes(findings: list[Finding]) -> set[Outcome]:
    """Return the outcomes that occur."""
    return {finding.outcome for finding in findings}


@both_paths
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("model", sorted(PARAMETERS))
def test_every_method_agrees(trial: Any, found: Judging, dtype: str, model: str, kernel: Kernel) -> None:
    """Each of the four methods, from a moving start, in one batch: every step within rounding."""
    findings = found(trial(dtype=dtype, model=model, methods=METHODS, runs=8, moving=True), kernel)
    assert outcomes(findings) == {Outcome.AGREES}, findings


@both_paths
@pytest.mark.parametrize("shape", [(1, 1), (9, 4), (1, 17), (33, 70), (19, 65)])
def test_odd_sizes_agree(trial: Any, found: Judging, shape: tuple[int, int], kernel: Kernel) -> None:
    """One row, one coordinate, more rows than coordinates, and sizes that are multiples of no block."""
    findings = found(trial(shape=shape, methods=("nesterov",), runs=2, steps=4, moving=True), kernel)
    assert outcomes(findings) == {Outcome.AGREES}, findings


@both_paths
@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_batches_agree(trial: Any, found: Judging, dtype: str, kernel: Kernel) -> None:
    """Step k uses batch k modulo their number, each with its own rows and mean."""
    batches = ((0, 2, 4), (1,), (3, 1))
    case = trial(
        dtype=dtype, batches=batches, methods=("heavy_ball", "nesterov_lookahead"), runs=4, moving=True
    )
    findings = found(case, kernel)
    assert outcomes(findings) == {Outcome.AGREES}, findings


@both_paths
def test_more_runs_than_a_tile_agree(trial: Any, found: Judging, kernel: Kernel) -> None:
    """Seventeen runs need a second tile, whose other fifteen places stay empty."""
    findings = found(trial(runs=17, steps=3, methods=("heavy_ball", "gradient_descent")), kernel)
    assert outcomes(findings) == {Outcome.AGREES}, findings


@both_paths
def test_data_sets_share_a_launch(trial: Any, tasks_of: Any, judged: Any, kernel: TritonKernel) -> None:
    """A sweep over seeds and numbers of rows is one loop, in which every run meets its own data."""
    cases = [trial(seed=seed, shape=(rows, 7), runs=2) for seed, rows in ((1, 5), (2, 18), (3, 2))]
    tasks = [task for case in cases for task in tasks_of(case)]
    assert isinstance(kernel.prepare(batch_of(tasks)), ResidentLoop | TiledLoop)
    recorded = PreparedRuns(kernel, tasks)()
    for i, case in enumerate(cases):
        findings = judged(case, kernel.declare("float64", "heavy_ball"), recorded[2 * i : 2 * i + 2])
        assert outcomes(findings) == {Outcome.AGREES}, findings


@both_paths
@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_cuts_between_calls_leave_no_trace(
    trial: Any, tasks_of: Any, dtype: str, kernel: TritonKernel
) -> None:
    """However steps are cut into calls, and through `state` and `restore`, the bits are the same."""
    case = trial(dtype=dtype, methods=METHODS, runs=4, moving=True, batches=((0, 1, 2), (3, 4)))
    batch = batch_of(tasks_of(case))
    whole, cut, resumed = (kernel.prepare(batch) for _ in range(3))
    records = whole.advance(7, [1, 3, 7])
    pieces = [cut.advance(1, [1]), cut.advance(4, [3])]
    resumed.restore(cut.step, cut.state())
    pieces += [cut.advance(7, [7])]
    last = resumed.advance(7, [7])
    for name, rows in records.items():
        np.testing.assert_array_equal(rows, np.concatenate([piece[name] for piece in pieces]))
        np.testing.assert_array_equal(rows[-1:], last[name])


def test_size_decides_the_path(trial: Any, tasks_of: Any) -> None:
    """What fits on chip is resident; what does not is made tile by tile, and no limit makes it fail."""
    small, wide = (batch_of(tasks_of(trial(shape=shape, runs=1))) for shape in ((5, 7), (2, 600)))
    assert isinstance(RESIDENT.prepare(small), ResidentLoop)
    assert isinstance(RESIDENT.prepare(wide), TiledLoop)
    assert isinstance(TILED.prepare(small), TiledLoop)


def test_the_papers_size_is_two_thirds_useful() -> None:
    """n = 40, d = 100 is padded to 48 × 128, less than half of the 64 × 128 of powers of two is lost."""
    tile = tile_for(40, 100, FORMATS["float64"])
    assert tile == Tile(groups=4, columns=32, chunks=3)
    assert tile.useful(40, 100) == pytest.approx(4000 / 6144)
    assert 2 * (tile.shared_bytes(FORMATS["float64"]) + 1024) <= HOPPER_BYTES


@pytest.mark.parametrize("dtype", sorted(FORMATS))
def test_a_tile_holds_what_it_is_chosen_for(dtype: str) -> None:
    """Every tile has room for the problem and fits the chip; one byte less would take it elsewhere."""
    form = FORMATS[dtype]
    for n, d in ((1, 1), (16, 64), (17, 65), (40, 100), (64, 256), (3, 257), (193, 3)):
        tile = tile_for(n, d, form)
        if tile is not None:
            assert tile.n >= n
            assert tile.d >= d
            assert tile.shared_bytes(form) <= HOPPER_BYTES
            assert tile_for(n, d, form, tile.shared_bytes(form) - 1) is None


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, **constants: Any) -> Iterator[None]:
    """Compile every resident kernel for other constants than it should be."""
    make = ResidentLoop.__init__

    def wrong(self: Any, *arguments: Any) -> None:
        make(self, *arguments)
        self.constants.update({name: value for name, value in constants.items() if name in self.constants})
        self.tile = replace(self.tile, chunks=constants.get("chunks", self.tile.chunks))

    with monkeypatch.context() as patch:
        patch.setattr(ResidentLoop, "__init__", wrong)
        yield


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("heavy_ball", {"chunks": 1}),
        ("nesterov", {"method": "heavy_ball"}),
        ("nesterov_lookahead", {"method": "nesterov"}),
        ("heavy_ball", {"model": "product"}),
    ],
    ids=["last rows skipped", "gradient at the wrong point", "look-ahead not held", "another model"],
)
def test_a_broken_kernel_is_caught(
    trial: Any, found: Judging, monkeypatch: pytest.MonkeyPatch, method: str, fault: dict[str, Any]
) -> None:
    """A kernel that skips its last chunk of rows, or asks the gradient at a stale point, DISAGREES."""
    case = trial(shape=(17, 7), methods=(method,), runs=2, moving=True)
    with broken(monkeypatch, **fault):
        findings = found(case, RESIDENT)
    assert outcomes(findings) == {Outcome.DISAGREES}, findings


def test_tf32_is_declared_as_what_it_is() -> None:
    """No declaration of float32 covers TF32's products; float16's bound, with float32 sums, does."""
    declared = TritonKernel(tf32=True).declare("float32", "nesterov")
    assert (declared.dtype, declared.accumulate) == ("float16", "float32")
    assert TritonKernel(tf32=True).declare("float64", "nesterov").dtype == "float64"


def test_a_machine_without_device_is_told_the_remedy() -> None:
    """Without CUDA and without TRITON_INTERPRET=1 `missing` says so, and what to set."""
    code = "from lightning_runs.kernels.triton import TritonKernel; import sys; sys.stdout.write(TritonKernel().missing())"
    environment = {**os.environ, "TRITON_INTERPRET": "0", "CUDA_VISIBLE_DEVICES": ""}
    answer = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "set TRITON_INTERPRET=1 before Python starts" in answer.stdout


def test_a_machine_without_triton_is_told_the_remedy(
    trial: Any, tasks_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Triton `prepare` refuses, naming the package."""
    monkeypatch.setattr("lightning_runs.kernels.triton.find_spec", lambda name: None)
    tasks: list[CandidateTask] = tasks_of(trial(runs=1))
    with pytest.raises(KernelError, match=r"cannot run here: it needs `triton`.*pip install triton"):
        RESIDENT.prepare(batch_of(tasks))


@pytest.mark.slow
@both_paths
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_the_papers_size_agrees(trial: Any, found: Judging, dtype: str, kernel: Kernel) -> None:
    """n = 40, d = 100, each method, two runs of it."""
    findings = found(trial(shape=(40, 100), dtype=dtype, methods=METHODS, runs=8, steps=30), kernel)
    assert outcomes(findings) == {Outcome.AGREES}, findings


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_thousands_of_runs_agree(trial: Any, tasks_of: Any, judged: Any, dtype: str) -> None:
    """4096 runs of the paper's size in one launch; the first sixteen and their copies at the end are judged."""
    case = trial(shape=(40, 100), dtype=dtype, methods=METHODS[1:2], runs=16, steps=40)
    recorded = PreparedRuns(RESIDENT, tasks_of(case) * 256)()
    for part in (recorded[:16], recorded[-16:]):
        findings = judged(case, RESIDENT.declare(dtype, "heavy_ball"), part)
        assert outcomes(findings) == {Outcome.AGREES}, findings


@pytest.mark.gpu
def test_tf32_disagrees_with_float32_and_agrees_with_its_own_declaration(
    trial: Any, tasks_of: Any, judged: Any
) -> None:
    """Two cut operands are far outside float32's bound and inside float16's."""
    case = trial(shape=(40, 100), dtype="float32", runs=4)
    kernel = TritonKernel(tf32=True)
    recorded = PreparedRuns(kernel, tasks_of(case))()
    assert outcomes(judged(case, RESIDENT.declare("float32", "heavy_ball"), recorded)) == {Outcome.DISAGREES}
    assert outcomes(judged(case, kernel.declare("float32", "heavy_ball"), recorded)) == {Outcome.AGREES}
