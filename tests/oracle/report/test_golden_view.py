"""What a page shows of a golden: its values as they are, in part where they are many, and a drawing of the right ones."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest

from oracle.goldens import compute_golden
from oracle.records.golden import Golden
from oracle.report.golden_plots import golden_svg, shown_array
from oracle.report.golden_view import golden_view, readable_json
from oracle.spec import parse_spec

BASE: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1"]], "y": ["0"], "loss": "half_sum_square"},
    "model": "linear",
    "init": {"beta": ["1"]},
    "method": {"name": "gradient_descent", "step_size": "1/2"},
    "want": {"kind": "iterates", "steps": list(range(10))},
    "digits": 20,
}


def golden(**changes: Any) -> Golden:
    """Return the golden of β_k = 2^−k, or of what the changes make of it."""
    return compute_golden(parse_spec(json.dumps(BASE | changes)))


@pytest.fixture(scope="module")
def halves() -> Golden:
    """Return β_k = 2^−k for k = 0 … 9."""
    return golden()


def test_first_and_last_rows_are_shown_with_their_exact_values(halves: Golden) -> None:
    """Steps 0, 1, 2, 8, 9 of ten, and that five are left out; the radius keeps what the spec asks."""
    array = next(one for one in golden_view(halves)["arrays"] if one["name"] == "beta")
    assert [row["place"] for row in array["rows"]] == ["0", "1", "2", "8", "9"]
    assert array["rows_left_out"] == 5
    for row in array["rows"]:
        (entry,) = row["entries"]
        assert float(entry["value"]) == 0.5 ** int(row["place"])
        assert float(entry["radius"]) <= 1e-20 * 0.5 ** int(row["place"])


def test_nothing_is_left_out_of_a_few_rows_and_coordinates() -> None:
    """Eight rows of four coordinates stand there whole; the ninth row is the first to hide some."""
    wide = {"kind": "regression", "X": [["1", "0", "0", "0"]], "y": ["0"]}
    for rows, left_out in ((8, 0), (9, 4)):
        few = golden(problem=wide, init={"beta": "1"}, want={"kind": "iterates", "steps": list(range(rows))})
        array = next(one for one in golden_view(few)["arrays"] if one["name"] == "beta")
        assert (array["rows_left_out"], array["coordinates_left_out"]) == (left_out, 0)
        assert len(array["rows"]) == rows - left_out
        assert all(len(row["entries"]) == 4 for row in array["rows"])


def test_coordinates_beyond_the_first_are_counted() -> None:
    """Of five coordinates three are shown."""
    wide = golden(
        problem={"kind": "regression", "X": [["1", "0", "0", "0", "0"]], "y": ["0"]}, init={"beta": "1"}
    )
    array = next(one for one in golden_view(wide)["arrays"] if one["name"] == "beta")
    assert array["coordinates_left_out"] == 2
    assert [entry["label"] for entry in array["rows"][0]["entries"]] == ["beta[0]", "beta[1]", "beta[2]"]


def test_view_is_json_and_tells_the_facts(halves: Golden) -> None:
    """It survives a journey as JSON; the digest, the digits and the place are the golden's."""
    view = json.loads(json.dumps(golden_view(halves)))
    assert view["digest"] == halves.digest
    assert view["digits"] == halves.digits >= 20
    assert view["place"] == "10 steps, from 0 to 9"
    assert json.loads(view["spec"]) == halves.spec


@pytest.mark.parametrize(
    ("changes", "place", "axis"),
    [
        ({"want": {"kind": "iterates", "steps": [7]}}, "step 7", "step"),
        (
            {"method": {"name": "gradient_flow"}, "want": {"kind": "flow", "times": ["0", "1/2"]}},
            "2 times, from 0 to 0.5",
            "time",
        ),
        (
            {
                "want": {"kind": "kkt", "xi": "1", "linear": "0"},
                "model": "diagonal",
                "init": None,
                "method": None,
            },
            "the minimiser",
            "",
        ),
    ],
)
def test_place_is_told_of_every_kind_of_golden(changes: dict[str, Any], place: str, axis: str) -> None:
    """Steps, times, or a single point; each can be drawn."""
    content = {name: value for name, value in (BASE | changes).items() if value is not None}
    view = golden_view(compute_golden(parse_spec(json.dumps(content))))
    assert (view["place"], view["axis"]) == (place, axis)
    assert view["svg"].startswith('<svg class="curves" role="img"')


def test_drawing_names_what_it_shows_and_puts_the_curve_where_it_belongs(halves: Golden) -> None:
    """The heights of the curve of 2^−k halve from point to point, as SVG measures them."""
    svg = golden_svg(halves, "g")
    assert 'aria-label="The coordinates of theta and the loss over the steps"' in svg
    assert shown_array(halves) == "theta"
    path = re.search(r'd="(M [^"]*)"[^>]*style="[^"]*stroke: var\(--series-0\)', svg)
    assert path is not None
    heights = [float(y) for y in re.findall(r"[ML] [\d.]+ ([\d.]+)", path[1])]
    assert len(heights) == 10
    drops = [b - a for a, b in pairwise(heights)]
    assert drops[0] > 0  # downwards, as SVG counts
    for first, second in pairwise(drops):
        assert second == pytest.approx(first / 2, abs=1e-4)


def test_same_golden_is_drawn_the_same(halves: Golden) -> None:
    """No date and nothing random is in the picture."""
    assert golden_svg(halves, "g") == golden_svg(halves, "g")
    assert "<style" not in golden_svg(halves, "g")


@pytest.mark.parametrize("width", [20, 56, 100])
def test_readable_json_is_the_same_json_on_short_lines(width: int) -> None:
    """It reads back as what it was; no line that could be broken is longer than asked."""
    content = {**BASE, "odd": {"a": [], "b": {}, "c": [[1, 2], {"d": 'é\n"<'}], "e": None}}
    text = readable_json(content, width)
    assert json.loads(text) == content
    breakable = [line for line in text.splitlines() if line.count("{") + line.count("[") > 1]
    assert all(len(line) <= width + 40 for line in breakable)
    assert max(map(len, text.splitlines())) < len(json.dumps(content))
