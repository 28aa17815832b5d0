"""What the theory of implicit bias predicts for a limit, as the two inputs of one minimisation.

Every theory here says: the limit is the interpolating θ that minimises Q_ξ(θ) + θᵀ·linear.  With the
factors w± of the network (u, v of θ = u⊙u − v⊙v; u ± v of θ = u⊙v) the entropy's slope at a
position is ¼ ln|w₊/w₋| and its scale ξ = |w₊w₋|/κ, κ = 1 or 4, so that ¼ asinh(θ/2ξ) = ¼ ln|w₊/w₋|.

* gradient flow keeps w₊w₋, and moves the slope by a multiple of Xᵀ(…): ξ = ξ0, linear = −¼ ln|w₊/w₋|_0,
  exactly.
* α w'' + w' ± s c g w = 0 (`reference.flows.integrals`), z0 = w'0/w0: exactly

      ξ = ξ0 exp(−(I₊ + I₋) + α(z₊ + z₋)_0),   linear = −¼ [ln|w₊/w₋|_0 − (I₊ − I₋) + α(z₊ − z₋)_0].

* the discrete methods (`reference.bias_identities`): ξ = Δ∞/4 and linear = −¼ asinh(θ̃0/2ξ), exactly.
* neglecting O(η²): ξ = ξ0 exp(−αφ), α that of the method's second-order flow, φ = 8c² ∫ g² (a quarter of it for
  u⊙v), and the slope of the start.

Paper 000 prints R^GF and R^M with the opposite sign of arcsinh(θ0/2ξ): its minimisers miss the limits by O(1) from a
biased start.  R^M also holds the initial gradient, as a velocity −c∇L at the start would put there (a start at rest
would not); but ∂_θ L(θ0) = 2f Xᵀr0 lies in the row space of X, where a linear term is constant on Xθ = y, so to first
order it moves no minimiser.  In the unbiased case (Sec. 3.2) the printed R^M lacks its ¼ as well.  The tests are in
`tests/reference/test_links.py`.

Source: paper 000, Prop. 2, Thm 3; paper 003, Sec. 4 and 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mpmath import mp, mpf

from reference.case import Case, Flow, FlowCase, Method
from reference.flows.systems import gradient_factor, second_order, start_blocks
from reference.models import MODELS
from reference.mpmath_arithmetic import mpmath_precision, nearest_mpf

__all__ = [
    "Prediction",
    "exact_discrete_prediction",
    "exact_flow_prediction",
    "first_order_prediction",
    "gradient_flow_prediction",
    "printed_momentum_prediction",
    "printed_start_prediction",
]

BITS = 256
SCALE = {"diagonal": 1, "hadamard": 4}  # κ
Numbers = Sequence[Fraction]


@dataclass(frozen=True)
class Prediction:
    """The inputs of the minimisation, shape (d,) each.

    Parameters
    ----------
    xi, linear : tuple of Fraction
        To `BITS` bits where they are no rationals.
    """

    xi: tuple[Fraction, ...]
    linear: tuple[Fraction, ...]


def gradient_flow_prediction(case: Case | FlowCase) -> Prediction:
    """Return what gradient flow from the case's start minimises: exact.

    Source: paper 000, Prop. 2, with the sign of R^GF corrected.
    """
    return _prediction(case, [Fraction(0)] * _size(case), [Fraction(0)] * _size(case))


def exact_flow_prediction(case: FlowCase, turning: tuple[Numbers, Numbers]) -> Prediction:
    """Return what a second-order flow minimises, from its own I₊ and I₋ to the limit: exact.

    Parameters
    ----------
    case : FlowCase
        A momentum flow or an MGF of a two-factor network.
    turning : pair of sequences of d rationals
        I₊, I₋.
    """
    inertia = second_order(case.flow).inertia
    (w_plus, w_minus), (v_plus, v_minus) = (_factors(case, block) for block in start_blocks(case))
    plus = [inertia * v / w for v, w in zip(v_plus, w_plus, strict=True)]
    minus = [inertia * v / w for v, w in zip(v_minus, w_minus, strict=True)]
    total = [a + b - c - d for a, b, c, d in zip(plus, minus, *turning, strict=True)]
    difference = [a - b - c + d for a, b, c, d in zip(plus, minus, *turning, strict=True)]
    return _prediction(case, total, difference)


def exact_discrete_prediction(balancedness: Numbers, perturbed_start: Numbers) -> Prediction:
    """Return what a discrete method minimises, from its own Δ∞ and θ̃0: exact.

    Source: paper 003, Sec. 6.
    """
    with mpmath_precision(BITS):
        xi = [value / 4 for value in balancedness]
        slopes = [
            mp.asinh(nearest_mpf(t) / (2 * nearest_mpf(x))) / 4
            for t, x in zip(perturbed_start, xi, strict=True)
        ]
        return Prediction(tuple(xi), tuple(-_fraction(slope) for slope in slopes))


def first_order_prediction(case: Case | FlowCase, phi: Numbers) -> Prediction:
    """Return the prediction that neglects O(η²), from φ to the limit.

    Parameters
    ----------
    case : Case or FlowCase
        From rest, or with the velocity −c∇L, which adds to `linear` what lies in the row space of X.
    phi : sequence of d rationals

    Source: paper 000, Thm 3, with the sign of R^M corrected and its gradient term left out.
    """
    alpha, _ = _inertia_and_factor(case)
    total = [-alpha * value / SCALE[case.model] for value in phi]
    return _prediction(case, total, [Fraction(0)] * len(total))


def printed_start_prediction(case: Case | FlowCase) -> Prediction:
    """Return paper 000's Prop. 2 as printed: + R^GF instead of −."""
    right = gradient_flow_prediction(case)
    return Prediction(right.xi, tuple(-value for value in right.linear))


