"""From a canonical spec to the exact case: every number rounded as the candidate sees it."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.case import case_of, steps_of
from oracle.sparse_regression import generate
from oracle.spec import SpecError, spec_from
from reference.case import Case, Method, Polynomial, Regression, Term

REGRESSION = {"kind": "regression", "X": [["0.1", "1/3"], ["-7", "0x1p-30"]], "y": ["0.7", "-2/3"]}
SPARSE = {"kind": "sparse_regression", "n": 4, "d": 2, "nonzeros": 1, "seed": 3, "scale": "1/3"}
SCALAR = {"kind": "scalar_product", "x": "0.1", "y": "1/3"}
POLYNOMIAL = {
    "kind": "polynomial",
    "terms": [{"coefficient": "0.1", "powers": [2, 0]}, {"coefficient": "-1/3", "powers": [1, 3]}],
}
METHOD = {
    "name": "nesterov",
    "step_size": "0.03",
    "momentum": "0.9",
    "p0": {"v": "0.1"},
    "batches": [[1], [0, 1]],
}
FORMATS: dict[str, Any] = {"float64": np.float64, "float32": np.float32}


def canonical_with(**changes: Any) -> dict[str, Any]:
    """Return the canonical form of a small spec with some fields replaced; `...` leaves one out."""
    value = {
        "schema": "momentum-oracle/spec/1",
        "problem": REGRESSION,
        "model": "diagonal",
        "init": {"u": ["0.1", "2"], "v": "1/3"},
        "method": METHOD,
        "want": {"kind": "iterates", "steps": [0, 3, 9]},
        "digits": 20,
        **changes,
    }
    return spec_from({name: item for name, item in value.items() if item is not ...}).canonical


def nearest(text: str, fmt: str) -> Fraction:
    """Return a decimal or fraction as numpy rounds it, from a double that is nearer than any tie."""
    return Fraction(float(FORMATS[fmt](float(Fraction(text)))))


def test_case_of_holds_exact_numbers_as_they_were_written() -> None:
    """With `inputs_as` exact nothing is rounded, and every field finds its place."""
    third = Fraction(1, 3)
    assert case_of(canonical_with()) == Case(
        problem=Regression(
            X=((Fraction(1, 10), third), (Fraction(-7), Fraction(1, 2**30))),
            y=(Fraction(7, 10), Fraction(-2, 3)),
            loss="half_mean_square",
        ),
        model="diagonal",
        init={"u": (Fraction(1, 10), Fraction(2)), "v": (third, third)},
        method=Method(
            name="nesterov",
            step_size=Fraction(3, 100),
            momentum=Fraction(9, 10),
            p0={"u": (Fraction(0),) * 2, "v": (Fraction(1, 10),) * 2},
            batches=((1,), (0, 1)),
        ),
    )


@pytest.mark.parametrize("fmt", ["float64", "float32"])
def test_case_of_rounds_every_number(fmt: str) -> None:
    """Data, start, initial momentum, step size and momentum are the numbers numpy makes of them."""
    case = case_of(canonical_with(inputs_as=fmt))
    assert isinstance(case.problem, Regression)
    rows = tuple(
        tuple(nearest(text, fmt) for text in row) for row in (["0.1", "1/3"], ["-7", str(Fraction(1, 2**30))])
    )
    assert rows == case.problem.X
    assert case.problem.y == (nearest("0.7", fmt), nearest("-2/3", fmt))
    assert case.init == {"u": (nearest("0.1", fmt), Fraction(2)), "v": (nearest("1/3", fmt),) * 2}
    assert case.method.p0["v"] == (nearest("0.1", fmt),) * 2
    assert (case.method.step_size, case.method.momentum) == (nearest("0.03", fmt), nearest("0.9", fmt))


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=10**9))
def test_case_of_rounds_like_division_of_integers(value: Fraction) -> None:
    """Any start in float64 is the double that Python's division gives."""
    case = case_of(canonical_with(init={"u": str(value), "v": 0}, inputs_as="float64"))
    assert case.init["u"][0] == Fraction(value.numerator / value.denominator)


def test_case_of_rounds_to_bfloat16() -> None:
    """0.1 is 205 · 2^−11 and 1/3 is 171 · 2^−9 with eight bits."""
    case = case_of(canonical_with(inputs_as="bfloat16"))
    assert case.init == {
        "u": (Fraction(205, 2**11), Fraction(2)),
        "v": (Fraction(171, 2**9),) * 2,
    }


