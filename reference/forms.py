"""Velocity, position and buffer forms of the momentum methods, and the exact maps between them.

With g the gradient at the point the method asks for (β for heavy ball, y = β + μ p for Nesterov):

==========  ======================  ===========================  ======================
form        carries                 step                         from the velocity form
==========  ======================  ===========================  ======================
velocity    (β, p)                  p₊ = μ p − η g, β₊ = β + p₊
buffer      (β, b)                  b₊ = μ b + g, β₊ = β − η b₊  b = −p/η
position    (β, β₋)                 β₊ = β + μ (β − β₋) − η g    β₋ = β − p
==========  ======================  ===========================  ======================

Why they agree: −η b₊ = μ (−η b) − η g is the velocity step of p = −η b; and p = β − β₋ holds
after every step of the velocity form, so p may be read off two positions.  Every map below is
exact in exact arithmetic; in rounded arithmetic the forms differ, hence a record names its form.

Where they part: under a schedule η_k the buffer carries gradients, not moves.  Its move
m₊ = −η_k b₊ obeys m₊ = (η_k/η_{k−1}) μ m − η_k g, so a drop of η shrinks the memory of the
buffer form at once, and that of the other two not at all.  The maps are for one constant η.
Dampening (b₊ = μ b + (1 − τ) g) belongs to none of these forms.

Source: Polyak 1964 (position form), Sutskever 2013 (velocity form), PyTorch SGD (buffer form).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from reference.state import Coefficients, Gradient, State

__all__ = [
    "BufferState",
    "LookaheadPair",
    "PositionState",
    "buffer_of_velocity",
    "heavy_ball_buffer_step",
    "heavy_ball_position_step",
    "lookahead_buffer_step",
    "lookahead_pair_of_velocity",
    "lookahead_position_step",
    "momentum_reaching",
    "nesterov_buffer_step",
    "nesterov_position_step",
    "position_of_velocity",
    "velocity_of_buffer",
    "velocity_of_lookahead",
    "velocity_of_position",
]


class BufferState(NamedTuple):
    """Position β (or the look-ahead point y) and buffer b = −p/η, vectors of one arithmetic."""

    position: Any
    buffer: Any


class PositionState(NamedTuple):
    """Position β and the one before it, β₋ = β − p, vectors of one arithmetic."""

    position: Any
    previous: Any


class LookaheadPair(NamedTuple):
    """Look-ahead point y = β + μ p and the position β it looks ahead from."""

    lookahead: Any
    position: Any


def buffer_of_velocity(state: State, coefficients: Coefficients) -> BufferState:
    """Return (β, −p/η); the same map serves the look-ahead state (y, p)."""
    return BufferState(state.position, (-1 / coefficients.step_size) * state.momentum)


def velocity_of_buffer(state: BufferState, coefficients: Coefficients) -> State:
    """Return (β, −η b), the inverse of `buffer_of_velocity`."""
    return State(state.position, -(coefficients.step_size * state.buffer))


def position_of_velocity(state: State) -> PositionState:
    """Return (β, β − p)."""
    return PositionState(state.position, state.position - state.momentum)


def velocity_of_position(state: PositionState) -> State:
    """Return (β, β − β₋), the inverse of `position_of_velocity`."""
    return State(state.position, state.position - state.previous)


def velocity_of_lookahead(state: State, coefficients: Coefficients) -> State:
    """Return (y − μ p, p), the inverse of `reference.nesterov.lookahead_init`."""
    return State(state.position - coefficients.momentum * state.momentum, state.momentum)


def lookahead_pair_of_velocity(state: State, coefficients: Coefficients) -> LookaheadPair:
    """Return (β + μ p, β)."""
    return LookaheadPair(state.position + coefficients.momentum * state.momentum, state.position)


def momentum_reaching(start: Any, first: Any, gradient: Gradient, coefficients: Coefficients) -> Any:
    """Return the p0 whose heavy-ball step takes β0 to a prescribed β1.

    From β1 = β0 + μ p0 − η ∇L(β0): p0 = (β1 − β0 + η ∇L(β0)) / μ.  So a start (β0, β1), as the
    position form takes it, is also a start (β0, p0) of the velocity form.

    Parameters
    ----------
    start, first : vectors, shape (d,)
        β0 and β1.
    gradient : callable
        β to ∇L(β), shape (d,).
    coefficients : Coefficients
        η > 0 and 0 < μ < 1.

    Raises
    ------
    ZeroDivisionError
        If μ is zero, in arithmetics that refuse to divide by it; balls return non-finite ones.
        β1 is then decided by β0 and cannot be prescribed.
    """
    eta, mu = coefficients
    return (1 / mu) * (first - start + eta * gradient(start))


def heavy_ball_buffer_step(state: BufferState, gradient: Gradient, coefficients: Coefficients) -> BufferState:
    """Return (β − η b₊, b₊) with b₊ = μ b + ∇L(β): torch's SGD without dampening."""
    eta, mu = coefficients
    buffer = mu * state.buffer + gradient(state.position)
    return BufferState(state.position - eta * buffer, buffer)


def heavy_ball_position_step(
    state: PositionState, gradient: Gradient, coefficients: Coefficients
) -> PositionState:
    """Return (β + μ (β − β₋) − η ∇L(β), β)."""
    eta, mu = coefficients
    ahead = state.position + mu * (state.position - state.previous)
    return PositionState(ahead - eta * gradient(state.position), state.position)


def nesterov_buffer_step(state: BufferState, gradient: Gradient, coefficients: Coefficients) -> BufferState:
    """Return (β − η b₊, b₊) with b₊ = μ b + ∇L(β − η μ b), for y = β + μ p and p = −η b."""
    eta, mu = coefficients
    buffer = mu * state.buffer + gradient(state.position - (eta * mu) * state.buffer)
    return BufferState(state.position - eta * buffer, buffer)


def nesterov_position_step(
    state: PositionState, gradient: Gradient, coefficients: Coefficients
) -> PositionState:
    """Return (y − η ∇L(y), β) with y = β + μ (β − β₋)."""
    eta, mu = coefficients
    lookahead = state.position + mu * (state.position - state.previous)
    return PositionState(lookahead - eta * gradient(lookahead), state.position)


def lookahead_buffer_step(state: BufferState, gradient: Gradient, coefficients: Coefficients) -> BufferState:
    """Return (y − η (∇L(y) + μ b₊), b₊) with b₊ = μ b + ∇L(y): torch's SGD(nesterov=True).

    It is the look-ahead step y₊ = y + μ p₊ − η ∇L(y) with p = −η b.
    """
    eta, mu = coefficients
    g = gradient(state.position)
    buffer = mu * state.buffer + g
    return BufferState(state.position - eta * (g + mu * buffer), buffer)


def lookahead_position_step(
    state: LookaheadPair, gradient: Gradient, coefficients: Coefficients
) -> LookaheadPair:
    """Return (β₊ + μ (β₊ − β), β₊) with β₊ = y − η ∇L(y): Nesterov's two sequences.

    Source: Nesterov 1983, with a constant μ in place of its growing one.
    """
    eta, mu = coefficients
    position = state.lookahead - eta * gradient(state.lookahead)
    return LookaheadPair(position + mu * (position - state.position), position)
