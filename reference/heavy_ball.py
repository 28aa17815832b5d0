"""Heavy ball in its velocity form: p ← μ p − η ∇L(β), β ← β + p.

Source: paper 000, Eq. 2.
"""

from __future__ import annotations

from reference.state import Coefficients, Gradient, State

__all__ = ["init", "step"]


def init(start: State, coefficients: Coefficients) -> State:
    """Return the start (β0, p0) itself."""
    return start


def step(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Return (β + p₊, p₊) with p₊ = μ p − η ∇L(β)."""
    eta, mu = coefficients
    momentum = mu * state.momentum - eta * gradient(state.position)
    return State(state.position + momentum, momentum)
