"""The callback along Lightning runs: any module, and our own of many steps a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from lightning_runs.geometry.callback import GeometryWatch
from lightning_runs.tasks import TaskError
from lightning_runs.trainer import TrainerSettings, train
from oracle.records.candidate import CandidateMethod, CandidateProblem, CandidateTask

quietly = pytest.mark.filterwarnings(  # what Lightning says of itself
    "ignore:.*does not have many workers", "ignore:`isinstance.treespec, LeafSpec.` is deprecated"
)
QUIET: dict[str, Any] = {
    "enable_progress_bar": False, "enable_model_summary": False, "enable_checkpointing": False, "accelerator": "cpu",
}  # fmt: skip


class Net(pl.LightningModule):
    """A small network that logs, drops out and keeps running statistics: everything a watcher could disturb."""

    def __init__(self, dropout: float = 0.5) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(
            nn.Linear(2, 6), nn.BatchNorm1d(6), nn.Dropout(dropout), nn.Linear(6, 1)
        ).double()

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        """Return the mean square, and log it."""
        data, target = batch
        loss = nn.functional.mse_loss(self.net(data).squeeze(-1), target)
        self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return heavy ball."""
        return torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9)


def loader() -> DataLoader[tuple[Tensor, ...]]:
    """Return four batches of eight."""
    draw = torch.Generator().manual_seed(3)
    data = torch.randn(32, 2, generator=draw, dtype=torch.float64)
    return DataLoader(TensorDataset(data, data[:, 0] - data[:, 1] ** 2), batch_size=8)


def trained(callbacks: list[Any], **settings: Any) -> Net:
    """Return the network after two epochs."""
    torch.manual_seed(11)
    net = Net()
    trainer = pl.Trainer(max_epochs=2, callbacks=callbacks, **{"logger": False, **QUIET, **settings})
    trainer.fit(net, loader())
    return net


@quietly
def test_watching_leaves_no_trace_in_the_training() -> None:
    """Weights, running statistics and dropout masks are those of the unwatched run, to the bit."""
    watch = GeometryWatch()
    alone, watched = trained([]).state_dict(), trained([watch]).state_dict()
    assert all(torch.equal(alone[name], watched[name]) for name in alone)
    assert [row["step"] for row in watch.measured] == list(range(8))
    assert all(row["sharpness"] > 0 and row["gradient_norm_squared"] > 0 for row in watch.measured)


@quietly
def test_what_is_measured_goes_to_the_logger(tmp_path: Path) -> None:
    """Every second batch, under `geometry/`, with the step that it belongs to."""
    watch = GeometryWatch(every=2, quantities=["gradient_norm_squared"])
    trained([watch], logger=CSVLogger(tmp_path), log_every_n_steps=1)
    (path,) = tmp_path.rglob("metrics.csv")
    text = path.read_text()
    assert "geometry/gradient_norm_squared" in text.splitlines()[0]
    assert "geometry/sharpness" not in text
    assert [row["step"] for row in watch.measured] == [0, 2, 4, 6]


@quietly
def test_a_full_batch_is_counted_over_epochs() -> None:
    """With one batch an epoch every third epoch is measured, though each batch is number 0."""
    watch = GeometryWatch(every=3, quantities=[])
    data = DataLoader(loader().dataset, batch_size=32)
    pl.Trainer(max_epochs=7, callbacks=[watch], logger=False, **QUIET).fit(Net(), data)
    assert [row["step"] for row in watch.measured] == [0, 3, 6]
    resumed = GeometryWatch(every=3, quantities=[])
    resumed.load_state_dict(watch.state_dict())
    assert resumed.measured == watch.measured
    pl.Trainer(max_epochs=3, callbacks=[resumed], logger=False, **QUIET).fit(Net(), data)
    assert len(resumed.measured) == 4  # of batches 7, 8, 9 the last one's turn has come


