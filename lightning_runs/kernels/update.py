"""One step of every method on every network, written once over whatever numbers it is handed.

Torch tensors and the vectors of generated machine code both come through here.  With the parameters
w = (w₁, …), their momenta p, and s = η · 2f · Xᵀ(Xθ − y), the gradient by θ times the step size (and times
the network's constant)::

    network     θ              constant   descents
    diagonal    u⊙u − v⊙v      2          u⊙s, −v⊙s
    hadamard    u⊙v            1          v⊙s, u⊙s
    linear      β              1          s

    method               asked at      p₊          w₊
    heavy_ball           w             μ p − D     w + p₊
    nesterov             w + μ p       μ p − D     w + p₊
    nesterov_lookahead   w (= y)       μ p − D     w + μ p₊ − D

Gradient descent is heavy ball with μ = 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["NETWORKS", "Network", "asked_at", "stepped"]

Numbers = Sequence[Any]
"""One number, tensor or vector a parameter; anything with + − *."""


@dataclass(frozen=True)
class Network:
    """A diagonal linear network, or none.

    Parameters
    ----------
    theta : callable
        θ of the parameters.
    descents : callable
        Of the parameters and s, one descent a parameter.
    constant : float
        What s holds beside η · 2f.
    """

    theta: Callable[[Numbers], Any]
    descents: Callable[[Numbers, Any], Numbers]
    constant: float = 1.0


PRODUCT = Network(lambda w: w[0] * w[1], lambda w, s: (w[1] * s, w[0] * s))
NETWORKS = {
    "diagonal": Network(lambda w: w[0] * w[0] - w[1] * w[1], lambda w, s: (w[0] * s, -(w[1] * s)), 2.0),
    "hadamard": PRODUCT,
    "scalar_product": PRODUCT,
    "linear": Network(lambda w: w[0], lambda _, s: (s,)),
}


def asked_at(method: str, w: Numbers, p: Numbers, mu: Any) -> list[Any]:
    """Return where a method asks for the gradient."""
    return [a + mu * b for a, b in zip(w, p, strict=True)] if method == "nesterov" else list(w)


def stepped(method: str, w: Numbers, p: Numbers, mu: Any, descents: Numbers) -> tuple[list[Any], list[Any]]:
    """Return the parameters and momenta after a step."""
    momenta = [mu * b - down for b, down in zip(p, descents, strict=True)]
    if method == "nesterov_lookahead":
        moved = [a + mu * b - down for a, b, down in zip(w, momenta, descents, strict=True)]
    else:
        moved = [a + b for a, b in zip(w, momenta, strict=True)]
    return moved, momenta
