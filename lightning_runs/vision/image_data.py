"""The images as Lightning takes them: standardised, cut to so many, in batches or all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from lightning_runs.vision.datasets import DataSetError, Images, read_images

__all__ = ["ImageData"]


class ImageData(pl.LightningDataModule):
    """MNIST or CIFAR-10.

    Pixels are divided by 255 and standardised by the training images' mean and deviation of each channel. There is no
    augmentation: both papers turn every other regularisation off.

    Parameters
    ----------
    dataset : str
    folder : Path
        Where the published files lie; see `lightning_runs.vision.datasets`.
    samples : int
        Training images drawn at random; 0 means all.
    batch_size : int
        0 means all of them: full-batch training, one step an epoch.
    seed : int
        Of the draw and of the order of batches.
    """

    def __init__(
        self,
        dataset: Literal["mnist", "cifar10"],
        folder: Path,
        samples: int = 0,
        batch_size: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        for name, value in (("samples", samples), ("batch_size", batch_size)):
            if value < 0:
                raise DataSetError(f"`{name}` must be at least 0; got {value}")
        self.dataset, self.folder, self.samples = dataset, Path(folder), samples
        self.batch_size, self.seed = batch_size, seed

    def setup(self, stage: str) -> None:
        """Read the files, draw the samples, standardise.

        Raises
        ------
        DataSetError
            If files are missing or damaged, or hold fewer images than `samples`.
        """
        train, test = (read_images(self.dataset, self.folder, split) for split in ("train", "test"))
        if self.samples > len(train.labels):
            raise DataSetError(
                f"`samples` is {self.samples}, and {self.dataset} in {self.folder} has {len(train.labels)} training images"
            )
        order = torch.randperm(len(train.labels), generator=torch.Generator().manual_seed(self.seed))
        drawn = order[: self.samples] if self.samples else torch.arange(len(train.labels))
        pixels, labels = _tensors(train)
        pixels, labels = pixels[drawn], labels[drawn]
        deviation, mean = torch.std_mean(pixels, dim=(0, 2, 3), keepdim=True, correction=0)
        deviation = torch.where(deviation > 0, deviation, 1.0)  # a channel that is constant stays zero
        shown, answers = _tensors(test)
        self.train = TensorDataset((pixels - mean) / deviation, labels)
        self.test = TensorDataset((shown - mean) / deviation, answers)

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        """Return the training images, shuffled where there are several batches."""
        size = self.batch_size or len(self.train)
        order = torch.Generator().manual_seed(self.seed)
        return DataLoader(self.train, size, shuffle=size < len(self.train), generator=order)

    def val_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        """Return the test images."""
        return DataLoader(self.test, self.batch_size or min(len(self.test), 1000))


def _tensors(images: Images) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(images.pixels.copy()).float() / 255, torch.from_numpy(images.labels)
