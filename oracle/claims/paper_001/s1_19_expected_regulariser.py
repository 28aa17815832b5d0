"""S1-19: the coefficients of E(IGRM_s) are right as k → ∞, with F = E‖∇E_n − ∇E‖²: the gradients are lost in print.

For batches drawn independently E‖∇G_r‖² = ((1 − β^(r+1))/(1 − β))² ‖∇E‖² + (1 − β^(2r+2))/(1 − β²) V with
V = E‖∇E_n − ∇E‖², which tends to m = ‖∇E‖²/(1 − β)² + V/(1 − β²).  The past, Σ_{r<k} β^(k−r) E‖∇G_r‖², tends to
β m/(1 − β), so that

    E(IGRM_s) → (h/4) (1 + 2β/(1 − β)) m = (h/4) (1 + β)/(1 − β) m,

the printed coefficients for V in the place of F.  Losses that differ by constants have F > 0 as printed and no noise.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_001.shared_batch_noise import (
    Batches,
    drawn_sums,
    expected_regulariser,
    known_batches,
)
from oracle.claims.paper_001.shared_quotients import FLINT, symbols

__all__ = ["CLAIM"]

BETAS = (Fraction(1, 2), Fraction(4, 5))
DRAWN = 5


def printed_expectation(beta: Any, mean_square: Any, noise: Any) -> Any:
    """Return E(IGRM_s)/h as printed; the noise is what F stands for."""
    return (1 + beta) / (4 * (1 - beta) ** 3) * mean_square + 1 / (4 * (1 - beta) ** 2) * noise


def printed_noise(batches: Batches) -> Fraction:
    """Return F := E‖E_n − E‖² as printed."""
    return batches.loss_variance


def corrected_noise(batches: Batches) -> Fraction:
    """Return F := E‖∇E_n − ∇E‖²."""
    return batches.gradient_variance


def compute(setting: Setting) -> Findings:
    """Take the expectation step by step, over every sequence of batches, and in the limit."""
    checks = [_limit()]
    for batches, beta in zip(known_batches(), (*BETAS, BETAS[0]), strict=True):
        checks.append(_far(Role.AS_PRINTED, batches, beta, printed_noise(batches), setting))
        checks.append(_far(Role.CORRECTED, batches, beta, corrected_noise(batches), setting))
        checks += [_drawn(batches, beta), _early(batches, beta)]
    return Findings(tuple(checks))


def _limit() -> Check:
    beta, mean_square, noise = symbols("beta", "g", "V")
    mean, spread = (
        1 / (1 - beta),
        1 / (1 - beta**2),
    )  # the fixed points of mean ← 1 + β mean, spread ← 1 + β² spread
    square = mean**2 * mean_square + spread * noise
    past = beta * square / (1 - beta)  # that of past ← β (past + square)
    gap = (square + 2 * past) / 4 - printed_expectation(beta, mean_square, noise)
    holds = gap.equals(0)
    return identity_check(
        Role.CORRECTED,
        holds,
        "as k → ∞ E(IGRM_s) tends to the printed formula with F = E‖∇E_n − ∇E‖²",
        "equal" if holds else f"they differ by {gap}",
        "all β, ‖∇E‖², F",
        FLINT,
    )


def _far(role: Role, batches: Batches, beta: Fraction, noise: Fraction, setting: Setting) -> Check:
    """Return whether the formula is reached, to every digit asked, at a step so late that the transient is below."""
    digits = setting.digits(20)
    steps = 12 * digits
    exact = expected_regulariser(batches, beta, steps)
    formula = printed_expectation(beta, batches.mean_square, noise)
    named = "E(E_n − E)²" if role is Role.AS_PRINTED else "E‖∇E_n − ∇E‖²"
    return Check(
        role=role,
        holds=abs(exact - formula) < Fraction(1, 10**digits),
        asked=f"at step {steps}, where β^k is below {digits} digits, E(IGRM_s)/h is the formula with F = {named}",
        found=f"E(IGRM_s)/h = {float(exact):.6g}, the formula {float(formula):.6g}",
        instance=f"{batches.name}, β = {beta}",
        grade=Grade.CERTIFIED,
        methods=("exact rationals",),
    )


def _drawn(batches: Batches, beta: Fraction) -> Check:
    totals = []
    for sums in drawn_sums(batches, beta, DRAWN):
        squares = [sum((entry**2 for entry in gradient), start=Fraction(0)) for gradient in sums]
        past = sum((beta ** (DRAWN - r) * squares[r] for r in range(DRAWN)), start=Fraction(0))
        totals.append((squares[DRAWN] + 2 * past) / 4)
    exact = sum(totals, start=Fraction(0)) / len(totals)
    run = expected_regulariser(batches, beta, DRAWN)
    return Check(
        role=Role.CORRECTED,
        holds=exact == run,
        asked=f"the moments used give the mean of IGRM_s over all {len(totals)} sequences of batches at step {DRAWN}",
        found=f"{float(exact):.6g} and {float(run):.6g}",
        instance=f"{batches.name}, β = {beta}, every sequence",
        grade=Grade.CERTIFIED,
        methods=("every sequence drawn once, in rationals", "moments run step by step"),
    )


def _early(batches: Batches, beta: Fraction) -> Check:
    exact = expected_regulariser(batches, beta, DRAWN)
    formula = printed_expectation(beta, batches.mean_square, corrected_noise(batches))
    return Check(
        role=Role.BESIDE,
        holds=exact == formula,
        asked=f"the formula holds at step {DRAWN} already",
        found=f"E(IGRM_s) is {float(exact / formula):.3f} of it",
        instance=f"{batches.name}, β = {beta}",
        grade=Grade.CERTIFIED,
        methods=("exact rationals",),
    )


CLAIM = Claim(
    identifier="S1-19",
    paper="001",
    place="Remark 5.3",
    statement="Over random batches E(IGRM_s) = h(1 + β)/(4(1 − β)³) ‖∇E‖² + h/(4(1 − β)²) F with F := E‖E_n − E‖².",
    printed_tex=r"\mathbb{E}(IGRM_s)=\frac{h(1+\beta)}{4(1-\beta)^3}\|\nabla E\|_2^2+\frac{h}{4(1-\beta)^2}F,"
    r"\quad F:=\mathbb{E}\|E_n-E\|^2",
    confirms="The exact expectation over independent batches equals the formula at late steps on unlike batches.",
    refutes="Batches for which it certainly does not, at a step where the transient is below every digit looked at.",
    compute=compute,
    correction=Correction(
        "F := E‖∇E_n − ∇E‖², of the gradients; and the formula is the limit k → ∞ (at step k terms in kβ^k are "
        "missing).",
        Effect.AMENDS,
        r"\lim_{k\to\infty}\mathbb{E}(IGRM_s)=\frac{h(1+\beta)}{4(1-\beta)^3}\|\nabla E\|_2^2"
        r"+\frac{h}{4(1-\beta)^2}F,"
        r"\quad F:=\mathbb{E}\|\nabla E_n-\nabla E\|^2",
    ),
    seconds=1,
)
