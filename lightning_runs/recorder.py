"""Keeps the state of every run at the steps asked for, in tensors made before the first step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from lightning_runs.predictors import Predictor
from lightning_runs.samples import Samples
from oracle.records.candidate import Array

__all__ = ["Recorder", "observables"]


class Recorder(nn.Module):
    """Recorded tensors by name, each of shape (recorded steps, runs, d).

    A module, so that its buffers travel in checkpoints with everything else.

    Parameters
    ----------
    steps : sequence of int
        Steps to record; repetitions and order do not matter here.
    start : mapping of name to Tensor, each shape (runs, d)
        The state at step 0; it also says what later states hold.
    """

    def __init__(self, steps: Sequence[int], start: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.slots = {step: slot for slot, step in enumerate(sorted(set(steps)))}
        self.names = tuple(start)
        for name, value in start.items():
            self.register_buffer(_buffer(name), torch.zeros(len(self.slots), *value.shape, dtype=value.dtype))
        self.keep(0, start)

    def wants(self, step: int) -> bool:
        """Tell whether the state after `step` updates is to be recorded."""
        return step in self.slots

    @torch.no_grad()
    def keep(self, step: int, state: Mapping[str, Tensor]) -> None:
        """Copy the state after `step` updates, if that step is wanted."""
        if self.wants(step):
            for name in self.names:
                self._tensor(name)[self.slots[step]] = state[name]

    def of_run(self, run: int, steps: Sequence[int]) -> dict[str, Tensor]:
        """Return what one run recorded at the given steps, each of shape (len(steps), d)."""
        slots = [self.slots[step] for step in steps]
        return {name: self._tensor(name)[slots, run] for name in self.names}

    def _tensor(self, name: str) -> Tensor:
        return self.get_buffer(_buffer(name))


@torch.no_grad()
def observables(
    recorded: Mapping[str, Tensor], names: Sequence[str], predictor: Predictor, samples: Samples
) -> dict[str, Array]:
    """Return the recorded states with θ, where the model shows it, and the loss over all samples.

    Parameters
    ----------
    recorded : mapping of name to Tensor, each shape (steps, d)
    names : sequence of str
        The model's parameters, in order.
    predictor : Predictor
    samples : Samples

    Returns
    -------
    dict of name to ndarray
        The recorded arrays; ``theta`` (steps, d); ``loss`` (steps,).  All of the state's dtype.
    """
    theta = predictor.theta([recorded[name] for name in names])
    derived = {"theta": theta} if predictor.shows_theta else {}
    derived["loss"] = samples.losses(theta)
    return {name: value.numpy().copy() for name, value in {**recorded, **derived}.items()}


def _buffer(name: str) -> str:
    """Return a buffer name that can clash with no attribute of a module."""
    return f"recorded_{name}"
