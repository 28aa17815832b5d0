"""What faults are planted in: a kernel that is driven step by step, or a whole candidate that is asked wrongly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from lightning_runs.faults.fault import Fault
from lightning_runs.faults.kernel_run import KernelRun, State
from lightning_runs.implementations.formats import bits_of
from lightning_runs.kernels.interface import Kernel
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.records.candidate import Array, CandidateTask, Declaration

__all__ = ["CandidateHost", "Host", "KernelHost"]


class Host(Protocol):
    """What a fault can be planted in.

    Attributes
    ----------
    name : str
    dtypes, methods : frozenset of str
    schedules : frozenset of str
        What the step sizes of a schedule may scale, see `tasks.SCALES`.
    """

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def dtypes(self) -> frozenset[str]:
        """What it runs in."""

    @property
    def methods(self) -> frozenset[str]:
        """What it runs."""

    @property
    def schedules(self) -> frozenset[str]:
        """What the step sizes of a schedule may scale."""

    def missing(self) -> str:
        """Return what this machine lacks to run it, with the remedy."""

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return what it declares without a fault."""

    def can_have(self, fault: Fault) -> bool:
        """Return whether a fault can be planted here."""

    def run(self, fault: Fault, task: CandidateTask) -> Mapping[str, Array]:
        """Run a task with the fault, and return what is recorded at the task's steps."""


@dataclass(frozen=True)
class CandidateHost:
    """A candidate that is asked for something else than it was to be asked for.

    Parameters
    ----------
    name : str
    load : callable
        Returns the candidate; called on use, so that naming a host imports nothing.
    dtypes, methods, schedules : frozenset of str
    """

    name: str
    load: Callable[[], Any]
    dtypes: frozenset[str]
    methods: frozenset[str] = frozenset(METHODS)
    schedules: frozenset[str] = frozenset()

    def missing(self) -> str:
        """Return what this machine lacks to run the candidate."""
        return str(getattr(self.load(), "missing", str)())

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return what the candidate declares."""
        declared: Declaration = self.load().declare(dtype, method)
        return declared

    def can_have(self, fault: Fault) -> bool:
        """Return whether the fault lies in what is asked, and the candidate runs that."""
        runs = fault.runs_in in ("", *self.dtypes) and fault.name.removeprefix("runs_") not in (
            set(METHODS) - self.methods
        )
        return fault.only_asks and not fault.only_in and runs

    def run(self, fault: Fault, task: CandidateTask) -> dict[str, Array]:
        """Run a task with the fault."""
        shown = [fault.shown(int(step)) for step in task.steps]
        asked = replace(task if fault.ask is None else fault.ask(task), steps=sorted(set(shown)))
        arrays: Mapping[str, Array] = self.load()(asked.problem, asked.method, asked.steps)
        rows = np.searchsorted(asked.steps, shown)
        return {name: array[rows].astype(task.problem.X.dtype) for name, array in arrays.items()}


@dataclass(frozen=True)
class KernelHost:
    """A kernel, driven step by step.

    Parameters
    ----------
    name : str
    kernel : str
        A name in `kernels.registry.KERNELS`.
    runs : frozenset of str
        The formats that the kernel computes in.
    mixed : bool
        Whether it is to compute in float32 and to keep its state in bfloat16 between steps.
    schedules : frozenset of str
    methods : frozenset of str
    """

    name: str
    kernel: str
    runs: frozenset[str]
    mixed: bool = False
    schedules: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset(METHODS)

    @property
    def dtypes(self) -> frozenset[str]:
        """What can be asked for: bfloat16 alone where the state is kept in it."""
        return frozenset({"bfloat16"}) if self.mixed else self.runs

    def missing(self) -> str:
        """Return what this machine lacks to run the kernel."""
        return self._kernel().missing()

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return what the kernel declares, with the format of the state where that is another."""
        if not self.mixed:
            return self._kernel().declare(dtype, method)
        return replace(self._kernel().declare("float32", method), state="bfloat16")

    def can_have(self, fault: Fault) -> bool:
        """Return whether the kernel computes in what the fault needs."""
        return fault.runs_in in ("", *self.runs) and (not fault.only_in or self.name in fault.only_in)

    def run(self, fault: Fault, task: CandidateTask) -> dict[str, Array]:
        """Run a task with the fault."""
        asked = self._in_own_format(task)
        asked = asked if fault.ask is None else fault.ask(asked)
        shown = [fault.shown(int(step)) for step in task.steps]
        formats = [name for name in (fault.kept_in, "bfloat16" if self.mixed else "") if name]
        kept_in = min(formats, key=bits_of, default="")
        own = KernelRun(self._kernel(), asked, kept_in)
        if fault.only_asks and not kept_in:
            arrays = own.recorded(shown)
        else:
            states = _states(own, fault, max(shown))
            arrays = _arrays(PARAMETERS[task.problem.model], [states[step] for step in shown])
        return {name: array.astype(task.problem.X.dtype) for name, array in arrays.items()}

    def _in_own_format(self, task: CandidateTask) -> CandidateTask:
        return replace(task, problem=replace(task.problem, dtype="float32")) if self.mixed else task

    def _kernel(self) -> Kernel:
        from lightning_runs.kernels.registry import kernel_named  # noqa: PLC0415 - torch is imported on use

        return kernel_named(self.kernel)


def _states(own: KernelRun, fault: Fault, last: int) -> list[State]:
    """Return the states up to a step, each made by the fault's rule from those before."""
    past = [own.kept(own.start())]
    with np.errstate(all="ignore"):  # a run may diverge, and is recorded as it is
        for k in range(last):
            past.append(own.kept(fault.rule(own, past, k)))
    return past


def _arrays(names: Sequence[str], states: Sequence[State]) -> dict[str, Array]:
    recorded = {name: np.stack([state.w[i] for state in states]) for i, name in enumerate(names)}
    return recorded | {
        f"p_{name}": np.stack([state.p[i] for state in states]) for i, name in enumerate(names)
    }
