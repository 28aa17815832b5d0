"""The machine's limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracle.bench.roofline import gemm_calls, machine, numpy_gemm, product_flop
from oracle.bench.stopwatch import Timing


@pytest.mark.parametrize("runs_last", [False, True])
def test_numpy_multiplies_the_shapes_it_names(runs_last: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One time is n · d · runs multiply-adds, twice."""
    seen: list[int] = []
    monkeypatch.setattr(
        np,
        "matmul",
        lambda a, b, out: seen.append(a.shape[0] * a.shape[1] * b.shape[1]),
    )
    numpy_gemm(runs_last, (3, 5, 7), "float32", 1)(2)
    assert seen == [3 * 5 * 7] * 4
    assert product_flop((3, 5, 7)) == 4 * 3 * 5 * 7


def test_calls_fill_the_time_asked_for(sleep: Callable[[float], None]) -> None:
    """An engine whose products take 1 ms each is called about twenty times for 20 ms."""

    def engine(shape: Any, dtype: str, threads: int) -> Callable[[int], None]:
        assert (shape, dtype, threads) == ((3, 5, 7), "float64", 1)
        return lambda times: sleep(0.001 * times)

    _, times = gemm_calls({"planted": engine}, (3, 5, 7), "float64", 1, 0.02)["planted"]
    assert 5 <= times <= 25


def test_engine_that_takes_cores_it_was_not_given_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numpy on two cores is no roof of one; where nobody else is, it stays."""
    busy = {"planted": 1.0, "numpy": 2.0, "numpy, runs last": 2.0, "": 1.0}
    monkeypatch.setattr(
        "oracle.bench.roofline.interleaved",
        lambda calls, _: {name: Timing((1.0,), busy[name]) for name in calls},
    )
    one = ((3, 5, 7), "float64", 1, 0.02)
    assert list(gemm_calls({"planted": lambda *_: lambda _: None}, *one)) == ["planted"]
    assert list(gemm_calls({}, *one)) == ["numpy", "numpy, runs last"]


def test_machine_has_peak_and_bandwidth() -> None:
    """Figures above a million a second, and the host is not named."""
    import platform  # noqa: PLC0415 - one test's need

    limits = machine({}, ("float64",), 1, quick=True)
    assert limits.peak["float64"] > 1e6
    assert limits.copy_bandwidth > 1e6
    assert limits.cores >= 1
    assert platform.node() not in limits.cpu
