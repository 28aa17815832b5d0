"""Faults of torch.optim.SGD by its own means: an option that should not be set, a buffer that should not be touched.

The loop is the plain one of a training script: zero_grad, loss, backward, step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lightning_runs.faults.conditions import (
    all_of,
    always,
    has_momentum,
    is_narrower,
    of_method,
    two_parameters,
)
from lightning_runs.faults.fault import When
from lightning_runs.faults.schedules import step_size_changes
from lightning_runs.tasks import Array
from oracle.records.candidate import CandidateTask, Declaration

__all__ = ["TORCH_FAULTS", "TorchFault", "run_with"]

DECAY = 1 / 16
RESET_EVERY = 5
BUFFER = "momentum_buffer"

Hook = Callable[[Any, int], None]
"""Of the optimiser and the number of the step."""


def _nothing(_optimiser: Any, _k: int) -> None:
    """Leave everything as it is."""


@dataclass(frozen=True)
class TorchFault:
    """A fault in a training script.

    Parameters
    ----------
    name, sentence : str
    when : When
    explained_by : frozenset of str
    options : callable
        Of μ: options of torch.optim.SGD beside ``lr``, ``momentum`` and ``nesterov``.
    first, before, after : Hook
        What is done to the start, between `backward` and `step`, and after `step`.
    """

    name: str
    sentence: str
    when: When
    explained_by: frozenset[str]
    options: Callable[[float], Mapping[str, Any]] = lambda _mu: {}
    first: Hook = _nothing
    before: Hook = _nothing
    after: Hook = _nothing


def run_with(planted: TorchFault, task: CandidateTask) -> dict[str, Array]:
    """Run a task and return its parameters at its steps, each shape (steps, d).

    Raises
    ------
    TaskError
        If torch.optim.SGD does not run the task.
    """
    import numpy as np  # noqa: PLC0415 - beside the imports below

    from lightning_runs.plain_torch import plain_torch  # noqa: PLC0415 - torch is imported on use
    from lightning_runs.run_batch import batch_of  # noqa: PLC0415 - beside the others
    from lightning_runs.sgd import SGD_METHODS, SGD_SCHEDULES  # noqa: PLC0415 - torch is imported on use
    from lightning_runs.tasks import check_task  # noqa: PLC0415 - beside the others

    check_task(task, SGD_METHODS, schedules=SGD_SCHEDULES)
    batch = batch_of([task])
    with plain_torch(1):
        optimiser = _optimiser(planted, batch)
        parameters = optimiser.param_groups[0]["params"]
        _untracked(planted.first, optimiser, 0)
        states = [[parameter.detach().numpy().copy() for parameter in parameters]]
        rates = batch.schedules[0] if batch.schedules else batch.step_size
        for k in range(max(task.steps)):
            optimiser.param_groups[0]["lr"] = float(rates[k % len(rates)])
            optimiser.zero_grad()
            _loss(batch, parameters, k).backward()
            _untracked(planted.before, optimiser, k)
            optimiser.step()
            _untracked(planted.after, optimiser, k)
            states.append([parameter.detach().numpy().copy() for parameter in parameters])
    kept = [states[int(step)] for step in task.steps]
    return {name: np.stack([state[i] for state in kept]) for i, name in enumerate(batch.parameters)}


def _optimiser(planted: TorchFault, batch: Any) -> Any:
    """Return torch.optim.SGD with the fault's options, its buffers filled where there is a p0."""
    import torch  # noqa: PLC0415 - torch is imported on use

    eta, mu = float(batch.step_size[0]), float(batch.momentum[0])
    nesterov = batch.methods[0] == "nesterov_lookahead" and mu > 0
    parameters = [torch.nn.Parameter(torch.tensor(batch.start[name][0])) for name in batch.parameters]
    optimiser = torch.optim.SGD(
        parameters, lr=eta, momentum=mu, nesterov=nesterov, foreach=False, **planted.options(mu)
    )
    for name, parameter in zip(batch.parameters, parameters, strict=True):
        p0 = batch.start[f"p_{name}"][0]
        if mu and p0.any():
            optimiser.state[parameter][BUFFER] = -torch.tensor(p0) / eta
    return optimiser


def _loss(batch: Any, parameters: Sequence[Any], k: int) -> Any:
    import torch  # noqa: PLC0415 - torch is imported on use

    from lightning_runs.kernels.update import NETWORKS  # noqa: PLC0415 - beside the import above

    rows = batch.cycles[0][k % len(batch.cycles[0])]
    residual = torch.tensor(rows.X) @ NETWORKS[batch.model].theta(parameters) - torch.tensor(rows.y)
    return residual.square().sum() * rows.factor


def _untracked(hook: Hook, optimiser: Any, k: int) -> None:
    import torch  # noqa: PLC0415 - torch is imported on use

    with torch.no_grad():
        hook(optimiser, k)


def _buffers(optimiser: Any) -> list[dict[str, Any]]:
    """Return what the optimiser keeps of each parameter that it keeps a buffer of."""
    return [kept for kept in optimiser.state.values() if kept.get(BUFFER) is not None]


