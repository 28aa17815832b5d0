"""The rigorous worst case: no admitted run leaves it, conspiring roundings come near it, and others do leave it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.error_free import Floats
from oracle.records.candidate import Declaration
from oracle.zonotope import affordable, zonotopes
from reference.case import Case, Method, Polynomial, Regression, Term
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.trajectory import states

METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
FORMS = ("velocity", "buffer", "position")
STEPS = 40
ROOM = 1 - 2.0**-7  # for the roundings of long double, in which the runs below are made
UNITS = {
    "float64": 2.0**-53,
    "float32": 2.0**-24,
    "bfloat16": 2.0**-8,
    "float16": 2.0**-11,
    "tfloat32": 2.0**-11,
}


def random_case(seed: int, method: str, model: str = "diagonal", **more: Any) -> Case:
    """Return a small regression with η and μ that no format holds, and data that every format of `UNITS` holds.

    `p0`, `batches`, `scales` (with a schedule) and `inexact` (data that no format holds) ask for more.
    """
    numbers = np.random.default_rng(seed)
    n, d = (int(x) for x in numbers.integers(2, 6, size=2))
    grid = 60 if more.get("inexact") else 64
    X = [[Fraction(int(x), grid) for x in row] for row in numbers.integers(-100, 100, size=(n, d))]
    y = [Fraction(int(x), grid) for x in numbers.integers(-100, 100, size=n)]
    names = ("beta",) if model == "linear" else ("u", "v")
    start = {
        name: tuple(Fraction(int(x), 2 * grid) for x in numbers.integers(5, 99, size=d)) for name in names
    }
    p0 = (
        {names[0]: tuple(Fraction(int(x), 256) for x in numbers.integers(-9, 9, size=d))}
        if more.get("p0")
        else {}
    )
    schedule = tuple(Fraction(x, 100) for x in (3, 1, 2)) if more.get("scales") else ()
    if method == "gradient_descent" or more.get("scales") == "update":
        p0 = {}
    momentum = Fraction(0) if method == "gradient_descent" else Fraction(7, 10)
    batches = ((0, 1), (1,)) if more.get("batches") else ()
    settings_of = Method(
        method, Fraction(3, 100), momentum, p0, batches, schedule, more.get("scales") or "gradient"
    )
    return Case(Regression(tuple(map(tuple, X)), tuple(y), "half_mean_square"), model, start, settings_of)


@dataclass
class Conspiracy:
    """Arithmetic whose every operation errs by a unit, in a direction that `sign` chooses.

    Parameters
    ----------
    unit, accumulation_unit, operand_unit, state_unit : float
        Of operations, of sums inside a product, of its operands, and of what is kept from step to step.
    sign : callable
        From a shape to numbers between −1 and 1.
    order : callable
        Permutes the terms of a sum.
    """

    unit: float
    sign: Callable[[tuple[int, ...]], Any]
    accumulation_unit: float = 0.0
    operand_unit: float = 0.0
    state_unit: float = 0.0
    order: Callable[[int], Any] = np.arange

    def off(self, value: Any, unit: float | None = None) -> Any:
        """Return a value rounded once."""
        value = np.asarray(value, dtype=np.longdouble)
        return value * (1 + np.longdouble(self.unit if unit is None else unit) * self.sign(value.shape))

    def dot(self, X: Any, vector: Any) -> Any:
        """Return X θ, summed term by term."""
        total: Any = np.zeros(len(X), dtype=np.longdouble)
        for j in self.order(X.shape[1]):
            product = self.off(X[:, j] * self.off(vector[j], self.operand_unit))  # X has few bits
            total = self.off(total + product, self.accumulation_unit or self.unit)
        return self.off(total) if self.accumulation_unit else total


def long_double(value: Fraction) -> Any:
    """Return a rational to 64 bits."""
    return np.longdouble(value.numerator) / np.longdouble(value.denominator)


@dataclass
class Run:
    """A regression's momentum method over a `Conspiracy`, written out for θ = u⊙u − v⊙v, u⊙v or β."""

    case: Case
    form: str
    arithmetic: Conspiracy

    def __post_init__(self) -> None:
        off, method = self.arithmetic.off, self.case.method
        assert isinstance(self.case.problem, Regression)
        X, y = self.case.problem.X, self.case.problem.y
        self.X, self.y = self.given(X).reshape(len(X), -1), self.given(y)
        self.etas = [off(long_double(x)) for x in method.step_sizes or (method.step_size,)]
        self.mu = off(long_double(method.momentum))  # each rounded once for the whole run

    def given(self, numbers: Any) -> Any:
        """Return numbers of the spec; those with a denominator that no format holds are rounded once."""
        flat = [x for row in numbers for x in row] if isinstance(numbers[0], tuple) else list(numbers)
        exact = np.array([long_double(x) for x in flat])
        held = np.array([x.denominator & (x.denominator - 1) == 0 for x in flat])
        return np.where(held, exact, self.arithmetic.off(exact))

    def gradient(self, position: Any, k: int) -> Any:
        """Return ∇L, with the rounded residual shared by all parameters."""
        a, batches = self.arithmetic, self.case.method.batches
        rows = list(batches[k % len(batches)]) if batches else list(range(len(self.y)))
        theta = self.predictor(position)
        r = a.off(a.dot(self.X[rows], theta) - self.y[rows])
        g = a.off(a.dot(self.X[rows].T, r) * a.off(1 / np.longdouble(len(rows))))
        if self.case.model == "linear":
            return g
        u, v = np.split(position, 2)
        if self.case.model == "hadamard":
            return np.concatenate([a.off(v * g), a.off(u * g)])
        return np.concatenate([a.off(u * (2 * g)), -a.off(v * (2 * g))])

    def predictor(self, position: Any) -> Any:
        """Return θ."""
        off = self.arithmetic.off
        if self.case.model == "linear":
            return position
        u, v = np.split(position, 2)
        return off(u * v) if self.case.model == "hadamard" else off(off(u * u) - off(v * v))

    def positions(self, steps: int) -> Any:
        """Return the positions at steps 0 to `steps`, shape (steps + 1, D)."""
        names = list(self.case.init)
        given = {name: (Fraction(0),) * len(self.case.init[name]) for name in names} | dict(
            self.case.method.p0
        )
        x, p = (
            np.concatenate([self.given(part[name]) for name in names]) for part in (self.case.init, given)
        )
        off = self.arithmetic.off
        if self.case.method.name == "nesterov_lookahead":
            x = off(x + off(self.mu * p))
        positional = self.form == "position" and self.case.method.name != "nesterov_lookahead"
        carried = -off(p / self.etas[0]) if self.form == "buffer" else off(x - p) if positional else p
        rows = [x]
        for k in range(steps):
            x, carried = self.step(x, carried, k)
            x = off(x, self.arithmetic.state_unit)
            carried = carried if positional else off(carried, self.arithmetic.state_unit)
            rows.append(x)
        return np.stack(rows)

    def step(self, x: Any, carried: Any, k: int) -> tuple[Any, Any]:
        """Make one step; `carried` is p, b or the position before, by form."""
        off, mu, name = self.arithmetic.off, self.mu, self.case.method.name
        eta, outside = self.etas[k % len(self.etas)], self.case.method.scales == "update"
        if name == "gradient_descent":
            return off(x - off(eta * self.gradient(x, k))), carried
        if self.form == "position" and name != "nesterov_lookahead":
            move = off(mu * off(x - carried))
            at = off(x + move) if name == "nesterov" else x
            g = off(eta * self.gradient(at, k))
            return (off(at - g) if name == "nesterov" else off(off(x - g) + move)), x
        if self.form == "buffer" or outside:
            at = off(x - off(off(eta * mu) * carried)) if name == "nesterov" else x
            g = self.gradient(at, k)
            b = off(off(mu * carried) + g)
            ahead = off(g + off(mu * b)) if name == "nesterov_lookahead" else b
            return off(x - off(eta * ahead)), b
        at = off(x + off(mu * carried)) if name == "nesterov" else x
        g = off(eta * self.gradient(at, k))
        p = off(off(mu * carried) - g)
        if name == "nesterov_lookahead":
            return off(off(x + off(mu * p)) - g), p
        return off(x + p), p


