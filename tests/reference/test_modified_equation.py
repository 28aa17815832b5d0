"""The modified equations against heavy ball itself, as formal power series in η with exact rational coefficients.

A `Series` is a polynomial in η and in s, t = ηs, cut above η^`TOP`; heavy ball is iterated and flows are solved by
Picard's iteration in that arithmetic, which knows no trees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Any

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, Flow, FlowCase, Polynomial, Term
from reference.models import MODELS
from reference.modified_equation import ModifiedEquation, modified_field, shifted_start, tree_table
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.objective import objective_of
from reference.rooted_trees import LEAF, grow

TOP = 6
MOMENTUM = Fraction(2, 5)
BATCHES = ((0, 2), (1,), (1, 2))
QUINTIC = Polynomial((Term(Fraction(1, 2), (2,)), Term(Fraction(-2, 3), (3,)), Term(Fraction(1, 5), (5,))))


@dataclass(frozen=True)
class Series:
    """Coefficients by (power of η, power of s)."""

    terms: dict[tuple[int, int], Fraction]

    def __add__(self, other: Series) -> Series:
        merged = dict(self.terms)
        for key, value in other.terms.items():
            merged[key] = merged.get(key, Fraction(0)) + value
        return Series({key: value for key, value in merged.items() if value})

    def __neg__(self) -> Series:
        return Series({key: -value for key, value in self.terms.items()})

    def __sub__(self, other: Series) -> Series:
        return self + -other

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Series):
            return NotImplemented  # a vector scales itself
        result: dict[tuple[int, int], Fraction] = {}
        for (a, p), x in self.terms.items():
            for (b, q), y in other.terms.items():
                if a + b <= TOP:
                    result[a + b, p + q] = result.get((a + b, p + q), Fraction(0)) + x * y
        return Series(result)

    def integral(self) -> Series:
        """Return η ∫₀ˢ, the integral over time."""
        return Series({(a + 1, p + 1): x / (p + 1) for (a, p), x in self.terms.items() if a < TOP})

    def at_one(self) -> Series:
        """Return the value at s = 1, a step later."""
        return reduce(add, (Series({(a, 0): x}) for (a, _), x in self.terms.items()), Series({}))


def constant(value: Fraction) -> Series:
    """Return a rational as a series."""
    return Series({(0, 0): value} if value else {})


class SeriesArithmetic(RationalArithmetic):
    """Formal power series as numbers."""

    def dot(self, left: Any, right: Any) -> Any:
        """Return Σ left_i right_i."""
        return reduce(add, (a * b for a, b in zip(left, right, strict=True)))


ARITHMETIC = SeriesArithmetic(constant)
ETA = Series({(1, 0): Fraction(1)})
Field = Callable[[Vector], Vector]


def flow_case(case: Case, order: int, variant: str, **changes: Any) -> FlowCase:
    """Return the case's hb_flow with step size 1, whose term of order n is the factor of η^(n−1)."""
    flow = Flow("hb_flow", Fraction(1), MOMENTUM, order=order, variant=variant, batches=case.method.batches)
    return FlowCase(case.problem, case.model, case.init, replace(flow, **changes))


def field_in_eta(case: Case, order: int, variant: str, interval: int | None) -> Field:
    """Return the field as a series in η: each order less the one before, times its power."""
    orders = range(1, order + 1)
    fields = [modified_field(flow_case(case, n, variant), ARITHMETIC, interval) for n in orders]

    def field(position: Vector) -> Vector:
        values = [one(position) for one in fields]
        total: Vector = values[0]
        power = constant(Fraction(1))
        for lower, higher in pairwise(values):
            power = power * ETA
            total = total + power * (higher - lower)
        return total

    return field


def flowed(field: Field, position: Vector) -> Vector:
    """Return the position a step later, by Picard's iteration: each round makes one more power right."""
    path = position
    for _ in range(TOP):
        slope = field(path)
        path = position + Vector([entry.integral() for entry in slope])
    return Vector([entry.at_one() for entry in path])


