"""Small data in the published formats, made here: what the image experiments are tried on where the real sets are missing.

    python -m lightning_runs.vision.small_data cifar10 small

Every class is a blurred random picture of its own, and an image is its class's picture with noise: a few epochs learn it.
It says nothing about MNIST or CIFAR-10.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import click
import numpy as np

from lightning_runs.vision.datasets import CIFAR, CLASSES, DATASETS, MNIST, Images

__all__ = ["small_images", "write_small"]

NOISE = 40.0  # of 255
PER_FILE = 20


def small_images(dataset: str, samples: int, seed: int) -> Images:
    """Return made-up images of a data set's shape.

    Parameters
    ----------
    dataset : str
        A name in `DATASETS`.
    samples : int
    seed : int
        Of labels and noise; the classes' pictures are always the same.
    """
    shape = DATASETS[dataset]
    coarse = np.random.default_rng(0).uniform(0, 255, (CLASSES, shape[0], 4, 4))
    pictures = coarse.repeat(shape[1] // 4, axis=2).repeat(shape[2] // 4, axis=3)
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, CLASSES, samples)
    noisy = pictures[labels] + NOISE * draw.standard_normal((samples, *shape))
    return Images(noisy.clip(0, 255).astype(np.uint8), labels.astype(np.int64))


def write_small(dataset: str, folder: Path, per_file: int = PER_FILE) -> None:
    """Write made-up files in the data set's published format.

    Parameters
    ----------
    dataset : str
    folder : Path
        Made if it is missing.
    per_file : int
        Images a file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if dataset == "mnist":
        for seed, name in enumerate(MNIST.values()):
            images = small_images(dataset, per_file, seed)
            _write_idx(folder / f"{name}-images-idx3-ubyte", images.pixels[:, 0])
            _write_idx(folder / f"{name}-labels-idx1-ubyte", images.labels.astype(np.uint8))
        return
    for seed, name in enumerate([*CIFAR["train"], *CIFAR["test"]]):
        images = small_images(dataset, per_file, seed)
        rows = [images.labels.astype(np.uint8)[:, None], images.pixels.reshape(per_file, -1)]
        (folder / name).write_bytes(np.concatenate(rows, axis=1).tobytes())


def _write_idx(path: Path, array: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    head = bytes((0, 0, 0x08, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(head + array.tobytes())


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("dataset", type=click.Choice(tuple(DATASETS)))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--per-file", type=click.IntRange(1), default=PER_FILE, show_default=True, help="Images a file."
)
def _command(dataset: str, folder: Path, per_file: int) -> None:
    """Write small made-up files in the published format of DATASET to FOLDER.

    \b
    Example:
      python -m lightning_runs.vision.small_data cifar10 small --per-file 100
    """  # noqa: D301 - the backspace is click's mark for lines to be left as they are
    write_small(dataset, folder, per_file)
    click.echo(f"wrote made-up images in the format of {dataset} to {folder}")


if __name__ == "__main__":
    _command()
