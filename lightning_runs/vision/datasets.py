"""MNIST and CIFAR-10 from the files that their makers publish, into arrays.

==========  =====================================================================================
mnist       ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte``,
            ``t10k-labels-idx1-ubyte``, as they are or with ``.gz``
cifar10     the *binary version*: ``data_batch_1.bin`` to ``data_batch_5.bin``, ``test_batch.bin``,
            in the folder or in ``cifar-10-batches-bin`` below it
==========  =====================================================================================

CIFAR-10's other version is pickled Python, which can run anything while it is read; it is not read here.

Source: MNIST, the idx format; Krizhevsky 2009, a record: one byte of label, 3072 of red, green and blue rows.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["DATASETS", "DataSetError", "Images", "read_images"]

CIFAR_SHAPE = (3, 32, 32)
CIFAR_RECORD = 1 + 3 * 32 * 32
IDX_BYTES = 0x08  # unsigned bytes, in the third byte of an idx file's magic number


class DataSetError(ValueError):
    """The files of a data set are missing, damaged, or not of the format."""


@dataclass(frozen=True)
class Images:
    """Labelled images.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (samples, channels, height, width)
    labels : ndarray of int64, shape (samples,)
    """

    pixels: np.ndarray[Any, np.dtype[np.uint8]]
    labels: np.ndarray[Any, np.dtype[np.int64]]


MNIST = {"train": "train", "test": "t10k"}
CIFAR = {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}
CLASSES = 10
DATASETS: Mapping[str, tuple[int, int, int]] = {"mnist": (1, 28, 28), "cifar10": CIFAR_SHAPE}


def read_images(dataset: str, folder: Path, split: str) -> Images:
    """Return one split of a data set.

    Parameters
    ----------
    dataset : str
        ``mnist`` or ``cifar10``.
    folder : Path
        Where the published files lie.
    split : str
        ``train`` or ``test``.

    Raises
    ------
    DataSetError
        If the data set is unknown, or a file is missing or damaged; the message names it.
    """
    if dataset not in DATASETS:
        raise DataSetError(f"`dataset` is {dataset!r}; choose from {', '.join(DATASETS)}")
    images = _mnist(folder, split) if dataset == "mnist" else _cifar10(folder, split)
    if len(images.labels) and images.labels.max() >= CLASSES:
        raise DataSetError(f"a label of {dataset} in {folder} is {images.labels.max()}; expected 0 to 9")
    return images


def _mnist(folder: Path, split: str) -> Images:
    pixels = _idx(_found(folder, f"{MNIST[split]}-images-idx3-ubyte"), 3)
    labels = _idx(_found(folder, f"{MNIST[split]}-labels-idx1-ubyte"), 1)
    if len(pixels) != len(labels):
        raise DataSetError(f"mnist in {folder} has {len(pixels)} images and {len(labels)} labels")
    return Images(pixels[:, None], labels.astype(np.int64))


def _found(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise DataSetError(
        f"there is no `{name}` (nor `{name}.gz`) in {folder}: get MNIST from its makers or a mirror, put its four files "
        "there, and name the folder with `--data.folder`"
    )


def _idx(path: Path, dimensions: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the array of an idx file: magic number, sizes, bytes."""
    content = _unpacked(path)
    start = 4 + 4 * dimensions
    if len(content) < start or content[:4] != bytes((0, 0, IDX_BYTES, dimensions)):
        raise DataSetError(
            f"{path} is no idx file of bytes in {dimensions} dimensions: it begins with {content[:4].hex()}"
        )
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    if len(content) - start != np.prod(shape, dtype=np.int64):
        raise DataSetError(
            f"{path} should hold {' × '.join(map(str, shape))} bytes and holds {len(content) - start}: get it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _unpacked(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataSetError(f"{path} is damaged: {error}; get it again") from error


def _cifar10(folder: Path, split: str) -> Images:
    inner = folder / "cifar-10-batches-bin"
    place = inner if inner.is_dir() else folder
    records = np.concatenate([_cifar_records(place / name) for name in CIFAR[split]])
    return Images(records[:, 1:].reshape(-1, *CIFAR_SHAPE), records[:, 0].astype(np.int64))


def _cifar_records(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    if not path.is_file():
        raise DataSetError(
            f"there is no `{path.name}` in {path.parent}: get the binary version of CIFAR-10 (not the pickled Python one), "
            "unpack it, and name the folder with `--data.folder`"
        )
    content = path.read_bytes()
    if not content or len(content) % CIFAR_RECORD:
        raise DataSetError(
            f"{path} holds {len(content)} bytes, no multiple of {CIFAR_RECORD}, a label and an image: get it again"
        )
    return np.frombuffer(content, np.uint8).reshape(-1, CIFAR_RECORD)
