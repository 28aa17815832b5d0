"""Certified sums along runs, against sums made otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

import pytest
from mpmath import mp, mpf

from reference import discrete_integrals
from reference.arithmetic import Vector
from reference.bias_identities import VanishingWeightError
from reference.case import Case, Method, Polynomial, Regression, Term
from reference.certified import CERTIFIED, Certified
from reference.cross_check import CertificateViolationError
from reference.discrete_integrals import UnboundedTailError, certified_integrals
from reference.discrete_limit import certified_limit
from reference.enclosures import Enclosures, enclose
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.objective import RegressionObjective
from reference.trajectory import states

DIGITS = 30
X = ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(0), Fraction(1), Fraction(3, 4)))
METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
LONG = 900
BATCHES = ((0,), (1, 0), (1,))


def wide(method: str, model: str = "hadamard", **changes: Any) -> Case:
    """Return a case of two rows in three dimensions that settles fast, without changes of sign."""
    start = {"u": (Fraction(1), Fraction(5, 4), Fraction(3, 4)), "v": (Fraction(1, 4),) * 3}
    coefficients = {"step_size": Fraction(1, 5), "momentum": Fraction(1, 2), **changes}
    problem = Regression(X, (Fraction(1), Fraction(-1, 2)), "half_sum_square")
    return Case(problem, model, start, Method(method, **coefficients))


def row(result: Certified, name: str, index: int = -1) -> list[Fraction]:
    """Return one row's published numbers."""
    grid = result.arrays[name].rows[index]
    return [Fraction(integer) / Fraction(10) ** grid.places for integer in grid.integers]


def close(found: Sequence[Fraction], expected: Sequence[Any], digits: int = DIGITS) -> bool:
    """Tell whether two rows agree relative to the largest of them, to one digit less than asked."""
    largest = max(map(abs, found))
    with mpmath_precision(400):
        worst = max(
            abs(
                mpf(a.numerator) / a.denominator
                - (mpf(b.numerator) / b.denominator if isinstance(b, Fraction) else b)
            )
            for a, b in zip(found, expected, strict=True)
        )
        return bool(worst <= mpf(10) ** (1 - digits) * float(largest))


def gradients(case: Case, steps: int) -> tuple[list[Any], list[Any]]:
    """Return the positions and g_k of a run in mpmath."""
    with mpmath_precision(400):
        arithmetic = MpmathArithmetic()
        objective = RegressionObjective(case, arithmetic)
        mu = arithmetic.number(case.method.momentum if case.method.name == "nesterov" else Fraction(0))
        run = list(islice(states(case, arithmetic), steps))
        looked = [state.position + mu * state.momentum for state in run]
        return [state.position for state in run], [
            objective.predictor_gradient(y, k) for k, y in enumerate(looked)
        ]


@pytest.mark.parametrize("batches", [(), BATCHES], ids=["every sample", "batches"])
@pytest.mark.parametrize("method", METHODS)
def test_phi_is_the_sum_of_squared_gradients(method: str, batches: tuple[tuple[int, ...], ...]) -> None:
    """8η/(1 − μ)² Σ_{k<K} g_k² at each asked step, and at the limit over very many steps."""
    case = wide(method, batches=batches)
    momentum = Fraction(0) if method == "gradient_descent" else Fraction(1, 2)
    factor = 8 * Fraction(1, 5) / (1 - momentum) ** 2
    _, g = gradients(case, LONG)
    with mpmath_precision(400):
        sums = {
            steps: [
                mpf(factor.numerator) / factor.denominator * sum(x.entries[j] ** 2 for x in g[:steps])
                for j in range(3)
            ]
            for steps in (1, 7, LONG)
        }
    finite = certified_integrals(case, [0, 1, 7], DIGITS)
    assert row(finite, "phi", 0) == [0, 0, 0]
    assert close(row(finite, "phi", 1), sums[1])
    assert close(row(finite, "phi", 2), sums[7])
    assert close(row(certified_integrals(case, None, DIGITS, cross_check=False), "phi"), sums[LONG])


@pytest.mark.parametrize("batches", [(), BATCHES], ids=["every sample", "batches"])
@pytest.mark.parametrize("model", ["hadamard", "diagonal"])
@pytest.mark.parametrize("method", METHODS[:3])
def test_limits_obey_the_identity_of_the_balancedness(
    method: str, model: str, batches: tuple[tuple[int, ...], ...]
) -> None:
    """Δ_∞ = Δ_0 exp(−S₊ − S₋) among the published numbers: three sums proved in unlike ways."""
    result = certified_integrals(wide(method, model, batches=batches), None, DIGITS, cross_check=False)
    first = row(certified_integrals(wide(method, model), [0], DIGITS), "balancedness")
    with mpmath_precision(300):
        said = [
            mpf(d.numerator) / d.denominator * mp.exp(-mpf(s.numerator) / s.denominator)
            for d, s in zip(
                first,
                (a + b for a, b in zip(row(result, "S_plus"), row(result, "S_minus"), strict=True)),
                strict=True,
            )
        ]
    assert result.grade == CERTIFIED
    assert close(row(result, "balancedness"), said)


def test_limit_sums_agree_with_a_long_run() -> None:
    """S₊ of gradient descent to the limit is Σ r(1 − ηg_k) over 900 steps of mpmath."""
    case = wide("gradient_descent")
    _, g = gradients(case, LONG)
    with mpmath_precision(400):
        eta = mpf(1) / 5
        sums = [sum(-eta * x.entries[j] - mp.log(1 - eta * x.entries[j]) for x in g) for j in range(3)]
    assert close(row(certified_integrals(case, None, DIGITS), "S_plus"), sums)


