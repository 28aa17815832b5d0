"""What the suite covers, counted on the problems themselves."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from oracle.case import case_of
from oracle.conformance.make_suite import spec_of
from oracle.conformance.problem import DTYPES, Problem, dyadic, rough
from oracle.conformance.problems import problems
from reference.case import Case, Regression
from reference.exact import BINARY_FORMATS, parse_number, round_to_format

SEARCHED = "telling"


@cache
def cases(dtype: str) -> dict[str, Case]:
    """Return the case of every problem that is not searched for."""
    return {
        problem.name: case_of(spec_of(problem, dtype).canonical)
        for problem in problems()
        if problem.theme != SEARCHED and dtype in problem.dtypes
    }


def regression(case: Case) -> Regression:
    """Return the data; the suite has regressions alone."""
    assert isinstance(case.problem, Regression)
    return case.problem


def test_names_are_unique_and_reasons_are_given() -> None:
    """Every problem has a name of its own and a sentence why it is there."""
    found = problems()
    assert len({problem.name for problem in found}) == len(found)
    assert all(len(problem.why) > 20 for problem in found)


def test_every_method_meets_every_model() -> None:
    """4 × 4 pairs; polynomials have no data to hand to a kernel."""
    found = cases("float64").values()
    assert len({(case.method.name, case.model) for case in found}) == 16
    assert {case.model for case in found} == {"diagonal", "hadamard", "linear", "scalar_product"}


@pytest.mark.parametrize("loss", ["half_mean_square", "mean_square", "half_sum_square", "sum_square"])
def test_every_loss_meets_three_methods_on_several_samples(loss: str) -> None:
    """On one sample a sum is a mean, so that does not count; nor do batches, where all losses are means."""
    methods = {
        case.method.name
        for case in cases("float64").values()
        if regression(case).loss == loss and len(regression(case).y) > 1 and not case.method.batches
    }
    assert len(methods) >= 3


@pytest.mark.parametrize(
    ("what", "holds"),
    [
        ("one sample", lambda n, d: n == 1 and d > 1),
        ("one coordinate", lambda n, d: d == 1 and n > 1),
        ("more samples than coordinates", lambda n, d: n > d > 1),
        ("primes", lambda n, d: (n, d) == (7, 13)),
        ("past 16 and 32 coordinates", lambda n, d: d in {17, 33}),
        ("past 16 and 32 samples", lambda n, d: n in {17, 33}),
        ("past a tile of 128", lambda n, d: d == 129),
    ],
)
def test_edge_sizes_occur(what: str, holds: Any) -> None:
    """Each kind of size that breaks a loop, a tile or a broadcast."""
    sizes = [(len(regression(case).y), len(regression(case).X[0])) for case in cases("float64").values()]
    assert any(holds(n, d) for n, d in sizes), what


def test_the_start_at_the_minimum_has_no_residual() -> None:
    """Xβ = y exactly, in every dtype."""
    for dtype in DTYPES:
        case = cases(dtype)["at-the-minimum"]
        beta = case.init["beta"]
        for row, y in zip(regression(case).X, regression(case).y, strict=True):
            assert sum(a * b for a, b in zip(row, beta, strict=True)) == y
        assert any(regression(case).y)


def test_scales_reach_two_to_the_forty() -> None:
    """Targets of 2^±40, up to a factor of 8."""
    for name, power in (
        ("large-linear", 40),
        ("tiny-linear", -40),
        ("large-diagonal", 40),
        ("tiny-diagonal", -40),
    ):
        largest = max(map(abs, regression(cases("float32")[name]).y))
        assert 2.0 ** (power - 3) <= largest <= 2.0**power


def test_coefficients_reach_their_ends() -> None:
    """μ = 0 and 0.99; η within 2 % of the limit of stability of heavy ball, 2(1 + μ)/L with L = 1/2, and past it."""
    found = cases("float64")
    assert {float(found[name].method.momentum) for name in ("mu-zero", "mu-0.99")} == {0.0, 0.99}
    limit = 2 * 1.9 / 0.5
    assert 0.98 * limit < found["near-divergent"].method.step_size < limit
    assert found["past-divergent"].method.step_size > limit


def test_starts_batches_schedules_and_horizons_occur() -> None:
    """Initial momentum, u = v and u ≠ v, uneven batches, both kinds of schedule, a thousand steps and more."""
    found = cases("float64")
    assert sum(any(any(p) for p in case.method.p0.values()) for case in found.values()) >= 4
    assert found["unbiased"].init["u"] == found["unbiased"].init["v"]
    assert found["biased"].init["u"] != found["biased"].init["v"]
    assert len({len(batch) for batch in found["batches-heavy-ball"].method.batches}) > 1
    assert {case.method.scales for case in found.values() if case.method.step_sizes} == {"gradient", "update"}
    assert max(problem.steps[-1] for problem in problems()) == 2000


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_rough_numbers_are_numbers_of_no_format(dtype: str) -> None:
    """So that data, η and μ rounded further than asked are other numbers."""
    narrower = {"float64": "float32", "float32": "bfloat16"}[dtype]
    case = cases(dtype)["heavy-ball-diagonal"]
    numbers = [case.method.step_size, case.method.momentum, *regression(case).y]
    assert all(round_to_format(number, narrower) != number for number in numbers)


def test_plain_numbers_are_numbers_of_every_format() -> None:
    """Problems about shapes have data that no dtype rounds."""
    case = cases("float64")["primes"]
    numbers = [case.method.step_size, case.method.momentum, *regression(case).y, *case.init["u"]]
    assert all(round_to_format(number, form) == number for number in numbers for form in BINARY_FORMATS)


@pytest.mark.parametrize("make", [dyadic, rough])
def test_numbers_depend_on_the_name_alone(make: Any) -> None:
    """A longer list begins with the shorter; another name is another list; none is zero or above 1."""
    numbers = make("name", 9)
    assert make("name", 4) == numbers[:4]
    assert make("other", 9) != numbers
    assert all(0 < abs(parse_number(text)) <= 1 for text in numbers)


def test_the_quick_suite_has_something_of_nearly_everything() -> None:
    """All methods, and every theme but the long, the scheduled and the moving kinds of it."""
    quick: list[Problem] = [problem for problem in problems() if problem.quick]
    assert len(quick) < 20
    assert {"methods", "sizes", "zeros", "scales", "coefficients", "batches", "starts", SEARCHED} <= {
        problem.theme for problem in quick
    }
