"""Data sets in their published formats: read as written here by hand, and refused where damaged."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from lightning_runs.vision.datasets import DataSetError, read_images
from lightning_runs.vision.small_data import small_images, write_small


def test_a_mnist_file_written_byte_by_byte(tmp_path: Path) -> None:
    """The format as its makers describe it: magic number, sizes with the high byte first, rows of pixels."""
    pixels = bytes(range(2 * 2)) + bytes([255] * 4)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 2051, 2, 2, 2) + pixels)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(struct.pack(">II", 2049, 2) + b"\x07\x03")
    )
    images = read_images("mnist", tmp_path, "train")
    assert images.pixels.tolist() == [[[[0, 1], [2, 3]]], [[[255, 255], [255, 255]]]]
    assert images.labels.tolist() == [7, 3]


def test_a_cifar_record_written_byte_by_byte(tmp_path: Path) -> None:
    """A label, then 1024 bytes of red, of green, of blue."""
    record = b"\x09" + b"\x01" * 1024 + b"\x02" * 1024 + b"\x03" * 1024
    inner = tmp_path / "cifar-10-batches-bin"
    inner.mkdir()
    (inner / "test_batch.bin").write_bytes(record)
    images = read_images("cifar10", tmp_path, "test")
    assert images.pixels.shape == (1, 3, 32, 32)
    assert [int(channel.min()) for channel in images.pixels[0]] == [1, 2, 3]
    assert images.labels.tolist() == [9]


@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
def test_made_up_data_come_back(dataset: str, tmp_path: Path) -> None:
    """What `write_small` writes is what `small_images` makes."""
    write_small(dataset, tmp_path, per_file=7)
    images = read_images(dataset, tmp_path, "train")
    expected = small_images(dataset, 7, 0)
    assert np.array_equal(images.pixels[:7], expected.pixels)
    assert np.array_equal(images.labels[:7], expected.labels)
    assert len(images.labels) == (7 if dataset == "mnist" else 35)


@pytest.mark.parametrize(
    ("dataset", "file", "damage", "message"),
    [
        ("mnist", "train-images-idx3-ubyte", lambda b: b[:-1], r"should hold 5 × 28 × 28 bytes and holds 3919"),
        ("mnist", "train-labels-idx1-ubyte", lambda b: b"\x00\x00\x0d\x01" + b[4:], "is no idx file of bytes"),
        ("mnist", "train-labels-idx1-ubyte", lambda b: b[:7] + b"\x04" + b[8:-1], "has 5 images and 4 labels"),
        ("mnist", "train-labels-idx1-ubyte", lambda b: b[:-1] + b"\x0b", "is 11; expected 0 to 9"),
        ("cifar10", "data_batch_3.bin", lambda b: b[:-1], "no multiple of 3073"),
        ("cifar10", "data_batch_2.bin", lambda b: b"", "no multiple of 3073"),
    ],
)  # fmt: skip
def test_damage_is_named(tmp_path: Path, dataset: str, file: str, damage: object, message: str) -> None:
    """The message names the file and what is wrong with it."""
    write_small(dataset, tmp_path, per_file=5)
    path = tmp_path / file
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]  # a lambda of the list above
    with pytest.raises(DataSetError, match=message):
        read_images(dataset, tmp_path, "train")


@pytest.mark.parametrize(
    ("dataset", "file"), [("mnist", "train-labels-idx1-ubyte"), ("cifar10", "data_batch_4.bin")]
)
def test_a_missing_file_says_what_to_get(tmp_path: Path, dataset: str, file: str) -> None:
    """And with which option the folder is named."""
    write_small(dataset, tmp_path, per_file=2)
    (tmp_path / file).unlink()
    with pytest.raises(DataSetError, match=rf"there is no `{file}`.*--data\.folder"):
        read_images(dataset, tmp_path, "train")


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    """A .gz cut short."""
    write_small("mnist", tmp_path, per_file=2)
    plain = tmp_path / "train-images-idx3-ubyte"
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(plain.read_bytes())[:-9])
    plain.unlink()
    with pytest.raises(DataSetError, match=r"\.gz is damaged"):
        read_images("mnist", tmp_path, "train")
