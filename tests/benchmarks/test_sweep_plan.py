"""What a sweep of a million goldens takes: goldens a second, bytes, and the store with up to a million records.

Nothing here fails for being slow.  Figures are in `extra_info` of the JSON that ``--benchmark-json`` writes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from oracle.goldens import compute_golden
from oracle.records.golden import Golden
from oracle.records.npz import npz_bytes, read_npz_bytes, sealed_manifest
from oracle.spec import spec_from
from oracle.store import Store
from oracle.store_index import StoreIndex
from oracle.sweep.coordinator import Places, run_sweep
from oracle.sweep.failures import open_failures
from oracle.sweep.grid import SCHEMA
from oracle.sweep.hands import processes
from oracle.sweep.plan import plan_sweep
from oracle.sweep.sweep_file import read_sweep

SMALL: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "sparse_regression", "n": 2, "d": 3, "nonzeros": 1, "seed": 0},
    "model": "diagonal",
    "init": {"u": "0.25", "v": "0.25"},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "float64",
    "want": {"kind": "iterates", "steps": list(range(51))},
    "digits": 40,
}
PAPER: dict[str, Any] = {
    **SMALL,
    "problem": {"kind": "sparse_regression", "n": 40, "d": 100, "nonzeros": 5, "seed": 0},
    "init": {"u": "9/256", "v": "9/256"},
    "method": {"name": "heavy_ball", "step_size": "0.03", "momentum": "0.9"},
    "want": {"kind": "iterates", "steps": [0, 1, 10, 100, 300, 1000]},
}
COUNTS = {"small": (SMALL, 2000), "paper": (PAPER, 4)}
WORKERS = 2


@pytest.mark.slow
@pytest.mark.benchmark(group="sweep: goldens computed and stored")
@pytest.mark.parametrize("size", COUNTS)
def test_sweep_throughput_and_bytes(benchmark: Any, tmp_path: Path, size: str) -> None:
    """Record goldens a second on a process pool of two, bytes, and what the plan had said beforehand."""
    spec, count = COUNTS[size]
    path, store = tmp_path / "grid.json", Store(tmp_path / "store")
    axis = {"problem.seed": {"from": 0, "count": count}}
    path.write_text(json.dumps({"schema": SCHEMA, "spec": spec, "grid": axis}))
    sweep = read_sweep(path)
    with processes(WORKERS) as hands, open_failures(tmp_path / "work") as failures:
        plan = plan_sweep(sweep, store, hands)
        done = benchmark.pedantic(run_sweep, args=(sweep, Places(store, hands, failures)), rounds=1)
    files = [found.stat() for found in store.root.glob("objects/*/*.npz")]
    assert (done.computed + done.refused, len(files)) == (count, done.computed)  # some problems diverge
    assert plan.core_seconds is not None
    assert plan.bytes is not None
    benchmark.extra_info.update(
        goldens=done.computed,
        refused=done.refused,
        workers=WORKERS,
        wall_seconds=done.seconds,
        goldens_a_second=done.computed / done.seconds,
        core_seconds_a_golden=done.core_seconds / done.computed,
        core_share=done.core_seconds / done.seconds / WORKERS,
        bytes_a_golden=done.bytes / done.computed,
        allocated_a_golden=sum(found.st_blocks * 512 for found in files) / done.computed,
        index_bytes_a_golden=(store.root / "index.sqlite3").stat().st_size / done.computed,
        planned_core_seconds=plan.core_seconds.total,
        planned_range=[plan.core_seconds.low, plan.core_seconds.high],
        planned_wall_seconds=plan.wall_seconds(WORKERS),
        planned_bytes=plan.bytes.total,
    )


@pytest.mark.slow
@pytest.mark.benchmark(group="sweep: what the coordinator does for one record")
def test_coordinator_costs(benchmark: Any, tmp_path: Path) -> None:
    """Record milliseconds a record: to read a spec, to check a seal, to decode it all, to store one and many."""
    first = compute_golden(spec_from(SMALL))
    copies = [variant_of(first, seed) for seed in range(1, 257)]
    files = {golden.spec_digest: npz_bytes(golden) for golden in copies}
    data = next(iter(files.values()))
    many, single = Store(tmp_path / "many"), Store(tmp_path / "single")
    single.put(first)
    began = perf_counter()
    for golden in copies[:32]:
        single.put_sealed({golden.spec_digest: files[golden.spec_digest]})
    alone = (perf_counter() - began) / 32
    parts = [dict(list(files.items())[at : at + 64]) for at in range(0, 256, 64)]
    benchmark.pedantic(lambda: list(map(many.put_sealed, parts)), rounds=1)
    benchmark.extra_info.update(
        read_spec_ms=1e3 * typical(lambda: spec_from(SMALL)),
        seal_golden_ms=1e3 * typical(lambda: npz_bytes(variant_of(first, 7))),
        check_seal_ms=1e3 * typical(lambda: sealed_manifest(data, "a record")),
        decode_all_ms=1e3 * typical(lambda: read_npz_bytes(data, "a record")),
        put_alone_ms=1e3 * alone,
        put_of_64_ms=1e3 * benchmark.stats.stats.mean / 256,
    )


@pytest.mark.slow
@pytest.mark.benchmark(group="sweep: the store with many records")
@pytest.mark.parametrize("count", [10**3, 10**4, 10**5, 10**6])
def test_store_with_many_records(benchmark: Any, tmp_path: Path, count: int) -> None:
    """Record milliseconds of every use of a store with `count` rows and as many (empty) files beside a real one."""
    store, first = Store(tmp_path / "store"), compute_golden(spec_from(SMALL))
    store.put(first)
    began = perf_counter()
    fill(store, count)
    filled, known = (
        perf_counter() - began,
        [row_name("spec", number) for number in range(0, count, count // 32)],
    )
    fresh = iter([variant_of(first, seed) for seed in range(1, 200)])
    batches = iter([sealed(fresh, 64), sealed(fresh, 64)])
    benchmark.pedantic(store.find, args=(first.spec_digest,), rounds=20)
    figures = {
        "find": benchmark.stats.stats.median,
        "answered_32": typical(lambda: store.answered(known)),
        "resolve": typical(lambda: store.resolve(first.digest[:30])),
        "any_record_by_scandir": typical(store._files.has_records),
        "any_record_by_glob_as_before": typical(lambda: any(store.root.glob("objects/*/*.npz")), 5),
        "open_connection": typical(lambda: opened(store)),
        "put": typical(lambda: store.put(next(fresh)), 20),
        "put_of_64_each": typical(lambda: store.put_sealed(next(batches)), 2) / 64,
        "entries": typical(store.entries, 1),
    }
    benchmark.extra_info.update(
        {f"{name}_ms": 1e3 * seconds for name, seconds in figures.items()},
        rows=count,
        fill_seconds=filled,
        index_bytes=(store.root / "index.sqlite3").stat().st_size,
    )
    assert len(store.answered(known)) == len(known)
    shutil.rmtree(store.root)


def fill(store: Store, count: int) -> None:
    """Make rows, in one transaction, and empty files of records that were never computed."""
    (like,) = store.entries()
    for number in range(256):
        (store.root / "objects" / f"{number:02x}").mkdir(exist_ok=True)
    with StoreIndex(store.root / "index.sqlite3").writing(may_be_new=False) as rows:
        for number in range(count):
            digest = row_name("golden", number)
            rows.add(replace(like, spec_digest=row_name("spec", number), digest=digest))
            hexadecimal = digest.removeprefix("sha256:")
            (store.root / "objects" / hexadecimal[:2] / f"{hexadecimal}.npz").touch()


def row_name(kind: str, number: int) -> str:
    """Return a digest that nothing has."""
    return "sha256:" + hashlib.sha256(f"{kind} {number}".encode()).hexdigest()


def variant_of(golden: Golden, seed: int) -> Golden:
    """Return the same values under another spec: as many bytes, another digest."""
    spec = golden.spec | {"problem": golden.spec["problem"] | {"seed": seed}}
    return Golden(spec, golden.arrays, golden.steps, golden.grade, golden.digits, golden.provenance)


def sealed(goldens: Any, count: int) -> dict[str, bytes]:
    """Return the next goldens as workers send them."""
    return {golden.spec_digest: npz_bytes(golden) for golden, _ in zip(goldens, range(count), strict=False)}


def opened(store: Store) -> int:
    """Open the index, ask for its version, close it: what every use of a store begins with."""
    with closing(sqlite3.connect(store.root / "index.sqlite3")) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def typical(call: Callable[[], Any], rounds: int = 20) -> float:
    """Return the median seconds of a call."""
    seconds = []
    for _ in range(rounds):
        began = perf_counter()
        call()
        seconds.append(perf_counter() - began)
    return median(seconds)