def start(case: Case) -> Vector:
    """Return the joined start."""
    return ARITHMETIC.join([ARITHMETIC.vector(case.init[name]) for name in MODELS[case.model].names])


def heavy_ball_step(case: Case, before: Vector, now: Vector, step: int) -> Vector:
    """Return β + μ(β − β₋) − η∇L(β), of the step's own batch."""
    gradient: Vector = objective_of(case, ARITHMETIC).gradient(now, step)
    after: Vector = now + constant(MOMENTUM) * (now - before) - ETA * gradient
    return after


def agreeing_powers(a: Vector, b: Vector) -> int:
    """Return the first power of η in which two vectors differ, TOP + 1 if in none."""
    gaps = [key[0] for x, y in zip(a, b, strict=True) for key, value in (x - y).terms.items() if value]
    return min(gaps, default=TOP + 1)


def piecewise_agreement(case: Case, order: int, steps: int) -> int:
    """Return the first power of η in which some step of the flow, from heavy ball's own iterate, misses the next."""
    before, now, worst = start(case), start(case), TOP + 1
    for k in range(steps):
        after = heavy_ball_step(case, before, now, k)
        reached = flowed(field_in_eta(case, order, "piecewise", k), now)
        worst = min(worst, agreeing_powers(reached, after))
        before, now = now, after
    return worst


def quintic_case(make_case: Callable[..., Case]) -> Case:
    """Return a loss in one coordinate whose gradient has a fourth derivative."""
    return replace(make_case(model="polynomial"), problem=QUINTIC, init={"b": (Fraction(1, 3),)})


@pytest.mark.parametrize("model", ["scalar_product", "linear"])
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_piecewise_flow_misses_a_step_at_the_next_order_alone(
    make_case: Callable[..., Case], model: str, order: int
) -> None:
    """Started at β_k, the flow of order a ends η^(a+1) from β_{k+1}, and not closer."""
    assert piecewise_agreement(make_case(model=model), order, 3) == order + 1


@pytest.mark.parametrize("model", ["diagonal", "hadamard", "polynomial"])
def test_piecewise_flow_of_order_three_on_larger_models(make_case: Callable[..., Case], model: str) -> None:
    """The same on the networks and on a polynomial of three coordinates."""
    assert piecewise_agreement(make_case(model=model), 3, 2) == 4


def test_piecewise_flow_with_a_fourth_derivative(make_case: Callable[..., Case]) -> None:
    """A loss of degree five has trees that no regression has."""
    assert piecewise_agreement(quintic_case(make_case), 6, 3) == TOP + 1


@pytest.mark.parametrize("order", [1, 2, 3])
def test_stochastic_flow_misses_a_step_at_the_next_order_alone(
    make_case: Callable[..., Case], order: int
) -> None:
    """With a batch a step, of unequal sizes, past the end of the schedule (paper 001, Theorem 5.1, and beyond)."""
    case = make_case(model="linear", batches=BATCHES)
    assert piecewise_agreement(case, order, 4) == order + 1


def test_stochastic_flow_on_a_network(make_case: Callable[..., Case]) -> None:
    """Batches and a model that is not linear."""
    assert piecewise_agreement(make_case(model="hadamard", batches=BATCHES[:2]), 2, 3) == 3


def test_batches_in_another_order_are_noticed(make_case: Callable[..., Case]) -> None:
    """The field of one schedule does not follow heavy ball of another."""
    case = make_case(model="linear", batches=BATCHES)
    other = replace(case, method=replace(case.method, batches=BATCHES[::-1]))
    reached = flowed(field_in_eta(other, 2, "piecewise", 0), start(case))
    assert agreeing_powers(reached, heavy_ball_step(case, start(case), start(case), 0)) == 1


