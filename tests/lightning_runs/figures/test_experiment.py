"""Experiments are found, their configurations can be read, and runs are what their configuration asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lightning_runs.figures.experiment import CONFIGS, all_experiments
from lightning_runs.figures.figure_config import FigureRunsError, numbers, read_config
from lightning_runs.sweeps.grid_file import grid_from
from oracle.claims.figure_results import SHIPPED
from oracle.records.figure import read_figure

ASKED = ["000-fig-1a", "000-fig-1b", "000-fig-2a", "000-fig-2b", "000-fig-3a", "000-fig-3b"]
ASKED += ["003-balancedness", "003-limits", "003-regimes"]


def test_every_figure_has_an_experiment() -> None:
    """The figures of papers 000 and 003 are all there, each under its own identifier."""
    found = all_experiments()
    assert set(ASKED) <= set(found)
    assert all(name == experiment.identifier for name, experiment in found.items())


@pytest.mark.parametrize("name", sorted(path.name for path in CONFIGS.glob("*.yaml")))
@pytest.mark.parametrize("quick", [False, True])
def test_every_configuration_can_be_read(name: str, quick: bool) -> None:
    """Each sweep of each configuration is a grid, also with what is changed to be quick."""
    config = read_config(CONFIGS / name, quick)
    assert "quick" not in config
    for value in config.get("sweeps", {}).values():
        grid_from(value)


@pytest.mark.parametrize("identifier", ASKED)
def test_the_shipped_results_are_whole_and_of_many_seeds(identifier: str) -> None:
    """Each record that comes with the package is sealed, has ten seeds or more and says what the oracle found."""
    figure = read_figure(SHIPPED / f"{identifier}.json")
    assert len(figure.seeds) >= 10
    assert all(len(curve.values) == len(figure.seeds) for curve in figure.curves)
    judged = [text for name, text in figure.made.items() if name.startswith("oracle on")]
    assert judged
    assert all("AGREES" in text and "DISAGREES" not in text and "UNDECIDED" not in text for text in judged)


def test_a_sweep_is_chosen_by_its_axes(make_runs: Any) -> None:
    """Runs are named by method and numbers as typed, and the last state is that of the recorded steps."""
    made = make_runs().sweep("small")
    assert len(made.points) == 12
    run = made.run(seed=1, method="nesterov", scale="0.2")
    assert run["theta"].shape == (3, 6)
    assert np.array_equal(run["theta"], run["u"] ** 2 - run["v"] ** 2)
    (place,) = made.runs(seed=1, method="nesterov", scale="0.2")
    truth = made.truth(place)
    assert made.distances(place)[-1] == pytest.approx(np.square(run["theta"][-1] - truth).sum())


def test_an_unknown_sweep_is_refused(make_runs: Any) -> None:
    """The message names those that there are."""
    with pytest.raises(FigureRunsError, match="no sweep 'large'; it has small"):
        make_runs().sweep("large")


def test_quick_lays_over(tmp_path: Path) -> None:
    """What quick names is changed, and nothing else."""
    path = tmp_path / "one.yaml"
    path.write_text(
        "schema: momentum-oracle/figure-runs/1\na: {b: 1, c: 2}\nquick: {a: {c: 3}}\n", encoding="utf-8"
    )
    assert read_config(path, quick=True)["a"] == {"b": "1", "c": "3"}
    assert read_config(path, quick=False)["a"] == {"b": "1", "c": "2"}


@pytest.mark.parametrize(
    ("text", "message"), [("a: 1", "expected `schema`"), ("a: [", "no YAML"), (None, "No such file")]
)
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, text: str | None, message: str) -> None:
    """The message names the file and what is wrong."""
    path = tmp_path / "one.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(FigureRunsError, match=message):
        read_config(path, quick=False)


def test_numbers_are_read() -> None:
    """One number is a list of one, and what is none is named."""
    assert numbers({"a": "0.5"}, "a") == (0.5,)
    with pytest.raises(FigureRunsError, match="`b` is 'x'; expected a number"):
        numbers({"b": "x"}, "b")
