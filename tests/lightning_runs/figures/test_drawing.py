"""Pictures: what is in them, and that equal figures give equal files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightning_runs.figures.bands import band_of, paired, ratio_of, thinned
from lightning_runs.figures.drawing import draw
from oracle.records.figure import Figure


def test_the_picture_holds_the_sentences(figure: Figure, tmp_path: Path) -> None:
    """The three sentences and the names of the curves stand in the SVG; the PNG is one."""
    svg, png = draw(figure, tmp_path)
    text = svg.read_text(encoding="utf-8")
    for told in (
        "Claimed: that.",
        "Seen: this.",
        "How robustly: so.",
        "medians over 3 data seeds",
        "other",
        "Over one",
    ):
        assert told in text
    assert png.read_bytes().startswith(b"\x89PNG")


def test_equal_figures_give_equal_files(figure: Figure, tmp_path: Path) -> None:
    """No date and no random identifier gets in."""
    (tmp_path / "two").mkdir()
    one, two = (draw(figure, folder)[0].read_bytes() for folder in (tmp_path, tmp_path / "two"))
    assert one == two


def test_one_panel_without_a_comparison(figure: Figure, tmp_path: Path) -> None:
    """A figure that compares nothing has no second panel."""
    svg, _ = draw(replace(figure, numbers={}, y_log=False), tmp_path)
    assert "seed by seed" not in svg.read_text(encoding="utf-8")


def test_a_band_is_quantiles(figure: Figure) -> None:
    """Median and the quantiles of the seeds, point by point."""
    band = band_of(figure.curve("one"))
    assert band.median.tolist() == [2.0, 3.0]
    assert band.lower[0] == pytest.approx(1.2)
    assert band.upper[0] == pytest.approx(2.8)


def test_ratios_are_by_seed(figure: Figure) -> None:
    """Each seed is divided by itself."""
    ratio = ratio_of(figure.curve("other"), figure.curve("one"))
    assert ratio.values[0] == (2.0, 0.5)
    assert [row[0] for row in ratio.values] == [2.0, 2.0, 2.0]


def test_the_sign_test_is_exact() -> None:
    """Nine of ten: (10 + 1)/2^10; ties are left out."""
    count = paired([0.0] * 9 + [2.0, 1.0], [1.0] * 11)
    assert (count.below, count.pairs) == (9, 10)
    assert count.p == pytest.approx(11 / 1024)


def test_thinned_values_keep_seven_digits() -> None:
    """A stored value differs from its run's by less than a picture shows."""
    curve = thinned("x", [1], [[np.pi]])
    assert curve.values == ((3.141593,),)
