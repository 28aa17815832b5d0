"""The stationary HB flow of order 2 or 3 on a diagonal network, integrated with ε_j and φ_j of paper 002, Eq. 76 and 83.

    w_±' = −c ∇L − ηγ_±,   γ = b ∇²L∇L + η [z₁ ω₁ + z₂ ω₂],   c = 1/(1 − μ),  b = (1 + μ)/(2(1 − μ)³),
    ω₁ = ∇²L∇²L∇L,  ω₂ = ∇³L(∇L, ∇L) + ω₁,  z₁ = (1 + μ)²/(4(1 − μ)⁵),  z₂ = (1 + 10μ + μ²)/(12(1 − μ)⁵),

    (ηε)' = ηγ_+/w_+ + ηγ_−/w_−,   φ' = ¼(ηγ_+/w_+ − ηγ_−/w_−).

Gragg's modified midpoint rule with Richardson extrapolation (Bulirsch and Stoer), in Arb's midpoints: nothing of the
reference's Taylor enclosures or trees, so that the two can confirm each other.

Source: paper 002, Thm 2.1, Eq. 17, 70 and Lemmas B.1, B.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import arb

from oracle.claims.claim import Setting
from oracle.claims.paper_002.shared_diagonal_field import Diagonal, Network, Pair
from reference.balls import ball, ball_precision

__all__ = ["LATE", "Ended", "counter_terms", "followed", "rational", "weights"]

BITS, COLUMNS = 128, 8
STRIDE = Fraction(1, 8)
LATE = Fraction(8)  # by then the residual of the networks here is below 10⁻⁹, and 10⁻¹⁵ with momentum
Row = list[Any]


@dataclass(frozen=True)
class Ended:
    """Where a flow is at a time, as rationals of many digits, shape (d,) each.

    Parameters
    ----------
    plus, minus : tuple of Fraction
        w_±.
    decay : tuple of Fraction
        ηε_j.
    tilt : tuple of Fraction
        φ_j.
    """

    plus: tuple[Fraction, ...]
    minus: tuple[Fraction, ...]
    decay: tuple[Fraction, ...]
    tilt: tuple[Fraction, ...]

    def predictor(self) -> tuple[Fraction, ...]:
        """Return w = w₊² − w₋²."""
        return tuple(p * p - m * m for p, m in zip(self.plus, self.minus, strict=True))

    def kappa(self) -> tuple[Fraction, ...]:
        """Return κ = w₊w₋."""
        return tuple(p * m for p, m in zip(self.plus, self.minus, strict=True))


def weights(momentum: Fraction) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Return c, b, z₁ and z₂."""
    left = 1 - momentum
    return (
        1 / left,
        (1 + momentum) / (2 * left**3),
        (1 + momentum) ** 2 / (4 * left**5),
        (1 + 10 * momentum + momentum**2) / (12 * left**5),
    )


def counter_terms(
    field: Diagonal, at: Pair, eta: Any, numbers: tuple[Any, ...], dropped: bool = False
) -> Pair:
    """Return ηγ_± at a position.

    Parameters
    ----------
    field : Diagonal
    at : Pair
    eta : number
    numbers : tuple
        c, b, and z₁, z₂ where the third order is wanted.
    dropped : bool
        Leave out the blocks between w₊ and w₋, as paper 002, Eq. 98 to 104, does; order 2 alone.
    """
    gradient = field.gradient(at)
    if dropped:
        return field.blocks_times(at, gradient).scaled(eta * numbers[1])
    turned = field.hessian_times(at, gradient)
    gamma = turned.scaled(eta * numbers[1])
    if len(numbers) == 4:
        twice = field.hessian_times(at, turned)
        curved = field.third_times(at, gradient) + twice
        gamma = gamma + (twice.scaled(numbers[2]) + curved.scaled(numbers[3])).scaled(eta * eta)
    return gamma


