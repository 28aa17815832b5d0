"""The start of a spec as a golden: exact, and enough to judge every step that leads on from it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.goldens import compute_golden
from oracle.pytest_plugin.short_specs import short_spec
from oracle.pytest_plugin.start_golden import start_golden
from oracle.records.candidate import Declaration
from oracle.records.golden import Golden
from oracle.spec import Spec, spec_from
from oracle.verdict import judge


def spec_of(**fields: Any) -> Spec:
    """Return a small spec with changes."""
    plain = {"step_size": "1/4", "momentum": "1/2", "u": ["1/3", "1e-30"], "v": 0, "steps": 2}
    return spec_from(short_spec([[1, 1]], [1], **{**plain, **fields}))


def values(golden: Golden, name: str) -> list[tuple[Fraction, Fraction]]:
    """Return value and radius of every coordinate at step 0."""
    row = golden.arrays[name].rows[0]
    unit = Fraction(10) ** -row.places
    return [(n * unit, h * unit / 2) for n, h in zip(row.integers, row.half_units, strict=True)]


@pytest.mark.parametrize("inputs_as", ["exact", "float64", "float32"])
def test_start_is_enclosed(inputs_as: str) -> None:
    """Each coordinate of the start lies within its radius, at most 10⁻⁴⁰ of the largest; zero is zero."""
    golden = start_golden(spec_of(inputs_as=inputs_as).canonical)
    third = {
        "exact": Fraction(1, 3),
        "float64": Fraction(1 / 3),
        "float32": Fraction(float(np.float32(1 / 3))),
    }
    ((value, radius), _) = values(golden, "u")
    assert abs(value - third[inputs_as]) <= radius <= Fraction(1, 3) / 10**40
    assert values(golden, "v") == [(Fraction(0), Fraction(0))] * 2


def test_start_is_the_computed_golden_at_step_zero() -> None:
    """Look-ahead begins at β + μp: the certified golden has the same start."""
    spec = spec_of(method="nesterov_lookahead", p0={"u": "3/7"}, inputs_as="float64")
    computed, start = compute_golden(spec, cross_check=False), start_golden(spec.canonical)
    for name in ("u", "v"):
        for (one, r), (other, s) in zip(values(computed, name), values(start, name), strict=True):
            assert abs(one - other) <= r + s


@pytest.mark.parametrize(("shift", "outcome"), [(0.0, "AGREES"), (0.25, "DISAGREES")])
def test_steps_are_judged_from_the_start_alone(shift: float, outcome: str) -> None:
    """From u = 1/2 with η = 1/4, μ = 1/2, X = y = 1: u(1) = 1/2 + 2·¼·½·¾ = 11/16, u(2) by hand from there."""
    spec = spec_of(u="1/2", v="0", steps=2)
    golden = start_golden(spec_of(u=["1/2", "0"], v="0", steps=2).canonical)
    first = 0.5 + 0.25 * 2 * 0.5 * 0.75
    second = first + 0.5 * (first - 0.5) + 0.25 * 2 * first * (1 - first * first)
    u = np.array([[0.5, 0], [first, 0], [second + shift, 0]])
    verdict = judge(golden, {"u": u, "v": np.zeros((3, 2))}, Declaration(), [0, 1, 2])
    assert (str(verdict.outcome), spec.canonical["want"]["steps"]) == (outcome, [0, 1, 2])


def test_golden_of_the_start_says_what_it_is() -> None:
    """Its spec wants step 0 alone, and its provenance names no computation."""
    golden = start_golden(spec_of().canonical)
    assert (golden.steps, golden.spec["want"]["steps"]) == ((0,), [0])
    assert golden.provenance == {"made": "the start of the spec alone"}
