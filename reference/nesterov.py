"""Nesterov's method, and the look-ahead sequence that libraries hold in its place.

Source: paper 000, Eq. 3 (Sutskever's form).
"""

from __future__ import annotations

from reference.state import Coefficients, Gradient, State

__all__ = ["init", "lookahead_init", "lookahead_step", "lookahead_update_step", "step"]


def init(start: State, coefficients: Coefficients) -> State:
    """Return the start (β0, p0) itself."""
    return start


def step(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Return (β + p₊, p₊) with p₊ = μ p − η ∇L(β + μ p)."""
    eta, mu = coefficients
    momentum = mu * state.momentum - eta * gradient(state.position + mu * state.momentum)
    return State(state.position + momentum, momentum)


def lookahead_init(start: State, coefficients: Coefficients) -> State:
    """Return (y0, p0) with y0 = β0 + μ p0."""
    return State(start.position + coefficients.momentum * start.momentum, start.momentum)


def lookahead_step(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Return (y₊, p₊) of the sequence y = β + μ p.

    With p₊ = μ p − η ∇L(y) one has y₊ = β + p₊ + μ p₊ = y + μ p₊ − η ∇L(y), since
    β + p₊ = y − μ p + p₊ = y − η ∇L(y).
    """
    eta, mu = coefficients
    descent = eta * gradient(state.position)
    momentum = mu * state.momentum - descent
    return State(state.position + mu * momentum - descent, momentum)


def lookahead_update_step(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Return (y + η (μ q₊ − ∇L(y)), q₊) with q₊ = μ q − ∇L(y): torch's SGD(nesterov=True), q = −b.

    The step size is outside the momentum, see `reference.schedule`.
    """
    eta, mu = coefficients
    slope = gradient(state.position)
    momentum = mu * state.momentum - slope
    return State(state.position + eta * (mu * momentum - slope), momentum)
