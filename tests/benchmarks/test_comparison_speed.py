"""A recorded trajectory against a stored golden: values a second, beside numpy's own comparison."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.compare import distances
from oracle.goldens import fetch_or_compute
from oracle.records.golden import Golden
from oracle.store import Store
from oracle.verify import paper_spec

ROUNDS = 15


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    """Return heavy ball on the paper's problem, every state of 1000 steps, as it comes from a store."""
    place: Path = tmp_path_factory.mktemp("store")
    spec = paper_spec("heavy_ball", "float32")
    fetch_or_compute(spec, Store(place), cross_check=False)
    stored, found = fetch_or_compute(spec, Store(place))
    assert found
    return stored


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.benchmark(group="record against golden, 1001 states of 200 numbers")
def test_values_a_second(
    benchmark: Any, golden: Golden, interleaved: Callable[..., dict[str, float]], dtype: str
) -> None:
    """Time the exact distances of u and v; the peer is numpy.testing.assert_allclose on the same arrays."""
    leading = {name: golden.limbs[name].limbs[0] for name in ("u", "v")}
    record = {name: values.astype(dtype) for name, values in leading.items()}
    count = sum(values.size for values in record.values())
    steps = list(golden.steps)

    def ours() -> None:
        found = distances(golden, record, steps)
        assert all(np.isfinite(distance.error).all() for distance in found.values())

    def peer() -> None:
        for name, values in record.items():
            np.testing.assert_allclose(values, leading[name], rtol=1e-6, atol=1e-6)

    ours()  # the limbs are laid out once
    seconds = interleaved(ROUNDS, ours=ours, peer=peer)
    benchmark.pedantic(ours, rounds=3)
    rate, ratio = count / seconds["ours"] / 1e6, seconds["peer"] / seconds["ours"]
    benchmark.extra_info.update(million_values_a_second=rate, times_assert_allclose=ratio)
    line = f"{dtype}: {rate:.0f} M values a second (asked for: 50), {ratio:.2f} times numpy.testing.assert_allclose"
    print(line)  # noqa: T201  # a benchmark's figure
