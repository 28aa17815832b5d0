"""The candidates of this package, as entry points name them.

Loading one costs nothing: torch, Lightning and LLVM are imported by the first run.  Where a candidate's
package is missing, asking this module for it raises ModuleNotFoundError, so that nobody is offered a
candidate that cannot run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from lightning_runs.tasks import DTYPES, METHODS, PARAMETERS, Array, TaskError
from oracle.records.candidate import CandidateMethod, CandidateProblem, CandidateTask, Declaration

__all__ = ["KernelCandidate", "LightningTrainer", "TorchSgd"]


class LightningTrainer:
    """PyTorch Lightning with manual optimisation, many runs as one batch; velocity form."""

    methods = frozenset(METHODS)
    models = frozenset(PARAMETERS)

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Run one task; see `together`."""
        return self.together([CandidateTask(problem, method, steps)])[0]

    def together(self, tasks: Sequence[CandidateTask]) -> list[dict[str, Array]]:
        """Run the tasks in as few batches as they allow; see `lightning_runs.trainer.train`."""
        from lightning_runs.trainer import train  # noqa: PLC0415 - torch is imported on use

        return train(tasks)

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return velocity form, every operation in `dtype`; look-ahead runs hold (β + μ p, p)."""
        return _declaration("velocity", dtype, method, self.methods)


class TorchSgd:
    """torch.optim.SGD in a plain loop; buffer form.

    `nesterov` is not among its methods: with nesterov=True torch holds the look-ahead sequence,
    which is `nesterov_lookahead`.  Its learning rate is outside the buffer: of schedules it runs those that
    scale the update.
    """

    methods = frozenset(METHODS) - {"nesterov"}
    models = frozenset(PARAMETERS)
    schedules = frozenset({"update"})

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Run one task; see `lightning_runs.sgd.run_sgd`."""
        from lightning_runs.sgd import run_sgd  # noqa: PLC0415 - torch is imported on use

        return run_sgd(CandidateTask(problem, method, steps))

    def together(self, tasks: Sequence[CandidateTask]) -> list[Mapping[str, Array]]:
        """Run the tasks one after the other."""
        return [self(task.problem, task.method, task.steps) for task in tasks]

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return buffer form, every operation in `dtype`."""
        return _declaration("buffer", dtype, method, self.methods)


def _declaration(form: str, dtype: str, method: str, methods: frozenset[str]) -> Declaration:
    for field, value, choices in (("dtype", dtype, DTYPES), ("method", method, sorted(methods))):
        if value not in choices:
            raise TaskError(f"`{field}` is {value!r}; this candidate runs {', '.join(choices)}")
    return Declaration(form=form, dtype=dtype, accumulate=dtype, fma=True)


class KernelCandidate:
    """One of the kernels by itself, without Lightning around it; velocity form.

    Parameters
    ----------
    name : str
        A name in `kernels.registry.KERNELS`.
    """

    methods = frozenset(METHODS)
    models = frozenset(PARAMETERS)

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def dtypes(self) -> frozenset[str]:
        """What the kernel runs in."""
        from lightning_runs.kernels.registry import kernel_named  # noqa: PLC0415 - imported on use

        return kernel_named(self.name).dtypes

    @property
    def schedules(self) -> frozenset[str]:
        """What the step sizes of a schedule may scale; none for most kernels."""
        from lightning_runs.kernels.registry import kernel_named  # noqa: PLC0415 - imported on use

        return getattr(kernel_named(self.name), "schedules", frozenset())

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Run one task."""
        return self.together([CandidateTask(problem, method, steps)])[0]

    def together(self, tasks: Sequence[CandidateTask]) -> list[dict[str, Array]]:
        """Run the tasks in as few batches as they allow."""
        return self.prepare(tasks)()

    def prepare(
        self, tasks: Sequence[CandidateTask], threads: int = 1
    ) -> Callable[[], list[dict[str, Array]]]:
        """Compile and pack; see `lightning_runs.prepared_runs.PreparedRuns`."""
        from lightning_runs.kernels.registry import kernel_named  # noqa: PLC0415 - imported on use
        from lightning_runs.prepared_runs import PreparedRuns  # noqa: PLC0415 - imported on use

        return PreparedRuns(kernel_named(self.name), tasks, threads)

    def missing(self) -> str:
        """Return what this machine lacks to run the kernel, with the remedy."""
        from lightning_runs.kernels.registry import kernel_named  # noqa: PLC0415 - imported on use

        return kernel_named(self.name).missing()

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return what the kernel declares."""
        from lightning_runs.kernels.registry import kernel_named  # noqa: PLC0415 - imported on use

        return kernel_named(self.name).declare(dtype, method)


_MAKERS: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "lightning_trainer": (LightningTrainer, ("torch", "pytorch_lightning")),
    "torch_sgd": (TorchSgd, ("torch",)),
    "eager": (lambda: KernelCandidate("eager"), ("torch",)),
    "autograd": (lambda: KernelCandidate("autograd"), ("torch",)),
    "fused": (lambda: KernelCandidate("fused"), ("llvmlite",)),
    "triton": (lambda: KernelCandidate("triton"), ("torch", "triton")),
}


def __getattr__(name: str) -> Any:
    """Return a candidate, once what it needs is known to be installed."""
    if name not in _MAKERS:
        raise AttributeError(f"module `{__name__}` has no candidate `{name}`: it has {', '.join(_MAKERS)}")
    make, needed = _MAKERS[name]
    for package in needed:
        if find_spec(package) is None:
            raise ModuleNotFoundError(
                f"the candidate `{name}` needs `{package}`, which is not installed; run "
                "`pip install 'momentum-oracle[lightning]'` (torch comes with it on Python 3.11)",
                name=package,
            )
    globals()[name] = made = make()
    return made
