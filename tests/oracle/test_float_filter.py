"""The floating-point filter never says anything that the error-free arithmetic would not say.

Random cases of every model, method, form, scaling and declared arithmetic; random states, from each of which one
error-free step leads to the next, missed by a chosen multiple of its bound.  What the filter says of them is compared
row by row with `oracle.replay.replay`, which knows no filter.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle import float_filter
from oracle.error_free import DoubleDouble, Floats
from oracle.float_filter import ceilings_of, filtered_replay, float_arithmetic, rows_left_open
from oracle.leading_parts import LeadingArithmetic, LeadingPart, leading
from oracle.records.candidate import Declaration
from oracle.replay import Recurrence, replay, replayable_rows, replayed_parts
from oracle.residuals import Nearest
from oracle.rounding import RoundedArithmetic
from oracle.state_checks import observable_findings, replay_finding
from oracle.trace import Trace
from reference.case import Case, Method, Polynomial, Regression, Term
from reference.models import MODELS

METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
SIZES = ((1, 1), (3, 2), (6, 9), (4, 17), (12, 5))
LOSSES = ("half_mean_square", "mean_square", "half_sum_square", "sum_square")
MISSES = (0.0, 0.1, 0.5, 0.99, 1.01, 2.0, 1e3)  # of the bound
BLOCKS = 20
FIGURES = ("bound", "excess")


@dataclass
class Drawn:
    """A random case with a record, and the generator that drew them."""

    case: Case
    declaration: Declaration
    trace: Trace


def fraction(rng: random.Random) -> Fraction:
    """Return a number near 1: now and then zero, a number of no binary format, or one of a few bits."""
    value = Fraction(round(rng.gauss(0, 1) * 256), 256)
    return rng.choice([value, value, Fraction(rng.gauss(0, 1)), Fraction(0), value + Fraction(1, 3)])


def case_of(rng: random.Random) -> Case:
    """Return a random case of a regression."""
    model = rng.choice(["diagonal", "hadamard", "linear", "scalar_product"])
    n, d = (1, 1) if model == "scalar_product" else rng.choice(SIZES)
    rows = tuple(tuple(fraction(rng) for _ in range(d)) for _ in range(n))
    problem = Regression(rows, tuple(fraction(rng) for _ in rows), rng.choice(LOSSES))
    names, name = MODELS[model].names, rng.choice(METHODS)
    schedule = rng.choice([(), (), (Fraction(1, 32), Fraction(3, 100), Fraction(1, 7))])
    scales = "update" if schedule and name != "nesterov" and rng.random() < 0.5 else "gradient"
    some = tuple(tuple(rng.sample(range(n), rng.randint(1, n))) for _ in range(2))
    p0 = {part: tuple(fraction(rng) / 8 for _ in range(d)) for part in names}
    method = Method(
        name,
        rng.choice([Fraction(3, 100), Fraction(1, 64), Fraction(5, 4), Fraction(1, 10**5)]),
        Fraction(0)
        if name == "gradient_descent"
        else rng.choice([Fraction(9, 10), Fraction(1, 2), Fraction(0)]),
        p0 if scales == "gradient" and rng.random() < 0.5 else {},
        rng.choice([(), some]),
        schedule,
        scales,
    )
    return Case(problem, model, {part: tuple(fraction(rng) for _ in range(d)) for part in names}, method)


def declaration_of(rng: random.Random, dtype: str) -> Declaration:
    """Return a random declaration in a dtype."""
    return Declaration(
        form=rng.choice(["velocity", "position", "buffer"]),
        dtype=dtype,
        accumulate=rng.choice(["", "", "float64", "float32"]),
        operands=rng.choice(["", "", "tfloat32", "bfloat16"]),
        state=rng.choice(["", "", "bfloat16"]),
    )


def drawn(seed: int, dtype: str, misses: tuple[float, ...] = MISSES) -> Drawn:
    """Return a case with blocks of successive states, the last of each block missed by some of its bounds."""
    rng = random.Random(seed)
    case, declaration = case_of(rng), declaration_of(rng, dtype)
    names = tuple((name, len(values)) for name, values in case.init.items())
    recorded = case.method.scales == "gradient" and rng.random() < 0.4
    length = 2 if recorded else 3
    steps = [0, 1, *(8 * i + j for i in range(1, BLOCKS + 1) for j in range(length))]
    random_numbers = np.random.default_rng(seed)
    shape = (len(steps), sum(size for _, size in names))
    positions = random_numbers.normal(size=shape) * 10.0 ** random_numbers.integers(
        -5, 2, size=(len(steps), 1)
    )
    positions[0] = [float(value) for values in case.init.values() for value in values]
    moved = positions[2::length] * 10.0 ** random_numbers.integers(-6, 0, size=(BLOCKS, 1))
    positions[3::length] = positions[2::length] + moved  # the second of each block, near the first
    positions = positions.astype(np.float32).astype(np.float64)
    momenta = 0.1 * positions if recorded else None
    trace = Trace(np.array(steps, dtype=np.int64), positions, momenta, {}, names)
    return Drawn(case, declaration, missed(case, declaration, trace, random_numbers, misses))


def missed(
    case: Case,
    declaration: Declaration,
    trace: Trace,
    random_numbers: np.random.Generator,
    misses: tuple[float, ...],
) -> Trace:
    """Return the trace with what error-free steps reach, missed by multiples of the bound."""
    exact = replay(case, declaration, trace)
    shape = exact.position.bound.shape
    factors = random_numbers.choice(misses, size=(shape[0], 1)) * random_numbers.choice([-1, 1], size=shape)
    alone = random_numbers.random(shape) < random_numbers.choice(
        [0.1, 1.0]
    )  # a single coordinate or so, or all
    positions, momenta = trace.positions.copy(), trace.momenta
    if momenta is not None and exact.momentum is not None:
        momenta = momenta.copy()
        momenta[exact.rows] = exact.momentum.expected.hi + factors * alone * exact.momentum.bound
        positions[exact.rows] = positions[exact.rows - 1] + momenta[exact.rows]
    else:
        positions[exact.rows] = exact.position.expected.hi + factors * alone * exact.position.bound
    return replace(trace, positions=positions, momenta=momenta)


def ceilings(drawn: Drawn, arithmetic: RoundedArithmetic) -> tuple[Floats, Floats]:
    """Return the filter's ceiling and the error-free ratio of each row."""
    targets = replayable_rows(drawn.trace, drawn.case.method.name)
    recurrence = Recurrence(arithmetic=lambda _: arithmetic)
    parts = replayed_parts(drawn.case, drawn.declaration, drawn.trace, recurrence, targets)
    coarse = Nearest.joined([part.nearest for part in parts])
    exact = replay(drawn.case, drawn.declaration, drawn.trace, targets=targets)
    return ceilings_of(coarse, arithmetic.rounding), exact.nearest.ratio


