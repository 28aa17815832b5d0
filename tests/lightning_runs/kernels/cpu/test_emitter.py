"""What is written as a formula is what the machine computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from lightning_runs.kernels.cpu.arrays import aligned
from lightning_runs.kernels.cpu.emitter import Emitter
from lightning_runs.kernels.cpu.one_run import folded_sums
from lightning_runs.kernels.cpu.processor import compiled, processor

LANES = processor().lanes(8)
Body = Callable[[Emitter], None]


def computed(body: Body, source: Any, size: int) -> Any:
    """Compile a function of arrays `source` and `target`, call it, and return the target."""
    code = Emitter("computed", (["source", "target"], ["count"]), 8, LANES)
    body(code)
    function = compiled(code.finish(), "computed", 3)
    source, target = aligned(source, np.float64), aligned(np.zeros(size), np.float64)
    function.call(source.ctypes.data, target.ctypes.data, len(source))
    return target


def test_operators_are_those_of_the_numbers() -> None:
    """a·b − c with signs, lane by lane, in one rounding or two."""
    a, b, c = np.random.default_rng(3).standard_normal((3, LANES))

    def body(code: Emitter) -> None:
        source, target = code.arguments["source"], code.arguments["target"]
        x, y, z = (code.load(source, k * LANES) for k in range(3))
        code.store(x * y - z, target, 0)
        code.store(-(x + y), target, LANES)

    found = computed(body, np.concatenate([a, b, c]), 2 * LANES)
    assert np.allclose(found[:LANES], a * b - c, rtol=4e-16, atol=4e-16)
    assert np.array_equal(found[LANES:], -(a + b))


def test_loop_carries_values_and_stops_before_its_end() -> None:
    """Σ of the numbers at 0, L, 2L, … below the count, each in every lane."""
    values = np.arange(6.0 * LANES)

    def body(code: Emitter) -> None:
        source = code.arguments["source"]
        (total,) = code.loop(
            0,
            code.arguments["count"],
            lambda k, carried: [carried[0] + code.broadcast(source, k)],
            [code.zero()],
            LANES,
        )
        code.store(total, code.arguments["target"], 0)

    assert computed(body, values, LANES).tolist() == [values[::LANES].sum()] * LANES


@pytest.mark.parametrize("wanted", [0, 5])
def test_condition_decides(wanted: int) -> None:
    """A store under a condition happens where it holds, and nowhere else."""

    def body(code: Emitter) -> None:
        holds = code.builder.icmp_signed("==", code.arguments["count"], code.index(LANES + wanted))
        code.when(
            holds, lambda: code.store(code.load(code.arguments["source"], 0), code.arguments["target"], 0)
        )

    stored = computed(body, np.ones(LANES), LANES)
    assert stored.tolist() == [1.0 if wanted == 0 else 0.0] * LANES


@pytest.mark.parametrize("count", [count for count in (1, 2, 4, 8) if count <= LANES])
def test_folded_sums_are_the_sums_of_all_lanes(count: int) -> None:
    """Sum m of `count` vectors fills block m of the lanes, exactly for small integers."""
    values = np.random.default_rng(count).integers(-99, 99, (count, LANES)).astype(float)

    def body(code: Emitter) -> None:
        vectors = [code.load(code.arguments["source"], k * LANES) for k in range(count)]
        code.store(folded_sums(vectors), code.arguments["target"], 0)

    found = computed(body, values.ravel(), LANES)
    assert found.tolist() == values.sum(axis=1).repeat(LANES // count).tolist()
