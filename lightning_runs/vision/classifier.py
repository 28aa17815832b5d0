"""A classifier under gradient descent or heavy ball with everything else turned off."""

from __future__ import annotations

from typing import Literal

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional

from lightning_runs.tasks import TaskError
from lightning_runs.vision.datasets import CLASSES, DATASETS
from lightning_runs.vision.networks import network_of

__all__ = ["Classifier"]


class Classifier(pl.LightningModule):
    """A network trained by torch.optim.SGD: β ← β − ηb, b ← μb + ∇L, which is heavy ball for a constant η.

    No weight decay, no schedule, no dropout, no augmentation; batch normalisation where the network has it.

    Parameters
    ----------
    network : str
        ``mlp`` (two hidden layers of 200) or ``resnet18``.
    dataset : str
        Whose images it takes.
    step_size, momentum : float
        η > 0 and 0 ≤ μ < 1.
    loss : str
        ``cross_entropy``, or ``mean_square`` against one-hot labels. The papers name none.
    seed : int
        Of the initial weights.
    """

    def __init__(
        self,
        network: Literal["mlp", "resnet18"],
        dataset: Literal["mnist", "cifar10"],
        step_size: float,
        momentum: float = 0.0,
        loss: Literal["cross_entropy", "mean_square"] = "cross_entropy",
        seed: int = 0,
    ) -> None:
        super().__init__()
        if step_size <= 0 or not 0 <= momentum < 1:
            raise TaskError(
                f"`step_size` must be positive and `momentum` in [0, 1); got {step_size} and {momentum}"
            )
        self.save_hyperparameters()
        self.step_size, self.momentum, self.kind = step_size, momentum, loss
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network: nn.Module = network_of(network, DATASETS[dataset], CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, shape (samples, classes)."""
        logits: Tensor = self.network(images)
        return logits

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return and log the loss of a batch."""
        loss, _ = self._measured(batch)
        self.log("loss", loss)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Log loss and accuracy on the test images."""
        loss, accuracy = self._measured(batch)
        self.log_dict({"test_loss": loss, "test_accuracy": accuracy}, batch_size=len(batch[1]), prog_bar=True)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return heavy ball in its buffer form."""
        return torch.optim.SGD(self.parameters(), lr=self.step_size, momentum=self.momentum)

    def _measured(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        images, labels = batch
        logits = self(images)
        if self.kind == "cross_entropy":
            loss = functional.cross_entropy(logits, labels)
        else:
            loss = functional.mse_loss(logits, functional.one_hot(labels, CLASSES).to(logits.dtype))
        return loss, (logits.argmax(dim=1) == labels).double().mean()