def exactly(case: Case, steps: int) -> Any:
    """Return the exact positions in long double, shape (steps + 1, D)."""
    with mpmath_precision(160):
        rows = []
        for state, _ in zip(states(case, MpmathArithmetic()), range(steps + 1), strict=False):
            heads = np.array([float(x) for x in state.position], dtype=np.longdouble)
            tails = [float(x - float(x)) for x in state.position]
            rows.append(heads + np.array(tails, dtype=np.longdouble))
    return np.stack(rows)


def reaches(case: Case, declaration: Declaration, steps: int) -> Floats:
    """Return E of the positions at steps 0 to `steps`, shape (steps + 1, D)."""
    with np.errstate(all="ignore"):
        return np.stack([reach.position[0] for _, _, reach, _ in zonotopes(case, declaration, [], [steps])])


def excess(case: Case, declaration: Declaration, run: Run, steps: int = STEPS) -> float:
    """Return the largest |error| of a run in units of E, over all steps and coordinates."""
    with np.errstate(all="ignore"):
        error = np.abs(run.positions(steps) - exactly(case, steps)).astype(np.float64)
        reach = reaches(case, declaration, steps)
        return float(np.nanmax(np.where(error == 0, 0.0, error / reach)))


def signs(kind: str, seed: int) -> Callable[[tuple[int, ...]], Any]:
    """Return how roundings go: all up, all down, at random, or each way for a few operations in a row."""
    numbers = np.random.default_rng(seed)
    if kind in ("up", "down"):
        return lambda shape: np.full(shape, 1.0 if kind == "up" else -1.0)
    if kind == "random":
        return lambda shape: numbers.choice([-1.0, 1.0], size=shape)
    fixed = numbers.choice([-1.0, 1.0], size=64)
    return lambda shape: np.resize(fixed, shape) if shape else np.float64(fixed[0])


