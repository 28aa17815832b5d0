"""The exact identities behind the implicit bias of the discrete methods on diagonal networks.

For θ = u⊙v put w± = u ± v, and w± = 2u, 2v for θ = u⊙u − v⊙v.  Then θ = ¼(w₊² − w₋²), and with
g = ∇_θL of whatever batch a step uses, γ = η for the first model and γ = 2η for the second,

    heavy ball   w_{k+1} = w_k ∓ γ g_k w_k + μ(w_k − w_{k−1}),
    Nesterov     w_{k+1} = (1 ∓ γ g_k) y_k,    y_k = w_k + μ(w_k − w_{k−1}),

where w_0 − w_{−1} is the initial momentum p_0.  Let r(z) = (z − 1) − ln|z|, which is positive for z > 0
except at 1.  Dividing by w_k (by y_k) and writing each ratio less one as r + ln, the logarithms telescope:

    (1 − μ) S± = Σ_{k<K} [ e_k + μ r(w_{k−1}/w_k) ],    the second term from k = 1 on,
    heavy ball   e_k = r(w_{k+1}/w_k),
    Nesterov     e_k = r(w_{k+1}/y_k) + r(y_k/w_k),

    ln|w±_K| = ln|w±_0| − S± + A± − E± ∓ γ/(1 − μ) Σ_{k<K} g_k,                                   (1)
    A± = μ p±_0 / ((1 − μ) w±_0),    E± = μ/(1 − μ) ln|w±_K/w±_{K−1}|,

for every K ≥ 1, exactly, whatever the batches and signs, as long as no w vanishes.  E± → 0 in the limit,
and gradient descent is μ = 0.  The sum and the difference of the two signs of (1) say that

    Δ_K = |w₊w₋|_K = Δ_0 exp(−(S₊ + S₋) + (A₊ + A₋) − (E₊ + E₋)),                                  (2)
    θ̃ = ¼(w₊,0² e^{2(A₊ − E₊ − S₊)} − w₋,0² e^{2(A₋ − E₋ − S₋)}),                                  (3)
    ½ asinh(2θ_K/Δ_K) − ½ asinh(2θ̃/Δ_K) = −γ/(1 − μ) Σ_{k<K} g_k ∈ row span(X).                     (4)

(4) is what makes a limit that interpolates the minimiser of D_{ψ_Δ}(·, θ̃) with ∇ψ_Δ(θ) = ½ asinh(2θ/Δ);
for θ = u⊙u − v⊙v the entropy's ξ is Δ/4.

Source: paper 003, Sec. 6, for heavy ball from rest and K → ∞, where A and E vanish; initial momentum, finite
K and Nesterov are our own.  What the paper prints is in `reference.printed_identities`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from reference.arithmetic import Vector
from reference.case import Case
from reference.models import MODELS

__all__ = [
    "BiasSums",
    "Elementary",
    "VanishingWeightError",
    "Weights",
    "balancedness",
    "excess",
    "force_scale",
    "has_weights",
    "identified_balancedness",
    "mirror_gain",
    "perturbed_start",
    "signed_weights",
]

SIGNS = ("plus", "minus")


class VanishingWeightError(ArithmeticError):
    """A coordinate of w± is zero, so that no ratio to it exists."""

    def __init__(self, sign: str, index: int, step: int) -> None:
        super().__init__(
            f"`w_{sign}[{index}]` is zero at step {step}: S± needs the ratios of successive w± = u ± v (2u, 2v for "
            "`diagonal`). Asked were the bias identities; start with |u| ≠ |v| (u, v ≠ 0 for `diagonal`), or do "
            "without them"
        )
        self.sign, self.index, self.step = sign, index, step


class Elementary(NamedTuple):
    """Functions of one arithmetic's numbers: ln|x| and e^x."""

    log_size: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    is_zero: Callable[[Any], bool]


@dataclass(frozen=True)
class Weights:
    """w₊ and w₋, vectors of shape (d,)."""

    plus: Any
    minus: Any


def excess(ratio: Any, one: Any, functions: Elementary) -> Any:
    """Return r(z) = (z − 1) − ln|z| of a number that is not zero."""
    return (ratio - one) - functions.log_size(ratio)


def signed_weights(model: str, parameters: list[Any]) -> Weights:
    """Return w± of the parameters (or of momenta, w± being linear).

    Parameters
    ----------
    model : str
        ``hadamard``, ``scalar_product`` (u ± v) or ``diagonal`` (2u and 2v).
    parameters : list of two vectors of shape (d,)

    Raises
    ------
    KeyError
        If the model has no such weights.
    """
    u, v = parameters
    return {
        "diagonal": lambda: Weights(u + u, v + v),
        "hadamard": lambda: Weights(u + v, u - v),
        "scalar_product": lambda: Weights(u + v, u - v),
    }[model]()


def force_scale(case: Case) -> Fraction:
    """Return γ: η, or 2η for θ = u⊙u − v⊙v."""
    return case.method.step_size * (2 if case.model == "diagonal" else 1)


def balancedness(weights: Weights) -> Any:
    """Return the signed balancedness w₊w₋: u² − v², or 4uv for θ = u⊙u − v⊙v."""
    return weights.plus * weights.minus


