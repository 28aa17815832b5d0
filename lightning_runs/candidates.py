"""The candidates of this package, as entry points name them.

Loading one costs nothing: torch and Lightning are imported by the first run.  Where they are
missing, importing this module raises ModuleNotFoundError, so that nobody is offered a candidate
that cannot run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from lightning_runs.tasks import DTYPES, METHODS, PARAMETERS, Array, TaskError
from oracle.records.candidate import CandidateMethod, CandidateProblem, CandidateTask, Declaration

__all__ = ["LightningTrainer", "TorchSgd", "lightning_trainer", "torch_sgd"]

_NEEDED = ("torch", "pytorch_lightning")
for _package in _NEEDED:
    if find_spec(_package) is None:
        raise ModuleNotFoundError(
            f"the candidates of `lightning_runs` need `{_package}`, which is not installed; on Python 3.11 "
            "run `pip install 'momentum-oracle[lightning]'`",
            name=_package,
        )


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
    which is `nesterov_lookahead`.
    """

    methods = frozenset(METHODS) - {"nesterov"}
    models = frozenset(PARAMETERS)

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


lightning_trainer = LightningTrainer()
torch_sgd = TorchSgd()