KINDS = st.sampled_from(["up", "down", "random", "fixed by coordinate"])
SEEDS = st.integers(0, 10**6)


@given(
    seed=SEEDS,
    kind=KINDS,
    method=st.sampled_from(METHODS),
    form=st.sampled_from(FORMS),
    model=st.sampled_from(["diagonal", "hadamard", "linear"]),
    dtype=st.sampled_from(["float64", "float32", "float16"]),
    more=st.fixed_dictionaries({"batches": st.booleans(), "p0": st.booleans(), "inexact": st.booleans()}),
)
@settings(max_examples=70, deadline=None)
def test_no_conspiracy_of_roundings_leaves_the_zonotope(
    *, seed: int, kind: str, method: str, form: str, model: str, dtype: str, more: dict[str, bool]
) -> None:
    """Every operation errs by a whole unit, signs chosen: every state stays inside, in every form and method."""
    case = random_case(seed, method, model, **more)
    arithmetic = Conspiracy(
        UNITS[dtype] * ROOM, signs(kind, seed), order=np.random.default_rng(seed).permutation
    )
    assert excess(case, Declaration(form=form, dtype=dtype), Run(case, form, arithmetic)) <= 1


@given(
    seed=SEEDS,
    kind=KINDS,
    method=st.sampled_from(METHODS),
    form=st.sampled_from(FORMS),
    declared=st.sampled_from(
        [
            Declaration(dtype="float32", accumulate="float64"),
            Declaration(dtype="float16", accumulate="float32"),
            Declaration(dtype="float32", operands="tfloat32"),
            Declaration(dtype="float32", state="bfloat16"),
            Declaration(dtype="float64", state="float32"),
        ]
    ),
)
@settings(max_examples=60, deadline=None)
def test_declared_formats_are_admitted(
    seed: int, kind: str, method: str, form: str, declared: Declaration
) -> None:
    """Wider sums, narrower operands and a narrower state, each erring by whole units of its own."""
    unit = {
        name: UNITS[getattr(declared, name)] * ROOM
        for name in ("dtype", "accumulate", "operands", "state")
        if getattr(declared, name)
    }
    arithmetic = Conspiracy(
        unit["dtype"],
        signs(kind, seed),
        unit.get("accumulate", 0.0),
        unit.get("operands", 0.0),
        unit.get("state", 0.0),
    )
    case = random_case(seed, method)
    assert excess(case, replace(declared, form=form), Run(case, form, arithmetic)) <= 1


