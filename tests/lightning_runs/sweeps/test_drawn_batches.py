"""Batches drawn for a seed: the same everywhere, fair, and what a grid makes of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from lightning_runs.sweeps.drawn_batches import DrawnBatches, drawn
from lightning_runs.sweeps.grid import grid_value as value_of
from lightning_runs.sweeps.grid import points_of, spec_of
from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.grid_tasks import GridTasks
from lightning_runs.sweeps.sweep_error import SweepError

GOLDEN = ((0, 1), (0, 4), (0, 3))


def test_batches_are_the_same_on_every_machine() -> None:
    """A golden: the stored stochastic runs depend on it; its first batch is worked out from the hash here."""
    bits = hashlib.sha256(b"momentum-oracle/batches/1 5 2 0 0").digest()
    first, second = int.from_bytes(bits[:8], "big") % 5, 1 + int.from_bytes(bits[8:16], "big") % 4
    left = list(range(5))
    left[0], left[first] = left[first], left[0]
    left[1], left[second] = left[second], left[1]
    assert drawn(DrawnBatches(2, 4), 5, 0) == (tuple(sorted(left[:2])), *GOLDEN)
    assert drawn(DrawnBatches(2, 2), 5, 0) == drawn(DrawnBatches(2, 4), 5, 0)[:2]
    assert drawn(DrawnBatches(2, 4), 5, 1) != drawn(DrawnBatches(2, 4), 5, 0)


def test_every_sample_is_as_likely() -> None:
    """Of 3000 batches of one out of five each sample has about 600: five standard deviations are 110."""
    counts = Counter(i for batch in drawn(DrawnBatches(1, 3000), 5, 3) for i in batch)
    assert all(abs(count - 600) < 110 for count in counts.values())
    assert len(counts) == 5


def test_a_batch_has_distinct_samples() -> None:
    """A batch of all samples is all samples."""
    assert set(drawn(DrawnBatches(5, 7), 5, 2)) == {(0, 1, 2, 3, 4)}


def test_a_grid_draws_for_each_seed(grid_value: Any) -> None:
    """Each seed has its own batches, in the spec and in the task."""
    grid = grid_from(grid_value(batches={"size": 2, "count": 3}))
    points = points_of(grid)
    tasks = GridTasks(grid)(points)
    by_seed = {
        point.seed: tuple(map(tuple, task.method.batches)) for point, task in zip(points, tasks, strict=True)
    }
    assert by_seed == {seed: drawn(DrawnBatches(2, 3), 5, seed) for seed in (0, 3)}
    assert spec_of(grid, points[0]).canonical["method"]["batches"] == [
        list(b) for b in by_seed[points[0].seed]
    ]


def test_what_is_drawn_stands_in_the_index(grid_value: Any) -> None:
    """Grids that draw otherwise are other sweeps; one that uses neither field has its old index."""
    value = value_of(grid_from(grid_value(batches={"size": 2, "count": 3})))
    assert value["batches"] == {"size": 2, "count": 3}
    assert "start" not in value


def test_a_start_may_be_named(grid_value: Any) -> None:
    """u and v are multiples of c."""
    grid = grid_from(grid_value(start={"u": "1", "v": "0"}, biasedness=None))
    spec = spec_of(grid, points_of(grid)[0])
    assert grid.start == {"u": Fraction(1), "v": Fraction(0)}
    assert set(map(str, [spec.canonical["init"]["v"]])) != set(map(str, [spec.canonical["init"]["u"]]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batches": {"size": 6, "count": 3}}, "at most `n` at a time"),
        ({"batches": {"size": 0, "count": 3}}, r"`batches.size` is 0; expected an integer of at least 1"),
        ({"start": {"u": "1"}, "biasedness": None}, "a multiple of c for each of `u`, `v`"),
        ({"start": {"u": "1", "v": "-1"}, "biasedness": None}, "a multiple of c, at least 0"),
        ({"start": "1"}, "multiples of c by parameter"),
    ],
)
def test_misuse_is_refused(grid_value: Any, changes: dict[str, Any], message: str) -> None:
    """The message names the field and what it takes."""
    with pytest.raises(SweepError, match=message):
        grid_from(grid_value(**changes))