@lru_cache(maxsize=256)
def followed(
    network: Network,
    step_size: Fraction,
    time: Fraction,
    setting: Setting,
    order: int = 2,
    variant: str = "plain",
) -> Ended:
    """Return where the flow from w₊(0) = w₋(0) is at a time.

    Parameters
    ----------
    network : Network
    step_size, time : Fraction
    setting : Setting
        Doubled precision doubles the bits and the columns of the extrapolation.
    order : int
        2 or 3.
    variant : str
        ``plain``; ``shifted`` starts at β0 + ημ/(1 − μ)² ∇L, from where the flow meets heavy ball after the transient;
        ``dropped`` does so with the blocks of the Hessian left out.
    """
    with ball_precision(setting.bits(BITS)):
        field = Diagonal(
            [[ball(a) for a in row] for row in network.gram()], [ball(b) for b in network.target()]
        )
        factors = tuple(ball(x) for x in weights(network.momentum)[: 4 if order == 3 else 2])
        eta, d = ball(step_size), len(network.start)
        right = _right_hand_side(field, eta, factors, variant == "dropped")
        at = Pair([ball(w) for w in network.start], [ball(w) for w in network.start])
        if variant != "plain":
            at = at + field.gradient(at).scaled(eta * ball(network.momentum) * factors[0] ** 2)
        state = [*at.plus, *at.minus, *([arb(0)] * (2 * d))]
        strides = -(-time // STRIDE)
        for _ in range(strides):
            state = _stride(right, state, ball(time / strides), COLUMNS * setting.precision)
        parts = [tuple(rational(x) for x in state[i * d : (i + 1) * d]) for i in range(4)]
    return Ended(*parts)


def rational(value: arb) -> Fraction:
    """Return a ball's midpoint exactly."""
    mantissa, exponent = value.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _right_hand_side(
    field: Diagonal, eta: Any, factors: tuple[Any, ...], dropped: bool
) -> Callable[[Row], Row]:
    """Return the derivative of (w₊, w₋, ηε, φ)."""
    d = len(field.target)

    def right(state: Row) -> Row:
        at = Pair(state[:d], state[d : 2 * d])
        gamma, gradient = counter_terms(field, at, eta, factors, dropped), field.gradient(at)
        plus = [g / w for g, w in zip(gamma.plus, at.plus, strict=True)]
        minus = [g / w for g, w in zip(gamma.minus, at.minus, strict=True)]
        moved = gradient.scaled(factors[0]) + gamma
        decay = [a + b for a, b in zip(plus, minus, strict=True)]
        tilt = [(a - b) / 4 for a, b in zip(plus, minus, strict=True)]
        return [*(-x for x in moved.plus), *(-x for x in moved.minus), *decay, *tilt]

    return right


def _stride(right: Callable[[Row], Row], state: Row, length: Any, columns: int) -> Row:
    """Return the state one stride later, extrapolated from 2, 4, …, 2·columns midpoint steps."""
    slope = right(state)
    table: list[Row] = []
    for k in range(1, columns + 1):
        new = _midpoint(right, state, slope, length, 2 * k)
        for j in range(1, k):
            ratio = Fraction(k, k - j) ** 2 - 1
            weight = ball(1 / ratio)
            new, table[j - 1] = [a + (a - b) * weight for a, b in zip(new, table[j - 1], strict=True)], new
        table.append(new)
    return [x.mid() for x in table[-1]]


def _midpoint(right: Callable[[Row], Row], state: Row, slope: Row, length: Any, steps: int) -> Row:
    """Return Gragg's smoothed modified midpoint rule."""
    h = length / steps
    before, here = state, [(x + h * s).mid() for x, s in zip(state, slope, strict=True)]
    for _ in range(steps - 1):
        after = [(b + 2 * h * s).mid() for b, s in zip(before, right(here), strict=True)]
        before, here = here, after
    last = right(here)
    return [((a + b + h * s) / 2).mid() for a, b, s in zip(here, before, last, strict=True)]
