"""The pictures: no peak is thinned away, and nothing in them leaks into the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from oracle.compare import Curves
from oracle.report.comparison import Comparison
from oracle.report.plots import MOST_POINTS, curves_svg, thinned


def drawn(made: Comparison) -> Curves:
    """Return the curves of a comparison that has some."""
    curves = made.verdict.curves
    assert curves is not None
    return curves


@pytest.mark.parametrize("peak", [0, 1, 777, 9_998, 9_999])
@pytest.mark.parametrize("height", [1e6, np.nan])
def test_thinned_keeps_a_peak_wherever_it_stands(peak: int, height: float) -> None:
    """One large value among ten thousand stays, and so does one that is no number."""
    values = np.ones(10_000)
    values[peak] = height
    kept = thinned(np.arange(10_000), values)
    assert len(kept) <= MOST_POINTS
    assert peak in kept


def test_thinned_returns_short_curves_whole() -> None:
    """Few points are all drawn."""
    assert list(thinned(np.array([0, 5, 9]), np.array([1.0, 3.0, 2.0]))) == [0, 1, 2]


def test_svg_is_well_formed_and_named_by_its_prefix(comparison: Callable[..., Comparison]) -> None:
    """Every identifier and every reference carries the prefix, so that pictures can share a page."""
    svg = curves_svg(drawn(comparison("DISAGREES")), "c7", 10)
    root = ElementTree.fromstring(svg)
    identifiers = [name for element in root.iter() if (name := element.get("id"))]
    assert identifiers
    assert all(name.startswith("c7-") for name in identifiers)
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) <= set(identifiers)


def test_svg_takes_its_colours_from_the_page(comparison: Callable[..., Comparison]) -> None:
    """No fixed colour is left, so the picture reads in light and in dark; and no style leaks out."""
    svg = curves_svg(drawn(comparison("AGREES")), "c0")
    assert not re.search(r"#[0-9a-f]{6}", svg)
    assert "<style" not in svg


def test_svg_is_the_same_each_time(comparison: Callable[..., Comparison]) -> None:
    """No date and no random name: the same curves give the same bytes."""
    curves = drawn(comparison("AGREES"))
    assert curves_svg(curves, "c0") == curves_svg(curves, "c0")


def test_svg_marks_the_divergent_step(comparison: Callable[..., Comparison]) -> None:
    """The step is named in the legend, and only where there is one."""
    curves = drawn(comparison("DISAGREES"))
    assert ">step 10<" in curves_svg(curves, "c0", 10)
    assert ">step 10<" not in curves_svg(curves, "c0")


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf], ids=["zeros", "nan", "infinite"])
def test_svg_survives_curves_with_nothing_to_draw(
    comparison: Callable[..., Comparison], value: float
) -> None:
    """Exact agreement everywhere, or none, has no place on a log axis; the picture is still made."""
    curves = drawn(comparison("AGREES"))
    flat = replace(
        curves,
        error={name: np.full(5, value) for name in curves.error},
        replay_ratio=np.full(3, value),
    )
    ElementTree.fromstring(curves_svg(flat, "c0"))


def test_svg_says_so_when_nothing_was_replayed(comparison: Callable[..., Comparison]) -> None:
    """States too far apart to replay leave a panel that says it."""
    curves = drawn(comparison("AGREES"))
    nothing = np.array([])
    bare = replace(
        curves, replay_steps=nothing, replay_ratio=nothing, replay_residual=nothing, replay_bound=nothing
    )
    assert "not replayed" in curves_svg(bare, "c0")


@pytest.mark.parametrize(
    ("value", "note"),
    [(0.0, "every error is 0"), (np.nan, "no error after the start is finite"), (1e-17, None)],
    ids=["zeros", "nan", "drawn"],
)
def test_svg_says_why_no_distance_is_drawn(
    comparison: Callable[..., Comparison], value: float, note: str | None
) -> None:
    """An empty panel says that there is nothing to draw, and one with a curve does not."""
    curves = drawn(comparison("AGREES"))
    svg = curves_svg(replace(curves, error={name: np.full(5, value) for name in curves.error}), "c0")
    assert ("nothing to draw" in svg) == (note is not None)
    assert note is None or note in svg


@pytest.mark.parametrize("steps", [[0, 1, 2, 3, 5], [0, 3, 6, 9, 18], [20, 30, 40, 50, 60]])
def test_few_steps_are_labelled(comparison: Callable[..., Comparison], steps: list[int]) -> None:
    """Where a logarithmic axis would label hardly a step, both axes are linear, with three labels at least."""
    curves = drawn(comparison("AGREES"))
    few = replace(curves, steps=np.array(steps), replay_steps=np.array(steps[1:4]))
    labels = re.findall(r">(\d+)<", curves_svg(few, "c0"))
    assert len([label for label in labels if steps[0] <= int(label) <= steps[-1]]) >= 6


def test_many_steps_keep_their_logarithmic_axis(comparison: Callable[..., Comparison]) -> None:
    """Steps up to 100 are labelled by powers of ten."""
    svg = curves_svg(drawn(comparison("AGREES")), "c0")
    assert {">1<", ">10<", ">100<"} <= set(re.findall(r">\d+<", svg))
    assert ">60<" not in svg
