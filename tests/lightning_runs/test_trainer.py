"""The trainer's trajectories: closed forms, exact rationals, and the relations between its runs."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from lightning_runs.tasks import TaskError
from lightning_runs.trainer import TrainerSettings, train
from oracle.records.candidate import CandidateMethod, CandidateProblem, CandidateTask
from reference.arithmetic import RationalArithmetic
from reference.case import Case, Method, Regression
from reference.objective import objective_of
from reference.trajectory import states

TaskMaker = Callable[..., CandidateTask]
METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
MODELS = ("diagonal", "hadamard", "linear", "scalar_product")
LOSSES = ("half_mean_square", "mean_square", "half_sum_square", "sum_square")
# Unit roundoffs times the roundings of a few steps at n = 4, d = 6, all magnitudes near 1.
NEAR = {"float64": 2.0**-53 * 2**7, "float32": 2.0**-24 * 2**7}


def exact(array: Any) -> tuple[Fraction, ...]:
    """Return the floats as the rationals they are."""
    return tuple(Fraction(float(value)) for value in array)


def case_of(task: CandidateTask) -> Case:
    """Return the task's exact statement."""
    problem, method = task.problem, task.method
    return Case(
        Regression(tuple(exact(row) for row in problem.X), exact(problem.y), problem.loss),
        problem.model,
        {name: exact(array) for name, array in problem.init.items()},
        Method(
            method.name,
            Fraction(float(method.step_size)),
            Fraction(float(method.momentum)),
            {name: exact(array) for name, array in method.p0.items()},
            tuple(tuple(batch) for batch in method.batches),
        ),
    )


def exact_record(task: CandidateTask) -> dict[str, Any]:
    """Return positions, momenta and loss at steps 0, 1, 2, … in exact rationals, rounded for print."""
    case, arithmetic = case_of(task), RationalArithmetic()
    objective = objective_of(case, arithmetic)
    trajectory = list(islice(states(case, arithmetic, objective), max(task.steps) + 1))
    positions = np.array([[float(x) for x in state.position] for state in trajectory])
    momenta = np.array([[float(x) for x in state.momentum] for state in trajectory])
    names, d = list(task.problem.init), task.problem.X.shape[1]
    record = {"loss": np.array([float(objective.loss(state.position)) for state in trajectory])}
    for i, name in enumerate(names):
        record[name] = positions[:, i * d : (i + 1) * d]
        record[f"p_{name}"] = momenta[:, i * d : (i + 1) * d]
    return record


def distance(arrays: dict[str, Any], expected: dict[str, Any]) -> float:
    """Return the largest difference of any array from the expected one."""
    return max(float(np.max(np.abs(arrays[name] - expected[name]))) for name in expected)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", MODELS)
def test_trajectory_follows_exact_rationals(
    make_task: TaskMaker, model: str, method: str, dtype: str
) -> None:
    """Three steps from a moving start agree with exact rational arithmetic to rounding."""
    task = make_task(method, model=model, dtype=dtype, steps=range(4), momentum_at_start=0.25)
    assert distance(train([task])[0], exact_record(task)) <= NEAR[dtype]


@pytest.mark.parametrize("batches", [(), ((0, 2), (1,), (3, 1, 0))])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_and_batches_follow_exact_rationals(
    make_task: TaskMaker, loss: str, batches: tuple[tuple[int, ...], ...]
) -> None:
    """Each loss scaling, over all samples and over cyclic batches, is the exact one to rounding."""
    task = make_task(model="linear", loss=loss, batches=batches, steps=range(6))
    assert (
        distance(train([task])[0], exact_record(task)) <= NEAR["float64"] * 4
    )  # two steps more, sums not means


@pytest.mark.parametrize("fault", ["loss", "batch order", "method", "step", "swap"])
def test_rational_check_catches_a_fault(make_task: TaskMaker, fault: str) -> None:
    """Another loss, batch order, method, step or name is far outside rounding."""
    task = make_task(batches=((0, 2), (1, 3)), steps=range(4))
    faulty = {
        "loss": make_task(batches=((0, 2), (1, 3)), steps=range(4), loss="mean_square"),
        "batch order": make_task(batches=((1, 3), (0, 2)), steps=range(4)),
        "method": make_task("nesterov", batches=((0, 2), (1, 3)), steps=range(4)),
    }.get(fault, task)
    arrays = train([faulty])[0]
    if fault == "step":
        arrays = {name: np.concatenate([array[1:], array[-1:]]) for name, array in arrays.items()}
    if fault == "swap":
        arrays = {**arrays, "u": arrays["v"], "v": arrays["u"]}
    assert distance(arrays, exact_record(task)) > 1000 * NEAR["float64"]


def quadratic(method: str, eta: float, mu: float, steps: int) -> CandidateTask:
    """Return the task of L(β) = β²/2 from β = 1 at rest."""
    one = np.ones(1)
    problem = CandidateProblem(one[:, None], 0 * one, "half_mean_square", "linear", {"beta": one})
    return CandidateTask(problem, CandidateMethod(method, np.float64(eta), np.float64(mu)), range(steps + 1))


def closed_form(trace: float, determinant: float, first: float, steps: int) -> Any:
    """Return β_k of β_{k+1} = trace β_k − determinant β_{k−1}, β_0 = 1, β_1 = first, by its roots."""
    a, b = np.roots([1, -trace, determinant]).astype(complex)
    k = np.arange(steps + 1)
    return (
        ((first - b) * a**k - (first - a) * b**k).real / (a - b).real
        if a.imag == 0
        else ((((first - b) * a**k - (first - a) * b**k) / (a - b)).real)
    )


