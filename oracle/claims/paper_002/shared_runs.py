"""Heavy ball and a flow given by its field's elementary differentials, run side by side down a ladder of step sizes.

On each interval the flow's map in time η is its Lie series up to a few powers of η more than the error to be
measured; it takes any field, one for each interval, so printed and altered formulas are tried as easily as right
ones.  All of it is done in balls, in which only the cut of the Lie series is not accounted for.  Heavy ball itself is
Eq. 2 of the paper.

Source: paper 002, Eq. 2 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise, repeat
from typing import Any

from oracle.claims.claim import Setting
from oracle.claims.evidence import Check, Role
from oracle.claims.instances import DIAGONAL_ONE_ROW, QUARTIC_TWO, SCALAR_PRODUCT, Instance
from oracle.claims.measures import order_check
from oracle.claims.paper_002.shared_recursion import Fields, as_map_series, fields_of_steps
from reference.arithmetic import Vector
from reference.b_series import exponential
from reference.balls import BallArithmetic, ball, ball_precision
from reference.elementary_differentials import Derivatives, WeightedDifferentials, derivatives_of
from reference.models import MODELS
from reference.observed_order import ObservedOrder, OrderEstimate, Rung, estimate_order
from reference.rooted_trees import LEAF, Tree, trees_up_to
from reference.start_shift import shift

__all__ = [
    "LATE", "LIE_SERIES", "TRIALS", "Ladder", "Run", "Trial", "ladder", "order_of", "piecewise", "start_at",
    "stationary", "unchanging",
]  # fmt: skip

STEP_SIZES = tuple(Fraction(1, 160 * 2**i) for i in range(4))
HORIZON = Fraction(1, 4)
BITS = 160
LIE_SERIES = "Lie series of the field in each interval, on a halving ladder"
SPARE_NODES = 2  # powers of η that the Lie series has beyond the error to be measured

Steps = Callable[[Any], Iterator[Fields]]  # from μ, a ball, to the fields of the steps 0, 1, …


@dataclass(frozen=True)
class Trial:
    """A problem, a momentum and the time scale on which the problem moves.

    Parameters
    ----------
    instance : Instance
    momentum : Fraction
    slow : Fraction
        By what the step sizes and the horizon are stretched.
    """

    instance: Instance
    momentum: Fraction
    slow: Fraction = Fraction(1)

    @property
    def name(self) -> str:
        """Return what a reader is told."""
        return f"{self.instance.name}, μ = {self.momentum}"


TRIALS = (
    Trial(QUARTIC_TWO, Fraction(1, 2)),
    Trial(SCALAR_PRODUCT, Fraction(1, 3), Fraction(1, 2)),
    Trial(DIAGONAL_ONE_ROW, Fraction(1, 4), Fraction(4)),
)
LATE = Trial(DIAGONAL_ONE_ROW, Fraction(1, 3), Fraction(16))  # all but converged in the second half


@dataclass(frozen=True)
class Run:
    """A flow to be run beside heavy ball.

    Parameters
    ----------
    fields : callable
        From μ to the fields of the steps 0, 1, …, as `shared_recursion` has them.
    order : int
        Powers of η up to which the error is of interest.
    start : mapping of Tree to Fraction, optional
        S(β0) − β0 as Σ s(τ) η^|τ|/σ(τ) F(τ) in trees of −∇L; empty for the start β0 itself.
    """

    fields: Steps
    order: int
    start: Mapping[Tree, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Ladder:
    """The errors ε_k and their increments as the step size is halved.

    Parameters
    ----------
    seen : ObservedOrder
        Of max |ε_k| over kη ≤ T, and over the second half of the horizon.
    increments : OrderEstimate
        Of max |ε_{k+1} − ε_k| over the whole horizon.
    """

    seen: ObservedOrder
    increments: OrderEstimate


def piecewise(order: int) -> Steps:
    """Return the steps of Theorem 2.1 with α = `order`."""
    return lambda momentum: fields_of_steps(order - 2, momentum)


def unchanging(field: Fields) -> Steps:
    """Return the steps of a field in balls that depends on nothing."""
    return lambda _: repeat(field)


def stationary(of: Fields) -> Steps:
    """Return the steps of a field given in polynomials of r = 1/(1 − μ), whatever k."""

    def steps(momentum: Any) -> Iterator[Fields]:
        r = 1 / (1 - momentum)
        return repeat([{tree: _value(number, r) for tree, number in part.items()} for part in of])

    return steps


def start_at(momentum: Fraction, order: int) -> Mapping[Tree, Fraction]:
    """Return the shift of the start from which a stationary flow of this order follows heavy ball from rest.

    It has the powers η … η^(order − 1), and trees of at most three children: no loss here has more derivatives.
    """
    return shift(momentum, order - 1, 3)


def ladder(trial: Trial, run: Run, setting: Setting) -> Ladder:
    """Return how ε_k falls with the step size, for k = 0 … T/η."""
    rungs, increments = [], []
    with ball_precision(setting.bits(BITS)):
        for step_size in (trial.slow * size for size in STEP_SIZES):
            errors = _errors(trial, run, step_size, int(trial.slow * HORIZON / step_size))
            sizes = [_norm(error) for error in errors]
            settled = max(sizes[len(sizes) // 2 :])
            rungs.append(Rung(step_size, len(sizes) - 1, max(sizes), settled))
            increments.append(max(_norm(b - a) for a, b in pairwise(errors)))
    seen = ObservedOrder(
        estimate_order([rung.whole for rung in rungs]),
        estimate_order([rung.settled for rung in rungs]),
        tuple(rungs),
    )
    return Ladder(seen, estimate_order(increments))


def order_of(role: Role, estimate: OrderEstimate, order: int, subject: str, of: tuple[Trial, str]) -> Check:
    """Return the order check of such a ladder; `of` is its trial and the second method."""
    trial, second = of
    check = order_check(role, estimate, order, subject=subject, instance=trial.name, second_method=second)
    return replace(check, methods=(LIE_SERIES, *filter(None, (second,))))


def _errors(trial: Trial, run: Run, step_size: Fraction, steps: int) -> list[Vector]:
    """Return ε_k = β(kη) − β_k for k = 0 … steps."""
    arithmetic, momentum, case = BallArithmetic(), ball(trial.momentum), trial.instance.case
    derivatives = derivatives_of(case, arithmetic)
    maps = _maps(
        run.fields(momentum),
        trees_up_to(run.order + SPARE_NODES, derivatives.highest),
        derivatives,
        step_size,
    )
    names = MODELS[case.model].names
    start = arithmetic.join([arithmetic.vector(case.init[name]) for name in names])
    gradient = WeightedDifferentials(derivatives, {LEAF: ball(step_size)})
    before, here, path = start, start, start
    if run.start:
        path = start + _sum(derivatives, run.start, step_size)(start)
    errors = [path - here]
    for _ in range(steps):
        path = path + next(maps)(path)
        before, here = here, here - gradient(here) + momentum * (here - before)
        errors.append(path - here)
    return errors


def _maps(
    fields: Iterator[Fields], trees: Sequence[Tree], derivatives: Derivatives, step_size: Fraction
) -> Iterator[WeightedDifferentials]:
    """Yield the flow's moves over the intervals 0, 1, …."""
    last: Fields = []
    for current in fields:
        if current is not last:
            known, last = as_map_series(current), current
            full = {tree: ball(0) + known.get(tree, 0) for tree in trees}
            made = _sum(derivatives, exponential(full, trees), step_size)
        yield made


def _sum(derivatives: Derivatives, series: Mapping[Tree, Any], step_size: Fraction) -> WeightedDifferentials:
    """Return Σ a(τ) η^|τ|/σ(τ) F(τ) of −∇L."""
    weights = {}
    for tree, value in series.items():
        scale = ball(Fraction((-1) ** tree.nodes, tree.symmetry) * step_size**tree.nodes)
        weights[tree] = scale * (ball(value) if isinstance(value, Fraction) else value)
    return WeightedDifferentials(derivatives, weights)


def _value(number: Any, r: Any) -> Any:
    """Return a polynomial of r at a ball."""
    total = ball(0)
    for power in range(number.degree(), -1, -1):
        coefficient = number[power]
        total = total * r + ball(Fraction(int(coefficient.p), int(coefficient.q)))
    return total


def _norm(vector: Vector) -> float:
    squares = sum((entry * entry for entry in vector.entries), start=ball(0))
    return float(squares.sqrt().mid()) if squares.mid() > 0 else 0.0
