"""The papers' image experiments from their configurations, on small data made here."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")
pytest.importorskip("jsonargparse")

import torch

from lightning_runs.vision.__main__ import main
from lightning_runs.vision.classifier import Classifier
from lightning_runs.vision.image_data import ImageData
from lightning_runs.vision.networks import ResNet18, mlp
from lightning_runs.vision.small_data import write_small

CONFIGS = Path(__file__).parents[3] / "lightning_runs" / "experiments" / "vision"
QUICK = ["--trainer.accelerator", "cpu", "--trainer.enable_checkpointing", "false"]


def fit(config: str, folder: Path, *more: str) -> int:
    """Train a configuration on the data of a folder."""
    return main(["fit", "--config", str(CONFIGS / config), "--data.folder", str(folder), *QUICK, *more])


def rows(name: str, column: str) -> list[float]:
    """Return what was logged of one name."""
    with (Path("logs") / name / "version_0" / "metrics.csv").open() as file:
        return [float(row[column]) for row in csv.DictReader(file) if row.get(column)]


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_the_directional_smoothness_experiment_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paper 002, Fig. 1's configuration learns the small data, and logs a smoothness a step."""
    monkeypatch.chdir(tmp_path)
    write_small("cifar10", tmp_path / "data", per_file=20)
    assert (
        fit(
            "002_fig_1.yaml",
            tmp_path / "data",
            "--trainer.max_epochs",
            "12",
            "--trainer.check_val_every_n_epoch",
            "12",
        )
        == 0
    )
    smoothness = rows("002_fig_1", "geometry/directional_smoothness")
    losses = rows("002_fig_1", "loss")
    assert len(smoothness) == len(losses) == 12
    assert losses[-1] < losses[0] / 2
    assert rows("002_fig_1", "test_accuracy")[-1] > 0.8


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_the_residual_network_runs_with_its_sharpness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paper 001, Fig. 3's configuration on four images: every quantity of the geometry is logged."""
    monkeypatch.chdir(tmp_path)
    write_small("mnist", tmp_path / "data", per_file=30)
    watch = "--trainer.max_epochs=2", "--data.samples=4", "--trainer.check_val_every_n_epoch=2"
    assert fit("001_fig_3.yaml", tmp_path / "data", *watch) == 0
    for name in ("gradient_norm_squared", "directional_smoothness", "sharpness"):
        assert len(rows("001_fig_3", f"geometry/{name}")) == 1
    assert rows("001_fig_3", "geometry/sharpness")[0] > 0


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_minibatches_are_shuffled_by_the_seed(tmp_path: Path) -> None:
    """Table 1's way of training: batches of a size, every image once an epoch, the same order for the same seed."""
    write_small("mnist", tmp_path, per_file=20)

    def labels(seed: int) -> list[list[int]]:
        data = ImageData("mnist", tmp_path, batch_size=6, seed=seed)
        data.setup("fit")
        return [batch[1].tolist() for batch in data.train_dataloader()]

    assert [len(batch) for batch in labels(0)] == [6, 6, 6, 2]
    assert labels(0) == labels(0) != labels(1)


def test_pixels_are_standardised_by_the_training_images(tmp_path: Path) -> None:
    """Each channel of the drawn training images has mean 0 and deviation 1; samples are drawn by the seed."""
    write_small("cifar10", tmp_path, per_file=20)
    data = ImageData("cifar10", tmp_path, samples=30, seed=1)
    data.setup("fit")
    pixels, _ = data.train.tensors
    assert pixels.shape == (30, 3, 32, 32)
    assert torch.allclose(pixels.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(pixels.std(dim=(0, 2, 3), correction=0), torch.ones(3), atol=1e-5)


def test_the_networks_are_those_of_the_papers() -> None:
    """ResNet-18 for small images has 11.17 M parameters (10 classes, RGB); the MLP 3072-200-200-10."""
    assert sum(parameter.numel() for parameter in ResNet18(3, 10).parameters()) == 11_173_962
    assert sum(p.numel() for p in mlp(3072, 10).parameters()) == 3073 * 200 + 201 * 200 + 201 * 10


def test_initial_weights_are_the_seeds() -> None:
    """And making a classifier leaves torch's own random state alone."""
    before = torch.get_rng_state()
    first, again, other = (Classifier("mlp", "mnist", 0.1, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    weights = [next(net.parameters()) for net in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--data.samples", "99"], "`samples` is 99, and mnist"),
        (["--model.momentum", "1.0"], "`momentum` in [0, 1)"),
        (["--data.folder", "nowhere"], "there is no `train-images-idx3-ubyte`"),
    ],
)
def test_mistakes_leave_with_2_and_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    message: str,
) -> None:
    """No traceback: what was asked, and what there is."""
    monkeypatch.chdir(tmp_path)
    write_small("mnist", tmp_path / "data", per_file=5)
    assert fit("001_fig_3.yaml", tmp_path / "data", *more) == 2
    assert message in capsys.readouterr().err
