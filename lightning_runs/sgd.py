"""torch.optim.SGD as it comes, in a plain loop with autograd.

torch holds a buffer of gradients, not a momentum (dampening 0)::

    b₊ = μ b + g        (b₊ = g at the first step, where there is no buffer yet)
    β₊ = β − η b₊       or, with nesterov=True,  y₊ = y − η (g + μ b₊)

With p = −η b these are heavy ball, and the look-ahead sequence y = β + μ p of Nesterov's method:
y₊ = y − η g + μ p₊.  An initial momentum therefore enters as b = −p0/η, rounded once; the
sequence starts from y0 = β0 + μ p0.  torch has three implementations of that update; runs that share
η and μ go through any of them as one parameter of shape (runs, d), the sum of their losses as the loss.

A schedule sets the learning rate before every step, as torch's own schedulers do.  It scales the update, since
the buffer holds gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from lightning_runs.kernels.update import NETWORKS
from lightning_runs.observables import observed
from lightning_runs.plain_torch import plain_torch
from lightning_runs.run_batch import Rows, RunBatch, batch_of
from lightning_runs.tasks import Array, check_task
from oracle.records.candidate import CandidateTask

__all__ = ["IMPLEMENTATIONS", "SGD_METHODS", "SGD_SCHEDULES", "run_sgd", "sgd_runs"]

SGD_METHODS = ("gradient_descent", "heavy_ball", "nesterov_lookahead")
SGD_SCHEDULES = ("update",)
Samples = tuple[Tensor, Tensor, float]
# asked for by name: left alone, torch chooses by device
IMPLEMENTATIONS: dict[str, dict[str, bool]] = {
    "for_loop": {"foreach": False, "fused": False},
    "foreach": {"foreach": True, "fused": False},
    "fused": {"foreach": False, "fused": True},
}


def run_sgd(task: CandidateTask) -> dict[str, Array]:
    """Run one task with torch.optim.SGD and return its arrays at the task's steps.

    Momenta are not recorded: −η b is not what torch holds, but a rounding of it.

    Raises
    ------
    TaskError
        If the task cannot be run; plain `nesterov` cannot, since torch holds the look-ahead
        sequence instead, and no schedule that scales the gradient.
    """
    check_task(task, SGD_METHODS, schedules=SGD_SCHEDULES)
    steps = sorted({int(step) for step in task.steps})
    states = sgd_runs(batch_of([task]), steps)()
    slots = [steps.index(int(step)) for step in task.steps]
    return observed(task.problem, {name: tensor[slots, 0].numpy() for name, tensor in states.items()})


def sgd_runs(
    batch: RunBatch, steps: Sequence[int], implementation: str = "for_loop", threads: int = 1
) -> Callable[[], dict[str, Tensor]]:
    """Return a function that makes the runs from step 0.

    Parameters
    ----------
    batch : RunBatch
        Runs that share data, method, η or its schedule, and μ.
    steps : sequence of int
        Ascending; the states to return.
    implementation : str
        A name in `IMPLEMENTATIONS`.
    threads : int

    Returns
    -------
    callable
        To a dict of parameter name to Tensor, shape (len(steps), runs, d).
    """
    with plain_torch(threads):  # tensors made in a caller's inference mode could not be differentiated
        cycle = [_samples(rows) for rows in batch.cycles[0]]
        start = {name: _tensor(batch.start[name]) for name in batch.parameters}

    def run() -> dict[str, Tensor]:
        with plain_torch(threads):
            parameters = {name: nn.Parameter(tensor.clone()) for name, tensor in start.items()}
            optimiser = _optimiser(batch, parameters, implementation)
            return _loop(batch, parameters, optimiser, cycle, steps)

    return run


def _loop(
    batch: RunBatch,
    parameters: Mapping[str, nn.Parameter],
    optimiser: torch.optim.SGD,
    cycle: Sequence[Samples],
    steps: Sequence[int],
) -> dict[str, Tensor]:
    """Do every step, recording on the way."""
    kept = {name: tensor.new_empty((len(steps), *tensor.shape)) for name, tensor in parameters.items()}
    slots = {step: slot for slot, step in enumerate(steps)}
    rates = batch.schedules[0].tolist() if batch.schedules else []
    for step in range(steps[-1] + 1):
        if step in slots:
            for name, tensor in parameters.items():
                kept[name][slots[step]] = tensor.detach()
        if step < steps[-1]:
            if rates:
                optimiser.param_groups[0]["lr"] = rates[step % len(rates)]
            optimiser.zero_grad()
            loss = _loss(batch.model, list(parameters.values()), cycle[step % len(cycle)])
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
            optimiser.step()
    return kept


def _loss(model: str, parameters: Sequence[Tensor], samples: Samples) -> Tensor:
    """Return Σ_runs f Σ_i (θ·x_i − y_i)²: the gradient by a run's parameters is that of its own loss."""
    X, y, factor = samples
    residual = NETWORKS[model].theta(parameters) @ X.T - y
    loss: Tensor = (residual.square().sum(-1) * factor).sum()
    return loss


def _samples(rows: Rows) -> Samples:
    return _tensor(rows.X), _tensor(rows.y), rows.factor


def _tensor(array: Array) -> Tensor:
    """Return a tensor with a copy of the array; a copy, since torch warns of read-only memory."""
    return torch.from_numpy(array.copy())


def _optimiser(
    batch: RunBatch, parameters: Mapping[str, nn.Parameter], implementation: str
) -> torch.optim.SGD:
    """Return torch's SGD with the method's coefficients, its buffers filled where p0 is given."""
    eta, momentum = float(batch.step_size[0]), float(batch.momentum[0])
    optimiser = torch.optim.SGD(
        parameters.values(),
        lr=eta,
        momentum=momentum,
        # torch refuses it without momentum
        nesterov=batch.methods[0] == "nesterov_lookahead" and momentum > 0,
        **IMPLEMENTATIONS[implementation],
    )
    starts = {name: batch.start[f"p_{name}"] for name in parameters}
    filled = momentum and any(
        p0.any() for p0 in starts.values()
    )  # all or none: the fused one takes no mixture
    for name, parameter in parameters.items() if filled else ():
        optimiser.state[parameter]["momentum_buffer"] = -_tensor(starts[name]) / eta
    return optimiser
