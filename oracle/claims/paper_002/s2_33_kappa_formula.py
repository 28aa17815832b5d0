"""S2-33: κ_j for α = 2 is κ_j(0) exp(−η(1+μ)/(1−μ)³ Φ_j): the printed term in q comes from dropped Hessian blocks.

With the whole Hessian (see S2-32) γ_±/w_± = b[4g² ± 8A(vg)], b = (1 + μ)/(2(1 − μ)³): the second term cancels in

    ε' = γ₊/w₊ + γ₋/w₋ = 8b g²,   ηε = η(1 + μ)/(1 − μ)³ Φ,   Φ = 4∫g²,

exactly along the flow.  Eq. 102 and 103 have w_±² for v, so that 8bA((w₊² − w₋²)g) = 8bA(wg) is left, which Eq. 106 and
107 turn, rightly, into −η(1 + μ)/(1 − μ)² A q with A = XᵀX/n: a term of first order in η that is not there.

Heavy ball itself decides: with Φ = 4ηΣg² of the run, ln κ(∞)/κ(0) = −η(1 + μ)/(1 − μ)³ Φ + O(η²), and the printed
exponent misses it by O(η).

Source: paper 002, Cor. 3.2, Eq. 27, 105–108, 113.
"""

from __future__ import annotations

from fractions import Fraction

from mpmath import mp

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Plot, Role
from oracle.claims.measures import row
from oracle.claims.paper_002 import shared_kappa_formula as formula
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS, Network
from oracle.claims.paper_002.shared_powers import power_check, power_line
from oracle.claims.paper_002.shared_run_ends import LADDER, run_end
from reference.case import Flow, FlowCase
from reference.flows.certified_flow import certified_flow
from reference.flows.integrals import certified_flow_integrals
from reference.mpmath_arithmetic import nearest_mpf

__all__ = ["CLAIM"]

DIGITS = 8
TIME, STEP = Fraction(3), Fraction(1, 10)


def compute(setting: Setting) -> Findings:
    """Compare ε' for symbols, κ along certified flows, and κ(∞) of heavy ball on a halving ladder."""
    checks = list(formula.rate_identities())
    lines = []
    with mp.workdps(setting.digits(40)):
        for network in NETWORKS:
            for role, exponent in (
                (Role.AS_PRINTED, formula.printed_exponent),
                (Role.CORRECTED, formula.corrected_exponent),
            ):
                aside = (
                    Role.BESIDE if role is Role.AS_PRINTED else role
                )  # what is printed is so up to O(η²) only
                checks.append(_along_flow(aside, exponent, network, setting))
                errors = [_missed(exponent, network, eta, setting) for eta in LADDER]
                checks.append(_discrete(role, errors, network))
                lines.append(power_line(f"{role.value}, n = {network.n}", LADDER, errors))
    plot = Plot(
        "ln κ(∞)/κ(0) of heavy ball, and the exponents", "step size η", "largest difference", tuple(lines),
        x_log=True, y_log=True,
        caption="The printed exponent, with q, misses by O(η), as much as it says at all; without q it misses by O(η²).",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def _along_flow(role: Role, exponent: formula.Exponent, network: Network, setting: Setting) -> Check:
    """Return whether κ(t) of the certified flow of order 2 is κ(0) exp(exponent)."""
    flow = Flow("hb_flow", STEP, network.momentum, order=2, variant="stationary")
    case = FlowCase(network.problem, "diagonal", {"u": network.start, "v": network.start}, flow)
    digits = setting.digits(DIGITS)
    sums = certified_flow_integrals(case, [TIME], digits)
    w = row(certified_flow(case, [TIME], digits, cross_check=False), "theta")
    energy = [(1 - network.momentum) ** 2 / 2 * x for x in row(sums, "phi")]
    gaps = [
        abs(mp.log(nearest_mpf(k / 4 / k0)) - e)
        for k, k0, e in zip(
            row(sums, "signed_balancedness"), network.kappa(), exponent(network, STEP, energy, w), strict=True
        )
    ]
    return Check(
        role,
        bool(max(gaps) < mp.mpf(10) ** (2 - digits)),
        "ln κ(t)/κ(0) along the HB flow of order 2 is the exponent, at t = 3",
        f"the largest difference is {float(max(gaps)):.2g}",
        f"{network.name}, η = {STEP}",
        Grade.CERTIFIED,
        ("certified flow", "certified integral"),
    )


def _missed(exponent: formula.Exponent, network: Network, eta: Fraction, setting: Setting) -> float:
    """Return how far the exponent is from ln κ(∞)/κ(0) of heavy ball."""
    end = run_end(network, eta, setting.digits(DIGITS))
    return max(
        float(abs(mp.log(nearest_mpf(k / k0)) - e))
        for k, k0, e in zip(
            end.kappa, network.kappa(), exponent(network, eta, end.energy, end.predictor), strict=True
        )
    )


def _discrete(role: Role, errors: list[float], network: Network) -> Check:
    return power_check(
        role,
        errors,
        2,
        "ln κ(∞)/κ(0) of heavy ball is the exponent up to O(η²)",
        network.name,
        ("certified limits and sums of runs on a halving ladder", "derivatives of the polynomial L (FLINT)"),
    )


CLAIM = Claim(
    identifier="S2-33",
    paper="002",
    place="Cor. 3.2, Eq. 27, 105–108, 113",
    statement="For HBF with ε_k = O(η²) κ_j(t) = κ_j(0) exp[η(1+μ)/(1−μ)² (−Φ_j(t)/(1−μ) + (XᵀXq)_j/n)], Φ_j = "
    "4∫(∂_{w_j}L)², q_i = √(w_i² + 4κ_i(0)²) − 2κ_i(0).",
    confirms="ε' of the printed form as an identity; κ of certified flows of order 2 that follows it; and ln κ(∞)/κ(0) of "
    "heavy ball that is its exponent up to O(η²).  Read with the O(η²) that Eq. 107 drops.",
    refutes="A difference that is not the zero polynomial, or one of certified numbers that falls only like η.",
    compute=compute,
    printed_tex=r"\kappa_j(t)=\kappa_j(0)\exp\left[\frac{\eta(1+\mu)}{(1-\mu)^2}\left(-\frac{\Phi_j(t)}{1-\mu}+"
    r"\frac{(X^T X\mathbf{q})_j}{n}\right)\right]",
    correction=Correction(
        "There is no term in q: it comes from the blocks of the Hessian between w₊ and w₋ that Eq. 98–105 drop.  Along the "
        "flow of order 2 the rest is exact.",
        Effect.AMENDS,
        r"\kappa_j(t)=\kappa_j(0)\exp\left[-\frac{\eta(1+\mu)}{(1-\mu)^3}\Phi_j(t)\right]",
    ),
    seconds=8,
)
