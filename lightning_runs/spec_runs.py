"""Runs that spec files state, as a LightningModule that configurations can name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from lightning_runs.kernels.registry import best_kernel, kernel_named
from lightning_runs.module import MomentumRuns
from lightning_runs.observables import observed
from lightning_runs.tasks import TaskError, check_task, groups_of
from oracle.records.candidate import CandidateTask
from oracle.spec import Spec, load_spec
from oracle.spec_error import SpecError
from oracle.tensors import task_of

__all__ = ["SpecRuns"]


class SpecRuns(MomentumRuns):
    """Runs of specs; when training ends each is a record that ``oracle check`` reads.

    Parameters
    ----------
    specs : list of str
        Spec files of discrete methods; they share model and d.  Recorded are the steps they want.
    dtype : str
        ``float64``, ``float32``, or what the kernel runs beside.
    kernel : str
        A name in `kernels.registry.KERNELS`; empty for the fastest that is here.
    threads : int
        Of the kernel.
    records : str
        Folder of the records, ``<name of the spec>.npz`` each.
    """

    def __init__(
        self,
        specs: list[str],
        dtype: str = "float64",
        kernel: str = "",
        threads: int = 1,
        records: str = "records",
    ) -> None:
        chosen = kernel_named(kernel) if kernel else best_kernel()
        self.names = [Path(spec).stem for spec in specs]
        if not specs or len(set(self.names)) < len(specs):
            raise TaskError(f"`specs` must be one or more files of different names; got {specs}")
        tasks = [_task(_loaded(Path(spec)), dtype) for spec in specs]
        for task in tasks:
            check_task(task, chosen.methods, chosen.dtypes)
        if len(groups_of(tasks)) > 1:
            raise TaskError("`specs` must share model and d: train each such group by itself")
        self.records = Path(records)
        super().__init__(tasks, chosen, threads, self.records / "states")

    def on_fit_end(self) -> None:
        """Write the records of this process's runs."""
        self.records.mkdir(parents=True, exist_ok=True)
        for run, (number, task) in enumerate(zip(self.runs, self.tasks, strict=True)):
            steps = [int(step) for step in task.steps]
            arrays = observed(task.problem, self.recorder.of_run(run, steps))
            reached = np.array(steps[: len(arrays["loss"])], dtype=np.int64)
            part = self.records / f"{self.names[number]}.part"
            with part.open("wb") as file:
                np.savez(file, steps=reached, **arrays)  # type: ignore[arg-type]  # numpy's stub takes no names
            part.replace(part.with_suffix(".npz"))


def _loaded(path: Path) -> Spec:
    """Return the spec of a file; what is wrong with it is said of that file."""
    try:
        return load_spec(path)
    except SpecError as error:
        raise SpecError(f"`{path}`: {error}") from error


def _task(spec: Spec, dtype: str) -> CandidateTask:
    steps: Any = spec.canonical["want"].get("steps")
    if not steps:
        raise TaskError(f"the spec wants {json.dumps(spec.canonical['want'])}: training needs `steps`")
    return task_of(spec.canonical, dtype, steps)