def _parameters(optimiser: Any) -> list[Any]:
    return list(optimiser.param_groups[0]["params"])


def _shrink(optimiser: Any, _k: int) -> None:
    for parameter in _parameters(optimiser):
        parameter.mul_(1 - optimiser.param_groups[0]["lr"] * DECAY)


def _swap_gradients(optimiser: Any, _k: int) -> None:
    first, second = _parameters(optimiser)
    first.grad, second.grad = second.grad, first.grad


def _scale_gradients(optimiser: Any, _k: int) -> None:
    for parameter in _parameters(optimiser):
        parameter.grad.mul_(optimiser.param_groups[0]["lr"])
    optimiser.param_groups[0]["lr"] = 1.0


def _flip_second(optimiser: Any, _k: int) -> None:
    _parameters(optimiser)[1].grad.neg_()


def _use_old_gradient(optimiser: Any, k: int) -> None:
    for parameter in _parameters(optimiser):
        fresh = parameter.grad.clone()
        if k:
            parameter.grad.copy_(parameter.old_gradient)
        parameter.old_gradient = fresh


def _scale_buffers(factor: float, when: Callable[[int], bool], optimiser: Any, k: int) -> None:
    for kept in _buffers(optimiser) if when(k) else ():
        kept[BUFFER].mul_(factor)


def _round_buffers(optimiser: Any, _k: int) -> None:
    for kept in _buffers(optimiser):
        kept[BUFFER].copy_(kept[BUFFER].bfloat16())


def _round_state(optimiser: Any, k: int) -> None:
    for parameter in _parameters(optimiser):
        parameter.copy_(parameter.bfloat16())
    _round_buffers(optimiser, k)


def _share_buffer(optimiser: Any, k: int) -> None:
    if k == 0:
        first, second = _parameters(optimiser)
        shared = optimiser.state[second].get(BUFFER)
        shared = second.new_zeros(second.shape) if shared is None else shared
        optimiser.state[first][BUFFER] = optimiser.state[second][BUFFER] = shared


def _starts_at_rest(task: CandidateTask, _declaration: Declaration) -> bool:
    return not any(p.any() for p in task.method.p0.values())


def _fault(name: str, sentence: str, when: When, *explained_by: str, **parts: Any) -> TorchFault:
    return TorchFault(name, sentence, when, frozenset(explained_by or (name,)), **parts)


TORCH_FAULTS = (
    _fault(
        "option_dampening",
        "Set `dampening=momentum`.",
        all_of(has_momentum, of_method("heavy_ball"), _starts_at_rest),  # torch refuses it beside `nesterov`
        "dampening",
        options=lambda mu: {"dampening": mu},
    ),
    _fault(
        "option_maximize",
        "Set `maximize=True`.",
        always,
        "gradient_ascent",
        options=lambda _: {"maximize": True},
    ),
    _fault(
        "option_weight_decay",
        "Set `weight_decay`.",
        always,
        "weight_decay",
        options=lambda _: {"weight_decay": DECAY},
    ),
    _fault(
        "decoupled_weight_decay",
        "Shrink the parameters before the step, as AdamW does.",
        has_momentum,
        before=_shrink,
    ),
    _fault(
        "parameters_swapped",
        "Give the two parameters each other's `grad`.",
        two_parameters,
        before=_swap_gradients,
    ),
    _fault(
        "step_size_inside_buffer",
        "Multiply every `grad` by η_k, and step with `lr=1`.",
        all_of(has_momentum, step_size_changes),
        before=_scale_gradients,
    ),
    _fault("second_gradient_sign", "Negate the second `grad`.", two_parameters, before=_flip_second),
    _fault(
        "gradient_one_call_old",
        "Use the `grad` of the call before.",
        always,
        "stale_gradient",
        before=_use_old_gradient,
    ),
    _fault(
        "first_buffer_dropped",
        "Zero the buffer after the first step.",
        has_momentum,
        "first_buffer_dropped",
        "momentum_reset",
        after=partial(_scale_buffers, 0.0, lambda k: k == 0),
    ),
    _fault(
        "first_buffer_doubled",
        "Double the buffer after the first step.",
        has_momentum,
        after=partial(_scale_buffers, 2.0, lambda k: k == 0),
    ),
    _fault(
        "momentum_reset",
        "Zero the buffer after every fifth step.",
        has_momentum,
        after=partial(_scale_buffers, 0.0, lambda k: k % RESET_EVERY == RESET_EVERY - 1),
    ),
    _fault(
        "shared_buffer",
        "Give both parameters one buffer.",
        all_of(has_momentum, two_parameters),
        before=_share_buffer,
    ),
    _fault(
        "momentum_bfloat16",
        "Keep the buffer in bfloat16.",
        all_of(has_momentum, is_narrower("bfloat16", than="kept_in")),
        after=_round_buffers,
    ),
    _fault(
        "state_bfloat16",
        "Keep parameters and buffer in bfloat16.",
        is_narrower("bfloat16", than="kept_in"),
        first=_round_state,
        after=_round_state,
    ),
)
