"""One run of a sweep as a pair of files for `oracle check`: its spec, and its record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightning_runs.observables import observed
from lightning_runs.run_batch import state_names
from lightning_runs.sweeps.grid import spec_of
from lightning_runs.sweeps.sealed_arrays import sealed_bytes
from lightning_runs.sweeps.sweep import Sweep
from lightning_runs.sweeps.sweep_error import SweepError
from oracle.records.atomic_files import write_atomically
from oracle.records.candidate import Array
from oracle.spec import Spec

__all__ = ["Extract", "extract", "recorded", "write_extract"]


@dataclass(frozen=True)
class Extract:
    """A run by itself.

    Parameters
    ----------
    spec : Spec
    arrays : dict of name to ndarray
        ``steps`` (K,), each parameter and its momentum ``p_<parameter>`` (K, d), ``theta`` (K, d) and
        ``loss`` (K,); the last two computed from the recorded parameters, in the dtype of the run, and
        left out for bfloat16.
    """

    spec: Spec
    arrays: dict[str, Array]


def extract(sweep: Sweep, run: int) -> Extract:
    """Return one run of a finished sweep.

    Raises
    ------
    SweepError
        If there is no such run, or it is not finished.
    DamagedRecordError
        If a file that holds a part of it is not as it was written.
    """
    if not 0 <= run < len(sweep.points):
        raise SweepError(f"run {run} is none of this sweep; its runs are 0 to {len(sweep.points) - 1}")
    point = sweep.points[run]
    states = recorded(sweep, run)
    steps = {"steps": np.array(sweep.grid.steps, dtype=np.int64)}
    (task,) = sweep.tasks([point])
    if sweep.grid.dtype != "bfloat16":  # in which numpy does not compute
        states = observed(task.problem, states)
    return Extract(spec_of(sweep.grid, point), {**steps, **states})


def recorded(sweep: Sweep, run: int) -> dict[str, Array]:
    """Return the states of a run at the recorded steps, by name, each of shape (K, d)."""
    part = next(i for i, (first, count) in enumerate(sweep.plan.parts) if first <= run < first + count)
    _check_finished(sweep, run, part)
    wanted, column = set(sweep.grid.steps), run - sweep.plan.parts[part][0]
    rows: dict[str, list[Array]] = {name: [] for name in state_names(sweep.grid.model)}
    for number, segment in enumerate(sweep.segments):
        held = sweep.directory.read_segment(part, number, segment)
        keep = [i for i, step in enumerate(segment.steps) if step in wanted]
        for name, collected in rows.items():
            collected.append(held[name][keep, column])
    return {name: np.concatenate(collected) for name, collected in rows.items()}


def write_extract(sweep: Sweep, run: int, directory: Path) -> tuple[Path, Path]:
    """Write ``run-000017.json`` and ``run-000017.npz``, and return where they are; as `extract`."""
    found = extract(sweep, run)
    directory.mkdir(parents=True, exist_ok=True)
    spec, record = (directory / f"run-{run:06d}{suffix}" for suffix in (".json", ".npz"))
    write_atomically(spec, (found.spec.canonical_json + "\n").encode())
    write_atomically(record, sealed_bytes(found.arrays))
    return spec, record


def _check_finished(sweep: Sweep, run: int, part: int) -> None:
    last = sweep.directory.segment_path(part, len(sweep.segments) - 1)
    if not last.exists():
        raise SweepError(
            f"run {run} is not finished in `{sweep.directory.path}`; go on with the sweep first, by the same command "
            "without `--extract`"
        )
