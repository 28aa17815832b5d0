"""Figures on disk: read as written, and sealed."""

from dataclasses import replace
from pathlib import Path

import pytest

from oracle.records.figure import Curve, Figure, FigureError, read_figure, write_figure

FIGURE = Figure(
    "000-fig-1a", "000", "Fig. 1(a)", "claimed", "seen", "12 of 12 seeds", "ε", "distance",
    (Curve("heavy ball", (0.1, 1e-9), ((1.5, -2e-7), (3.0, 4.0))), Curve("GD", (0.1, 0.2), ((1.0, 2.0), (3.0, 4.0)))),
    (0, 1), x_log=True, numbers={"median": [1.0, 2.5]}, setting={"μ": "0.9"}, made={"kernel": "fused"},
)  # fmt: skip


def test_a_figure_comes_back_as_it_was(tmp_path: Path) -> None:
    """Every field survives, numbers to the bit."""
    assert read_figure(write_figure(FIGURE, tmp_path / "new")) == FIGURE


def test_lists_of_numbers_stay_on_a_line(tmp_path: Path) -> None:
    """A seed is a line of the file."""
    assert "[1.5, -2e-07]" in write_figure(FIGURE, tmp_path).read_text()


def test_an_altered_figure_is_refused(tmp_path: Path) -> None:
    """One digit changed breaks the seal."""
    path = write_figure(FIGURE, tmp_path)
    path.write_text(path.read_text().replace("[3.0, 4.0]", "[3.0, 4.1]", 1))
    with pytest.raises(FigureError, match="altered after it was written"):
        read_figure(path)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "is no JSON"), ('{"schema": "x"}', "is no figure"), ("[]", "is no figure")]
)
def test_what_is_no_figure_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """The message says what was expected."""
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(FigureError, match=message):
        read_figure(path)


def test_a_missing_figure_says_how_to_draw_it(tmp_path: Path) -> None:
    """The command is named."""
    with pytest.raises(FigureError, match=r"python -m lightning_runs\.figures"):
        read_figure(tmp_path / "none.json")


def test_no_number_may_be_missing(tmp_path: Path) -> None:
    """NaN has no place in a figure, and nothing is left behind."""
    spoiled = replace(FIGURE, curves=(Curve("a", (1.0,), ((float("nan"),),)),))
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_figure(spoiled, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_curve_is_found_by_its_name() -> None:
    """An unknown name is refused with those that there are."""
    assert FIGURE.curve("GD").x == (0.1, 0.2)
    with pytest.raises(FigureError, match=r"no curve 'NAG'; it has `heavy ball`, `GD`"):
        FIGURE.curve("NAG")
