"""Tasks as one batch: equal data once, starts and coefficients by run, batches with their own factor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lightning_runs.run_batch import batch_of, split, state_names
from oracle.records.candidate import CandidateTask

TaskMaker = Callable[..., CandidateTask]


def test_equal_data_is_held_once(make_task: TaskMaker) -> None:
    """Runs of the same X, y, loss and batches share a data set; another loss or schedule is another."""
    batch = batch_of(
        [make_task(), make_task(loss="mean_square"), make_task(seed=3), make_task(batches=((0, 1), (2,)))]
    )
    assert batch.cycle_of.tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize(
    ("loss", "batches", "factors"),
    [
        ("half_mean_square", (), [1 / 8]),
        ("sum_square", (), [1.0]),
        ("half_mean_square", ((0,), (1, 2)), [1 / 2, 1 / 4]),
        ("sum_square", ((0,), (1, 2)), [1.0, 1 / 2]),
    ],
)
def test_factor_is_that_of_the_loss_and_the_number_of_samples(
    make_task: TaskMaker, loss: str, batches: tuple[tuple[int, ...], ...], factors: list[float]
) -> None:
    """Over all 4 samples as named; over a batch in its mean form."""
    (cycle,) = batch_of([make_task(loss=loss, batches=batches)]).cycles
    assert [rows.factor for rows in cycle] == factors


def test_rows_of_a_batch_are_those_of_its_indices(make_task: TaskMaker) -> None:
    """Batch (3, 1) is rows 3 and 1, in that order."""
    task = make_task(batches=((3, 1), (0,)))
    rows = batch_of([task]).cycles[0][0]
    assert np.array_equal(rows.X, task.problem.X[[3, 1]])
    assert np.array_equal(rows.y, task.problem.y[[3, 1]])


def test_lookahead_starts_ahead_by_its_momentum(make_task: TaskMaker) -> None:
    """y0 = β0 + μ p0; p0 itself is kept, and other methods start at β0."""
    tasks = [make_task(name, momentum_at_start=0.5) for name in ("nesterov", "nesterov_lookahead")]
    start = batch_of(tasks).start
    u0, p0 = tasks[0].problem.init["u"], tasks[0].method.p0["u"]
    assert np.array_equal(start["u"], np.stack([u0, u0 + 0.9 * p0]))
    assert np.array_equal(start["p_u"], np.stack([p0, p0]))


def test_gradient_descent_has_no_momentum(make_task: TaskMaker) -> None:
    """Whatever μ a task of gradient descent carries, its run has 0."""
    assert batch_of([make_task("gradient_descent", mu=0.9)]).momentum.tolist() == [0.0]


def test_chosen_runs_keep_what_is_theirs(make_task: TaskMaker) -> None:
    """Runs 3 and 1, in that order, with their data, method, coefficients and start, and no other data."""
    methods = ("heavy_ball", "nesterov", "gradient_descent", "nesterov_lookahead")
    losses = ("mean_square", "sum_square", "mean_square", "half_sum_square")
    tasks = [
        make_task(method, loss=loss, seed=seed, eta=0.01 * (seed + 1))
        for seed, (method, loss) in enumerate(zip(methods, losses, strict=True))
    ]
    chosen, alone = batch_of(tasks).chosen(np.array([3, 1])), batch_of([tasks[3], tasks[1]])
    assert (chosen.methods, chosen.step_size.tolist()) == (alone.methods, alone.step_size.tolist())
    assert len(chosen.cycles) == 2
    assert all(
        chosen.cycles[chosen.cycle_of[k]][0].factor == alone.cycles[alone.cycle_of[k]][0].factor
        for k in (0, 1)
    )
    assert all(np.array_equal(chosen.start[name], alone.start[name]) for name in state_names("diagonal"))


def test_every_run_has_a_schedule_where_one_has(make_task: TaskMaker) -> None:
    """The others repeat their one η; chosen runs keep theirs; without any schedule there is none."""
    task, plain = make_task(), make_task(eta=0.01)
    scheduled = replace(task, method=replace(task.method, step_sizes=np.array([0.5, 0.25])))
    batch = batch_of([plain, scheduled])
    assert [sizes.tolist() for sizes in batch.schedules] == [[0.01], [0.5, 0.25]]
    assert [sizes.tolist() for sizes in batch.chosen(np.array([1])).schedules] == [[0.5, 0.25]]
    assert batch_of([plain, task]).schedules == ()


def test_split_groups_in_order_of_appearance(make_task: TaskMaker) -> None:
    """Runs with equal keys go together, first come first."""
    batch = batch_of([make_task(name) for name in ("nesterov", "heavy_ball", "nesterov")])
    groups = split(batch, lambda batch, run: batch.methods[run])
    assert [group.tolist() for group in groups] == [[0, 2], [1]]