def arithmetics(dtype: str, seeds: range, misses: tuple[float, ...] = MISSES) -> Iterator[tuple[Drawn, Any]]:
    """Yield random records with the filter's arithmetic for each."""
    for seed in seeds:
        record = drawn(seed, dtype, misses)
        arithmetic = float_arithmetic(record.case, record.declaration, record.trace)
        assert arithmetic is not None
        yield record, arithmetic


class AgainstUs(LeadingArithmetic):
    """Float64 product sums that err by nearly all that any order of summation may make them err by."""

    def times(self, matrix: DoubleDouble, vector: DoubleDouble) -> LeadingPart:
        """Return X θ + γ Σ|X||θ|."""
        room = 0.9 * matrix.hi.shape[1] * 2.0**-53 * (np.abs(vector.hi) @ np.abs(matrix.hi.T))
        return leading(vector.hi @ matrix.hi.T + room)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_ceilings_are_no_less_than_the_ratios_and_near_them(dtype: str) -> None:
    """In every row of records right and wrong: ratio ≤ ceiling ≤ 1.05 ratio + 0.01."""
    for record, arithmetic in arithmetics(dtype, range(60)):
        ceiling, ratio = ceilings(record, arithmetic)
        assert (ceiling >= ratio).all()
        decided = np.isfinite(ceiling)
        assert decided.mean() > 0.9
        assert (ceiling[decided] <= 1.05 * ratio[decided] + 0.01).all()


