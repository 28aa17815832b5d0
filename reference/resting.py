"""Coordinates that never leave zero, so that their enclosures may be exactly zero.

A gradient that is a multiple of the coordinate itself cannot move it off zero.  For
θ = u⊙u − v⊙v each of u_j and v_j is such a coordinate, since ∇_u L = 2u⊙g; for θ = u⊙v only the
pair is, since ∇_u L = v⊙g; for θ = β a coordinate whose column of X is zero has no gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from reference.case import Case, Regression
from reference.models import MODELS

__all__ = ["resting_coordinates"]


def resting_coordinates(case: Case) -> frozenset[int]:
    """Return the indices, over the joined parameters, whose coordinate is zero at every step.

    Parameters
    ----------
    case : Case
        Its problem is a `Regression`.
    """
    problem = case.problem
    assert isinstance(problem, Regression)
    names = MODELS[case.model].names
    still = [_starts_at_rest(case.init[name], case.method.p0.get(name)) for name in names]
    if case.model in ("hadamard", "scalar_product"):
        both = [u and v for u, v in zip(*still, strict=True)]
        still = [both, both]
    elif case.model == "linear":
        unseen = [not any(column) for column in zip(*problem.X, strict=True)]
        still = [[rest and blind for rest, blind in zip(still[0], unseen, strict=True)]]
    flags = [rest for parameter in still for rest in parameter]
    return frozenset(index for index, rest in enumerate(flags) if rest)


def _starts_at_rest(values: Sequence[Fraction], momenta: Sequence[Fraction] | None) -> list[bool]:
    """Tell which coordinates start at zero without momentum."""
    moving = momenta or (Fraction(0),) * len(values)
    return [value == 0 and momentum == 0 for value, momentum in zip(values, moving, strict=True)]
