"""The landscapes of the momentum methods' own runs: θ(u, v) on its data, at the state that a chunk begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from lightning_runs.geometry.balance import balance_of_factors
from lightning_runs.geometry.landscape import Landscape
from lightning_runs.kernels.update import NETWORKS
from lightning_runs.tasks import LOSS_FACTORS, PARAMETERS
from oracle.records.candidate import Array, CandidateTask

__all__ = ["run_landscapes"]


def run_landscapes(tasks: Sequence[CandidateTask], state: Mapping[str, Array]) -> list[Landscape]:
    """Return one landscape a run, of the loss over all its samples, in float64.

    Parameters
    ----------
    tasks : sequence of CandidateTask
    state : mapping of state name to ndarray, shape (runs, d)
    """
    return [
        _landscape(task, run, {name: state[name][run] for name in PARAMETERS[task.problem.model]})
        for run, task in enumerate(tasks)
    ]


def _landscape(task: CandidateTask, run: int, state: Mapping[str, Array]) -> Landscape:
    problem = task.problem
    point = [torch.tensor(array.astype("float64"), requires_grad=True) for array in state.values()]
    data, target = (torch.from_numpy(array.astype("float64")) for array in (problem.X, problem.y))
    factor = LOSS_FACTORS[problem.loss](len(problem.y))

    def loss() -> Tensor:
        theta: Tensor = NETWORKS[problem.model].theta(point)
        residual = data @ theta - target
        return factor * (residual @ residual)

    return Landscape(f"run={run}", point, loss, float(task.method.step_size), _balance(problem.model, point))


def _balance(model: str, point: Sequence[Tensor]) -> Callable[[], Tensor] | None:
    return (lambda: balance_of_factors(model, point[0], point[1])) if len(point) == 2 else None
