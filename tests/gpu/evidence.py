"""Check, then measure, the CUDA kernel on the machine at hand: one call, one JSON, within ten minutes.

    python tests/gpu/evidence.py --out evidence.json
    TRITON_INTERPRET=1 python tests/gpu/evidence.py --quick --out /tmp/evidence.json    # no device: the logic alone

It needs numpy, torch and triton, and jax where the race against it is wanted; not pydantic, mpmath or flint: runs are
judged by local replay, one exact step from each of their own states, in error-free float64 limbs.

1. correctness: dtypes × methods × models, sizes that are multiples of nothing, the tiled path, thousands of runs;
2. limits: product rates on the same shapes and on large squares, copy bandwidth;
3. speed: kernel against eager torch, a CUDA graph of it and jax.lax.scan, interleaved, medians, useful FLOP/s.

A kernel that disagrees anywhere leaves with 1, and nothing is measured.  The script is one file, so that it travels
with the packages and nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from lightning_runs.kernels.eager import EagerKernel
from lightning_runs.kernels.interface import Kernel
from lightning_runs.kernels.triton import TritonKernel
from lightning_runs.prepared_runs import PreparedRuns
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.records.candidate import CandidateTask, Declaration
from oracle.step_check import StepCheck
from oracle.tensors import task_of

SCHEMA = "momentum-oracle/gpu-evidence/1"
PEAKS = {"float64": 67e12, "float32": 67e12}  # of an H200 by its datasheet: tensor cores, and plain
TARGETS = {"eager": 10.0, "cuda_graph": 3.0, "jax_scan": 3.0}
PEAK_SHARE = 0.4


@dataclass(frozen=True)
class Trial:
    """One batch of runs to judge: sizes, names, and how many runs of which steps are looked at."""

    n: int
    d: int
    dtype: str
    model: str = "diagonal"
    methods: Sequence[str] = ("heavy_ball",)
    runs: int = 8
    steps: int = 12
    batches: Sequence[Sequence[int]] = ()
    watched: int = 8
    on_chip_bytes: int | None = None

    def spec(self, run: int) -> dict[str, Any]:
        """Return the canonical spec of one run: dyadic data shared by all, a start, η and μ of its own."""
        data, own = np.random.default_rng(self.n + 1000 * self.d), np.random.default_rng(run)
        method = self.methods[run % len(self.methods)]
        names = PARAMETERS[self.model]
        moving = method != "gradient_descent"
        stated = {
            "name": method,
            "step_size": str(Fraction(1 + run % 5, 1 << (4 + self.d.bit_length()))),
            "momentum": str(Fraction(14 - run % 7, 16)) if moving else "0",
            "p0": {name: _dyadic(own, self.d) for name in names} if moving else {},
            "batches": [list(batch) for batch in self.batches],
        }
        X = [_dyadic(data, self.d) for _ in range(self.n)]
        return {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "regression", "X": X, "y": _dyadic(data, self.n), "loss": "half_mean_square"},
            "model": self.model,
            "init": {name: _dyadic(own, self.d) for name in names},
            "method": stated,
            "inputs_as": "exact" if self.dtype == "bfloat16" else self.dtype,
            "want": {"kind": "iterates", "steps": list(range(self.steps + 1))},
            "digits": 15,
        }

    def tasks(self) -> list[CandidateTask]:
        """Return one task a run."""
        return [task_of(self.spec(run), self.dtype, range(self.steps + 1)) for run in range(self.runs)]


def trials(quick: bool) -> Iterator[Trial]:
    """Yield what is judged: small and odd sizes in every kind, then the paper's size with many runs."""
    dtypes = ("float64", "float32", "bfloat16")
    for dtype in dtypes:
        for model in ("diagonal",) if quick else PARAMETERS:
            if model != "scalar_product":
                yield Trial(5, 7, dtype, model, METHODS)
        yield Trial(5, 7, dtype, methods=METHODS, batches=((0, 3), (1,), (4, 2, 0)))
        yield Trial(5, 7, dtype, methods=METHODS, on_chip_bytes=0)
        for n, d in ((1, 1),) if quick else ((1, 1), (9, 4), (1, 17), (33, 70), (40, 100)):
            yield Trial(n, d, dtype, runs=5 if quick else 37, watched=5)
        if not quick:
            yield Trial(40, 100, dtype, runs=4096, steps=64, watched=16)
            yield Trial(40, 100, dtype, runs=64, on_chip_bytes=0)
            yield Trial(300, 1000, dtype, runs=64, steps=6, watched=4)


