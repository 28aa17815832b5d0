"""All planted faults, one for each fault and each kernel that it can be planted in.

Asking for them imports no torch and runs nothing: a kernel is loaded by the first run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from lightning_runs.faults.coefficients import COEFFICIENTS
from lightning_runs.faults.fault import Fault
from lightning_runs.faults.gradients import GRADIENTS
from lightning_runs.faults.hosts import CandidateHost, Host, KernelHost
from lightning_runs.faults.momenta import MOMENTA
from lightning_runs.faults.places import PLACES
from lightning_runs.faults.precision import PRECISION
from lightning_runs.faults.schedules import SCHEDULES
from lightning_runs.faults.torch_options import TORCH_FAULTS, TorchFault, run_with
from lightning_runs.peers.peer import HELD_BY_BUFFERS
from lightning_runs.tasks import DTYPES, PARAMETERS, SCALES
from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, CandidateTask, Declaration
from oracle.records.planted import PlantedFault

__all__ = ["FAULTS", "HOSTS", "NO_FAULT", "Spoiled", "planted"]

FAULTS: tuple[Fault, ...] = (*COEFFICIENTS, *GRADIENTS, *MOMENTA, *PLACES, *PRECISION, *SCHEDULES)
NO_FAULT = Fault("no_fault", "Nothing is changed.", lambda _task, _declaration: False, frozenset())

WIDE, ALL = frozenset(DTYPES), frozenset({*DTYPES, "bfloat16"})
GRADIENT, UPDATE = (frozenset({scaled}) for scaled in SCALES)


def _candidate(name: str) -> Any:
    from lightning_runs import candidates  # noqa: PLC0415 - what is missing is noticed here

    return getattr(candidates, name)


TORCH_SGD = CandidateHost("torch_sgd", lambda: _candidate("torch_sgd"), WIDE, HELD_BY_BUFFERS, UPDATE)
# each with the packages that it needs
HOSTS: tuple[tuple[Host, tuple[str, ...]], ...] = (
    (KernelHost("eager", "eager", ALL, schedules=GRADIENT), ("torch",)),
    (KernelHost("eager_mixed", "eager", ALL, mixed=True, schedules=GRADIENT), ("torch",)),
    (KernelHost("autograd", "autograd", WIDE), ("torch",)),
    (KernelHost("fused", "fused", WIDE), ("llvmlite",)),
    (KernelHost("fused_mixed", "fused", WIDE, mixed=True), ("llvmlite",)),
    (KernelHost("triton", "triton", ALL), ("torch", "triton")),
    (
        CandidateHost("lightning", lambda: _candidate("lightning_trainer"), WIDE),
        ("torch", "pytorch_lightning"),
    ),
    (TORCH_SGD, ("torch",)),
)


@dataclass(frozen=True)
class Spoiled:
    """A candidate with a fault in it; whatever else it says and does is that of the right one.

    Parameters
    ----------
    host : Host
    fault : Fault or TorchFault
        The latter in torch.optim.SGD alone.
    """

    host: Host
    fault: Fault | TorchFault

    models = frozenset(PARAMETERS)

    @property
    def dtypes(self) -> frozenset[str]:
        """What it runs in."""
        return self.host.dtypes

    @property
    def methods(self) -> frozenset[str]:
        """What it runs."""
        return self.host.methods

    @property
    def schedules(self) -> frozenset[str]:
        """What the step sizes of a schedule may scale."""
        return self.host.schedules

    def missing(self) -> str:
        """Return what this machine lacks to run it."""
        return self.host.missing()

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return what the right candidate declares."""
        return self.host.declare(dtype, method)

    def changes(self, task: CandidateTask) -> bool:
        """Return whether the fault changes anything that the task computes."""
        dtype = task.problem.dtype or task.problem.X.dtype.name
        return self.fault.when(task, self.declare(dtype, task.method.name))

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Run one task with the fault; without it where it does not apply.

        Raises
        ------
        TaskError
            If the task cannot be run, or what the fault makes of it.
        KernelError
            If this machine lacks something.
        """
        task = CandidateTask(problem, method, steps)
        if not self.changes(task):
            return self.host.run(NO_FAULT, task)
        if isinstance(self.fault, TorchFault):
            return run_with(self.fault, task)
        return self.host.run(self.fault, task)


def planted() -> Sequence[PlantedFault]:
    """Return every fault in every kernel whose packages are installed.

    Kernels that are no candidates by themselves, the mixed ones, are there without a fault too: as a fault that
    changes nothing and that nothing explains.

    What else a kernel may lack, Triton a device or its interpreter, the candidate's `missing` says.
    """
    return tuple(_planted())


def _planted() -> Iterator[PlantedFault]:
    for host, packages in HOSTS:
        if any(find_spec(package) is None for package in packages):
            continue
        faults: list[Fault | TorchFault] = [fault for fault in FAULTS if host.can_have(fault)]
        faults += TORCH_FAULTS if host is TORCH_SGD else [NO_FAULT] if host.name.endswith("_mixed") else []
        for fault in faults:
            candidate = Spoiled(host, fault)
            yield PlantedFault(
                fault.name, host.name, candidate, fault.explained_by, fault.sentence, candidate.changes
            )
