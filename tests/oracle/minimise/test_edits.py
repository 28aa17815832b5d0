"""Every edit of a valid case is a valid case, and those that should change nothing change nothing."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.minimise.draft import Draft, canonical_of, draft_of, numbers_of, size_of
from oracle.minimise.edits import (
    exact_in,
    kept_coordinates,
    kept_samples,
    merged_batches,
    one_scale,
    representable,
    started_later,
    with_numbers,
)
from oracle.minimise.reductions import single_reductions
from oracle.spec import parse_spec, spec_from
from oracle.tensors import task_of

X = [["1", "0.3", "-1/3"], ["2", "-0.5", "4"], ["0", "7", "1e-3"]]


def draft(**fields: Any) -> Draft:
    """Return a case of three samples and coordinates with everything that can be shrunk."""
    method = {
        "name": "heavy_ball",
        "step_size": "0.03",
        "momentum": "0.9",
        "p0": {"u": ["1", "2", "3"]},
        "batches": [[0, 1], [2], [1, 2]],
        **fields.pop("method", {}),
    }
    spec = {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "regression", "X": X, "y": ["1", "-0.25", "3"], "loss": "sum_square"},
        "model": "hadamard",
        "init": {"u": ["0.1", "0.2", "0.3"], "v": "1/4"},
        "method": method,
        "inputs_as": "float32",
        "want": {"kind": "iterates", "steps": [0, 1, 2, 3]},
        "digits": 20,
        **fields,
    }
    return draft_of(spec_from(spec).canonical)


CASES = {
    "batches": draft(),
    "schedule": draft(method={"schedule": ["1", "0.5"], "p0": {}, "schedule_scales": "update"}),
    "descent": draft(method={"name": "gradient_descent", "momentum": "0", "p0": {}}),
    "linear": draft(model="linear", init={"beta": "1"}, method={"p0": {"beta": "0.7"}}),
    "product": draft(
        problem={"kind": "scalar_product", "x": "0.7", "y": "3"},
        model="scalar_product",
        init={"a1": "0.3", "a2": "2"},
        method={"p0": {}, "batches": []},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_draft_stands_for_its_spec(name: str) -> None:
    """Its canonical form is the one that parsing gives."""
    canonical = canonical_of(CASES[name])
    assert parse_spec(json.dumps(canonical)).canonical == canonical
    assert draft_of(canonical) == CASES[name]


@pytest.mark.parametrize("name", CASES)
def test_every_single_reduction_is_a_valid_spec(name: str) -> None:
    """Written out and parsed it is accepted and canonical, whatever was cut."""
    reduced = list(single_reductions(CASES[name], "float32"))
    assert len(reduced) > 20
    for smaller in reduced:
        canonical = canonical_of(smaller)
        assert parse_spec(json.dumps(canonical)).canonical == canonical


def test_generated_problem_is_written_out() -> None:
    """The numbers of a sparse regression are those that the candidate gets."""
    problem = {"kind": "sparse_regression", "n": 3, "d": 4, "nonzeros": 2, "seed": 1, "scale": "1/2"}
    spec = {"init": {"u": "1", "v": "1"}, "method": {"p0": {}}, "inputs_as": "exact"}
    whole = draft(problem=problem, **spec)
    generated = spec_from({**canonical_of(whole), "problem": problem | {"loss": "half_mean_square"}})
    tasks = [task_of(canonical, "float64", [0]) for canonical in (generated.canonical, canonical_of(whole))]
    assert (tasks[0].problem.X == tasks[1].problem.X).all()
    assert (tasks[0].problem.y == tasks[1].problem.y).all()


def test_cutting_a_sample_renumbers_the_batches() -> None:
    """Without sample 1 batch [0, 1] is [0], and sample 2 is called 1; without 2 its batch is gone."""
    cut = kept_samples(CASES["batches"], [0, 2])
    assert cut is not None
    assert cut.batches == ((0,), (1,), (1,))
    other = kept_samples(CASES["batches"], [0, 1])
    assert other is not None
    assert other.batches == ((0, 1), (1,))


def test_cutting_a_coordinate_cuts_columns_and_parameters() -> None:
    """Column 1 of X goes with u_1, v_1 and their momenta."""
    cut = kept_coordinates(CASES["batches"], [0, 2])
    assert cut is not None
    assert cut.X[1] == (Fraction(2), Fraction(4))
    assert cut.init[0] == (Fraction("0.1"), Fraction("0.3"))
    assert cut.p0[0] == (Fraction(1), Fraction(3))


def test_merging_neighbours_keeps_each_index_once() -> None:
    """[2] and [1, 2] make [2, 1]."""
    merged = merged_batches(CASES["batches"], 1)
    assert merged is not None
    assert merged.batches == ((0, 1), (2, 1))


@pytest.mark.parametrize("name", CASES)
def test_exact_numbers_are_what_the_candidate_saw(name: str) -> None:
    """Rounded once and handed over as they are, every array stays the same, and nothing is left to round."""
    exact = exact_in(CASES[name], "float32")
    assert exact is not None
    assert representable(exact, "float32")
    assert not representable(CASES[name], "float32")
    before, after = (task_of(canonical_of(case), "float32", [0]) for case in (CASES[name], exact))
    assert (before.problem.X == after.problem.X).all()
    assert (before.method.step_sizes == after.method.step_sizes).all()
    assert before.method.momentum == after.method.momentum


def test_one_scale_leaves_every_iterate_as_it_is() -> None:
    """X and y times 2⁻⁵, η times 2¹⁰: η Xᵀ(Xθ − y) is the same number."""
    scaled = one_scale(with_scaled_data(CASES["batches"], 32))
    assert scaled is not None
    assert max(abs(value) for row in scaled.X for value in row) <= 2
    x, y, eta = (np.array(part, dtype=object) for part in (scaled.X, scaled.y, scaled.step_size))
    original = with_scaled_data(CASES["batches"], 32)
    x0, y0 = np.array(original.X, dtype=object), np.array(original.y, dtype=object)
    theta = np.array([Fraction(1, 3), Fraction(2), Fraction(-5, 7)])
    assert (eta * x.T.dot(x.dot(theta) - y) == original.step_size * x0.T.dot(x0.dot(theta) - y0)).all()


def with_scaled_data(case: Draft, factor: int) -> Draft:
    """Return a case with X and y times a factor."""
    count = len(case.y) * (len(case.init[0]) + 1)
    values = numbers_of(case)
    scaled = with_numbers(case, [*(value * factor for value in values[:count]), *values[count:]])
    assert scaled is not None
    return scaled


def test_later_start_takes_state_move_and_place_in_the_cycles() -> None:
    """From step 2 of 3: the state there, the move to it, and the batch whose turn it is."""
    arrays = {name: np.arange(12.0).reshape(4, 3) ** 2 for name in ("u", "v")}
    later = started_later(CASES["batches"], arrays, 2)
    assert later.last == 1
    assert later.init[0] == tuple(map(Fraction, (36, 49, 64)))
    assert later.p0[0] == tuple(map(Fraction, (36 - 9, 49 - 16, 64 - 25)))
    assert later.batches == ((1, 2), (0, 1), (2,))
    still = started_later(CASES["schedule"], arrays, 3)
    assert (still.p0, still.schedule) == (CASES["schedule"].p0, (Fraction("0.5"), Fraction(1)))


def test_numbers_out_of_range_make_no_case() -> None:
    """η and the factors of its schedule are positive, and 0 ≤ μ < 1."""
    values = numbers_of(CASES["schedule"])
    assert with_numbers(CASES["schedule"], values) == CASES["schedule"]
    assert with_numbers(CASES["schedule"], [*values[:-2], Fraction(0), values[-1]]) is None
    assert with_numbers(CASES["schedule"], [*values[:-3], Fraction(0), *values[-2:]]) is None
    assert with_numbers(CASES["schedule"], [*values[:-1], Fraction(1)]) is None


def test_size_counts_samples_coordinates_steps_and_digits() -> None:
    """The longest number is 0.03's like; no number has more than two digits but 1/3's."""
    assert size_of(CASES["batches"]) == (3, 3, 3, 2)
