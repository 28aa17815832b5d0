"""Lightning callbacks for runs of fused steps: the oracle beside the training, and stopping on the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Literal

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback, EarlyStopping

from lightning_runs.task_spec import spec_of
from lightning_runs.tasks import TaskError
from oracle.records.candidate import Array

__all__ = ["JUDGES", "DisagreementError", "LossStopping", "OracleCheck"]

JUDGES = "momentum_oracle.judges"


class DisagreementError(RuntimeError):
    """A step that the oracle does not accept; the message says which, where and by how much."""


class OracleCheck(Callback):
    """Has successive states judged by local replay while the runs go on.

    In every so many chunks its first states are shown to the oracle, the one it starts from among them.  The
    oracle makes one exact step from each and compares the next with the rounding bound of the kernel's
    declared arithmetic.  The judge is found by entry point (group ``momentum_oracle.judges``).

    Parameters
    ----------
    runs : int
        How many of the runs are watched, evenly chosen among them.
    window : int
        States judged at a time; 2 make one step.
    every : int
        Chunks from one judgement to the next.
    on_disagreement : str
        ``raise``, ``stop`` the training as if it were over, or ``note`` it in `findings`.

    Attributes
    ----------
    findings : list of (int, Finding)
        The watched runs' numbers and what was found, in order.
    """

    def __init__(
        self,
        runs: int = 1,
        window: int = 2,
        every: int = 1,
        on_disagreement: Literal["raise", "stop", "note"] = "raise",
    ) -> None:
        for field, value, least in (("runs", runs, 1), ("window", window, 2), ("every", every, 1)):
            if value < least:
                raise TaskError(f"`{field}` must be at least {least}; got {value}")
        self.runs, self.window, self.every, self.on_disagreement = runs, window, every, on_disagreement
        self.findings: list[tuple[int, Any]] = []
        self._turns: dict[int, int] = {}

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Choose the runs to watch, and ask to see their states."""
        (point,) = entry_points(group=JUDGES, name="steps")
        judge, tasks = point.load(), pl_module.tasks
        count = min(self.runs, len(tasks))
        watched = sorted({run * len(tasks) // count for run in range(count)})
        dtype = tasks[0].problem.dtype or tasks[0].problem.X.dtype.name
        self._checks = {
            run: judge(spec_of(tasks[run]).canonical, pl_module.kernel.declare(dtype, tasks[run].method.name))
            for run in watched
        }
        self._trainer, self._turns = trainer, {}
        self._step, self._state = pl_module.step, pl_module.state()
        pl_module.listeners.append(self)

    def wants(self, first: int, stop: int) -> list[int]:
        """Return the steps to see of a chunk: its last, and its first ones when it is its turn; see `module.Listener`."""
        turn = self._turns.setdefault(first, len(self._turns))
        window = range(first + 1, min(stop, first + self.window)) if turn % self.every == 0 else ()
        return [*window, stop]

    def sees(self, steps: Sequence[int], states: Mapping[str, Array]) -> None:
        """Judge the states from the end of the chunk before on, and keep the end of this one."""
        last = steps[-1]
        due = self._turns[self._step] % self.every == 0
        count = 1 + sum(step < self._step + self.window for step in steps)
        if due and count > 1:
            seen = [self._step, *steps[: count - 1]]
            joined = {name: np.concatenate([self._state[name][None], rows]) for name, rows in states.items()}
            self._judge(seen, {name: rows[:count] for name, rows in joined.items()})
        self._step, self._state = last, {name: rows[-1] for name, rows in states.items()}

    def _judge(self, steps: Sequence[int], states: Mapping[str, Array]) -> None:
        for run, check in self._checks.items():
            found = check(steps, {name: rows[:, run] for name, rows in states.items()})
            self.findings.append((run, found))
            if found.outcome == "DISAGREES":
                self._disagree(run, found)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """See no more states."""
        pl_module.listeners.remove(self)

    def _disagree(self, run: int, found: Any) -> None:
        if self.on_disagreement == "stop":
            self._trainer.should_stop = True
        if self.on_disagreement == "raise":
            place = f"`{found.observable}[{found.coordinate}]`"
            raise DisagreementError(
                f"run {run} disagrees with the oracle at step {found.step}: {place} is {found.candidate_value}, "
                f"expected {found.expected_value}, {found.excess:.3g} times the bound; {found.reason}"
            )


class LossStopping(EarlyStopping):
    """Lightning's early stopping, asked after every chunk of steps rather than every epoch.

    Parameters
    ----------
    monitor : str
        ``loss``, the largest of the runs, or ``loss_median``.
    stopping_threshold : float, optional
        Stop once it is below this.
    patience : int
        Chunks without improvement after which to stop.
    min_delta : float
        What counts as an improvement.
    check_finite : bool
        Whether to stop when it is no longer finite.
    """

    def __init__(
        self,
        monitor: str = "loss",
        stopping_threshold: float | None = None,
        patience: int = 1_000_000,
        min_delta: float = 0.0,
        check_finite: bool = True,
    ) -> None:
        super().__init__(
            monitor=monitor,
            stopping_threshold=stopping_threshold,
            patience=patience,
            min_delta=min_delta,
            check_finite=check_finite,
            mode="min",
        )

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Look at the loss after a chunk."""
        self._run_early_stopping_check(trainer)

    def on_train_epoch_end(self, *_: Any) -> None:
        """Leave the end of the one epoch alone: its last chunk was looked at."""

    def on_validation_end(self, *_: Any) -> None:
        """Leave it alone: nothing is validated."""