class BiasSums:
    """S±, A±, E± along a run.

    Parameters
    ----------
    case : Case
        Its model is one of `signed_weights`.
    number : callable
        From a rational to a number of the arithmetic.
    functions : Elementary
        Over the same arithmetic.
    start, momentum : Weights
        w±_0 and p±_0.

    Raises
    ------
    VanishingWeightError
        If a weight is zero, here or at a later step.
    """

    def __init__(
        self,
        case: Case,
        number: Callable[[Fraction], Any],
        functions: Elementary,
        start: Weights,
        momentum: Weights,
    ) -> None:
        self.functions, self.one = functions, number(Fraction(1))
        mu = Fraction(0) if case.method.name == "gradient_descent" else case.method.momentum
        self.mu, self.share = number(mu), number(1 / (1 - mu))
        self.step, self.start = 0, start
        self.here, self.before = start, None  # type: Weights, Weights | None
        self._require_ratios(start, 0)
        zero = number(Fraction(0))
        none = Vector([zero] * len(start.plus))
        self.sums = self.nothing = Weights(none, none)
        carried = self.mu * self.share
        self.started = self._both(
            lambda w, p: Vector([carried * b / a for a, b in zip(w, p, strict=True)]), start, momentum
        )
        self.ended = self.nothing

    def add(self, after: Weights, looked_from: Weights | None = None) -> None:
        """Take one step from w_k to w_{k+1}.

        Parameters
        ----------
        after : Weights
            w_{k+1}.
        looked_from : Weights, optional
            y_k of Nesterov's method; without it the step is heavy ball's or gradient descent's.
        """
        self._require_ratios(after, self.step + 1)
        terms = self._both(self._terms, after, looked_from or self.here, self.here)
        self.sums = self._both(lambda s, t: s + t, self.sums, terms)
        if self.before is not None:
            back = self._both(self._excesses, self.before, self.here)
            self.sums = self._both(lambda s, t: s + self.mu * t, self.sums, back)
        self.before, self.here, self.step = self.here, after, self.step + 1
        self.ended = self._both(self._end, self.here, self.before)

    def close(self, gains: Weights | None = None) -> None:
        """End the run at its limit: E± = 0.

        Parameters
        ----------
        gains : Weights, optional
            To be added to (1 − μ)S±: balls that hold whatever the steps left out contribute.
        """
        self.ended = self.nothing
        if gains is not None:
            self.sums = self._both(lambda s, t: s + t, self.sums, gains)

    def excess_sums(self) -> Weights:
        """Return S±."""
        return self._both(lambda s: self.share * s, self.sums)

    def exponents(self) -> Weights:
        """Return A± − E± − S±; zero before the first step."""
        if self.step == 0:
            return self.sums
        return self._both(lambda a, e, s: a - e - s, self.started, self.ended, self.excess_sums())

    def _terms(self, after: Any, looked: Any, here: Any) -> Any:
        """Return e_k; where y_k is w_k its second part is zero."""
        first = self._excesses(after, looked)
        return first if looked is here else first + self._excesses(looked, here)

    def _excesses(self, numerators: Any, denominators: Any) -> Any:
        return Vector(
            [excess(a / b, self.one, self.functions) for a, b in zip(numerators, denominators, strict=True)]
        )

    def _end(self, here: Any, before: Any) -> Any:
        """Return E."""
        log = self.functions.log_size
        factor = self.mu * self.share
        return Vector([factor * log(a / b) for a, b in zip(here, before, strict=True)])

    def _both(self, function: Callable[..., Any], *weights: Weights) -> Weights:
        return Weights(function(*(w.plus for w in weights)), function(*(w.minus for w in weights)))

    def _require_ratios(self, weights: Weights, step: int) -> None:
        for sign, vector in zip(SIGNS, (weights.plus, weights.minus), strict=True):
            for j, value in enumerate(vector):
                if self.functions.is_zero(value):
                    raise VanishingWeightError(sign, j, step)


def identified_balancedness(start: Weights, exponents: Weights, functions: Elementary) -> Any:
    """Return Δ of (2), shape (d,), from w±_0 and A± − E± − S±."""
    total = exponents.plus + exponents.minus
    return Vector([abs(w) * functions.exp(e) for w, e in zip(start.plus * start.minus, total, strict=True)])


def perturbed_start(start: Weights, exponents: Weights, quarter: Any, functions: Elementary) -> Any:
    """Return θ̃ of (3), shape (d,)."""
    plus, minus = (
        Vector([w * functions.exp(e) for w, e in zip(weights, sums, strict=True)])
        for weights, sums in ((start.plus, exponents.plus), (start.minus, exponents.minus))
    )
    return quarter * (plus * plus - minus * minus)


def mirror_gain(case: Case, gradient_sum: Any, number: Callable[[Fraction], Any]) -> Any:
    """Return the right hand side of (4), −γ/(1 − μ) Σ g_k, shape (d,)."""
    mu = Fraction(0) if case.method.name == "gradient_descent" else case.method.momentum
    return number(-force_scale(case) / (1 - mu)) * gradient_sum


def has_weights(case: Case) -> bool:
    """Return whether the model has w±."""
    return len(MODELS[case.model].names) == 2
