"""What Triton compiles the resident kernel to for a Hopper GPU, read off the machine code; no GPU is needed.

Compiled in a process of its own, since kernels are interpreted or compiled for the whole of a process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest

pytest.importorskip("torch")
if find_spec("triton") is None:
    pytest.skip("triton is not installed", allow_module_level=True)

from lightning_runs.kernels.triton_compiled import Estimate, Findings
from lightning_runs.kernels.triton_sizes import FORMATS, tile_for

CODE = """
import json, sys
from lightning_runs.kernels.triton_compiled import Question, examine
questions = [Question(**fields) for fields in json.loads(sys.stdin.read())]
sys.stdout.write("ANSWER" + json.dumps([examine(question).as_dict() for question in questions]))
"""
DTYPES = ("float64", "float32", "bfloat16")
EVERY_KIND = [
    {"dtype": dtype, "model": model, "method": method}
    for dtype in DTYPES
    for model in ("diagonal", "hadamard", "linear")
    for method in ("heavy_ball", "nesterov", "nesterov_lookahead")
]


ONE_BINARY = """
import sys
import numpy as np, torch, triton
from triton.backends.compiler import GPUTarget

class NoDevice:
    get_current_target = staticmethod(lambda: GPUTarget("cuda", 90, 32))
    get_current_device = staticmethod(lambda: 0)
    get_current_stream = staticmethod(lambda device=None: 0)

triton.runtime.driver.set_active(NoDevice())
from lightning_runs.kernels import triton_loop
from lightning_runs.kernels.triton_sizes import FORMATS, Tile
from lightning_runs.run_batch import Rows, RunBatch

class Compiling:
    def __init__(self, kernel):
        self.kernel, self.binaries = kernel, set()
    def __getitem__(self, grid):
        return lambda *a, **named: self.binaries.add(self.kernel.warmup(*a, grid=grid, **named).hash)

kernels = {name: Compiling(getattr(triton_loop, name)) for name in ("make_steps", "find_residuals", "add_updates")}
vars(triton_loop).update(kernels, device=lambda: torch.device("cpu"))
zeros, ones = np.zeros((2, 3)), np.ones(2)
rows = Rows(np.ones((4, 3)), np.ones(4), 0.5)
start = {"beta": zeros, "p_beta": zeros}
batch = RunBatch("linear", "float64", ((rows,),), np.zeros(2, np.int64), ("nesterov",) * 2, ones, ones / 2, start)
for loop in (triton_loop.ResidentLoop(batch, FORMATS["float64"], Tile(4, 16, 1)),
             triton_loop.TiledLoop(batch, FORMATS["float64"], 4)):
    for stop, wanted in ((1, ()), (2, (2,)), (16, (3, 5)), (17, ()), (32, (31, 32))):
        loop.advance(stop, wanted)
sys.stdout.write("ANSWER" + repr([len(kernel.binaries) for kernel in kernels.values()]))
"""


@cache
def examined(questions: str) -> list[Findings]:
    """Return what a fresh process, with the interpreter off, finds for questions given as JSON."""
    answers: list[dict[str, Any]] = json.loads(answered(CODE, questions))
    return [Findings(**{**answer, "products": tuple(answer["products"])}) for answer in answers]


def answered(code: str, questions: str = "") -> str:
    """Return what code answers in a fresh process with the interpreter off."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=questions,
        env={**os.environ, "TRITON_INTERPRET": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("ANSWER")[2]


def of_the_papers_size(dtype: str) -> Findings:
    """Return the findings for n = 40, d = 100; the dtypes are compiled together."""
    return examined(json.dumps([{"dtype": name} for name in DTYPES]))[DTYPES.index(dtype)]


def assert_nothing_spilled(found: Findings) -> None:
    """Fail if a thread keeps anything in local memory."""
    assert (found.stack_bytes, found.local_bytes, found.local_accesses) == (0, 0, 0), found
    assert found.registers <= 255


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_is_spilled(dtype: str) -> None:
    """The whole state of 16 runs stays in registers: no stack, no LDL, no STL."""
    assert_nothing_spilled(of_the_papers_size(dtype))


@pytest.mark.parametrize(
    ("dtype", "instruction"), [("float64", "f64"), ("float32", "f64"), ("bfloat16", "bf16")]
)
def test_products_are_the_tensor_cores(dtype: str, instruction: str) -> None:
    """Every product is `mma`: float64's own for float64 and float32, bfloat16's with float32 sums."""
    found = of_the_papers_size(dtype)
    assert all(instruction in name for name in found.products)
    assert found.products
    assert any(name.startswith("DMMA" if instruction == "f64" else "HMMA") for name in found.step)


@pytest.mark.parametrize("dtype", DTYPES)
def test_multiplications_are_those_of_the_tile(dtype: str) -> None:
    """A step's tensor-core instructions multiply 2 · 16 · n' · d' and nothing twice."""
    found, tile = of_the_papers_size(dtype), tile_for(40, 100, FORMATS[dtype])
    assert tile is not None
    sizes = {"DMMA.16x8x16": 2048, "DMMA.8x8x4": 256, "HMMA.16816": 2048}
    made = found.warps * sum(found.step.get(name, 0) * size for name, size in sizes.items())
    assert made == tile.multiplications


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_step_never_leaves_the_chip(dtype: str) -> None:
    """Inside the loop over steps nothing is read from or written to global memory, or shuffled."""
    step = of_the_papers_size(dtype).step
    assert not [name for name in step if name.startswith(("LDG", "STG", "LDL", "STL", "SHFL", "ATOM"))], step


@pytest.mark.parametrize("dtype", DTYPES)
def test_two_programs_share_a_multiprocessor(dtype: str) -> None:
    """One makes its products while the other exchanges its sums; shared memory is what `Tile` says."""
    found, form = of_the_papers_size(dtype), FORMATS[dtype]
    tile = tile_for(40, 100, form)
    assert tile is not None
    assert found.programs >= 2
    assert tile.shared_bytes(form) <= found.shared_bytes <= tile.shared_bytes(form) + 1024


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_estimate_is_past_two_fifths_of_the_peak(dtype: str) -> None:
    """On paper: useful operations over the cycles of the busiest unit; see `triton_compiled`."""
    estimate = Estimate.of(of_the_papers_size(dtype), 40, 100)
    assert estimate.shared < estimate.tensor
    assert 0.4 < estimate.of_peak < 1, estimate


def test_one_binary_makes_every_step() -> None:
    """However steps are cut into calls, each kernel is compiled once, so no step is rounded otherwise.

    Launched as on a GPU, up to the launch itself, by a driver without a device.
    """
    assert answered(ONE_BINARY) == "[1, 1, 1]"


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(EVERY_KIND)))
def test_no_kind_spills(index: int) -> None:
    """Every dtype, model and method at the paper's size."""
    assert_nothing_spilled(examined(json.dumps(EVERY_KIND))[index])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_widest_tiles_do_not_spill(dtype: str) -> None:
    """As many coordinates and rows as fit on chip, and batches, which read X at every step."""
    wide = FORMATS[dtype].columns * 8
    kinds: list[dict[str, Any]] = [
        {"dtype": dtype, "n": 64, "d": wide, "method": "nesterov"},
        {"dtype": dtype, "n": 100, "d": 100, "method": "nesterov"},
        {"dtype": dtype, "n": 192, "d": 64},
        {"dtype": dtype, "fixed": False},
    ]
    for found in examined(json.dumps(kinds)):
        assert_nothing_spilled(found)