@quietly
def test_the_measured_loss_is_the_batchs_own() -> None:
    """Without dropout the first row is the loss and ‖∇L‖² of the first batch at the start."""
    net = Net(dropout=0.0)
    watch = GeometryWatch(quantities=["gradient_norm_squared"])
    fresh = Net(dropout=0.0)
    data, target = next(iter(loader()))
    loss = ((fresh.net(data).squeeze(-1) - target) ** 2).mean()
    gradients = torch.autograd.grad(loss, list(fresh.parameters()))
    pl.Trainer(max_epochs=1, callbacks=[watch], logger=False, **QUIET).fit(net, loader())
    first = watch.measured[0]
    assert first["loss"] == pytest.approx(float(loss.detach()), rel=1e-13)
    assert first["gradient_norm_squared"] == pytest.approx(
        sum(float((g**2).sum()) for g in gradients), rel=1e-12
    )


def test_a_step_without_a_loss_is_refused_by_name() -> None:
    """The message says what to give."""

    class Silent(Net):
        def training_step(self, batch: list[Tensor], batch_idx: int) -> Any:
            """Return nothing."""
            return None

    with pytest.raises(TaskError, match=r"returned NoneType, which is no scalar loss: give `loss_of`"):
        GeometryWatch()._loss(Silent(), next(iter(loader())))


@pytest.mark.parametrize(("field", "value"), [("every", 0), ("runs", 0), ("quantities", ["curvature"])])
def test_bad_settings_are_refused(field: str, value: Any) -> None:
    """The message names the field."""
    with pytest.raises(TaskError, match=f"`{field}`"):
        GeometryWatch(**{field: value})


def tasks() -> list[CandidateTask]:
    """Return two runs on θ = u⊙u − v⊙v."""
    X = np.array([[1.0, 0.5, -0.25], [0.0, 1.0, 0.75]])
    y = np.array([1.0, -0.5])
    init = {"u": np.array([0.5, 0.375, 0.5]), "v": np.array([0.25, 0.5, 0.375])}
    problem = CandidateProblem(X=X, y=y, loss="half_mean_square", model="diagonal", init=init)
    return [
        CandidateTask(
            problem,
            CandidateMethod("heavy_ball", np.float64(eta), np.float64(0.5), {}, ()),
            range(0, 41, 10),
        )
        for eta in (0.1, 0.2)
    ]


def test_along_runs_of_fused_steps() -> None:
    """At the chunks' starts; gradient, D and Hessian of the first run against formulas written out in numpy."""
    watch = GeometryWatch(runs=2)
    train(tasks(), TrainerSettings(chunk_steps=10, callbacks=[watch]))
    assert [row["step"] for row in watch.measured if row["run"] == "run=1"] == [0, 10, 20, 30]
    first, task = watch.measured[0], tasks()[0]
    X, y = task.problem.X, task.problem.y
    u, v = task.problem.init["u"], task.problem.init["v"]

    def gradient(u: Any, v: Any) -> Any:
        g = X.T @ (X @ (u * u - v * v) - y) / 2
        return np.concatenate([2 * u * g, -2 * v * g])

    here = gradient(u, v)
    there = gradient(u - 0.1 * here[:3], v - 0.1 * here[3:])
    assert first["gradient_norm_squared"] == pytest.approx(here @ here, rel=1e-12)
    assert first["directional_smoothness"] == pytest.approx(
        here @ (here - there) / (0.1 * here @ here), rel=1e-10
    )
    g, A = here[:3] / (2 * u), X.T @ X / 2
    hessian = np.block(
        [
            [np.diag(2 * g) + 4 * np.outer(u, u) * A, -4 * np.outer(u, v) * A],
            [-4 * np.outer(v, u) * A, np.diag(-2 * g) + 4 * np.outer(v, v) * A],
        ]
    )
    assert first["sharpness"] == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-9)
    assert first["balancedness"] == pytest.approx(np.linalg.norm(4 * u * v), rel=1e-12)
