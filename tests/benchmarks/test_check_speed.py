"""The whole verdict on a recorded run whose golden is in memory, beside numpy's own comparison with a tolerance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracle.findings import Outcome
from oracle.goldens import compute_golden
from oracle.records.candidate import Array, Declaration
from oracle.records.golden import Golden
from oracle.spec import spec_from
from oracle.verdict import judge
from tests.service.specimens import large

ROUNDS = 15
STATES = 1000
SIZES = {"n = 40, d = 100": (40, 100), "n = 6, d = 9": (6, 9)}


def golden_of(size: str) -> Golden:
    """Return heavy ball on a diagonal model, every state of 1000 steps."""
    n, d = SIZES[size]
    return compute_golden(spec_from(large(STATES, n, d)), cross_check=False)


def record_of(golden: Golden, dtype: str) -> dict[str, Array]:
    """Return the run in plain numpy, in a dtype throughout."""
    case = golden.case
    problem: Any = case.problem
    X, y = np.array(problem.X, dtype=float).astype(dtype), np.array(problem.y, dtype=float).astype(dtype)
    number = np.dtype(dtype).type
    eta, mu = number(float(case.method.step_size)), number(float(case.method.momentum))
    state, move, states, d = np.full(2 * X.shape[1], 0.125, dtype), number(0), [], X.shape[1]
    for _ in range(STATES):
        states.append(state)
        u, v = state[:d], state[d:]
        g = X.T @ (X @ (u * u - v * v) - y) / number(len(y))
        move = mu * move - eta * np.concatenate([2 * u * g, -2 * v * g])
        state = state + move
    return {"u": np.array(states)[:, :d], "v": np.array(states)[:, d:]}


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.benchmark(group="verdict on 1000 states, golden in memory")
def test_verdicts_a_second(
    benchmark: Any, interleaved: Callable[..., dict[str, float]], dtype: str, size: str
) -> None:
    """Time `judge`, proof of every step and all; the peer is numpy.testing.assert_allclose on the same arrays."""
    golden = golden_of(size)
    record, steps = record_of(golden, dtype), list(range(STATES))
    leading = {name: golden.limbs[name].limbs[0] for name in record}

    def ours() -> None:
        verdict = judge(golden, record, Declaration(dtype=dtype), steps, draw_envelope=False)
        assert verdict.outcome is Outcome.AGREES

    def peer() -> None:
        for name, values in record.items():
            np.testing.assert_allclose(values, leading[name], rtol=1e-2, atol=1e-2)

    ours()  # what the golden alone determines is made once
    seconds = interleaved(ROUNDS, ours=ours, peer=peer)
    benchmark.pedantic(ours, rounds=3)
    milliseconds, ratio = 1e3 * seconds["ours"], seconds["ours"] / seconds["peer"]
    benchmark.extra_info.update(milliseconds=milliseconds, in_units_of_assert_allclose=ratio)
    line = f"{dtype}, {size}: {milliseconds:.1f} ms (asked for: 25 in float32), {ratio:.1f} times assert_allclose"
    print(line)  # noqa: T201  # a benchmark's figure
