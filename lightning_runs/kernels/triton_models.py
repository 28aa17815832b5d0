"""A step's arithmetic, entry by entry: what `eager` writes for torch, written for Triton; same mathematics.

For a model of one parameter the second pair of arguments is the first again, and nobody reads what comes
of it.  No function here calls another, so that `triton_language.in_gluon` can compile each as Gluon too.
"""
# mypy: disable-error-code="no-untyped-def, untyped-decorator"
# arguments are tensors and constants of Triton's own types, and a branch on a constant is no expression:
# ruff: noqa: ANN001, ANN201, SIM108

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["downs_of", "moved", "point_of", "pushed", "theta_of"]


@triton.jit
def point_of(w, p, m, method: tl.constexpr, update: tl.constexpr):
    """Return where the gradient is asked: w, or w + μ p for `nesterov`."""
    at = w.to(update)
    if method == "nesterov":
        at = at + m * p.to(update)
    return at


@triton.jit
def theta_of(w0, w1, model: tl.constexpr):
    """Return θ of the parameters."""
    if model == "diagonal":
        theta = w0 * w0 - w1 * w1
    elif model == "linear":
        theta = w0
    else:
        theta = w0 * w1
    return theta


@triton.jit
def downs_of(w0, w1, g, model: tl.constexpr):
    """Return η times each parameter's gradient, from η g with the model's constant in it."""
    down0, down1 = g, g
    if model == "diagonal":
        down0, down1 = w0 * g, -(w1 * g)
    elif model != "linear":
        down0, down1 = w1 * g, w0 * g
    return down0, down1


@triton.jit
def pushed(p, down, m):
    """Return the momentum p₊ = μ p − η g."""
    return m * p.to(down.dtype) - down


@triton.jit
def moved(w, p, down, m, method: tl.constexpr):
    """Return the parameter after the step, from p₊ as it is held: what a judge sees is what was added."""
    w, p = w.to(down.dtype), p.to(down.dtype)
    if method == "nesterov_lookahead":
        w = w + m * p - down
    else:
        w = w + p
    return w
