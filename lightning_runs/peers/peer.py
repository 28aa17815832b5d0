"""A peer: other people's machinery making the same runs, as a candidate that the oracle can judge.

Making one costs nothing; what it needs is imported by the first run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from lightning_runs.tasks import DTYPES, METHODS, PARAMETERS, Array, TaskError
from oracle.records.candidate import CandidateMethod, CandidateProblem, CandidateTask, Declaration

__all__ = ["HELD_BY_BUFFERS", "Peer"]

HELD_BY_BUFFERS = frozenset(METHODS) - {"nesterov"}
"""The sequences of the buffer form: with nesterov=True it holds the look-ahead, not Nesterov's own."""


class Peer:
    """A candidate whose runs are made by a function of this package.

    Parameters
    ----------
    name : str
    maker : str
        ``module:function`` in `lightning_runs.peers`; the function is a `prepared_peer.Make`.
    form : str
        Update form: ``velocity`` or ``buffer``.
    one_rate : bool
        Whether runs of one batch must share η and μ.
    **options
        Handed on to the function.
    """

    dtypes = frozenset(DTYPES)
    models = frozenset(PARAMETERS)

    def __init__(self, name: str, maker: str, form: str, one_rate: bool = False, **options: Any) -> None:
        self.name, self.form, self.one_rate, self.options = name, form, one_rate, options
        self.module, _, self.function = maker.partition(":")
        self.methods = HELD_BY_BUFFERS if form == "buffer" else frozenset(METHODS)

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Run one task."""
        return self.together([CandidateTask(problem, method, steps)])[0]

    def together(self, tasks: Sequence[CandidateTask]) -> list[dict[str, Array]]:
        """Run the tasks in as few batches as they allow."""
        return self._prepared(tasks, 1)()

    def prepare(
        self, tasks: Sequence[CandidateTask], threads: int = 1
    ) -> Callable[[], list[dict[str, Array]]]:
        """Compile, pack and warm up; each call of the result makes the runs from step 0.

        Raises
        ------
        TaskError
            If a task cannot be run.
        KernelError
            If this machine lacks something; the message says what.
        """
        prepared = self._prepared(tasks, threads)
        prepared()  # whatever compiles at the first call does it here
        return prepared

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return the update form, every operation in `dtype`.

        Raises
        ------
        TaskError
            If the dtype or the method is not run.
        """
        for field, value, choices in (("dtype", dtype, self.dtypes), ("method", method, self.methods)):
            if value not in choices:
                raise TaskError(f"`{field}` is {value!r}; `{self.name}` runs {', '.join(sorted(choices))}")
        return Declaration(self.form, dtype, dtype, fma=True)

    def _prepared(self, tasks: Sequence[CandidateTask], threads: int) -> Callable[[], list[dict[str, Array]]]:
        from lightning_runs.peers.prepared_peer import PreparedPeer  # noqa: PLC0415 - imported on use

        make = getattr(import_module(f"lightning_runs.peers.{self.module}"), self.function)
        for task in tasks:
            self._check(task)
        return PreparedPeer(
            lambda batch, wanted: make(batch, wanted, threads, **self.options), tasks, self.one_rate
        )

    def _check(self, task: CandidateTask) -> None:
        from lightning_runs.tasks import check_task  # noqa: PLC0415 - beside the import above

        check_task(task, self.methods, self.dtypes)
