"""The exact statement of what is computed: a problem, a model, a start and a method.

Everything here is an exact rational, already rounded to whatever format the candidate sees.
A `Case` holds no arithmetic; the recurrences give it meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

__all__ = ["Case", "Method", "Polynomial", "Regression", "Term"]


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
    """

    name: str
    step_size: Fraction
    momentum: Fraction = Fraction(0)
    p0: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)
    batches: tuple[tuple[int, ...], ...] = ()


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