@pytest.mark.parametrize("fmt", ["exact", "float32"])
def test_case_of_takes_the_scalar_product_as_a_regression(fmt: str) -> None:
    """X = [[x]], y = [y] with loss ½ r² and one coordinate a parameter."""
    value = canonical_with(
        problem=SCALAR,
        model=...,
        init={"a1": "1", "a2": ["2"]},
        method={**METHOD, "p0": {}, "batches": []},
        inputs_as=fmt,
    )
    x, y = (Fraction(1, 10), Fraction(1, 3)) if fmt == "exact" else (nearest("0.1", fmt), nearest("1/3", fmt))
    case = case_of(value)
    assert case.problem == Regression(((x,),), (y,), "half_sum_square")
    assert (case.model, case.init) == ("scalar_product", {"a1": (Fraction(1),), "a2": (Fraction(2),)})


def test_case_of_rounds_the_coefficients_of_a_polynomial() -> None:
    """Each term keeps its powers; its coefficient is the float32 nearest to it."""
    value = canonical_with(
        problem=POLYNOMIAL,
        model=...,
        init={"b": "1"},
        method={**METHOD, "p0": {}, "batches": []},
        inputs_as="float32",
    )
    expected = (Term(nearest("0.1", "float32"), (2, 0)), Term(nearest("-1/3", "float32"), (1, 3)))
    assert case_of(value).problem == Polynomial(expected)


def test_case_of_generates_the_sparse_regression() -> None:
    """The generated data, unmoved by float32, whose numbers they are."""
    generated = generate(4, 2, 1, 3, Fraction(1, 3))
    problem = case_of(canonical_with(problem=SPARSE, inputs_as="float32")).problem
    assert problem == Regression(generated.X, generated.y, "half_mean_square")


def test_case_of_rounds_the_sparse_regression_to_a_coarser_format() -> None:
    """In bfloat16 the targets have at most eight bits; they are rounded, not computed again."""
    problem = case_of(canonical_with(problem=SPARSE, inputs_as="bfloat16")).problem
    assert isinstance(problem, Regression)
    targets = generate(4, 2, 1, 3, Fraction(1, 3)).y
    for rounded, target in zip(problem.y, targets, strict=True):
        odd = abs(rounded.numerator) // (rounded.numerator & -rounded.numerator)
        assert odd.bit_length() <= 8
        assert 0 < abs(rounded - target) <= abs(target) / 2**8


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"method": {**METHOD, "step_size": "1e-60"}},
            "`method.step_size` is .* rounds to 0; expected a number greater",
        ),
        (
            {"method": {**METHOD, "momentum": "0.999999999"}},
            "`method.momentum` is .* rounds to 1; expected .* less than 1",
        ),
        (
            {"init": {"u": ["1", "1e39"], "v": 0}},
            r"`init.u\[1\]` does not fit `inputs_as`: .* overflows float32",
        ),
        (
            {"problem": {**REGRESSION, "y": ["0", "-1e50"]}},
            r"`problem.y\[1\]` does not fit .* near -2.166 overflows",
        ),
        (
            {"problem": {**SPARSE, "scale": "1e60"}},
            "`problem`: `scale` near 2.200 .* float32 cannot hold exactly",
        ),
    ],
)
def test_case_of_refuses_what_rounding_spoils(changes: dict[str, Any], message: str) -> None:
    """A step size of 0, a momentum of 1 and overflow are named with their field."""
    with pytest.raises(SpecError, match=message):
        case_of(canonical_with(inputs_as="float32", **changes))


def test_case_of_keeps_small_and_near_numbers_where_they_are_exact() -> None:
    """The same step size and momentum are fine when nothing is rounded."""
    method = {**METHOD, "step_size": "1e-60", "momentum": "0.999999999"}
    assert case_of(canonical_with(method=method)).method.step_size == Fraction(1, 10**60)


def test_case_of_refuses_a_flow() -> None:
    """A flow has no discrete case."""
    value = canonical_with(method={"name": "gradient_flow"}, want={"kind": "limit"})
    with pytest.raises(
        SpecError, match=r"`method.name` is `gradient_flow`; expected .* one of `gradient_descent`"
    ):
        case_of(value)


def test_case_of_refuses_a_spec_without_method() -> None:
    """A KKT problem has no trajectory."""
    value = canonical_with(init=..., method=..., want={"kind": "kkt", "xi": 1})
    with pytest.raises(SpecError, match=r"`method.name` is `missing`"):
        case_of(value)


def test_steps_of_gives_the_steps_wanted() -> None:
    """The steps of the spec as a tuple."""
    assert steps_of(canonical_with()) == (0, 3, 9)


def test_steps_of_refuses_a_want_without_steps() -> None:
    """A limit names no steps."""
    with pytest.raises(SpecError, match="`want` of kind `limit` names no steps"):
        steps_of(canonical_with(want={"kind": "limit"}))


def test_case_needs_the_standard_library_alone() -> None:
    """A fresh interpreter that imports `oracle.case` holds no pydantic, numpy, mpmath, flint or torch."""
    heavy = "{'pydantic', 'numpy', 'mpmath', 'flint', 'torch', 'click'}"
    program = f"import sys, oracle.case; print(sorted({heavy} & set(sys.modules)))"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
