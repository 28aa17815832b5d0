"""`python -m lightning_runs.sweeps`: what it says, and how it leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lightning_runs.sweeps.command import sweep_command


@pytest.fixture
def config(tmp_path: Path, grid_value: Any) -> Path:
    """Return the file of a grid of four short runs."""
    value = grid_value(methods=["heavy_ball"], seeds=[0], step_size=["0.03"], momentum=["0.9"])
    (tmp_path / "small.json").write_text(json.dumps(value))
    return tmp_path / "small.json"


def run(*arguments: object) -> Result:
    """Run the command with the readable kernel."""
    return CliRunner().invoke(sweep_command, [str(argument) for argument in arguments])


def test_sweep_is_made_tabulated_and_extracted(config: Path) -> None:
    """Statement first, then records and table beside the grid; nothing on standard error."""
    made = run(config, "--kernel", "eager")
    assert (made.exit_code, made.stderr) == (0, "")
    assert made.stdout.startswith("4 runs of 12 steps in 1 part(s)")
    assert (config.with_suffix(".sweep") / "sweep.parquet").exists()
    extracted = run(config, "--extract", 2)
    folder = config.with_suffix(".sweep") / "extracted"
    assert extracted.stdout == f"oracle check {folder / 'run-000002.json'} {folder / 'run-000002.npz'}\n"


def test_dry_run_writes_nothing(config: Path) -> None:
    """It states, and leaves."""
    result = run(config, "--kernel", "eager", "--dry-run")
    assert result.exit_code == 0
    assert "memory" in result.stdout
    assert list(config.parent.iterdir()) == [config]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kernel", "quick"], "choose one of"),
        (["--memory", "4 cats"], "expected a number and one of"),
        (["--memory", "1KiB"], "one run by itself needs"),
        (["--memory", "900TiB"], "ask for less"),
        (["--extract", "9"], "its runs are 0 to 3"),
        (["--extract", "1"], "not finished"),
        (["--table", "all"], "'final', 'steps', 'none'"),
        (["--threads", "0"], "0 is not in the range"),
    ],
)
def test_misuse_leaves_with_2(config: Path, arguments: list[str], message: str) -> None:
    """No traceback, nothing written, and what to do."""
    result = run(config, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert list(config.parent.iterdir()) == [config]


def test_grid_that_is_none_leaves_with_2(tmp_path: Path) -> None:
    """A file that is not there is misuse."""
    assert run(tmp_path / "none.yaml").exit_code == 2


def test_file_in_the_place_of_the_directory_leaves_with_2(config: Path) -> None:
    """`--out` names a directory."""
    result = run(config, "--kernel", "eager", "--out", config)
    assert (result.exit_code, "is a file; name a directory" in result.stderr) == (2, True)


def test_damage_leaves_with_4(config: Path) -> None:
    """A changed byte is named."""
    run(config, "--kernel", "eager")
    path = config.with_suffix(".sweep") / "part-0000/segment-000000.npz"
    path.write_bytes(path.read_bytes()[:-200])
    result = run(config)
    assert (result.exit_code, "segment-000000.npz` is damaged" in result.stderr) == (4, True)


def test_interrupt_leaves_with_130(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C is no fault."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lightning_runs.sweeps.making.make", interrupted)
    result = run(config, "--kernel", "eager")
    assert (result.exit_code, "the same command goes on" in result.stderr) == (130, True)


def test_help_shows_examples() -> None:
    """`--help` answers with lines to copy."""
    result = run("--help")
    assert result.exit_code == 0
    assert "python -m lightning_runs.sweeps sweep.yaml --dry-run" in result.stdout
