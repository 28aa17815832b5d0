"""Gradient descent: β ← β − η ∇L(β)."""

from __future__ import annotations

from reference.state import Coefficients, Gradient, State

__all__ = ["init", "step"]


def init(start: State, coefficients: Coefficients) -> State:
    """Return the start itself; the momentum is carried along unused and is zero."""
    return start


def step(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Return β − η ∇L(β), with the step just made in the place of the momentum; η may be that of a schedule."""
    move = -(coefficients.step_size * gradient(state.position))
    return State(state.position + move, move)
