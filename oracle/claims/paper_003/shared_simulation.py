"""MGF on θ = u⊙v by Runge and Kutta's rule in floats: for searches, and as a second method beside the enclosures.

In w± = u ± v the flow is λw±'' + w±' ± g w± = 0, θ = ¼(w₊² − w₋²), and ∫ (w±'/w±)² dt is carried along as one more
variable, so that it shares no formula with `reference.flows.integrals`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from oracle.claims.paper_003.shared_networks import Network

__all__ = ["Simulated", "simulate"]

Array = NDArray[np.float64]
STILL = 1e-12  # residuals and velocities below which a run is over
LATEST = 400.0
STEP = 1 / 50  # of the smaller of 1 and λ


@dataclass(frozen=True)
class Simulated:
    """What a run in floats left.

    Parameters
    ----------
    theta, signed_balancedness : array, shape (d,)
        At the end.
    turning : array, shape (2d,)
        ∫ (w'/w)² dt, w₊ first.
    crossed : bool
        Whether a w± changed its sign on the way.
    settled : bool
    """

    theta: Array
    signed_balancedness: Array
    turning: Array
    crossed: bool
    settled: bool


def simulate(network: Network, inertia: Fraction, *, part: float = STEP) -> Simulated:
    """Return where MGF(λ) from rest ends.

    Parameters
    ----------
    network : Network
    inertia : Fraction
        λ > 0.
    part : float
        The step, as a part of the smaller of 1 and λ.
    """
    slope = _slope(network, float(inertia))
    weights = np.array([[float(x) for x in weight] for weight in network.weights()]).ravel()
    state = np.concatenate([weights, np.zeros(2 * len(weights))])
    size, step = len(weights), part * min(1.0, float(inertia))
    crossed, settled, time = False, False, 0.0
    while time < LATEST and not settled:
        state = _runge_kutta(slope, state, step)
        time += step
        crossed = crossed or bool(np.any(state[:size] * weights <= 0))
        settled = bool(np.abs(slope(state)[: 2 * size]).max() < STILL)
    plus, minus = np.split(state[:size], 2)
    return Simulated((plus**2 - minus**2) / 4, plus * minus, state[2 * size :], crossed, settled)


def _slope(network: Network, inertia: float) -> Callable[[Array], Array]:
    """Return the right hand side for (w₊, w₋, w₊', w₋', ∫z₊², ∫z₋²)."""
    X = np.array([[float(x) for x in line] for line in network.problem.X])
    y = np.array([float(t) for t in network.problem.y])
    gram, moment = X.T @ X / len(y), X.T @ y / len(y)

    def slope(state: Array) -> Array:
        weights, velocity, _ = np.split(state, 3)
        plus, minus = np.split(weights, 2)
        g = gram @ ((plus**2 - minus**2) / 4) - moment
        force = np.concatenate([g * plus, -g * minus])
        return np.concatenate([velocity, -(velocity + force) / inertia, (velocity / weights) ** 2])

    return slope


def _runge_kutta(slope: Callable[[Array], Array], state: Array, step: float) -> Array:
    """Return the state after one step of the classical rule."""
    first = slope(state)
    second = slope(state + step / 2 * first)
    third = slope(state + step / 2 * second)
    fourth = slope(state + step * third)
    return np.asarray(state + step / 6 * (first + 2 * second + 2 * third + fourth))