@given(
    seed=SEEDS,
    kind=KINDS,
    method=st.sampled_from(["gradient_descent", "heavy_ball", "nesterov_lookahead"]),
    scales=st.sampled_from(["gradient", "update"]),
    dtype=st.sampled_from(["float64", "float32"]),
)
@settings(max_examples=40, deadline=None)
def test_schedules_are_admitted(seed: int, kind: str, method: str, scales: str, dtype: str) -> None:
    """Step sizes that change from step to step, inside the momentum or outside."""
    case = random_case(seed, method, scales=scales)
    form = "velocity" if scales == "gradient" else "buffer"
    run = Run(case, form, Conspiracy(UNITS[dtype] * ROOM, signs(kind, seed)))
    assert excess(case, Declaration(form=form, dtype=dtype), run) <= 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_zonotope_is_no_larger_than_it_must_be(dtype: str, method: str) -> None:
    """Some conspiracy reaches two fifths of E, at the last of 40 steps a twentieth; 32 times the unit leaves it."""
    case, declaration, largest, last = random_case(3, method), Declaration(dtype=dtype), 0.0, 0.0
    exact, reach = exactly(case, STEPS), reaches(case, declaration, STEPS)
    for seed in range(40):
        run = Run(case, "velocity", Conspiracy(UNITS[dtype], signs("fixed by coordinate", seed)))
        ratio = np.abs(run.positions(STEPS) - exact)[1:] / reach[1:]
        largest, last = max(largest, float(ratio.max())), max(last, float(ratio[-1].max()))
    assert largest > 0.4
    assert last > 0.05
    assert excess(case, declaration, Run(case, "velocity", Conspiracy(32 * UNITS[dtype], signs("up", 0)))) > 1


def test_polynomials_have_a_zonotope() -> None:
    """A quartic in two variables, in any order of its monomials: the float32 run stays inside, at float16 not."""
    terms = [
        (Fraction(1, 4), (4, 0)),
        (Fraction(1, 2), (1, 2)),
        (Fraction(-1), (0, 1)),
        (Fraction(1, 2), (0, 2)),
    ]
    case = Case(
        Polynomial(tuple(Term(c, powers) for c, powers in terms)),
        "polynomial",
        {"b": (Fraction(1, 2), Fraction(3, 4))},
        Method("heavy_ball", Fraction(1, 32), Fraction(3, 4)),
    )
    exact, reach = exactly(case, STEPS), reaches(case, Declaration(dtype="float32"), STEPS)
    assert reach.max() < 1e-4
    dtype: Any
    for dtype, inside in ((np.float32, True), (np.float16, False)):
        eta, mu, half = dtype(1 / 32), dtype(3 / 4), dtype(0.5)
        x, p, rows = np.array([0.5, 0.75], dtype=dtype), np.zeros(2, dtype=dtype), []
        for _ in range(STEPS + 1):
            rows.append(x)
            gradient = np.array([half * x[1] ** 2 + x[0] ** 3, x[1] - dtype(1) + x[0] * x[1]])
            p = mu * p - eta * gradient
            x = x + p
        error = np.abs(np.stack(rows).astype(np.longdouble) - exact)
        assert bool((error[1:] <= reach[1:]).all()) is inside


def test_coherent_coefficients_are_kept_apart_from_rounding() -> None:
    """η and μ that no format holds widen E by what a run with other η and μ is off, and by no more than thrice."""
    held = random_case(1, "heavy_ball")
    rounded = replace(held, method=replace(held.method, step_size=Fraction(1, 32), momentum=Fraction(3, 4)))
    reach = [reaches(case, Declaration(dtype="float32"), STEPS)[1:] for case in (held, rounded)]
    assert 0.3 < np.median(reach[0] / reach[1]) < 3


def test_affordable_bounds_the_work() -> None:
    """Small problems are, for hundreds of steps; the paper's is not, beyond a few dozen."""
    small = random_case(2, "heavy_ball")
    numbers = tuple(Fraction(x) for x in range(100))
    large = Case(
        Regression((numbers,) * 40, numbers[:40], "mean_square"),
        "diagonal",
        {"u": numbers, "v": numbers},
        small.method,
    )
    assert affordable(small, 400)
    assert not affordable(small, 10_000)
    assert affordable(large, 20)
    assert not affordable(large, 200)
