"""S2-46: converging faster does not give heavy ball the larger κ: its prefactor outweighs its smaller integral.

Observation (i) of C.3.2 compares ∫(∂L)² and forgets what stands before it.  With S2-33, ln κ(∞)/κ(0) =
−η(1+μ)/(1−μ)³ Φ + O(η²).  To leading order HB follows the rescaled flow β' = −∇L/(1−μ), the gradient flow on another
clock, so its Φ is smaller, Φ^HB = (1 − μ) Φ^GD + O(η): just as much as it converges faster.  Hence

    ln κ^HB(∞)/κ(0) = [(1 + μ)/(1 − μ)²] ln κ^GD(∞)/κ(0) · (1 + O(η)),

and (1 + μ)/(1 − μ)² > 1: κ^HB < κ^GD in every coordinate that moves, at every scale of the start, for η small enough.
The printed formula has the same factor, its term in q included.

Outside this leading order it can turn, and instances are among the checks: near gradient descent's edge of stability,
where its own iterates oscillate and add to Φ, and where heavy ball's inertia carries a w_± through zero, past which r(z)
of paper 003 may be negative and |κ| grow; no HBF with α = 2 does so, since γ_± vanishes with w_±.

Source: paper 002, App. C.3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from mpmath import mp

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Plot, Role
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS, Network
from oracle.claims.paper_002.shared_order_flow import LATE, Ended, followed
from oracle.claims.paper_002.shared_powers import power_check, power_line
from oracle.claims.paper_002.shared_run_ends import LADDER, RunEnd, run_end
from oracle.claims.paper_002.shared_small_scale import CROSSING, SMALL, STEP
from reference.mpmath_arithmetic import nearest_mpf

__all__ = ["CLAIM"]

DIGITS = 8
EDGE = Fraction(8, 25)  # where the first network's gradient descent begins to oscillate
FLOW_STEP = Fraction(1, 160)


def compute(setting: Setting) -> Findings:
    """Compare κ(∞) of heavy ball and gradient descent, of runs and of flows, and their ratio with the derived one."""
    checks = [_runs(network, LADDER[-1], setting) for network in NETWORKS]
    checks += [_runs(item.network, STEP, setting) for item in SMALL[:1]]
    checks += [_flows(network, setting) for network in NETWORKS]
    for network, eta, when in (
        (NETWORKS[0], EDGE, "near gradient descent's edge of stability"),
        (CROSSING.network, STEP, "where w± of heavy ball changes sign"),
    ):
        checks.append(_turned(network, eta, when, setting))
    lines = []
    for network in NETWORKS:
        errors = [_missed(_logarithms(network, eta, setting), network) for eta in LADDER]
        checks.append(_ratio(network, errors, setting))
        lines.append(power_line(f"n = {network.n}", LADDER, errors))
    plot = Plot(
        "Ratio of ln κ(∞)/κ(0), heavy ball to gradient descent", "step size η", "distance from (1+μ)/(1−μ)²",
        tuple(lines), x_log=True, y_log=True,
        caption="The ratio tends to (1+μ)/(1−μ)² > 1: heavy ball's κ is the smaller one.",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def predicted_ratio(momentum: Fraction) -> Fraction:
    """Return (1+μ)/(1−μ)²."""
    return (1 + momentum) / (1 - momentum) ** 2


def has_larger(left: Sequence[Fraction], right: Sequence[Fraction]) -> list[bool]:
    """Return where the first |κ(∞)| is larger than the second."""
    return [abs(a) > abs(b) for a, b in zip(left, right, strict=True)]


def _pair(network: Network, eta: Fraction, setting: Setting) -> tuple[RunEnd, RunEnd]:
    """Return the ends of heavy ball and of gradient descent."""
    digits = setting.digits(DIGITS)
    return run_end(network, eta, digits), run_end(network, eta, digits, "gradient_descent")


def _faster(heavy: RunEnd, plain: RunEnd) -> bool:
    """Return whether the first run settles earlier and has the smaller Φ in every coordinate."""
    return heavy.steps < plain.steps and all(a < b for a, b in zip(heavy.energy, plain.energy, strict=True))


def _runs(network: Network, eta: Fraction, setting: Setting) -> Check:
    """Return whether heavy ball, where it is faster, has the larger κ(∞) in every coordinate."""
    heavy, plain = _pair(network, eta, setting)
    faster, larger = _faster(heavy, plain), has_larger(heavy.kappa, plain.kappa)
    return Check(
        Role.AS_PRINTED,
        all(larger) if faster else None,
        "heavy ball, converging faster, ends with κ^HB > κ^GD",
        f"settled after {heavy.steps} steps and gradient descent after {plain.steps}, Φ is "
        f"{'smaller in every coordinate' if faster else 'not smaller throughout'}, and κ^HB > κ^GD in {sum(larger)} of "
        f"{len(larger)} coordinates",
        f"{network.name}, η = {eta}",
        Grade.CERTIFIED,
        ("certified sums of runs",),
    )


def _turned(network: Network, eta: Fraction, when: str, setting: Setting) -> Check:
    """Return whether the order turns outside the leading order."""
    heavy, plain = _pair(network, eta, setting)
    larger = has_larger(heavy.kappa, plain.kappa)
    negative = sum(kappa < 0 for kappa in heavy.kappa)
    return Check(
        Role.BESIDE,
        any(larger),
        f"{when} heavy ball has the larger |κ| somewhere",
        f"settled after {heavy.steps} steps and gradient descent after {plain.steps}; |κ^HB| > |κ^GD| in {sum(larger)} of "
        f"{len(larger)} coordinates, κ^HB < 0 in {negative}",
        f"{network.name}, η = {eta}",
        Grade.CERTIFIED,
        ("certified sums of runs",),
    )


def _flow_pair(network: Network, setting: Setting) -> tuple[Ended, Ended]:
    """Return the ends of HBF and IGRF, α = 2."""
    heavy = followed(network, FLOW_STEP, LATE, setting)
    return heavy, followed(replace(network, momentum=Fraction(0)), FLOW_STEP, LATE, setting)


def _flows(network: Network, setting: Setting) -> Check:
    """Return whether HBF has the larger κ(∞), by the product w₊w₋ and by ε alike."""
    heavy, plain = _flow_pair(network, setting)
    larger = has_larger(heavy.kappa(), plain.kappa())
    alike = larger == [a < b for a, b in zip(heavy.decay, plain.decay, strict=True)]
    return Check(
        Role.AS_PRINTED,
        all(larger) if alike else None,
        "HBF, converging faster, ends with κ^HBF > κ^IGRF",
        f"κ^HBF > κ^IGRF in {sum(larger)} of {len(larger)} coordinates",
        f"{network.name}, η = {FLOW_STEP}",
        Grade.CONFIRMED,
        ("product of the integrated w_±", "integral of γ₊/w₊ + γ₋/w₋"),
    )


def _ratio(network: Network, errors: list[float], setting: Setting) -> Check:
    """Return whether the ratio of the logarithms tends to the predicted one like η, for runs and about so for flows."""
    asked = "ln κ^HB(∞)/κ(0) = (1+μ)/(1−μ)² ln κ^GD(∞)/κ(0) · (1 + O(η))"
    methods = ("certified sums of runs on a halving ladder", "integrated flows of order 2")
    runs = power_check(Role.CORRECTED, errors, 1, asked, network.name, methods)
    flows = _missed([[-x for x in end.decay] for end in _flow_pair(network, setting)], network)
    return replace(
        runs,
        holds=runs.holds and flows < errors[0],
        found=f"{runs.found}; flows at η = {FLOW_STEP} miss by {flows:.2g}",
    )


def _logarithms(network: Network, eta: Fraction, setting: Setting) -> list[list[Fraction]]:
    """Return ln κ(∞)/κ(0) of heavy ball and of gradient descent."""
    digits = setting.digits(2 * DIGITS)
    with mp.workdps(digits):
        return [
            [
                Fraction(int(mp.nint(mp.log(nearest_mpf(k / k0)) * 10**digits)), 10**digits)
                for k, k0 in zip(end.kappa, network.kappa(), strict=True)
            ]
            for end in _pair(network, eta, setting)
        ]


def _missed(logarithms: Sequence[Sequence[Fraction]], network: Network) -> float:
    """Return how far the ratios of the logarithms are from the predicted one."""
    predicted = predicted_ratio(network.momentum)
    return max(float(abs(a / b - predicted)) for a, b in zip(*logarithms, strict=True))


CLAIM = Claim(
    identifier="S2-46",
    paper="002",
    place="App. C.3.2, observation (i)",
    statement="As HB converges faster than GD in practice, ∂L becomes negligible very quickly for HBF if it converges too "
    "fast, ∫(∂L)² is smaller, and therefore κ^HBF > κ^IGRF.",
    confirms="κ(∞) of heavy ball that is the larger one in every coordinate on every instance where it settles earlier "
    "and its Φ is the smaller one.",
    refutes="One instance where heavy ball is the faster one and its κ(∞) is certainly not larger.",
    compute=compute,
    printed_tex=r"\kappa^{\mathrm{HBF}} > \kappa^{\mathrm{IGRF}}",
    correction=Correction(
        "κ^HB < κ^GD in every coordinate, at every scale of the start, for η small enough: HB's Φ is smaller only by 1 − μ, "
        "and its prefactor larger by (1 + μ)/(1 − μ)³.  The order can turn near gradient descent's edge of stability "
        "and where a w± of heavy ball changes sign.",
        Effect.REPLACES,
        r"\ln\frac{\kappa^{\mathrm{HB}}(\infty)}{\kappa(0)}=\frac{1+\mu}{(1-\mu)^2}"
        r"\ln\frac{\kappa^{\mathrm{GD}}(\infty)}{\kappa(0)}\,(1+\mathcal{O}(\eta))",
    ),
    seconds=10,
)
