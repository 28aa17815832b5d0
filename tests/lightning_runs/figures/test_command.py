"""The command: names, misuse, one quick figure, and that it is not made twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lightning_runs.figures.command import figures_command
from oracle.records.figure import read_figure


def test_figures_are_listed() -> None:
    """One identifier a line."""
    result = CliRunner().invoke(figures_command, ["--list"])
    assert result.exit_code == 0
    assert "000-fig-1a" in result.output.splitlines()


def test_an_unknown_figure_is_misuse() -> None:
    """The message names those that there are."""
    result = CliRunner().invoke(figures_command, ["--only", "000-fig-9"])
    assert result.exit_code == 2
    assert "there is no figure 000-fig-9; there are 000-fig-1a" in result.output


@pytest.mark.parametrize("identifier", ["003-balancedness"])
def test_a_quick_figure_is_drawn_once(identifier: str, tmp_path: Path) -> None:
    """Record and pictures are there; the second time nothing is made, and a damaged record is named."""
    arguments = ["--quick", "--only", identifier, "--out", str(tmp_path)]
    first = CliRunner().invoke(figures_command, arguments)
    assert first.exit_code == 0, first.output
    path = tmp_path / "quick" / f"{identifier}.json"
    figure = read_figure(path)
    assert figure.seen in first.output
    assert {each.suffix for each in path.parent.glob(f"{identifier}.*")} == {".json", ".svg", ".png"}
    second = CliRunner().invoke(figures_command, arguments)
    assert "is there already" in second.output
    path.write_text(
        path.read_text(encoding="utf-8").replace('"paper": "003"', '"paper": "004"'), encoding="utf-8"
    )
    third = CliRunner().invoke(figures_command, arguments)
    assert third.exit_code == 4
    assert "altered" in third.output


@pytest.mark.slow
@pytest.mark.parametrize(
    "identifier", ["000-fig-1a", "000-fig-2b", "000-fig-3b", "003-regimes", "003-limits"]
)
def test_every_kind_of_figure_can_be_drawn_quickly(identifier: str, tmp_path: Path) -> None:
    """Quick runs of the figures of papers 000 and 003 reach their pictures."""
    result = CliRunner().invoke(figures_command, ["--quick", "--only", identifier, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "quick" / f"{identifier}.png").exists()
