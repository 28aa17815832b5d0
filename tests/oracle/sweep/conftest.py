"""A small spec, sweeps of it, and a store and work folder of their own."""

from __future__ import annotations

import copy
import json
import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from oracle.goldens import compute_golden
from oracle.spec import spec_from
from oracle.store import Store
from oracle.sweep.failures import Failures, open_failures
from oracle.sweep.sweep_file import Sweep, read_sweep

SPEC: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "sparse_regression", "n": 2, "d": 3, "nonzeros": 1, "seed": 0},
    "model": "diagonal",
    "init": {"u": "0.25", "v": "0.25"},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "float64",
    "want": {"kind": "iterates", "steps": [0, 5]},
    "digits": 15,
}

Specs = list[dict[str, Any]]


def seeds(count: int, first: int = 0, steps: int = 5) -> Specs:
    """Return `count` small specs that differ in their problems."""
    specs = []
    for seed in range(first, first + count):
        spec = copy.deepcopy(SPEC)
        spec["problem"]["seed"], spec["want"]["steps"] = seed, [0, steps]
        specs.append(spec)
    return specs


def expected_digests(specs: Specs) -> dict[str, str]:
    """Return spec digest and golden digest of every spec, computed one after another with no sweep."""
    goldens = [compute_golden(spec_from(spec)) for spec in specs]
    return {golden.spec_digest: golden.digest for golden in goldens}


def stored_digests(store: Store) -> dict[str, str]:
    """Return what a store answers, once every record in it is found sound and answers one spec."""
    assert {str(finding.state) for finding in store.verify()} <= {"sound"}
    entries = store.entries()
    assert len({entry.spec_digest for entry in entries}) == len(entries)
    return {entry.spec_digest: entry.digest for entry in entries}


@pytest.fixture
def born() -> Callable[[], list[BaseProcess]]:
    """Return what lists the children that came since the test began and are there still; no other is of its doing."""
    before = set(multiprocessing.active_children())
    return lambda: [child for child in multiprocessing.active_children() if child not in before]


@pytest.fixture
def small_specs() -> Callable[..., Specs]:
    """Return `seeds`."""
    return seeds


@pytest.fixture
def expected() -> Callable[[Specs], dict[str, str]]:
    """Return `expected_digests`."""
    return expected_digests


@pytest.fixture
def stored() -> Callable[[Store], dict[str, str]]:
    """Return `stored_digests`."""
    return stored_digests


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store that is not there yet."""
    return Store(tmp_path / "store")


@pytest.fixture
def failures(tmp_path: Path) -> Iterator[Failures]:
    """Return the failures of a new work folder."""
    with open_failures(tmp_path / "work") as opened:
        yield opened


@pytest.fixture
def lines(tmp_path: Path) -> Callable[[list[Any]], Sweep]:
    """Return a maker of sweeps: a file with a spec, or any other text, a line."""

    def make(given: list[Any]) -> Sweep:
        path = tmp_path / "specs.jsonl"
        path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in given))
        return read_sweep(path)

    return make