def printed_momentum_prediction(case: Case | FlowCase, phi: Numbers, slope: Numbers) -> Prediction:
    """Return paper 000's Thm 3 as printed, Eq. 9: + R^M with the initial gradient in it, for θ = u⊙u − v⊙v.

    Parameters
    ----------
    phi, slope : sequence of d rationals
        φ(∞) and ∂_θ L(θ(0)).
    """
    alpha, factor = _inertia_and_factor(case)
    start = gradient_flow_prediction(case)
    with mpmath_precision(BITS):
        xi = [
            nearest_mpf(x) * mp.exp(-nearest_mpf(alpha) * nearest_mpf(p))
            for x, p in zip(start.xi, phi, strict=True)
        ]
        linear = []
        for x, s, g in zip(start.xi, start.linear, slope, strict=True):
            ratio = mp.sinh(-4 * nearest_mpf(s))  # θ(0)/2ξ
            shifted = ratio + 4 * nearest_mpf(alpha * factor) * nearest_mpf(g) * mp.sqrt(1 + ratio**2)
            linear.append(mp.asinh(shifted) / 4)
            assert x > 0
        return Prediction(tuple(map(_fraction, xi)), tuple(map(_fraction, linear)))


def _prediction(case: Case | FlowCase, total: Numbers, difference: Numbers) -> Prediction:
    """Return ξ0 e^total and −¼(ln|w₊/w₋|_0 + difference)."""
    plus, minus = _factors(case, _start(case))
    with mpmath_precision(BITS):
        xi = [
            abs(nearest_mpf(a * b)) / SCALE[case.model] * mp.exp(nearest_mpf(t))
            for a, b, t in zip(plus, minus, total, strict=True)
        ]
        linear = [
            -(mp.log(abs(nearest_mpf(a / b))) + nearest_mpf(x)) / 4
            for a, b, x in zip(plus, minus, difference, strict=True)
        ]
        return Prediction(tuple(map(_fraction, xi)), tuple(map(_fraction, linear)))


def _inertia_and_factor(case: Case | FlowCase) -> tuple[Fraction, Fraction]:
    """Return α and c of the second-order flow that goes with a case."""
    if isinstance(case, FlowCase):
        return second_order(case.flow).inertia, gradient_factor(case.flow)
    method: Method = case.method
    of = "nesterov" if method.name.startswith("nesterov") else "heavy_ball"
    flow = Flow("momentum_flow", method.step_size, method.momentum, of=of)
    return second_order(flow).inertia, gradient_factor(flow)


def _start(case: Case | FlowCase) -> list[Fraction]:
    return [entry for name in MODELS[case.model].names for entry in case.init[name]]


def _factors(case: Case | FlowCase, block: Sequence[Fraction]) -> tuple[list[Fraction], list[Fraction]]:
    """Return w₊ and w₋ of a position, or their derivatives of a velocity."""
    size = len(block) // 2
    u, v = list(block[:size]), list(block[size:])
    if case.model == "diagonal":
        return u, v
    return [a + b for a, b in zip(u, v, strict=True)], [a - b for a, b in zip(u, v, strict=True)]


def _size(case: Case | FlowCase) -> int:
    return len(_start(case)) // 2


def _fraction(value: mpf) -> Fraction:
    """Return an mpf exactly."""
    mantissa, exponent = mp.frexp(value)
    scaled = int(mp.ldexp(mantissa, BITS))
    return Fraction(scaled) * Fraction(2) ** (int(exponent) - BITS)
