"""The figures of papers 001 and 002, drawn quickly: what the sentences say is counted from the numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lightning_runs.figures.experiment import all_experiments
from lightning_runs.figures.making import made_figure
from oracle.records.figure import Figure, read_figure

QUICK = ("001-fig-1", "002-fig-2a", "002-fig-2b", "002-fig-4a", "002-fig-4b")


def drawn(identifier: str, folder: Path) -> Figure:
    """Return a figure drawn quickly, as it was written."""
    made_figure(all_experiments()[identifier], folder, quick=True, threads=1)
    return read_figure(folder / f"{identifier}.json")


@pytest.mark.slow
@pytest.mark.parametrize("identifier", [*QUICK, "002-fig-3"])
def test_figure_is_drawn(identifier: str, tmp_path: Path) -> None:
    """Record, SVG and PNG; every step that the oracle saw agrees but for runs that diverge."""
    figure = drawn(identifier, tmp_path)
    assert {path.suffix for path in tmp_path.glob(f"{identifier}.*")} == {".json", ".svg", ".png"}
    assert len(figure.seeds) == len(figure.curves[0].values)
    judged = [told for name, told in figure.made.items() if name.startswith("oracle on")]
    assert judged
    assert all("AGREES" in told and "DISAGREES" not in told for told in judged)


def test_norms_of_001_fig_1_fall(tmp_path: Path) -> None:
    """The counted sentence is the numbers' own, and the ends are on the minima."""
    figure = drawn("001-fig-1", tmp_path)
    norms = np.array([figure.numbers[f"norm β = {beta}"] for beta in ("0", "0.5", "0.8", "0.9")])
    falls = int((np.diff(norms, axis=0) < 0).all(axis=0).sum())
    assert f"from {falls} of {len(figure.seeds)} starts" in figure.robustness
    assert falls == len(figure.seeds)
    assert figure.numbers["largest loss"] < 1e-20


@pytest.mark.slow
def test_ratios_of_002_fig_4a_are_counted(tmp_path: Path) -> None:
    """The first count is that of seeds in which HB with μ = 0.5 is nearer from s = 0.01."""
    figure = drawn("002-fig-4a", tmp_path)
    ball, descent = (np.array(figure.curve(name).values) for name in ("HB, μ = 0.5", "GD"))
    counts = (ball < descent).sum(axis=0)
    assert f"μ = 0.5: {', '.join(map(str, counts))}" in figure.seen