@pytest.mark.parametrize("model", ["scalar_product", "polynomial"])
@pytest.mark.parametrize("order", [2, 5])
def test_three_points_of_the_stationary_flow_are_heavy_ball(
    make_case: Callable[..., Case], model: str, order: int
) -> None:
    """From anywhere on it, a step apart: β₊ = β + μ(β − β₋) − η∇L(β) up to η^(order + 1)."""
    case = quintic_case(make_case) if model == "polynomial" else make_case(model=model)
    field = field_in_eta(case, order, "stationary", None)
    before = start(case)
    now = flowed(field, before)
    assert agreeing_powers(flowed(field, now), heavy_ball_step(case, before, now, 0)) == order + 1


def test_gd_flow_is_hb_flow_without_momentum(make_case: Callable[..., Case]) -> None:
    """Whatever momentum the flow carries."""
    case, rational = make_case(), RationalArithmetic()
    position = rational.join([rational.vector(block) for block in case.init.values()])
    gd = flow_case(case, 4, "stationary", name="gd_flow")
    hb = flow_case(case, 4, "stationary", momentum=Fraction(0))
    assert list(modified_field(gd, rational)(position)) == list(modified_field(hb, rational)(position))
    assert list(shifted_start(gd, rational)) == list(position)


def test_step_size_enters_by_its_powers(make_case: Callable[..., Case]) -> None:
    """F of step η is Σ η^(n−1) (F of order n less F of order n − 1, both at step 1)."""
    case, rational, eta = make_case(), RationalArithmetic(), Fraction(1, 7)
    position = rational.join([rational.vector(block) for block in case.init.values()])
    fields = [modified_field(flow_case(case, n, "piecewise"), rational, 2)(position) for n in (1, 2, 3)]
    expected = fields[0] + eta * (fields[1] - fields[0]) + eta**2 * (fields[2] - fields[1])
    small = flow_case(case, 3, "piecewise", step_size=eta)
    assert list(modified_field(small, rational, 2)(position)) == list(expected)


def test_shifted_start_of_order_two_by_hand(make_case: Callable[..., Case]) -> None:
    """β0 + η μ/(1 − μ)² ∇L(β0)."""
    case, rational = make_case(), RationalArithmetic()
    position = rational.join([rational.vector(block) for block in case.init.values()])
    small = flow_case(case, 2, "stationary", step_size=Fraction(1, 9))
    factor = Fraction(1, 9) * MOMENTUM / (1 - MOMENTUM) ** 2
    expected = position + factor * objective_of(case, rational).gradient(position)
    assert list(shifted_start(small, rational)) == list(expected)


def test_shifted_start_of_order_one_is_the_start(make_case: Callable[..., Case]) -> None:
    """Power η⁰ alone."""
    small, rational = flow_case(make_case(), 1, "stationary"), RationalArithmetic()
    blocks = [rational.vector(block) for block in small.init.values()]
    assert list(shifted_start(small, rational)) == list(rational.join(blocks))


def test_every_arithmetic_runs_the_same_text(make_case: Callable[..., Case]) -> None:
    """Balls contain the rational field, mpmath rounds it."""
    case = flow_case(make_case(), 4, "piecewise", step_size=Fraction(1, 20))
    rational, values = RationalArithmetic(), {}
    with ball_precision(200), mpmath_precision(200):
        for arithmetic in (rational, BallArithmetic(), MpmathArithmetic()):
            position = arithmetic.join([arithmetic.vector(block) for block in case.init.values()])
            values[type(arithmetic)] = list(modified_field(case, arithmetic, 7)(position))
        exact = values[RationalArithmetic]
        for x, ball, rounded in zip(exact, values[BallArithmetic], values[MpmathArithmetic], strict=True):
            scaled = ball * x.denominator - x.numerator
            assert scaled.contains(0)
            assert abs(rounded * x.denominator - x.numerator) < abs(x.numerator) / 2**180
            assert float(ball.rad()) < 1e-50


