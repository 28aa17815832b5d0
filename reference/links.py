"""The limit of a method or a flow against the minimisers that theory predicts, and the power of η between them.

Limits, integrals and minimisers are certified, so a mismatch is a number that means something down to
the asked digits; on a ladder of step sizes its slope is the order that the theory neglects.

Source: paper 000, Prop. 2, Thm 3; paper 003, Sec. 4 and 6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import sqrt

from reference.case import Case, FlowCase, Regression
from reference.certified import Certified
from reference.discrete_integrals import certified_integrals
from reference.discrete_limit import certified_limit
from reference.flows.integrals import certified_flow_integrals
from reference.flows.limit import certified_flow_limit
from reference.flows.systems import FIRST_ORDER
from reference.kkt import certified_minimiser
from reference.observed_order import OrderEstimate, estimate_order
from reference.predictions import (
    Prediction,
    exact_discrete_prediction,
    exact_flow_prediction,
    first_order_prediction,
    gradient_flow_prediction,
)

__all__ = ["Ladder", "Link", "ladder", "link"]

DIGITS = 24


@dataclass(frozen=True)
class Link:
    """One limit and how far from it each predicted minimiser lies.

    Parameters
    ----------
    limit : tuple of Fraction, shape (d,)
        θ(∞), to about `DIGITS` digits.
    minimisers : dict of theory to tuple of Fraction
        ``gradient flow``, ``first order`` and ``exact``, those that apply.
    mismatch : dict of theory to float
        |θ(∞) − minimiser|₂.
    """

    limit: tuple[Fraction, ...]
    minimisers: dict[str, tuple[Fraction, ...]]
    mismatch: dict[str, float]


@dataclass(frozen=True)
class Ladder:
    """The mismatches over step sizes, with the power of η that they fall like.

    Parameters
    ----------
    step_sizes : tuple of Fraction
    links : tuple of Link
    powers : dict of theory to OrderEstimate
        Of the theories that are not exact.
    """

    step_sizes: tuple[Fraction, ...]
    links: tuple[Link, ...]
    powers: dict[str, OrderEstimate]


def link(case: Case | FlowCase, digits: int = DIGITS) -> Link:
    """Return the limit of a case beside every minimiser that a theory predicts for it.

    Parameters
    ----------
    case : Case or FlowCase
        Of a regression on θ = u⊙u − v⊙v or u⊙v, with no factor w± zero at the start; momentum flows and methods
        from rest, or with the slow manifold's velocity.
    digits : int

    Raises
    ------
    reference.kkt.KktError, reference.flows.errors.UnsettledFlowError, reference.settled_run.UnsettledRunError
    """
    problem = case.problem
    assert isinstance(problem, Regression)
    limit = _row(_limit(case, digits), "theta")
    minimisers = {
        theory: _row(certified_minimiser(problem, p.xi, p.linear, digits, cross_check=False), "theta")
        for theory, p in _predictions(case, digits).items()
    }
    mismatch = {theory: _distance(limit, found) for theory, found in minimisers.items()}
    return Link(limit, minimisers, mismatch)


def ladder(
    case_of: Callable[[Fraction], Case | FlowCase], step_sizes: Sequence[Fraction], digits: int = DIGITS
) -> Ladder:
    """Return the links over a halving ladder of step sizes, and the observed powers.

    Parameters
    ----------
    case_of : callable
        From a step size to the case.
    step_sizes : sequence of Fraction, at least three
        Each half of the one before.
    """
    if len(step_sizes) < 3 or any(2 * b != a for a, b in pairwise(step_sizes)):
        raise ValueError("`step_sizes` must be at least three, each half of the one before")
    links = [link(case_of(step_size), digits) for step_size in step_sizes]
    powers = {
        theory: estimate_order([found.mismatch[theory] for found in links])
        for theory in links[0].mismatch
        if theory != "exact"
    }
    return Ladder(tuple(step_sizes), tuple(links), powers)


def _limit(case: Case | FlowCase, digits: int) -> Certified:
    if isinstance(case, FlowCase):
        return certified_flow_limit(case, digits)
    return certified_limit(case, digits, cross_check=False)


def _predictions(case: Case | FlowCase, digits: int) -> dict[str, Prediction]:
    """Return every prediction that applies to a case."""
    start = gradient_flow_prediction(case)
    if isinstance(case, FlowCase) and case.flow.name in FIRST_ORDER:
        return {"exact": start}
    if isinstance(case, FlowCase):
        found = certified_flow_integrals(case, None, digits)
        exact = exact_flow_prediction(case, (_row(found, "I_plus"), _row(found, "I_minus")))
        first = first_order_prediction(case, _row(found, "phi"))
    else:
        found = certified_integrals(case, None, digits, cross_check=False)
        exact = exact_discrete_prediction(_row(found, "balancedness"), _row(found, "perturbed_start"))
        first = first_order_prediction(case, _row(found, "phi"))
    return {"gradient flow": start, "first order": first, "exact": exact}


def _row(found: Certified, name: str) -> tuple[Fraction, ...]:
    """Return one array's only row as rationals."""
    row = found.arrays[name].rows[0]
    return tuple(Fraction(integer) / Fraction(10) ** row.places for integer in row.integers)


def _distance(left: Sequence[Fraction], right: Sequence[Fraction]) -> float:
    return sqrt(sum(float(a - b) ** 2 for a, b in zip(left, right, strict=True)))
