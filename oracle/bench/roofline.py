"""The machine's own limits, measured in the same run: matrix products and a copy."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from oracle.bench.racers import Engine
from oracle.bench.stopwatch import interleaved, middle
from oracle.report.race import MOST_CORES, Machine, Roof, best_roof

__all__ = ["cores", "gemm_calls", "machine", "numpy_gemm", "product_flop"]


def numpy_gemm(
    runs_last: bool, shape: tuple[int, int, int], dtype: str, threads: int
) -> Callable[[int], None]:
    """Return ``multiply(times)``: X (n x d) times d x runs and Xᵀ times n x runs, by numpy's BLAS.

    Parameters
    ----------
    runs_last : bool
        Whether the runs are the last axis, X Θ and Xᵀ R, or the first, Θ Xᵀ and R X.
    shape : (n, d, runs)
    dtype : str
    threads : int
        Not heeded here: numpy's BLAS counts its threads once, from the environment.
    """
    n, d, runs = shape
    source = np.random.default_rng(0)
    sizes = ((n, d), (d, runs), (n, runs), (n, runs), (d, runs))
    X, theta, residual, forward, back = (source.standard_normal(size).astype(dtype) for size in sizes)
    products = ((X, theta, forward), (X.T, residual, back))
    if not runs_last:
        theta, residual, forward, back = (np.ascontiguousarray(a.T) for a in (theta, residual, forward, back))
        products = ((theta, X.T, forward), (residual, X, back))

    def multiply(times: int) -> None:
        for _ in range(times):
            for left, right, out in products:
                np.matmul(left, right, out=out)

    return multiply


OWN_ENGINES: dict[str, Engine] = {
    "numpy": partial(numpy_gemm, False),
    "numpy, runs last": partial(numpy_gemm, True),
}


def product_flop(shape: tuple[int, int, int]) -> int:
    """Return the operations of both products once: 4 n d runs."""
    n, d, runs = shape
    return 4 * n * d * runs


def gemm_calls(
    engines: Mapping[str, Engine], shape: tuple[int, int, int], dtype: str, threads: int, seconds: float
) -> dict[str, tuple[Callable[[], None], int]]:
    """Return each engine's call of about so many seconds, with how often it makes the products.

    An engine that keeps more cores busy than it is given threads is left out, unless none is left: it
    would be no roof of these cores, and its threads, which spin on for a while, would disturb the others.
    """
    calls: dict[str, tuple[Callable[[], None], int]] = {}
    greedy = set()
    for name, engine in {**engines, **OWN_ENGINES}.items():  # numpy last: it may be the one that spins
        multiply = engine(shape, dtype, threads)
        times = _times_for(multiply, seconds)
        calls[name] = partial(multiply, times), times
        if interleaved({name: calls[name][0]}, 1)[name].cores > MOST_CORES * threads:
            greedy.add(name)
    return {name: call for name, call in calls.items() if name not in greedy} or calls


def machine(engines: Mapping[str, Engine], dtypes: tuple[str, ...], threads: int, quick: bool) -> Machine:
    """Return the processor's name, its cores, its GEMM peak and its copy bandwidth.

    Parameters
    ----------
    engines : mapping of name to Engine
    dtypes : tuple of str
    threads : int
    quick : bool
        Smaller matrices and arrays.
    """
    side, size = (256, 2**22) if quick else (1024, 2**27)
    peak = {dtype: _peak(engines, side, dtype, threads) for dtype in dtypes}
    return Machine(_cpu(), cores(), peak, _copy_bandwidth(size))


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _peak(engines: Mapping[str, Engine], side: int, dtype: str, threads: int) -> float:
    shape = (side, side, side)
    calls = gemm_calls(engines, shape, dtype, threads, 0.02)
    timings = interleaved({name: call for name, (call, _) in calls.items()}, 3)
    roofs = [
        Roof(
            name,
            dtype,
            side,
            threads,
            calls[name][1] * product_flop(shape) / middle(t.seconds).median,
            0,
            t.cores,
        )
        for name, t in timings.items()
    ]
    best = best_roof(roofs)
    return best.flops if best else max(roof.flops for roof in roofs)


def _copy_bandwidth(size: int) -> float:
    """Return bytes read and written a second by the median of five copies."""
    source = np.ones(size // 8)
    target = np.zeros_like(source)
    timing = interleaved({"copy": lambda: np.copyto(target, source)}, 6)["copy"]
    return 2 * source.nbytes / middle(timing.seconds[1:]).median


def _times_for(multiply: Callable[[int], None], seconds: float) -> int:
    """Return how many products fill the time; the first, which packs and wakes threads, is not counted."""
    multiply(1)
    times = 1
    while True:
        took = interleaved({"": partial(multiply, times)}, 1)[""].seconds[0]
        if took > seconds / 4 or times > 10**7:
            return max(1, round(times * seconds / took))
        times *= max(2, min(64, int(seconds / took / 2)))


def _cpu() -> str:
    """Return the processor's name, without the host's."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
