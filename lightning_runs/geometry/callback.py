"""A callback that measures the geometry of the loss along any Lightning run.

    trainer = pl.Trainer(callbacks=[GeometryWatch(every=100)], logger=CSVLogger("logs"))

Before every so many batches it measures, at the parameters and on the batch that the step is about to see: the loss,
‖∇L‖², directional smoothness, sharpness and balancedness. What is measured goes to the trainer's loggers (and so to
TensorBoard or CSV) and is kept in `measured`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from lightning_runs.geometry.balance import balance_of_layers, layers_of
from lightning_runs.geometry.landscape import Landscape
from lightning_runs.geometry.quantities import directional_smoothness, gradient_norm_squared, sharpness
from lightning_runs.tasks import TaskError

__all__ = ["QUANTITIES", "GeometryWatch"]

QUANTITIES = ("gradient_norm_squared", "directional_smoothness", "sharpness", "balancedness")
LossOf = Callable[[pl.LightningModule, Any], Tensor]


class GeometryWatch(Callback):
    """Measures ‖∇L‖², directional smoothness, sharpness and balancedness along a run.

    A module that makes many runs at once offers them itself by a method ``landscapes(batch)`` (`lightning_runs.module.
    MomentumRuns` does); of any other module the loss is what its ``training_step`` returns, or what `loss_of` says.

    Parameters
    ----------
    every : int
        Batches from one measurement to the next; the first batch is measured.
    quantities : sequence of str
        Names in `QUANTITIES`; the loss is always there.
    loss_of : callable, optional
        From module and batch to the scalar loss, where it is not what ``training_step`` returns.
    runs : int
        How many runs of a module with many are watched, evenly chosen.
    tolerance : float
        Relative, of the sharpness.

    Attributes
    ----------
    measured : list of dict
        One row a measurement and run: ``step``, ``run``, ``loss`` and the quantities.

    Raises
    ------
    TaskError
        If `every` or `runs` is less than 1, or a quantity is unknown.
    """

    def __init__(
        self,
        every: int = 1,
        quantities: Sequence[str] = QUANTITIES,
        loss_of: LossOf | None = None,
        runs: int = 1,
        tolerance: float = 1e-3,
    ) -> None:
        for field, value in (("every", every), ("runs", runs)):
            if value < 1:
                raise TaskError(f"`{field}` must be at least 1; got {value}")
        if unknown := [name for name in quantities if name not in QUANTITIES]:
            raise TaskError(f"`quantities` has {unknown}; choose from {', '.join(QUANTITIES)}")
        self.every, self.quantities, self.loss_of = every, tuple(quantities), loss_of
        self.runs, self.tolerance = runs, tolerance
        self.measured: list[dict[str, Any]] = []
        self._batches = 0

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps: the rows so far, and whose turn it is."""
        return {"batches": self._batches, "measured": self.measured}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._batches, self.measured = state_dict["batches"], list(state_dict["measured"])

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Measure, where it is the batch's turn."""
        made = getattr(pl_module, "step", None)  # a module of many steps a batch counts them itself
        step = trainer.global_step if made is None else made
        self._batches += 1  # over all epochs: a full batch is number 0 of every one
        if (self._batches - 1) % self.every == 0:
            with torch.inference_mode(False), _untouched(pl_module):
                self._measure(trainer, self._landscapes(pl_module, batch), step)

    def _landscapes(self, module: Any, batch: Any) -> list[Landscape]:
        if hasattr(module, "landscapes"):
            found: list[Landscape] = module.landscapes(batch)
            count = min(self.runs, len(found))
            return [found[run * len(found) // count] for run in range(count)]
        layers = layers_of(module)
        return [
            Landscape(
                name="",
                parameters=[parameter for parameter in module.parameters() if parameter.requires_grad],
                loss=lambda: self._loss(module, batch),
                step_size=_step_size(module),
                balancedness=(lambda: balance_of_layers(layers)) if layers else None,
            )
        ]

    def _loss(self, module: pl.LightningModule, batch: Any) -> Tensor:
        """Return the loss of a batch, the same random numbers every time."""
        devices = [module.device] if module.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            found: Any = self.loss_of(module, batch) if self.loss_of else _quiet_step(module, batch)
        loss = found["loss"] if isinstance(found, dict) else found
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise TaskError(
                f"`training_step` of {type(module).__name__} returned {type(found).__name__}, which is no scalar loss: "
                "give `loss_of`, a function of module and batch"
            )
        return loss.reshape(())

    def _measure(self, trainer: pl.Trainer, landscapes: Sequence[Landscape], step: int) -> None:
        for landscape in landscapes:
            values = self._values(landscape)
            self.measured.append({"step": step, "run": landscape.name, **values})
            before = f"geometry/{landscape.name}/" if landscape.name else "geometry/"
            shown = {f"{before}{name}": value for name, value in values.items() if math.isfinite(value)}
            for logger in trainer.loggers:
                logger.log_metrics(shown, step)

    def _values(self, landscape: Landscape) -> dict[str, float]:
        loss, gradient = landscape.gradient()
        found = {"loss": loss}
        if "gradient_norm_squared" in self.quantities:
            found["gradient_norm_squared"] = gradient_norm_squared(landscape, gradient)
        if "directional_smoothness" in self.quantities:
            found["directional_smoothness"] = directional_smoothness(landscape, gradient)
        if "sharpness" in self.quantities:
            found["sharpness"] = sharpness(landscape, self.tolerance)
        if "balancedness" in self.quantities and landscape.balancedness is not None:
            balance = landscape.balancedness().detach().double()
            found |= {
                "balancedness": float(balance.norm()),
                "balancedness_smallest": float(balance.abs().min()),
            }
        return found


@contextmanager
def _untouched(module: pl.LightningModule) -> Iterator[None]:
    """Leave buffers, as running statistics, as they are."""
    kept = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, before in kept:
                buffer.copy_(before)


def _quiet_step(module: Any, batch: Any) -> Any:
    """Return what ``training_step`` returns, with nothing logged."""
    loud = {name: getattr(module, name) for name in ("log", "log_dict")}
    for name in loud:
        object.__setattr__(module, name, lambda *_, **__: None)
    try:
        return module.training_step(batch, 0)
    finally:
        for name in loud:
            object.__delattr__(module, name)


def _step_size(module: Any) -> float:
    """Return the learning rate of the module's first optimiser."""
    optimisers = module.optimizers(use_pl_optimizer=False)
    first = optimisers[0] if isinstance(optimisers, list) else optimisers
    return float(first.param_groups[0]["lr"])
