"""Heavy ball in its velocity form: p ← μ p − η ∇L(β), β ← β + p.

`update_step` is what libraries make of it under a schedule, see `reference.schedule`.

Source: paper 000, Eq. 2.
"""

from __future__ import annotations

from reference.state import Coefficients, Gradient, State

__all__ = ["init", "step", "update_step"]


def init(start: State, coefficients: Coefficients) -> State:
    """Return the start (β0, p0) itself."""
    return start


def step(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Return (β + p₊, p₊) with p₊ = μ p − η ∇L(β)."""
    eta, mu = coefficients
    momentum = mu * state.momentum - eta * gradient(state.position)
    return State(state.position + momentum, momentum)


def update_step(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Return (β + η q₊, q₊) with q₊ = μ q − ∇L(β): the step size outside the momentum q = −b."""
    eta, mu = coefficients
    momentum = mu * state.momentum - gradient(state.position)
    return State(state.position + eta * momentum, momentum)
