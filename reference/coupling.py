"""Gradient descent, heavy ball and Nesterov's method as one recurrence.

In the point y at which the gradient is taken,

    d = −η∇L(y),    p₊ = μp + d,    y₊ = y + c₁p + c₂d,

with (c₁, c₂) = (0, 1) for gradient descent, whose μ is 0, (μ, 1) for heavy ball and (μ², 1 + μ) for the
look-ahead form of Nesterov's method.

Source: paper 000, Eq. 2 and 3; `reference.nesterov` for the look-ahead form.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat

from reference.balls import ball
from reference.case import Case
from reference.lyapunov import identity
from reference.schedule import require_one_step_size

__all__ = ["Coupling", "coupling_of", "linear_part"]


@dataclass(frozen=True)
class Coupling:
    """The coefficients of the recurrence.

    Parameters
    ----------
    carried, taken : Fraction
        c₁ and c₂.
    momentum, step_size : Fraction
        μ and η.
    """

    carried: Fraction
    taken: Fraction
    momentum: Fraction
    step_size: Fraction

    def balls(self) -> tuple[Any, Any, Any, Any]:
        """Return η, c₁, c₂ and μ as balls at the precision in force."""
        return ball(self.step_size), ball(self.carried), ball(self.taken), ball(self.momentum)


def coupling_of(case: Case) -> Coupling:
    """Return the recurrence of a case; ``nesterov`` is taken in its look-ahead form.

    Raises
    ------
    ScheduledError
        If the case has a schedule of step sizes.
    """
    require_one_step_size(case, "a limit")
    eta, mu = case.method.step_size, case.method.momentum
    if case.method.name == "gradient_descent":
        return Coupling(Fraction(0), Fraction(1), Fraction(0), eta)
    if case.method.name == "heavy_ball":
        return Coupling(mu, Fraction(1), mu, eta)
    return Coupling(mu * mu, 1 + mu, mu, eta)


def linear_part(coupling: Coupling, curvature: Any) -> Any:
    """Return [[1 − c₂ηK, c₁], [−ηK, μ]], which takes a displacement and its momentum one step on.

    Parameters
    ----------
    coupling : Coupling
    curvature : arb_mat, shape (m, m)
        K: of the residuals, or the Hessian.

    Returns
    -------
    arb_mat, shape (2m, 2m)
    """
    eta, c1, c2, mu = coupling.balls()
    one, push = identity(curvature.nrows()), curvature * eta
    return _blocks([[one - push * c2, one * c1], [push * arb(-1), one * mu]])


def _blocks(blocks: list[list[Any]]) -> Any:
    """Return one matrix from rows of square blocks of one size."""
    size = blocks[0][0].nrows()
    return arb_mat(
        [[block[i, j] for block in row for j in range(size)] for row in blocks for i in range(size)]
    )
