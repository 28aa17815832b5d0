"""φ_j(∞) along the HB flow of order 2, against closed forms of first order in η."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from oracle.claims.claim import Setting
from oracle.claims.paper_002.shared_diagonal_field import Network
from oracle.claims.paper_002.shared_order_flow import LATE, followed

__all__ = ["LADDER", "front", "gram_part", "start_part", "tilt_missed"]

LADDER = tuple(Fraction(1, 40 * 2**i) for i in range(3))


def front(network: Network, eta: Fraction) -> Fraction:
    """Return η(1+μ)/(1−μ)²."""
    return eta * (1 + network.momentum) / (1 - network.momentum) ** 2


def gram_part(network: Network, eta: Fraction, factor: Fraction, setting: Setting) -> list[Fraction]:
    """Return factor·η(1+μ)/(1−μ)² XᵀXw(∞)/n with w(∞) of the flow."""
    w = followed(network, eta, LATE, setting).predictor()
    turned = [sum((a * x for a, x in zip(row, w, strict=True)), start=Fraction(0)) for row in network.gram()]
    return [factor * front(network, eta) * t for t in turned]


def start_part(network: Network, eta: Fraction, factor: Fraction) -> list[Fraction]:
    """Return factor·η(1+μ)/(1−μ)² ∂_w L(0), ∂_w L(0) = −Xᵀy/n."""
    return [-factor * front(network, eta) * b for b in network.target()]


def tilt_missed(network: Network, eta: Fraction, setting: Setting, closed: Sequence[Fraction]) -> float:
    """Return how far φ(∞) of the flow is from a closed form."""
    tilt = followed(network, eta, LATE, setting).tilt
    return max(float(abs(a - b)) for a, b in zip(tilt, closed, strict=True))
