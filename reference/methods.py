"""The discrete methods by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reference import gradient_descent, heavy_ball, nesterov
from reference.state import Coefficients, Gradient, State

__all__ = ["METHODS", "DiscreteMethod", "Step"]


Step = Callable[[State, Gradient, Coefficients], State]


@dataclass(frozen=True)
class DiscreteMethod:
    """A recurrence: `init` from the start (β0, p0), then `step` again and again.

    `update_step` takes its place where the step sizes of a schedule scale the update and not the gradient
    (`reference.schedule`); None where that leaves a choice.
    """

    init: Callable[[State, Coefficients], State]
    step: Step
    update_step: Step | None = None


METHODS = {
    "gradient_descent": DiscreteMethod(gradient_descent.init, gradient_descent.step, gradient_descent.step),
    "heavy_ball": DiscreteMethod(heavy_ball.init, heavy_ball.step, heavy_ball.update_step),
    "nesterov": DiscreteMethod(nesterov.init, nesterov.step),
    "nesterov_lookahead": DiscreteMethod(
        nesterov.lookahead_init, nesterov.lookahead_step, nesterov.lookahead_update_step
    ),
}
