"""The discrete methods by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reference import gradient_descent, heavy_ball, nesterov
from reference.state import Coefficients, Gradient, State

__all__ = ["METHODS", "DiscreteMethod"]


@dataclass(frozen=True)
class DiscreteMethod:
    """A recurrence: `init` from the start (β0, p0), then `step` again and again."""

    init: Callable[[State, Coefficients], State]
    step: Callable[[State, Gradient, Coefficients], State]


METHODS = {
    "gradient_descent": DiscreteMethod(gradient_descent.init, gradient_descent.step),
    "heavy_ball": DiscreteMethod(heavy_ball.init, heavy_ball.step),
    "nesterov": DiscreteMethod(nesterov.init, nesterov.step),
    "nesterov_lookahead": DiscreteMethod(nesterov.lookahead_init, nesterov.lookahead_step),
}
