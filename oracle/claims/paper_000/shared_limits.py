"""Ends of runs and flows on diagonal networks, and how far a minimiser that a theory predicts lies from them.

Two measures of one miss, which share no solver: the distance of the limit θ∞ from the certified minimiser of
Q_ξ(θ) + θᵀ·linear on Xθ = y; and the largest |k·(¼ asinh(θ∞/2ξ) + linear)| over kernel vectors k of X, which vanishes at
the minimiser alone, since there the slope is some Xᵀν.

The network is θ = u⊙u − v⊙v; |u v|(∞) is a quarter of the balancedness.

Source: paper 000, Eq. 6–9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from flint import fmpq, fmpq_mat
from mpmath import mp, mpf

from oracle.claims.evidence import Check, Grade, Role
from oracle.claims.instances import DIAGONAL_BIASED, DIAGONAL_ONE_ROW, DIAGONAL_UNBIASED, Instance
from oracle.claims.measures import LARGEST_BAR, apart, rational, row
from reference.case import Case, Flow, FlowCase, Method, Regression
from reference.discrete_integrals import certified_integrals
from reference.discrete_limit import certified_limit
from reference.flows.integrals import certified_flow_integrals
from reference.flows.limit import certified_flow_limit
from reference.kkt import certified_minimiser
from reference.mpmath_arithmetic import mpmath_precision, nearest_mpf
from reference.observed_order import OrderEstimate, estimate_order

__all__ = [
    "BIASED",
    "INSTANCES",
    "LADDER",
    "UNBIASED",
    "End",
    "Numbers",
    "Run",
    "Theory",
    "agreed_order",
    "end",
    "gradient_flow_end",
    "in_numbers",
    "kernel",
    "minimiser",
    "misses",
    "problem_of",
    "slope_at_start",
    "start_of",
]

Numbers = tuple[Fraction, ...]
ONE_ROW_UNBIASED = Instance(
    "diagonal network, n = 1, d = 2, unbiased start",
    replace(DIAGONAL_ONE_ROW.case, init={name: (Fraction(1, 2), Fraction(3, 4)) for name in ("u", "v")}),
)
BIASED = (DIAGONAL_BIASED.name, DIAGONAL_ONE_ROW.name)
UNBIASED = (DIAGONAL_UNBIASED.name, ONE_ROW_UNBIASED.name)
INSTANCES = {
    one.name: one for one in (DIAGONAL_BIASED, DIAGONAL_ONE_ROW, DIAGONAL_UNBIASED, ONE_ROW_UNBIASED)
}
LADDER = tuple(Fraction(1, 20 * 2**i) for i in range(3))
LEAST_BAR = 0.05  # two slopes that happen to agree say no more than this; powers are whole numbers


@dataclass(frozen=True)
class Run:
    """A method, or the flow of Eq. 4 that goes with it, on one of `INSTANCES`.

    Parameters
    ----------
    instance, of : str
        The instance's name; ``gradient_descent``, ``heavy_ball`` or ``nesterov``.
    step_size, momentum : Fraction
    flow : bool
        Whether the flow of Eq. 4 is meant, with η and μ in its α; μ = 0 gives it to gradient descent.
    velocity : str or pair of blocks
        ``zero``, ``slow_manifold`` (−∇L/(1 − μ)) or (u'(0), v'(0)); of a method, its p_0/η.
    """

    instance: str
    of: str
    step_size: Fraction
    momentum: Fraction
    flow: bool = False
    velocity: str | tuple[Numbers, Numbers] = "zero"


@dataclass(frozen=True)
class End:
    """Where a run ends, certified.

    Parameters
    ----------
    theta, scale, phi, turning : tuple of d Fractions
        θ(∞), |u v|(∞), φ(∞) and I₊ + I₋ (S₊ + S₋ of a method).
    """

    theta: Numbers
    scale: Numbers
    phi: Numbers
    turning: Numbers


@dataclass(frozen=True)
class Theory:
    """What is minimised on Xθ = y: Q_ξ(θ) + θᵀ·linear."""

    xi: Numbers
    linear: Numbers


@lru_cache(maxsize=256)
def end(run: Run, digits: int) -> End:
    """Return the limit of a run with its integrals, to the asked digits."""
    instance = INSTANCES[run.instance].case
    if run.flow:
        flow = Flow(
            "momentum_flow",
            run.step_size,
            run.momentum,
            of="nesterov" if run.of == "nesterov" else "heavy_ball",
            initial_velocity=run.velocity if isinstance(run.velocity, str) else _blocks(run.velocity),
        )
        case = FlowCase(instance.problem, instance.model, instance.init, flow)
        limit, found = certified_flow_limit(case, digits), certified_flow_integrals(case, None, digits)
        signs = ("I_plus", "I_minus")
    else:
        discrete = Case(instance.problem, instance.model, instance.init, _method(run))
        limit = certified_limit(discrete, digits, cross_check=False)
        found = certified_integrals(discrete, None, digits, cross_check=False)
        signs = ("S_plus", "S_minus")
    return End(
        theta=row(limit, "theta"),
        scale=tuple(value / 4 for value in row(found, "balancedness")),
        phi=row(found, "phi"),
        turning=tuple(a + b for a, b in zip(*(row(found, sign) for sign in signs), strict=True)),
    )


@lru_cache(maxsize=16)
def gradient_flow_end(instance: str, digits: int) -> Numbers:
    """Return θ(∞) of gradient flow, to the asked digits."""
    case = INSTANCES[instance].case
    flow = FlowCase(case.problem, case.model, case.init, Flow("gradient_flow"))
    return row(certified_flow_limit(flow, digits), "theta")


def _method(run: Run) -> Method:
    if run.of == "gradient_descent":
        return Method(run.of, run.step_size)
    velocity = _slow(run) if run.velocity == "slow_manifold" else run.velocity
    if isinstance(velocity, str):
        return Method(run.of, run.step_size, run.momentum)
    moved = {name: tuple(run.step_size * v for v in block) for name, block in _blocks(velocity).items()}
    return Method(run.of, run.step_size, run.momentum, p0=moved)


def _slow(run: Run) -> tuple[Numbers, Numbers]:
    """Return −∇L/(1 − μ) by u and v."""
    u, v = start_of(run.instance)
    slope = slope_at_start(run.instance)
    c = 1 / (1 - run.momentum)
    return (
        tuple(-2 * c * a * g for a, g in zip(u, slope, strict=True)),
        tuple(2 * c * b * g for b, g in zip(v, slope, strict=True)),
    )


def _blocks(pair: tuple[Numbers, Numbers]) -> dict[str, Numbers]:
    return dict(zip("uv", pair, strict=True))


def problem_of(instance: str) -> Regression:
    """Return an instance's regression."""
    problem = INSTANCES[instance].case.problem
    assert isinstance(problem, Regression)
    return problem


