"""Training from configurations: records the oracle reads, resumes, devices, and errors with their codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")
pytest.importorskip("jsonargparse")

from lightning_runs.command import main
from oracle.cli.main import main as oracle

SpecMaker = Callable[..., Path]


@pytest.fixture
def spec_file(tmp_path: Path) -> SpecMaker:
    """Return a function that writes a small spec; each name has a start of its own."""

    def write(name: str, start: str = "1/4", last: int = 300) -> Path:
        value = {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "sparse_regression", "n": 6, "d": 9, "nonzeros": 2, "seed": 1},
            "model": "diagonal",
            "init": {"u": start, "v": "1/8"},
            "method": {"name": "heavy_ball", "step_size": "1/32", "momentum": "7/8"},
            "inputs_as": "float64",
            "want": {"kind": "iterates", "steps": [*range(0, last + 1)]},
            "digits": 20,
        }
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(value))
        return path

    return write


def fit(specs: list[Path], records: Path, *more: str) -> int:
    """Train from the command line."""
    paths = json.dumps([str(spec) for spec in specs])
    return main(["fit", "--model.specs", paths, "--model.records", str(records), *more])


def test_record_is_one_that_the_oracle_agrees_with(spec_file: SpecMaker, tmp_path: Path) -> None:
    """`oracle check` reads the record as it was written, and says AGREES."""
    spec = spec_file("a")
    assert fit([spec], tmp_path / "records", "--data.chunk_steps", "70") == 0
    arguments = ["check", str(spec), str(tmp_path / "records" / "a.npz"), "--store", str(tmp_path / "store")]
    outcome = CliRunner().invoke(oracle, arguments)
    assert outcome.exit_code == 0, outcome.output


def test_configuration_names_everything(spec_file: SpecMaker, tmp_path: Path) -> None:
    """One YAML file says specs, chunks, oracle, early stopping, checkpoints, and both loggers."""
    spec = spec_file("a", last=3000)
    config = tmp_path / "run.yaml"
    config.write_text(f"""
model: {{specs: ["{spec}"], records: "{tmp_path}/records", kernel: fused}}
data: {{chunk_steps: 100}}
trainer:
  logger:
    - {{class_path: pytorch_lightning.loggers.CSVLogger, init_args: {{save_dir: "{tmp_path}/csv"}}}}
    - {{class_path: pytorch_lightning.loggers.TensorBoardLogger, init_args: {{save_dir: "{tmp_path}/tb"}}}}
  callbacks:
    - {{class_path: lightning_runs.callbacks.OracleCheck, init_args: {{window: 3}}}}
    - {{class_path: lightning_runs.callbacks.LossStopping, init_args: {{stopping_threshold: 1.0e-9}}}}
    - {{class_path: lightning_runs.checkpoints.CheckpointWriter, init_args: {{directory: "{tmp_path}/saved", every: 250}}}}
""")
    assert main(["fit", "--config", str(config)]) == 0
    steps = np.load(tmp_path / "records" / "a.npz")["steps"]
    assert 100 < steps[-1] < 3000
    (metrics,) = (tmp_path / "csv").rglob("metrics.csv")
    rows = metrics.read_text().splitlines()
    assert rows[0] == "loss,loss_median,step"
    assert rows[1].endswith(",100")
    assert rows[-1].endswith(f",{steps[-1]}")
    assert list((tmp_path / "tb").rglob("events.out.tfevents.*"))
    assert list((tmp_path / "saved").rglob("*.ckpt"))


def test_interrupted_training_goes_on_to_the_same_bits(spec_file: SpecMaker, tmp_path: Path) -> None:
    """Killed in the middle of a chunk of 100 after a checkpoint at 40, and cut in chunks of 7 afterwards."""
    spec = spec_file("a")
    assert fit([spec], tmp_path / "whole") == 0
    saving = [
        "--trainer.callbacks+=lightning_runs.checkpoints.CheckpointWriter",
        f"--trainer.callbacks.directory={tmp_path / 'saved'}",
        "--trainer.callbacks.every=40",
    ]
    kill = "--trainer.limit_train_batches=2"  # Lightning ends after two chunks: at step 80 of 300
    assert fit([spec], tmp_path / "cut", "--data.chunk_steps=100", kill, *saving) == 0
    assert fit([spec], tmp_path / "cut", "--data.chunk_steps=7", *saving) == 0
    whole, cut = (np.load(tmp_path / name / "a.npz") for name in ("whole", "cut"))
    assert all(np.array_equal(whole[name], cut[name]) for name in whole.files)


def test_two_processes_share_the_runs(spec_file: SpecMaker, tmp_path: Path) -> None:
    """Lightning starts two processes over gloo; together they write what one writes, bit for bit."""
    specs = [spec_file(f"run{k}", f"{k + 1}/32", last=40) for k in range(5)]
    assert fit(specs, tmp_path / "one", "--model.kernel=autograd") == 0
    arguments = ["--model.specs", json.dumps([str(spec) for spec in specs]), "--model.kernel=autograd"]
    arguments += ["--model.records", str(tmp_path / "two"), "--trainer.devices=2"]
    arguments += ["--trainer.strategy=independent_runs"]
    command = [sys.executable, "-m", "lightning_runs", "fit", *arguments]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert outcome.returncode == 0, outcome.stderr
    for spec in specs:
        one, two = (np.load(tmp_path / name / f"{spec.stem}.npz") for name in ("one", "two"))
        near: Any = [np.allclose(one[name], two[name], rtol=1e-12, atol=1e-15) for name in one.files]
        assert all(near)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model.specs", '["nowhere.json"]'], "cannot read the spec `nowhere.json`"),
        (["--model.specs", "[]"], "`specs` must be one or more files of different names; got []"),
    ],
)
def test_bad_configuration_is_refused_without_a_traceback(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says what was asked; the exit code is the one for misuse."""
    assert main(["fit", *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trainer.max_epochs=2"], "`max_epochs` is 2; the one epoch is the run"),
        (["--model.threads=0"], "`threads` must be an integer of at least 1; got 0"),
    ],
)
def test_setting_out_of_range_is_refused(
    spec_file: SpecMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    """A second epoch, or no thread, is named and refused; nothing hangs."""
    assert fit([spec_file("a")], tmp_path, *arguments) == 2
    assert words in capsys.readouterr().err


def test_damaged_spec_is_named_by_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several specs the one that cannot be read is the one that is named."""
    path = tmp_path / "broken.json"
    path.write_text("{")
    assert fit([path], tmp_path) == 2
    assert f"`{path}`: the spec is not JSON" in capsys.readouterr().err


def test_unknown_kernel_is_refused_with_the_choices(
    spec_file: SpecMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt kernel lists those that there are."""
    assert fit([spec_file("a")], tmp_path, "--model.kernel=fussed") == 2
    assert "`kernel` is 'fussed'; choose one of autograd, eager, fused, triton" in capsys.readouterr().err