def test_limit_is_explained_by_the_perturbed_start() -> None:
    """asinh(2θ_∞/Δ_∞) − asinh(2θ̃/Δ_∞) has no part in the kernel of X, initial momentum included."""
    case = wide("heavy_ball", p0={"u": (Fraction(1, 3), Fraction(0), Fraction(-1, 9))})
    result = certified_integrals(case, None, DIGITS)
    theta = row(certified_limit(case, DIGITS, cross_check=False), "theta")
    with mpmath_precision(300):
        delta, start, end = (
            [mpf(x.numerator) / x.denominator for x in values]
            for values in (row(result, "balancedness"), row(result, "perturbed_start"), theta)
        )
        gain = [mp.asinh(2 * e / d) - mp.asinh(2 * s / d) for e, s, d in zip(end, start, delta, strict=True)]
        along = mpf(5) / 8 * gain[0] - mpf(3) / 4 * gain[1] + gain[2]
        assert abs(along) < mpf(10) ** -28
        assert max(map(abs, gain)) > 0.01


def test_balancedness_is_exact_at_the_start() -> None:
    """Δ_0 = |u² − v²|."""
    assert row(certified_integrals(wide("nesterov"), [0], DIGITS), "balancedness", 0) == [
        Fraction(15, 16),
        Fraction(3, 2),
        Fraction(1, 2),
    ]


def test_linear_model_has_no_weights(make_case: Callable[..., Case]) -> None:
    """θ = β has phi and the gradient energy alone."""
    result = certified_integrals(make_case("heavy_ball", "linear"), [3], DIGITS)
    assert set(result.arrays) == {"gradient_energy", "phi"}


def test_polynomials_have_the_gradient_energy_alone() -> None:
    """¼b⁴ − ½b² from ½: the sum over the whole run is that of a long one."""
    wells = Polynomial((Term(Fraction(1, 4), (4,)), Term(Fraction(-1, 2), (2,))))
    case = Case(wells, "polynomial", {"b": (Fraction(1, 2),)}, Method("gradient_descent", Fraction(1, 4)))
    result = certified_integrals(case, None, DIGITS)
    with mpmath_precision(400):
        path = [state.position.entries[0] for state in islice(states(case, MpmathArithmetic()), LONG)]
        expected = sum((b - a) ** 2 for a, b in pairwise(path)) * 4
    assert set(result.arrays) == {"gradient_energy"}
    assert close(row(result, "gradient_energy"), [expected])


def test_vanishing_weight_is_named_and_the_rest_served() -> None:
    """u = v has no S± for θ = u⊙v: the fact says why, phi and the zero balancedness are there."""
    case = wide("heavy_ball")
    case = replace(case, init={"u": case.init["u"], "v": case.init["u"]})
    result = certified_integrals(case, [2, 20], 15)
    assert result.facts["no_excess_sums"] == "w_minus[0] is zero at the start"
    assert set(result.arrays) == {"gradient_energy", "phi", "balancedness", "signed_balancedness"}
    assert row(result, "balancedness") == [0, 0, 0]
    assert result.digits == 15


def test_weight_that_vanishes_on_the_way_is_an_error() -> None:
    """ηg = 1 sends w₊ to zero in one step of gradient descent: the message says where."""
    problem = Regression(((Fraction(1),),), (Fraction(-2),), "half_sum_square")
    start = {"u": (Fraction(2),), "v": (Fraction(1),)}
    case = Case(problem, "hadamard", start, Method("gradient_descent", Fraction(1, 4)))
    with pytest.raises(VanishingWeightError, match=r"`w_plus\[0\]` is zero at step 1"):
        certified_integrals(case, [2], 15)


def test_sums_without_a_proved_limit_are_refused() -> None:
    """At a saddle the run rests without a proof: no sum to infinity is claimed."""
    case = wide("heavy_ball", "diagonal")
    case = replace(case, init={"u": (Fraction(0),) * 3, "v": (Fraction(0),) * 3})
    with pytest.raises(UnboundedTailError, match=r"no proved bound.*ask for finite `steps`"):
        certified_integrals(case, None, 15)


def test_step_left_out_is_caught_by_mpmath(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault, positions one step late, is not published."""

    def late(case: Case, steps: Sequence[int], bits: int, *_: object) -> Enclosures:
        found = enclose(case, [step + 1 for step in steps], bits)
        shifted: dict[int, Vector] = {step - 1: position for step, position in found.positions.items()}
        return replace(found, positions=shifted)

    monkeypatch.setattr(discrete_integrals, "enclose", late)
    with pytest.raises(CertificateViolationError, match="nothing is published"):
        certified_integrals(wide("heavy_ball"), [5], 15)


@pytest.mark.parametrize(("method", "quadratic"), [("heavy_ball", 0), ("nesterov", 2)])
def test_excess_sums_are_inertia_times_phi_to_first_order(method: str, quadratic: int) -> None:
    """S₊ + S₋ = αφ + O(η²), α = η(1 + μ)/(2(1 − μ)) and η(1 − μ + 2μ²)/(2(1 − μ)): paper 000, Thm 3 (P4, P9)."""
    mu, misses = Fraction(1, 2), []
    for step_size in (Fraction(1, 64), Fraction(1, 128)):
        named = certified_integrals(
            wide(method, "diagonal", step_size=step_size), None, 15, cross_check=False
        )
        alpha = step_size * (1 - mu + 2 * mu**2 if quadratic else 1 + mu) / (2 * (1 - mu))
        rows = zip(row(named, "S_plus"), row(named, "S_minus"), row(named, "phi"), strict=True)
        misses.append(max(abs(float(p + m - alpha * phi)) for p, m, phi in rows))
    assert 3.3 < misses[0] / misses[1] < 5