def test_ceilings_hold_for_any_order_of_summation() -> None:
    """Product sums that err by γ_m Σ|X||θ|, as some order might, stay within the doubt."""
    for record, arithmetic in arithmetics("float32", range(40)):
        arithmetic.exact = AgainstUs()
        ceiling, ratio = ceilings(record, arithmetic)
        assert (ceiling >= ratio).all()


@pytest.mark.parametrize("share", [0.0, 1e-3])
def test_smaller_doubt_is_caught(share: float) -> None:
    """With no doubt, or a thousandth of it, some row comes nearer to its bound than the filter says."""
    below = 0
    for record, arithmetic in arithmetics("float32", range(40), (0.0, 1e-6)):
        arithmetic.rounding = replace(arithmetic.rounding, doubt=share * arithmetic.rounding.doubt)
        ceiling, ratio = ceilings(record, arithmetic)
        below += int((ceiling < ratio).sum())
    assert below > 0


def test_doubt_without_the_length_of_the_sums_is_caught() -> None:
    """θ = 2⁻⁵³·5/u, which forgets that m roundings follow one another, fails for some order of summation."""
    ones = (Fraction(1),) * 400
    problem = Regression((ones, ones), (Fraction(0),) * 2, "half_sum_square")
    case = Case(problem, "linear", {"beta": ones}, Method("gradient_descent", Fraction(1, 4096)))
    declared = Declaration(dtype="float32", accumulate="float64")  # whose sums are granted little else
    positions = np.random.default_rng(0).normal(size=(30, 400)).astype(np.float32).astype(np.float64)
    trace = Trace(np.arange(30), positions, None, {}, (("beta", 400),))
    arithmetic = float_arithmetic(case, declared, trace)
    assert arithmetic is not None
    arithmetic.exact = AgainstUs()
    for step in range(1, 30):  # what such a summation makes of each step is recorded
        before = replace(trace, steps=trace.steps[:2], positions=positions[step - 1 : step + 1])
        reached = replay(case, declared, before, Recurrence(arithmetic=lambda _: arithmetic))
        positions[step] = reached.position.expected.hi[0]
    ceiling, ratio = ceilings(Drawn(case, declared, trace), arithmetic)
    assert (ceiling >= ratio).all()
    arithmetic.rounding = replace(arithmetic.rounding, doubt=arithmetic.rounding.doubt * 5 / 404)
    ceiling, ratio = ceilings(Drawn(case, declared, trace), arithmetic)
    assert (ceiling < ratio).any()


