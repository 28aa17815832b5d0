"""Many runs of the momentum methods as one LightningModule with manual optimisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from lightning_runs.data import Chunk
from lightning_runs.momentum import Coefficients, Momentum, coefficients_of
from lightning_runs.predictors import PREDICTORS
from lightning_runs.recorder import Recorder
from lightning_runs.samples import Samples, tensor_of
from lightning_runs.tasks import PARAMETERS, Array
from oracle.records.candidate import CandidateTask

__all__ = ["MomentumRuns", "runs_of"]


class MomentumRuns(pl.LightningModule):
    """Runs that share model and samples; start, η, μ and method are each run's own.

    The loss that is differentiated is the sum of the runs' losses, so that each run's parameters
    get their own run's gradient and nothing else.  Parameters keep the dtype they come in.

    Parameters
    ----------
    model : str
        A name in `predictors.PREDICTORS`.
    start, momenta : mapping of parameter name to Tensor, each shape (runs, d)
        What the update holds at step 0: β (y for the look-ahead form), and p.
    coefficients : Coefficients
        η, μ and the method's own, each shape (runs, 1).
    steps : sequence of int
        Steps to record.
    """

    def __init__(
        self,
        model: str,
        start: Mapping[str, Tensor],
        momenta: Mapping[str, Tensor],
        coefficients: Coefficients,
        steps: Sequence[int],
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.predictor = PREDICTORS[model]
        self.weights = nn.ParameterDict({name: nn.Parameter(value) for name, value in start.items()})
        self.names = tuple(start)
        self.count = len(coefficients.step_size)
        self.update = Momentum(
            [self.weights[name] for name in self.names], [momenta[name] for name in self.names], coefficients
        )
        self.recorder = Recorder(steps, self.state())

    def state(self) -> dict[str, Tensor]:
        """Return the live parameters, and their momenta as ``p_<name>``."""
        momenta = {f"p_{name}": self.update.momentum_of(self.weights[name]) for name in self.names}
        return {**{name: self.weights[name] for name in self.names}, **momenta}

    def configure_optimizers(self) -> Momentum:
        """Return the update of all runs."""
        return self.update

    def forward(self, samples: Samples) -> Tensor:
        """Return each run's loss where its method wants the gradient, shape (runs,)."""
        points = [self.update.evaluation_point(self.weights[name]) for name in self.names]
        return samples.losses(self.predictor.theta(points))

    def training_step(self, chunk: Chunk, batch_idx: int) -> None:
        """Do the chunk's steps, each one gradient and one update, and record on the way."""
        optimiser = self.optimizers()
        assert not isinstance(optimiser, list)  # one optimiser is configured
        for step, samples in chunk.steps():
            optimiser.zero_grad()
            self.manual_backward(self(samples).sum())
            optimiser.step()
            self.recorder.keep(step + 1, self.state())


def runs_of(tasks: Sequence[CandidateTask]) -> MomentumRuns:
    """Return the module that runs the tasks as one batch; they share all but start and method."""
    names = PARAMETERS[tasks[0].problem.model]
    dtype = tensor_of(tasks[0].problem.X).dtype
    zero = torch.zeros(tasks[0].problem.X.shape[1], dtype=dtype)
    coefficients = coefficients_of([task.method for task in tasks], dtype)
    momenta = {name: _stack([task.method.p0.get(name) for task in tasks], zero) for name in names}
    positions = {name: _stack([task.problem.init[name] for task in tasks], zero) for name in names}
    ahead = coefficients.momentum * coefficients.descend
    start = {name: positions[name] + ahead * momenta[name] for name in names}
    steps = [int(step) for task in tasks for step in task.steps]
    return MomentumRuns(tasks[0].problem.model, start, momenta, coefficients, steps)


def _stack(arrays: Sequence[Array | None], missing: Tensor) -> Tensor:
    """Return the runs' vectors as one tensor, shape (runs, d)."""
    return torch.stack([missing if array is None else tensor_of(array) for array in arrays])