def test_table_of_order_three() -> None:
    """Gradient descent's coefficients are those of log(1 + x) on chains, and 1/6 on the fork."""
    rows = [tuple(row) for row in tree_table(3, Fraction(0))]
    half, third, sixth = Fraction(-1, 2), Fraction(1, 3), Fraction(1, 6)
    assert rows == [(".", 1, 1, 1), ("[.]", 2, 1, half), ("[..]", 3, 2, sixth), ("[[.]]", 3, 1, third)]


def test_table_of_a_step() -> None:
    """Step k has (1 − μ^(k+1))/(1 − μ) in front of f."""
    assert tree_table(1, MOMENTUM, 3)[0].coefficient == (1 - MOMENTUM**4) / (1 - MOMENTUM)
    assert grow([LEAF]).text == tree_table(2, MOMENTUM, 3)[1].text


def test_table_refuses_a_negative_interval() -> None:
    """There is no step before the first."""
    with pytest.raises(ValueError, match="`step` is -1: expected k ≥ 0"):
        tree_table(2, MOMENTUM, -1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "gradient_flow"}, "`gradient_flow` is no modified equation"),
        ({"order": 0}, "`order` is 0: expected at least 1"),
        ({"order": 30}, "`order` 30 needs [0-9]+ rooted trees, more than 12000: ask for a lower order"),
        ({"variant": "smooth"}, "`variant` is 'smooth': expected `piecewise` or `stationary`"),
        ({"momentum": Fraction(1)}, "`momentum` is 1: expected 0 ≤ momentum < 1"),
        ({"batches": BATCHES}, "`batches` were given to a stationary `hb_flow`"),
    ],
)
def test_flows_without_a_modified_equation_are_refused(
    make_case: Callable[..., Case], changes: dict[str, Any], message: str
) -> None:
    """Each message says what arrived and what was expected."""
    with pytest.raises(ValueError, match=message):
        ModifiedEquation(
            flow_case(make_case(), **{"order": 2, "variant": "stationary", **changes}), RationalArithmetic()
        )


@pytest.mark.parametrize(
    ("variant", "interval", "message"),
    [
        ("piecewise", None, "`interval` of a piecewise `hb_flow` is None"),
        ("piecewise", -1, "`interval` of a piecewise `hb_flow` is -1"),
        ("stationary", 3, "`interval` 3 was given to a stationary flow"),
    ],
)
def test_interval_must_fit_the_variant(
    make_case: Callable[..., Case], variant: str, interval: int | None, message: str
) -> None:
    """A piecewise flow needs k ≥ 0, another has none."""
    with pytest.raises(ValueError, match=message):
        modified_field(flow_case(make_case(), 2, variant), RationalArithmetic(), interval)


def test_piecewise_flow_has_no_shifted_start(make_case: Callable[..., Case]) -> None:
    """It starts where heavy ball starts."""
    with pytest.raises(ValueError, match="a shifted start was asked of a piecewise"):
        shifted_start(flow_case(make_case(), 2, "piecewise"), RationalArithmetic())


def test_shifted_start_counts_its_own_trees(make_case: Callable[..., Case]) -> None:
    """It has trees of the momentum beside those of the gradient: order 12 has a field but no shifted start."""
    equation = ModifiedEquation(flow_case(make_case(), 12, "stationary"), RationalArithmetic())
    with pytest.raises(ValueError, match="the shifted start of `order` 12 needs 32654 rooted trees"):
        equation.shifted_start()


def test_batches_are_counted_with_the_trees(make_case: Callable[..., Case]) -> None:
    """Colours multiply the trees."""
    case = make_case(batches=((0,), (1,), (2,)) * 20)
    with pytest.raises(ValueError, match=r"with 60 batches needs [0-9]+ rooted trees"):
        ModifiedEquation(flow_case(case, 3, "piecewise"), RationalArithmetic())