def start_of(instance: str) -> tuple[Numbers, Numbers]:
    """Return u(0) and v(0)."""
    init = INSTANCES[instance].case.init
    return init["u"], init["v"]


@lru_cache(maxsize=16)
def slope_at_start(instance: str) -> Numbers:
    """Return ∂_θ L(θ(0)) = Xᵀ(Xθ(0) − y)/n, exactly; the losses here are halved means of squares."""
    problem, (u, v) = problem_of(instance), start_of(instance)
    assert problem.loss == "half_mean_square"
    theta = [a * a - b * b for a, b in zip(u, v, strict=True)]
    residual = [_dot(line, theta) - y for line, y in zip(problem.X, problem.y, strict=True)]
    return tuple(_dot(column, residual) / len(residual) for column in zip(*problem.X, strict=True))


@lru_cache(maxsize=16)
def kernel(instance: str) -> tuple[Numbers, ...]:
    """Return a basis of the kernel of X, exactly."""
    X = problem_of(instance).X
    n, d = len(X), len(X[0])
    reduced, rank = fmpq_mat(n, d, [fmpq(x.numerator, x.denominator) for line in X for x in line]).rref()
    pivots = [next(j for j in range(d) if reduced[i, j] != 0) for i in range(rank)]
    basis = []
    for free in (j for j in range(d) if j not in pivots):
        vector = [Fraction(int(j == free)) for j in range(d)]
        for i, pivot in enumerate(pivots):
            vector[pivot] = -Fraction(int(reduced[i, free].p), int(reduced[i, free].q))
        basis.append(tuple(vector))
    return tuple(basis)


def minimiser(instance: str, theory: Theory, digits: int) -> Numbers:
    """Return the certified minimiser of Q_ξ(θ) + θᵀ·linear on Xθ = y."""
    found = certified_minimiser(problem_of(instance), theory.xi, theory.linear, digits, cross_check=False)
    return row(found, "theta")


def misses(instance: str, theta: Numbers, theory: Theory, digits: int) -> tuple[float, float]:
    """Return both measures of how far a point is from a theory's minimiser: distance, and slope along the kernel."""
    distance = apart(theta, minimiser(instance, theory, digits))

    def slopes(numbers: Callable[[Fraction], mpf]) -> list[mpf]:
        return [
            mp.asinh(numbers(t) / (2 * numbers(x))) / 4 + numbers(s)
            for t, x, s in zip(theta, theory.xi, theory.linear, strict=True)
        ]

    slope = in_numbers(slopes, 8 * digits)
    return distance, float(max(abs(_dot(vector, slope)) for vector in kernel(instance)))


def in_numbers(formula: Callable[[Callable[[Fraction], mpf]], list[mpf]], bits: int) -> Numbers:
    """Return the rationals that a formula in mpmath's numbers gives at a precision.

    Parameters
    ----------
    formula : callable
        Takes the function from rationals to mpmath's numbers.
    bits : int
    """
    with mpmath_precision(bits):
        values = formula(nearest_mpf)
        return tuple(rational(mpf(value)) for value in values)


def agreed_order(
    role: Role,
    errors: Sequence[tuple[float, float]],
    order: int,
    *,
    asked: str,
    instance: str,
    methods: tuple[str, str] = (
        "distance from the certified minimiser",
        "slope of the entropy along the kernel of X",
    ),
) -> Check:
    """Return whether two measures of one miss both fall like η^order on a halving ladder.

    Parameters
    ----------
    role : Role
    errors : sequence of pairs of float
        Of both measures, a pair a step size.
    order : int
    asked, instance : str
    methods : pair of str
        What the measures are.
    """
    seen = [estimate_order([pair[i] for pair in errors]) for i in (0, 1)]
    answers = [_reaches(one, order) for one in seen]
    return Check(
        role=role,
        holds=answers[0] if answers[0] == answers[1] else None,
        asked=asked,
        found="measured powers of η "
        + " and ".join(f"{one.order:.2f} ± {one.error_bar:.2f}" for one in seen)
        + f"; {errors[-1][0]:.2g} and {errors[-1][1]:.2g} at the smallest η",
        instance=instance,
        grade=Grade.CONFIRMED,
        methods=methods,
    )


def _reaches(seen: OrderEstimate, order: int) -> bool | None:
    if seen.error_bar > LARGEST_BAR:
        return None
    return seen.order + 2 * max(seen.error_bar, LEAST_BAR) >= order


def _dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), start=Fraction(0))
