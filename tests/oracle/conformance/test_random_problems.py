"""Random problems are the same everywhere, are specs, and reach every corner that they are to reach."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.case import case_of
from oracle.conformance.movement import truth_of
from oracle.conformance.random_problems import Draw, random_problem
from oracle.spec import spec_from

DTYPES = ("float64", "float32", "bfloat16")
MANY = 300


def drawn(count: int = MANY) -> list[dict[str, Any]]:
    """Return many canonical specs."""
    return [dict(random_problem(3, i, DTYPES[i % 3]).canonical) for i in range(count)]


@pytest.mark.parametrize("index", range(40))
def test_problem_is_a_canonical_spec(index: int) -> None:
    """What is written by hand is what the reader of specs makes of it, to the last field."""
    problem = random_problem(1, index, DTYPES[index % 3], stride=1 + index % 4)
    assert spec_from(dict(problem.canonical)).canonical == problem.canonical


def test_problem_depends_on_seed_and_index_alone() -> None:
    """Asked again it is the same; another seed or index gives another."""
    one = random_problem(1, 2, "float32")
    assert one == random_problem(1, 2, "float32")
    assert (
        len({json.dumps(random_problem(s, i, "float32").canonical) for s in range(3) for i in range(3)}) == 9
    )


def test_problems_are_those_of_every_other_machine() -> None:
    """The digest was found with numpy 2.4 on Linux; the raw bits of PCG64 are promised not to change."""
    text = json.dumps([random_problem(0, i, DTYPES[i % 3]).canonical for i in range(30)], sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "fa8a9a4613342c3f"


def test_every_kind_of_problem_comes() -> None:
    """Models, methods, losses, formats of the inputs, batches, initial momenta: each several times in 300."""
    found = drawn()
    for path, kinds in {
        ("model",): ("diagonal", "hadamard", "linear", "scalar_product"),
        ("method", "name"): ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead"),
        ("inputs_as",): ("exact", *DTYPES),
        ("problem", "loss"): ("half_mean_square", "mean_square", "half_sum_square", "sum_square"),
    }.items():
        values = [at(spec, path) for spec in found]
        assert min(values.count(kind) for kind in kinds) >= MANY // 20, path
    batched = sum(bool(spec["method"]["batches"]) for spec in found)
    moving = sum(any(Fraction(x) for v in spec["method"]["p0"].values() for x in v) for spec in found)
    resting = sum(all(Fraction(x) == 0 for x in v) for spec in found for v in spec["init"].values())
    scheduled = [
        spec["method"].get("schedule_scales", "gradient") for spec in found if "schedule" in spec["method"]
    ]
    assert min(batched, moving, resting, scheduled.count("gradient")) >= MANY // 20
    assert scheduled.count("update") >= MANY // 50


def at(spec: dict[str, Any], path: tuple[str, ...]) -> Any:
    """Return a field of a spec; None where it is not there."""
    value: Any = spec
    for key in path:
        value = value.get(key)
    return value


def test_scales_go_from_tiny_to_large() -> None:
    """The largest entry of X goes below 2⁻⁹ and above 2⁹."""
    sizes = [
        max(abs(Fraction(x)) for row in spec["problem"]["X"] for x in row)
        for spec in drawn()
        if "X" in spec["problem"]
    ]
    assert 0 < min(size for size in sizes if size) < Fraction(1, 512)
    assert max(sizes) > 512


def test_step_sizes_go_from_tame_to_divergent() -> None:
    """Of the runs some leave float64 altogether, most stay within ten times their start or target."""
    with np.errstate(all="ignore"):
        ends = [np.abs(truth_of(case_of(spec), 20).hi).max() for spec in drawn(90)]
    assert 1 <= sum(not end < 1e30 for end in ends) <= 30


def test_draws_stay_in_their_ranges() -> None:
    """below(n) reaches 0 and n − 1; a number of b bits is a multiple of 2^(e−b) of size below 2^e."""
    draw = Draw(7, 7)
    assert {draw.below(3) for _ in range(60)} == {0, 1, 2}
    numbers = [draw.number(6, 2, zeros=10) for _ in range(200)]
    assert all(abs(x) < 4 and (x * 16).denominator == 1 for x in numbers)
    assert 5 < sum(x == 0 for x in numbers) < 50
    assert min(numbers) < 0 < max(numbers)
