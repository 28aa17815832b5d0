"""torch.optim.SGD as it comes, in a plain loop with autograd.

torch holds a buffer of gradients, not a momentum (dampening 0)::

    b₊ = μ b + g        (b₊ = g at the first step, where there is no buffer yet)
    β₊ = β − η b₊       or, with nesterov=True,  y₊ = y − η (g + μ b₊)

With p = −η b these are heavy ball, and the look-ahead sequence y = β + μ p of Nesterov's method:
y₊ = y − η g + μ p₊.  An initial momentum therefore enters as b = −p0/η, rounded once; the
sequence starts from y0 = β0 + μ p0.  Its `foreach` and `fused` kernels are off, so that the
update is the plain one on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from lightning_runs.plain_torch import plain_torch
from lightning_runs.predictors import PREDICTORS
from lightning_runs.recorder import Recorder, observables
from lightning_runs.samples import Samples, all_samples, cycle_of, tensor_of
from lightning_runs.tasks import PARAMETERS, Array, check_task
from oracle.records.candidate import CandidateMethod, CandidateTask

__all__ = ["SGD_METHODS", "run_sgd"]

SGD_METHODS = ("gradient_descent", "heavy_ball", "nesterov_lookahead")


def run_sgd(task: CandidateTask) -> dict[str, Array]:
    """Run one task with torch.optim.SGD and return its arrays at the task's steps.

    Momenta are not recorded: −η b is not what torch holds, but a rounding of it.

    Raises
    ------
    TaskError
        If the task cannot be run; plain `nesterov` cannot, since torch holds the look-ahead
        sequence instead.
    """
    check_task(task, SGD_METHODS)
    with plain_torch(threads=1):
        parameters = _start(task)
        recorder = Recorder([int(step) for step in task.steps], parameters)
        _loop(task, parameters, recorder)
        recorded = recorder.of_run(0, [int(step) for step in task.steps])
        model = task.problem.model
        return observables(recorded, PARAMETERS[model], PREDICTORS[model], all_samples(task.problem))


def _loop(task: CandidateTask, parameters: Mapping[str, nn.Parameter], recorder: Recorder) -> None:
    """Do every step, recording on the way."""
    optimiser = _optimiser(task.method, parameters)
    cycle = cycle_of(task.problem, task.method.batches)
    for step in range(max(int(step) for step in task.steps)):
        optimiser.zero_grad()
        loss = _loss(task.problem.model, list(parameters.values()), cycle[step % len(cycle)])
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        optimiser.step()
        recorder.keep(step + 1, parameters)


def _loss(model: str, parameters: Sequence[Tensor], samples: Samples) -> Tensor:
    return samples.losses(PREDICTORS[model].theta(parameters)).sum()


def _start(task: CandidateTask) -> dict[str, nn.Parameter]:
    """Return β0, or y0 = β0 + μ p0 for the look-ahead form; each of shape (1, d)."""
    method, start = task.method, task.problem.init
    ahead = float(method.momentum) if method.name == "nesterov_lookahead" else 0.0
    parameters = {}
    for name in PARAMETERS[task.problem.model]:
        position = tensor_of(start[name])
        if ahead and name in method.p0:
            position = position + ahead * tensor_of(method.p0[name])
        parameters[name] = nn.Parameter(position[None, :])
    return parameters


def _optimiser(method: CandidateMethod, parameters: Mapping[str, nn.Parameter]) -> torch.optim.SGD:
    """Return torch's SGD with the method's coefficients, its buffers filled where p0 is given."""
    momentum = 0.0 if method.name == "gradient_descent" else float(method.momentum)
    optimiser = torch.optim.SGD(
        parameters.values(),
        lr=float(method.step_size),
        momentum=momentum,
        nesterov=method.name == "nesterov_lookahead" and momentum > 0,  # torch refuses it without momentum
        foreach=False,
        fused=False,
    )
    for name, p0 in method.p0.items():
        if momentum:
            buffer = -tensor_of(p0) / float(method.step_size)
            optimiser.state[parameters[name]]["momentum_buffer"] = buffer[None, :]
    return optimiser