@pytest.mark.parametrize(
    ("method", "trace", "determinant"),
    [("heavy_ball", 1 + 0.875 - 0.125, 0.875), ("nesterov", 1.875 * 0.875, 0.875 * 0.875)],
)
def test_quadratic_follows_its_roots(method: str, trace: float, determinant: float) -> None:
    """On β²/2: HB β₊ = (1 + μ − η)β − μβ₋, NAG β₊ = (1 + μ)(1 − η)β − μ(1 − η)β₋, both from 1 − η."""
    beta = train([quadratic(method, eta=0.125, mu=0.875, steps=60)])[0]["beta"][:, 0]
    # numpy's roots lose a few digits to their own conditioning, times 60 powers.
    assert np.max(np.abs(beta - closed_form(trace, determinant, 0.875, 60))) < 1e-12


def test_gradient_descent_on_a_quadratic_is_a_power() -> None:
    """On β²/2: β_k = (1 − η)^k, exactly while 2^−k needs one bit."""
    beta = train([quadratic("gradient_descent", eta=0.5, mu=0.0, steps=40)])[0]["beta"][:, 0]
    assert np.array_equal(beta, 0.5 ** np.arange(41))


def test_lookahead_is_nesterov_ahead_by_its_momentum(make_task: TaskMaker) -> None:
    """y_k = β_k + μ p_k joins `nesterov_lookahead` to `nesterov`, from a moving start too."""
    nesterov, lookahead = train(
        [make_task(method, momentum_at_start=0.5) for method in ("nesterov", "nesterov_lookahead")]
    )
    ahead = {name: nesterov[name] + 0.9 * nesterov[f"p_{name}"] for name in ("u", "v")}
    assert distance(lookahead, ahead) <= 40 * NEAR["float64"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_batch_of_runs_is_each_run_alone_to_rounding(make_task: TaskMaker, dtype: str) -> None:
    """A run beside others differs from the run alone by the order of sums at most."""
    tasks = [make_task(method, dtype=dtype, seed=seed) for seed, method in enumerate(METHODS)]
    pairs = zip(train(tasks), (train([task])[0] for task in tasks), strict=True)
    assert max(distance(one, other) for one, other in pairs) <= 40 * NEAR[dtype]


def test_tasks_that_share_nothing_come_back_in_order(make_task: TaskMaker) -> None:
    """Groups of different model, dtype and steps are undone before the answer."""
    tasks = [
        make_task(model=model, dtype=dtype, steps=[k])
        for k, (model, dtype) in enumerate((m, t) for m in MODELS for t in ("float64", "float32"))
    ]
    alone = [train([task])[0] for task in tasks]
    assert all(
        one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
        for one, other in zip(train(tasks), alone, strict=True)
    )


def test_steps_select_from_the_whole_record(make_task: TaskMaker) -> None:
    """Steps asked for in any order, also repeated, and unlike a neighbour's, are rows of the record."""
    few, whole = train([make_task(steps=[7, 0, 7]), make_task(steps=range(12))])
    assert all(np.array_equal(few[name], whole[name][[7, 0, 7]]) for name in whole)


def test_step_zero_alone_is_the_start(make_task: TaskMaker) -> None:
    """Without steps to make, the start comes back, momentum and loss with it."""
    task = make_task(steps=[0], momentum_at_start=0.5)
    (arrays,) = train([task])
    assert np.array_equal(arrays["p_v"], task.method.p0["v"][None])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_record_has_the_shapes_and_dtype_asked_for(make_task: TaskMaker, dtype: str) -> None:
    """Parameters, momenta and θ are (steps, d), the loss (steps,), all in the problem's dtype."""
    (arrays,) = train([make_task(dtype=dtype, steps=range(5))])
    shapes = {name: (array.shape, array.dtype.name) for name, array in arrays.items()}
    vectors = dict.fromkeys(("u", "v", "p_u", "p_v", "theta"), ((5, 6), dtype))
    assert shapes == {**vectors, "loss": ((5,), dtype)}


def test_scalar_product_shows_no_theta(make_task: TaskMaker) -> None:
    """The model of two numbers records them, their momenta and the loss."""
    (arrays,) = train([make_task(model="scalar_product")])
    assert set(arrays) == {"a1", "a2", "p_a1", "p_a2", "loss"}


@pytest.mark.parametrize("chunk_steps", [1, 7, 1000])
def test_chunks_change_no_bit(make_task: TaskMaker, chunk_steps: int) -> None:
    """How many steps one `training_step` makes leaves every recorded bit alone."""
    task = make_task(batches=((0, 1), (2,), (3,)))
    (chunked,), (plain,) = train([task], TrainerSettings(chunk_steps=chunk_steps)), train([task])
    assert all(np.array_equal(chunked[name], plain[name]) for name in plain)


def test_divergence_is_recorded_and_stays_in_its_run(make_task: TaskMaker) -> None:
    """A run that overflows ends non-finite, and its neighbour keeps the bits it has beside a tame one."""
    good, wild = make_task(steps=range(61)), make_task(steps=range(61), eta=64.0, seed=1)
    tame = make_task(steps=range(61), seed=1)
    (beside_wild, lost), (beside_tame, _) = train([good, wild]), train([good, tame])
    assert not np.isfinite(lost["u"][-1]).any()
    assert all(np.array_equal(beside_wild[name], beside_tame[name]) for name in beside_wild)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (TrainerSettings(chunk_steps=0), "`chunk_steps` must be an integer of at least 1; got 0"),
        (TrainerSettings(threads=True), "`threads` must be an integer of at least 1; got True"),
    ],
)
def test_settings_out_of_range_are_refused(
    make_task: TaskMaker, settings: TrainerSettings, words: str
) -> None:
    """A setting that is no positive integer is named with its value."""
    with pytest.raises(TaskError, match=words):
        train([make_task()], settings)