def judged(trial: Trial) -> dict[str, Any]:
    """Run a trial and return the verdict on its watched runs, with the largest error in units of its bound."""
    kernel = TritonKernel(on_chip_bytes=trial.on_chip_bytes)
    told = {name: value for name, value in vars(trial).items() if value not in ((), None)}
    try:
        recorded = PreparedRuns(kernel, trial.tasks())()
    except Exception as error:  # whatever a compiler or a driver may raise is evidence too
        return {"trial": told, "outcome": "FAILED", "reason": f"{type(error).__name__}: {error}"}
    chosen = sorted({run * trial.runs // trial.watched for run in range(min(trial.watched, trial.runs))})
    findings = []
    for run in chosen:
        declared: Declaration = kernel.declare(trial.dtype, trial.methods[run % len(trial.methods)])
        findings.append(StepCheck(trial.spec(run), declared)(range(trial.steps + 1), recorded[run]))
    worst = max(findings, key=lambda found: (found.outcome != "AGREES", found.excess or 0.0))
    return {
        "trial": told,
        "outcome": str(worst.outcome),
        "excess": worst.excess,
        "reason": worst.reason,
    }


def limits(quick: bool) -> dict[str, float]:
    """Return product rates in FLOP/s and copy bandwidth in bytes/s, counting bytes read and written."""
    device, found = _device(), {}
    side, size, runs = (256, 2**20, 256) if quick else (8192, 2**30, 16384)
    for name in ("float64", "float32"):
        kind = getattr(torch, name)
        square = torch.randn(side, side, dtype=kind, device=device)
        found[f"gemm_{name}"] = 2 * side**3 / _seconds(partial(torch.matmul, square, square))
        X, theta = (torch.randn(*shape, dtype=kind, device=device) for shape in ((100, 40), (runs, 100)))
        found[f"gemm_same_shapes_{name}"] = 2 * 4000 * runs / _seconds(partial(torch.matmul, theta, X))
    source = torch.empty(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    found["copy_bytes"] = 2 * size / _seconds(partial(target.copy_, source))
    return found


def speed(quick: bool, deadline: float) -> list[dict[str, Any]]:
    """Return run-steps a second by dtype, runs and loop; sizes are left out once time is up."""
    rows: list[dict[str, Any]] = []
    sizes = (4, 16) if quick else (4096, 16384, 1, 16, 256)
    for runs in sizes:
        for dtype in ("float64", "float32", "bfloat16"):
            if time.monotonic() < deadline:
                rows += _raced(runs, dtype, quick)
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Check and measure; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    parser.add_argument("--minutes", type=float, default=9.0, help="time after which no more is measured")
    parser.add_argument("--quick", action="store_true", help="small sizes, as on a machine without a device")
    asked = parser.parse_args(arguments)
    if missing := TritonKernel().missing():
        parser.error(missing)
    deadline = time.monotonic() + 60 * asked.minutes
    checks = [_told(judged(trial)) for trial in trials(asked.quick)]
    agree = all(check["outcome"] == "AGREES" for check in checks)
    evidence: dict[str, Any] = {"schema": SCHEMA, "machine": _machine(), "checks": checks}
    if agree:
        evidence |= {"limits": limits(asked.quick), "speed": speed(asked.quick, deadline)}
        evidence["targets"] = _targets(evidence["speed"])
    asked.out.write_text(json.dumps(evidence, indent=1) + "\n")
    sys.stdout.write(f"{'AGREES' if agree else 'DISAGREES'}: {asked.out}\n")
    return 0 if agree else 1


def _raced(runs: int, dtype: str, quick: bool) -> list[dict[str, Any]]:
    """Race the loops that are here at one size; the first is the kernel."""
    steps = 3 if quick else 1000
    tasks = Trial(5, 7, dtype, runs=runs).tasks() if quick else _paper_tasks(runs, dtype)
    tasks = [CandidateTask(task.problem, task.method, [steps]) for task in tasks]
    ready: dict[str, Callable[[], Any]] = {}
    reasons: dict[str, str] = {}
    for name, prepare in _loops(dtype).items():
        try:
            ready[name] = prepare(tasks)
            ready[name]()
        except Exception as error:  # a peer that is not installed, or cannot: said in its row
            ready.pop(name, None)
            reasons[name] = f"{type(error).__name__}: {error}"
    seconds = _interleaved(ready, rounds=1 if quick else 5)
    size = int(tasks[0].problem.X.size) * runs * steps
    common = {"dtype": dtype, "runs": runs, "steps": steps}
    rows = [
        {"loop": name, **common, **_figures(dtype, size, value, seconds["triton"])}
        for name, value in seconds.items()
    ]
    missing = [{"loop": name, **common, "reason": reason} for name, reason in reasons.items()]
    return [_told(row) for row in rows + missing]


def _loops(dtype: str) -> dict[str, Callable[[list[CandidateTask]], Callable[[], Any]]]:
    """Return how each loop is made ready."""

    def kernel(made: Kernel) -> Callable[[list[CandidateTask]], Callable[[], Any]]:
        return lambda tasks: PreparedRuns(made, tasks)

    def peer(module: str, name: str) -> Callable[[list[CandidateTask]], Callable[[], Any]]:
        def prepare(tasks: list[CandidateTask]) -> Callable[[], Any]:
            loaded = __import__(f"lightning_runs.peers.{module}", fromlist=[name])
            prepared: Callable[[], Any] = getattr(loaded, name).prepare(tasks, 1)
            return prepared

        return prepare

    loops = {"triton": kernel(TritonKernel()), "eager": kernel(EagerKernel(_device().type))}
    if dtype != "bfloat16":
        loops |= {"cuda_graph": peer("torch_peers", "cuda_graph"), "jax_scan": peer("jax_peers", "jax_scan")}
    return loops


def _figures(dtype: str, size: int, seconds: float, kernel_seconds: float) -> dict[str, float]:
    """Return one loop's figures, from n·d times its run-steps; useful are the 4 n d operations of each."""
    figures = {
        "seconds": seconds,
        "useful_flops": 4 * size / seconds,
        "kernel_is_faster": seconds / kernel_seconds,
    }
    return figures | ({"of_peak": 4 * size / seconds / PEAKS[dtype]} if dtype in PEAKS else {})


def _targets(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the figures to reach at 4096 runs and more, each with what was measured."""
    large = [row for row in rows if row["runs"] >= 4096 and "seconds" in row]
    found = [
        {"what": f"faster than {name}", "target": factor, "measured": row["kernel_is_faster"], **_place(row)}
        for row in large
        for name, factor in TARGETS.items()
        if row["loop"] == name
    ]
    found += [
        {"what": "of peak", "target": PEAK_SHARE, "measured": row["of_peak"], **_place(row)}
        for row in large
        if row["loop"] == "triton" and "of_peak" in row
    ]
    return [{**target, "reached": target["measured"] >= target["target"]} for target in found]


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"dtype": row["dtype"], "runs": row["runs"]}


def _paper_tasks(runs: int, dtype: str) -> list[CandidateTask]:
    """Return runs of a random problem of the paper's size from starts of their own, all with its η and μ."""
    (first,) = Trial(40, 100, dtype, runs=1, steps=1).tasks()
    number = first.problem.X.dtype.type
    starts = (np.float32(9 / 256) * (1 + np.arange(runs, dtype=np.float32) / 8192)).astype(number)
    if dtype == "bfloat16":
        starts = torch.from_numpy(starts).bfloat16().float().numpy()
    method = type(first.method)("heavy_ball", number(2.0**-9), number(0.875))
    return [
        CandidateTask(
            type(first.problem)(
                first.problem.X,
                first.problem.y,
                first.problem.loss,
                "diagonal",
                {name: np.full(100, start, dtype=number) for name in ("u", "v")},
                dtype,
            ),
            method,
            [1],
        )
        for start in starts
    ]


def _interleaved(ready: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each, timed in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in ready}
    for _ in range(rounds):
        for name, run in ready.items():
            began = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - began)
    return {name: median(values) for name, values in seconds.items()}


def _seconds(call: Callable[[], Any], repeats: int = 10) -> float:
    """Return the seconds of one call on the device, from several after one to warm up."""
    call()
    _wait()
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    _wait()
    return (time.perf_counter() - began) / repeats


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _machine() -> dict[str, str]:
    import triton  # noqa: PLC0415 - after the check that it is there

    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "no device: Triton's interpreter"
    return {"device": name, "torch": torch.__version__, "triton": triton.__version__}


def _dyadic(source: np.random.Generator, size: int) -> list[str]:
    """Return multiples of 1/64 in [−1/2, 1/2], exact in every dtype, as text."""
    return [str(Fraction(int(k), 64)) for k in source.integers(-32, 33, size)]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Print a row on its way."""
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()
    return row


if __name__ == "__main__":
    sys.exit(main())
