r"""A norm in which one step of heavy ball or Nesterov hardly expands, with the proof of it.

**The error recursion.**  Let z̃ be a computed trajectory and e the distance of the true one from
it.  With A = η·2f JᵀXᵀXJ = BBᵀ (positive semidefinite, `reference.curvature`) one step does

    p₊ = μ p − A·arg + n,   β₊ = β + p₊,   |n|₂ ≤ σ |arg|₂,

where (β, p) now are the errors of position and momentum, `arg` is the error of the point at
which the gradient is taken (β for heavy ball, β + μp for Nesterov) and n collects the residual
curvature and the remainder: σ = η(|S|₂ + remainder).

**The norm.**  With the drift s = β + μ/(1−μ) p, which A = 0 leaves alone, and t = β + c p,

    V(s, p) = α |p|² + w |s|² + |Bᵀ t|²,

c = −1/2 for heavy ball (then |p|² + |Bᵀt|² is nearly what the undamped method conserves) and
c = 0 for Nesterov.

**The proof.**  In an orthonormal basis of eigenvectors of A everything decouples into planes in
which A is a number a in [0, ā].  If for some τ ≥ 0 and every such a

    γ² V(z) − V(z₊) − τ(σ² arg² − n²) ≥ 0   for all (n, p, s),

then summing over the planes gives V(z₊) ≤ γ² V(z) (the S-procedure).  The left side is a
3 × 3 matrix of polynomials in a; its leading minors are proved positive on [0, ā] in exact
rational arithmetic (`reference.positivity`).  The search for γ and τ is in floats and proves
nothing; what it proposes is proved or dropped.

**From step to step** B changes to B + ΔB.  Since |t|² ≤ κ² (α|p|² + w|s|²) with
κ² = 1/w + (c − μ/(1−μ))²/α, the norm changes at most by the factor √(1 + x²/4) + x/2 with
x = κ|ΔB|₂, the root of the largest eigenvalue of [[1 + x², x], [x, 1]].

Source: the derivation is this project's own; the S-procedure is Boyd et al. 1994, section 2.6.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import cos, exp, inf, log, pi, sqrt

from flint import fmpq, fmpq_poly

from reference.positivity import positive_on
from reference.quadratic_forms import Entry, exact, floats, horner, minors, plus, square, sum_of, times

__all__ = ["Certificate", "ErrorNorm", "NoCertificateError"]

SAMPLES = 14  # points of [0, ā] at which the float search looks; the proof looks at all
LEVEL_RATIO = 2.0  # certificates are made for σ on a geometric ladder and combined in between
LOWEST_LEVEL = 2.0**-24
LARGEST_FORCE = 1e6  # one step that multiplies errors by more is not worth a proof
SLACK = 1 + 1e-12  # covers the fewer than a hundred float roundings of any expression here


class NoCertificateError(ArithmeticError):
    """No growth bound could be proved for the asked curvature and forcing."""


@dataclass(frozen=True)
class Certificate:
    """A proved triple: V(z₊) ≤ γ² V(z) whenever |n| ≤ σ|arg| and 0 ≤ A ≤ ā.

    Parameters
    ----------
    sigma, gamma_squared, tau : float
        Exact dyadics; the proof used them as such.
    """

    sigma: float
    gamma_squared: float
    tau: float


@dataclass(frozen=True)
class ErrorNorm:
    """The norm above for one method, one μ and one bound ā on the curvature.

    Parameters
    ----------
    momentum : Fraction
        μ in [0, 1).
    looks_ahead : bool
        Whether the gradient is taken at β + μp (Nesterov) or at β (heavy ball).
    curvature_bound : float
        ā; every A met has 0 ≤ A ≤ ā.
    momentum_weight, drift_weight : float
        α and w.
    """

    momentum: Fraction
    looks_ahead: bool
    curvature_bound: float
    momentum_weight: float
    drift_weight: float
    _ladder: dict[int, Certificate] = field(default_factory=dict, compare=False, repr=False)

    @property
    def drift(self) -> Fraction:
        """Return μ/(1−μ), the share of p in s."""
        return self.momentum / (1 - self.momentum)

    @property
    def offset(self) -> Fraction:
        """Return c, the share of p in t."""
        return Fraction(0) if self.looks_ahead else Fraction(-1, 2)

    @property
    def position_factor(self) -> float:
        """Return κ with |β|₂ ≤ κ √V."""
        return self._factor(-self.drift)

    @property
    def argument_factor(self) -> float:
        """Return κ with |arg|₂ ≤ κ √V."""
        return self._factor((self.momentum if self.looks_ahead else 0) - self.drift)

    @property
    def lookahead_factor(self) -> float:
        """Return κ with |β + μp|₂ ≤ κ √V."""
        return self._factor(self.momentum - self.drift)

    def turning(self, change: float) -> float:
        """Return the factor by which the norm grows when |ΔB|₂ ≤ change."""
        x = self._factor(self.offset - self.drift) * change
        return (sqrt(1 + x * x / 4) + x / 2) * SLACK

    def of_defect(self, position: float, momentum: float) -> float:
        """Return a bound on √V of an error with |β|₂ ≤ position and |p|₂ ≤ momentum."""
        drift = position + float(self.drift) * momentum
        turned = position + abs(float(self.offset)) * momentum
        terms = (
            self.momentum_weight * momentum**2
            + self.drift_weight * drift**2
            + self.curvature_bound * turned**2
        )
        return sqrt(terms) * SLACK

    def growth(self, sigma: float) -> float:
        """Return γ with √V(z₊) ≤ γ √V(z) for the forcing bound σ.

        Between two rungs of the ladder the certificates are combined: the conditions are linear
        in (γ², τ, τσ²), so a convex combination of two proved triples is a proved triple.

        Raises
        ------
        NoCertificateError
            If none could be proved.
        """
        if not (sigma < LARGEST_FORCE and self.curvature_bound < LARGEST_FORCE):
            raise NoCertificateError(
                f"forcing {sigma:.3g} and curvature {self.curvature_bound:.3g} are beyond {LARGEST_FORCE:g}: the run "
                "is far from stable; use a smaller `step_size`"
            )
        sigma = max(sigma * SLACK, LOWEST_LEVEL)
        rung = int(log(sigma / LOWEST_LEVEL) / log(LEVEL_RATIO))
        low, high = self._certificate(rung), self._certificate(rung + 1)
        if sigma > high.sigma:  # the logarithm was rounded down
            low, high = high, self._certificate(rung + 2)
        above = high.tau * (high.sigma**2 - sigma**2)
        below = low.tau * (sigma**2 - low.sigma**2)
        share = above / (above + below) * (2 - SLACK) if above + below > 0 else 0.0
        share = min(1.0, max(0.0, share))
        return sqrt(share * low.gamma_squared + (1 - share) * high.gamma_squared) * SLACK

    def proves(self, certificate: Certificate) -> bool:
        """Return True if the certificate's inequality is proved for every a in [0, ā]."""
        gamma_squared, tau, sigma = map(
            exact, (certificate.gamma_squared, certificate.tau, certificate.sigma)
        )
        before, after, argument, forcing = self._forms
        matrix = [
            [
                gamma_squared * before[i][j]
                - after[i][j]
                - tau * (sigma * sigma * argument[i][j] - forcing[i][j])
                for j in range(3)
            ]
            for i in range(3)
        ]
        bound = exact(self.curvature_bound)
        return all(positive_on(minor.coeffs() or [fmpq(0)], bound) for minor in minors(matrix))

    def _factor(self, share: Fraction | int) -> float:
        """Return κ with |s + share·p|₂ ≤ κ √V, by Cauchy-Schwarz."""
        return sqrt(1 / self.drift_weight + float(share) ** 2 / self.momentum_weight) * SLACK

    def _certificate(self, rung: int) -> Certificate:
        """Return the proved certificate of one rung, made on first use."""
        if rung not in self._ladder:
            self._ladder[rung] = self._make_certificate(LOWEST_LEVEL * LEVEL_RATIO**rung)
        return self._ladder[rung]

    def _make_certificate(self, sigma: float) -> Certificate:
        """Search in floats, then prove; widen what cannot be proved."""
        gamma_squared, tau = self._search(sigma)
        slack = 1e-9
        while slack < 1:
            proposal = Certificate(sigma, gamma_squared + slack * max(1.0, gamma_squared - 1), tau)
            if gamma_squared < inf and self.proves(proposal):
                return proposal
            slack *= 16
        raise NoCertificateError(
            f"no growth bound proved for {self}, sigma = {sigma:.3g}: the step size is too large "
            "for this problem, or the run diverges; use a smaller `step_size`"
        )

    @cached_property
    def _forms(self) -> tuple[list[list[Entry]], ...]:
        """Return V(z), V(z₊), arg² and n² as 3 × 3 matrices of polynomials in a."""
        mu, drift, offset = (exact(x) for x in (self.momentum, self.drift, self.offset))
        zero, one, a = fmpq_poly([0]), fmpq_poly([1]), fmpq_poly([0, 1])
        n, p, s = (one, zero, zero), (zero, one, zero), (zero, zero, one)
        beta = plus(s, times(-drift, p))
        arg = plus(beta, times(mu, p)) if self.looks_ahead else beta
        p_next = plus(plus(times(mu, p), times(-a, arg)), n)
        beta_next = plus(beta, p_next)
        s_next = plus(beta_next, times(drift, p_next))
        t, t_next = plus(beta, times(offset, p)), plus(beta_next, times(offset, p_next))
        alpha, w = exact(self.momentum_weight), exact(self.drift_weight)
        before = sum_of(square(alpha, p), square(w, s), square(a, t))
        after = sum_of(square(alpha, p_next), square(w, s_next), square(a, t_next))
        return before, after, square(one, arg), square(one, n)

    @cached_property
    def _samples(self) -> list[tuple[list[list[float]], ...]]:
        """Return the four forms as floats at Chebyshev points of [0, ā]."""
        points = [self.curvature_bound * (1 - cos(pi * i / (SAMPLES - 1))) / 2 for i in range(SAMPLES)]
        forms = [[[floats(entry) for entry in row] for row in form] for form in self._forms]
        return [
            tuple([[horner(entry, a) for entry in row] for row in form] for form in forms) for a in points
        ]

    def _search(self, sigma: float) -> tuple[float, float]:
        """Return (γ², τ) with the least γ² the float search finds: golden section on log τ."""
        low, high = log(1e-6), log(1e8)
        shrink = (sqrt(5) - 1) / 2
        left, right = high - shrink * (high - low), low + shrink * (high - low)
        at_left, at_right = self._needed(sigma, exp(left)), self._needed(sigma, exp(right))
        for _ in range(28):
            if at_left < at_right or at_left == at_right < inf:
                high, right, at_right = right, left, at_left
                left = high - shrink * (high - low)
                at_left = self._needed(sigma, exp(left))
            else:
                low, left, at_left = left, right, at_right
                right = low + shrink * (high - low)
                at_right = self._needed(sigma, exp(right))
        return (at_left, exp(left)) if at_left < at_right else (at_right, exp(right))

    def _needed(self, sigma: float, tau: float) -> float:
        """Return the least γ² that the samples allow for this τ; infinite if none does."""
        return max(_largest_ratio(sample, sigma, tau) for sample in self._samples)


def _largest_ratio(sample: tuple[list[list[float]], ...], sigma: float, tau: float) -> float:
    """Eliminate n by its Schur complement and return the largest generalised eigenvalue in (p, s)."""
    before, after, argument, forcing = sample
    m = [
        [after[i][j] + tau * (sigma**2 * argument[i][j] - forcing[i][j]) for j in range(3)] for i in range(3)
    ]
    spare = -m[0][0]
    if spare <= 0:
        return inf
    b11, b12, b22 = (
        m[1][1] + m[0][1] ** 2 / spare,
        m[1][2] + m[0][1] * m[0][2] / spare,
        m[2][2] + m[0][2] ** 2 / spare,
    )
    v11, v12, v22 = before[1][1], before[1][2], before[2][2]
    determinant = v11 * v22 - v12 * v12
    if determinant <= 0:
        return inf
    half_trace = (b11 * v22 + b22 * v11 - 2 * b12 * v12) / determinant / 2
    product = (b11 * b22 - b12 * b12) / determinant
    return half_trace + sqrt(max(0.0, half_trace * half_trace - product))
