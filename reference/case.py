"""The exact statement of what is computed: a problem, a model, a start and a method.

Everything here is an exact rational, already rounded to whatever format the candidate sees.
A `Case` holds no arithmetic; the recurrences give it meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

__all__ = ["Case", "Flow", "FlowCase", "Method", "Polynomial", "Regression", "Term", "batches_of"]


@dataclass(frozen=True)
class Regression:
    """Data of a regression: rows of X, targets y, and the scaling of the squared residuals.

    The 2-d problem f = a1·a2·x with loss ½(y − a1·a2·x)² is the regression X = [[x]], y = [y]
    with loss `half_sum_square`.

    Parameters
    ----------
    X : tuple of n rows, each a tuple of d rationals
    y : tuple of n rationals
    loss : str
        A name in `reference.losses.LOSSES`.
    """

    X: tuple[tuple[Fraction, ...], ...]
    y: tuple[Fraction, ...]
    loss: str


@dataclass(frozen=True)
class Term:
    """One monomial of a polynomial loss: coefficient · Π b_i^{powers_i}."""

    coefficient: Fraction
    powers: tuple[int, ...]


@dataclass(frozen=True)
class Polynomial:
    """A loss that is itself a polynomial of the parameter b, shape (d,)."""

    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Method:
    """A discrete method with its exact coefficients.

    Parameters
    ----------
    name : str
        A name in `reference.methods.METHODS`.
    step_size, momentum : Fraction
        η > 0 and 0 ≤ μ < 1.
    p0 : mapping of parameter name to coordinates
        Initial momentum; parameters left out start from zero.
    batches : tuple of tuples of sample indices
        Used cyclically, step k takes batch k mod len(batches); empty means every sample.
    step_sizes : tuple of Fraction
        A schedule: η_k itself of step k, used cyclically in the place of `step_size`; empty means none.
    scales : str
        What a step size scales, ``gradient`` or ``update``: see `reference.schedule`.
    """

    name: str
    step_size: Fraction
    momentum: Fraction = Fraction(0)
    p0: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)
    batches: tuple[tuple[int, ...], ...] = ()
    step_sizes: tuple[Fraction, ...] = ()
    scales: str = "gradient"


@dataclass(frozen=True)
class Case:
    """One trajectory: which problem, which parameterisation, from where, by which method.

    Parameters
    ----------
    problem : Regression or Polynomial
    model : str
        A name in `reference.models.MODELS`.
    init : mapping of parameter name to coordinates, each shape (d,)
    method : Method
    """

    problem: Regression | Polynomial
    model: str
    init: Mapping[str, tuple[Fraction, ...]]
    method: Method


@dataclass(frozen=True)
class Flow:
    """A continuous flow with its exact coefficients; fields that its name does not use keep their defaults.

    Parameters
    ----------
    name : str
        ``gradient_flow``, ``rescaled_gradient_flow``, ``momentum_flow``, ``mgf``, ``hb_flow`` or ``gd_flow``.
    step_size, momentum : Fraction
        η > 0 and 0 ≤ μ < 1 of the discrete method that the flow follows.
    inertia : Fraction
        λ > 0 of ``mgf``.
    of : str
        ``heavy_ball`` or ``nesterov``: whose α a ``momentum_flow`` has.
    initial_velocity : str or mapping of parameter name to coordinates
        ``zero``, ``slow_manifold`` or β'(0) itself; of the second-order flows.
    order : int
        Powers of η that ``hb_flow`` and ``gd_flow`` keep, at least 1.
    variant : str
        ``piecewise`` or ``stationary`` ``hb_flow``.
    start : str
        ``plain`` or ``shifted`` start of a stationary ``hb_flow``.
    batches : tuple of tuples of sample indices
        Of a piecewise ``hb_flow``: used cyclically, the interval [kη, (k+1)η) takes batch k mod len(batches).
    """

    name: str
    step_size: Fraction = Fraction(0)
    momentum: Fraction = Fraction(0)
    inertia: Fraction = Fraction(0)
    of: str = "heavy_ball"
    initial_velocity: str | Mapping[str, tuple[Fraction, ...]] = "zero"
    order: int = 1
    variant: str = "stationary"
    start: str = "plain"
    batches: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class FlowCase:
    """One trajectory of a flow: which problem, which parameterisation, from where, by which flow.

    Parameters
    ----------
    problem : Regression or Polynomial
    model : str
        A name in `reference.models.MODELS`.
    init : mapping of parameter name to coordinates, each shape (d,)
    flow : Flow
    """

    problem: Regression | Polynomial
    model: str
    init: Mapping[str, tuple[Fraction, ...]]
    flow: Flow


def batches_of(case: Case | FlowCase) -> tuple[tuple[int, ...], ...]:
    """Return the batch schedule of a case; empty means every sample."""
    return case.method.batches if isinstance(case, Case) else case.flow.batches
