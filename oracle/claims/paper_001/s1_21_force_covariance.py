"""S1-21: (1 − β)/(1 + β) C is the covariance of (1 − β)G_k as k → ∞; that of G_k is C/(1 − β²), more than C.

With independent batches the covariance of ∇G_k = Σ_{r≤k} β^(k−r) ∇E_r is (1 + β² + … + β^(2k)) C → C/(1 − β²).  The force
whose mean is that of SGD is (1 − β)G_k, which brings (1 − β)²/(1 − β²) = (1 − β)/(1 + β).

What is smaller is the noise of one step.  The forces of neighbouring steps share their past: the covariance of
(1 − β)G_k with (1 − β)G_(k+l) is β^l (1 − β)/(1 + β) C, and over all lags, from −∞ to ∞, they add up to C again: over
many steps SGD+M wanders as far as SGD does.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_001.shared_batch_noise import Batches, covariance_of_sum, known_batches
from oracle.claims.paper_001.shared_quotients import FLINT, Quotient, symbols

__all__ = ["CLAIM"]

CASES = ((0, Fraction(1, 2)), (1, Fraction(4, 5)))
DRAWN = 7


def printed_factor(beta: Any) -> Any:
    """Return the factor of C, as printed."""
    return (1 - beta) / (1 + beta)


def force_weight(beta: Any) -> Any:
    """Return what G_k must be multiplied by for its mean to be E."""
    return 1 - beta


def compute(setting: Setting) -> Findings:
    """Compare the limits, and the covariance over every sequence of batches at one step."""
    (beta,) = symbols("beta")
    checks = [
        _limit(Role.AS_PRINTED, beta / beta, "−G_k"),
        _limit(Role.CORRECTED, force_weight(beta), "−(1 − β)G_k"),
        _all_lags(),
    ]
    known = known_batches()
    for index, momentum in CASES:
        checks += [_every_sequence(known[index], momentum), _larger(known[index], momentum)]
    return Findings(tuple(checks))


def _limit(role: Role, weight: Quotient, force: str) -> Check:
    (beta,) = symbols("beta")
    power = 1 / (1 - beta**2)  # the fixed point of power ← 1 + β² power
    factor = weight**2 * power
    holds = factor.equals(printed_factor(beta))
    return identity_check(
        role,
        holds,
        f"as k → ∞ the covariance of {force} is (1 − β)/(1 + β) C",
        "equal" if holds else f"it is {factor} C",
        "all β",
        FLINT,
    )


def _every_sequence(batches: Batches, beta: Fraction) -> Check:
    """Return whether the covariance of (1 − β)G_k is (1 − β^(2k+2)) times the limit, entry by entry."""
    factor = printed_factor(beta) * (1 - beta ** (2 * DRAWN + 2))
    weighted = [
        [force_weight(beta) ** 2 * entry for entry in row] for row in covariance_of_sum(batches, beta, DRAWN)
    ]
    expected = [[factor * entry for entry in row] for row in batches.covariance]
    return Check(
        role=Role.CORRECTED,
        holds=weighted == expected,
        asked=f"over all {len(batches.gradients) ** (DRAWN + 1)} sequences of batches, the covariance of (1 − "
        f"β)G_{DRAWN} is "
        f"(1 − β^{2 * DRAWN + 2}) (1 − β)/(1 + β) C",
        found="every entry equal"
        if weighted == expected
        else f"{float(weighted[0][0]):.4g}, not {float(expected[0][0]):.4g}",
        instance=f"{batches.name}, β = {beta}",
        grade=Grade.CERTIFIED,
        methods=("every sequence drawn once, in rationals",),
    )


def _larger(batches: Batches, beta: Fraction) -> Check:
    known, plain = covariance_of_sum(batches, beta, DRAWN), batches.covariance
    ratio = sum((row[i] for i, row in enumerate(known)), start=Fraction(0)) / sum(
        (row[i] for i, row in enumerate(plain)), start=Fraction(0)
    )
    return Check(
        role=Role.AS_PRINTED,
        holds=ratio < 1,
        asked=f"the covariance of −G_{DRAWN} is smaller than C",
        found=f"its trace is {float(ratio):.4f} times that of C",
        instance=f"{batches.name}, β = {beta}",
        grade=Grade.CERTIFIED,
        methods=("every sequence drawn once, in rationals",),
    )


def _all_lags() -> Check:
    (beta,) = symbols("beta")
    total = printed_factor(beta) * (1 + 2 * beta / (1 - beta))
    holds = total.equals(1)
    return identity_check(
        Role.BESIDE,
        not holds,
        "the noise that adds up over many steps is reduced as well",
        "the covariances over all lags add up to C, as for SGD" if holds else f"they add up to {total} C",
        "all β",
        FLINT,
    )


CLAIM = Claim(
    identifier="S1-21",
    paper="001",
    place="Remark 5.4",
    statement="Suppose the effective learning rate is used, so that the forces of SGD and SGD+M have the same expectation. "
    "With C the covariance matrix of ∇E_k at a fixed point, the covariance of the force −G_k that drives SGD+M is only "
    "(1 − β)/(1 + β) C.",
    printed_tex=r"\mathrm{Cov}(-\nabla G_k)=\frac{1-\beta}{1+\beta}C",
    confirms="The exact covariance of −∇G_k, with G_k as Theorem 5.1 defines it, tends to that over independent batches. "
    "The supposition is met by (1 − β)G_k alone; that reading is checked as the correction.",
    refutes="An exact covariance that tends elsewhere.",
    compute=compute,
    correction=Correction(
        "It is the covariance of (1 − β)∇G_k, whose mean is ∇E as the supposition asks, as k → ∞ (at step k times "
        "1 − β^{2k+2}); that of ∇G_k itself is C/(1 − β²), more than C. "
        "Summed over all lags the covariance is C: the noise of a step is reduced, its accumulated effect is not.",
        Effect.AMENDS,
        r"\lim_{k\to\infty}\mathrm{Cov}\bigl((1-\beta)\nabla G_k\bigr)=\frac{1-\beta}{1+\beta}C,\qquad"
        r"\lim_{k\to\infty}\mathrm{Cov}(\nabla G_k)=\frac{C}{1-\beta^2}",
    ),
    seconds=1,
)