@pytest.mark.parametrize("largest", MISSES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
def test_finding_is_that_of_the_error_free_arithmetic(dtype: str, largest: float) -> None:
    """Outcome, place, both values and counts are the same; bound and excess to what a sum's order may change."""
    for seed in range(200, 212):
        record = drawn(seed, dtype, tuple(miss for miss in MISSES if miss <= largest))
        found, expected = (
            replay_finding(
                record.declaration, record.trace, way(record.case, record.declaration, record.trace)
            )
            for way in (filtered_replay, replay)
        )
        assert found is not None
        assert expected is not None
        assert replace(found, bound=None, excess=None) == replace(expected, bound=None, excess=None)
        assert [getattr(found, name) for name in FIGURES] == pytest.approx(
            [getattr(expected, name) for name in FIGURES], rel=1e-12
        )


@pytest.mark.parametrize("above", [False, True])
def test_near_ties_are_decided_without_error(above: bool) -> None:
    """Numbers a 10⁻⁹ of their bound inside or outside of it are told apart, in every row."""
    factor = 1 + 1e-9 if above else 1 - 1e-9
    for seed in range(300, 330):
        record = drawn(seed, "float32", (factor,))
        exact = replay(record.case, record.declaration, record.trace)
        found = filtered_replay(record.case, record.declaration, record.trace)
        rows = found.rows[(found.nearest.ratio > 1)[np.isin(found.nearest.rows, found.rows)]]
        assert (rows == exact.rows[exact.nearest.ratio > 1]).all()


def test_filter_with_too_large_bounds_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were its unit a thousand times too large, records outside their bounds would pass."""
    made, wrong = float_arithmetic, 0

    def loose(case: Case, declaration: Declaration, trace: Trace) -> RoundedArithmetic | None:
        arithmetic = made(case, declaration, trace)
        assert arithmetic is not None
        arithmetic.rounding = replace(arithmetic.rounding, unit=1000 * arithmetic.rounding.unit)
        return arithmetic

    monkeypatch.setattr(float_filter, "float_arithmetic", loose)
    for seed in range(200, 230):
        record = drawn(seed, "float32", (0.0, 0.1, 2.0))
        found = filtered_replay(record.case, record.declaration, record.trace)
        exact = replay(record.case, record.declaration, record.trace)
        wrong += bool((found.nearest.ratio <= 1).all() and (exact.nearest.ratio > 1).any())
    assert wrong > 0


def run_of(dtype: type[np.floating[Any]], steps: int = 120) -> Drawn:
    """Return heavy ball on a diagonal model in plain numpy, with θ and the loss."""
    random_numbers = np.random.default_rng(4)
    X = random_numbers.integers(-64, 65, size=(6, 9)) / 32
    y = X @ (np.arange(9) < 2)
    rows = tuple(tuple(Fraction(float(x)) for x in row) for row in X)
    problem = Regression(rows, tuple(Fraction(float(x)) for x in y), "half_mean_square")
    start = {name: (Fraction(3, 8),) * 9 for name in ("u", "v")}
    case = Case(problem, "diagonal", start, Method("heavy_ball", Fraction(1, 32), Fraction(7, 8)))
    state, move = np.full(18, 0.375, dtype), np.zeros(18, dtype)
    positions, X, y = [], X.astype(dtype), y.astype(dtype)
    for _ in range(steps):
        positions.append(state)
        u, v = state[:9], state[9:]
        g = X.T @ (X @ (u * u - v * v) - y) / dtype(6)
        move = dtype(0.875) * move - dtype(1 / 32) * np.concatenate([2 * u * g, -2 * v * g])
        state = state + move
    joined = np.array(positions)
    theta = joined[:, :9] ** 2 - joined[:, 9:] ** 2
    loss = (((theta @ X.T - y) ** 2).sum(axis=1) / dtype(12)).astype(np.float64)
    observables = {"theta": theta.astype(np.float64), "loss": loss}
    names = (("u", 9), ("v", 9))
    trace = Trace(np.arange(steps), joined.astype(np.float64), None, observables, names)
    return Drawn(case, Declaration(dtype=np.dtype(dtype).name), trace)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_most_rows_of_a_right_run_pass_in_float64_alone(dtype: type[np.floating[Any]]) -> None:
    """Of a run in float32 or float16 a few rows need more; of one in float64, whose doubts are its errors, all."""
    record = run_of(dtype)
    found = filtered_replay(record.case, record.declaration, record.trace)
    assert len(found.nearest.rows) == len(record.trace) - 1
    assert (len(found.passed.rows) > 100) == (dtype is not np.float64)


@pytest.mark.parametrize("name", ["theta", "loss"])
@pytest.mark.parametrize("miss", [0.0, 0.01])
def test_observables_are_found_as_without_a_filter(
    monkeypatch: pytest.MonkeyPatch, name: str, miss: float
) -> None:
    """The finding about a recorded θ or loss is the same, right or wrong at one step."""
    record = run_of(np.float32)
    recorded = record.trace.observables[name].copy()
    recorded[50] *= 1 + miss
    trace = replace(record.trace, observables={name: recorded})
    (found,) = observable_findings(record.case, record.declaration, trace)
    monkeypatch.setattr("oracle.state_checks.float_arithmetic", lambda *_: None)
    (expected,) = observable_findings(record.case, record.declaration, trace)
    assert (expected.outcome == "DISAGREES") == (miss > 0)
    assert replace(found, bound=None, excess=None) == replace(expected, bound=None, excess=None)
    assert found.excess == pytest.approx(expected.excess, rel=1e-12)


def _far(case: Case) -> Case:
    return replace(case, method=replace(case.method, step_size=Fraction(1, 2**70)))


def _polynomial(case: Case) -> Case:
    return replace(case, problem=Polynomial((Term(Fraction(1), (2,) * 18),)))


@pytest.mark.parametrize("change", [_far, _polynomial])
def test_what_float64_cannot_bound_is_left_alone(change: Any) -> None:
    """A step size whose reciprocal is beyond 2⁶⁰, and a polynomial, have no filter; nor has a run in float64."""
    record = run_of(np.float32)
    assert float_arithmetic(record.case, record.declaration, record.trace) is not None
    assert float_arithmetic(change(record.case), record.declaration, record.trace) is None
    assert float_arithmetic(record.case, Declaration(), record.trace) is None


def test_large_states_are_left_alone() -> None:
    """So are states beyond 2⁶⁰, whose products might leave the range of double-double."""
    record = run_of(np.float32)
    trace = replace(record.trace, positions=record.trace.positions * 2.0**62)
    assert float_arithmetic(record.case, record.declaration, trace) is None


def asked(ratio: Floats) -> tuple[Any, list[list[int]]]:
    """Return an error-free arithmetic that knows these ratios, and the rows it is asked for, call by call."""
    calls: list[list[int]] = []

    def error_free(rows: Any) -> tuple[list[int], Floats]:
        calls.append(rows.tolist())
        return rows.tolist(), ratio[rows]

    return error_free, calls


@pytest.mark.parametrize(
    ("ceilings", "ratios", "passed"),
    [
        ([0.1, 0.8, 0.5, 0.2, 0.1], [0.1, 0.7, 0.4, 0.2, 0.1], [0, 2, 3, 4]),
        (
            [0.1, 0.8, 0.5, 0.2, 0.1],
            [0.1, 0.5, 0.4, 0.2, 0.1],
            [0, 3, 4],
        ),  # 0.5 may be there as well, and first
        ([0.1, 1.2, 0.5, 0.2, 0.1], [0.1, 0.9, 0.4, 0.2, 0.1], [0, 2, 3, 4]),
        ([0.1, 1.2, 0.5, 0.2, 0.1], [0.1, 1.1, 0.4, 0.2, 0.1], []),  # outside its bound: all are looked at
        ([0.1, 1.2, 1.5, np.inf, 0.1], [0.1, 0.9, 0.4, 0.2, 0.1], []),  # too many to be worth a filter
        ([0.1, np.inf, 0.5, 0.2, 0.1], [0.1, np.nan, 0.4, 0.2, 0.1], []),
    ],
)
def test_rows_left_open(ceilings: list[float], ratios: list[float], passed: list[int]) -> None:
    """Rows pass whose ceilings are below the largest ratio known without error, unless any row fails."""
    many = 4  # of each row, so that one in five is few enough
    error_free, _ = asked(np.array(ratios + [0.0] * many))
    found, others = rows_left_open(np.array(ceilings + [0.0] * many), error_free)
    rest = [*range(len(ceilings), len(ceilings) + many)] if passed else []
    assert found.tolist() == passed + rest
    assert sorted(found.tolist() + others) == list(range(len(ceilings) + many))
