"""Q12: the balancedness for small λ; the gradient in the exponent is squared.

By Q9, ln(Δ∞/Δ0) = −(I₊ + I₋), I± = λ∫ z±², and λz' + λz² + z ± g = 0 from rest gives z± = ∓g + O(λ) outside a transient of
length λ, which adds O(λ²).  So

    Δ∞ = Δ0 exp(−2λ ∫ (∇L)² dt + O(λ²)),   componentwise.

The text has Δ∞² ~ Δ0² exp(−2λ ∫ ∇L dt): the squares that stand at both Δ belong to the gradient, lost or moved when the
text was extracted from the PDF; it fails for no other reason.  (With the squares at both places the exponent would be
half of what it is: −4λ∫(∇L)² belongs to Δ².)  As a mere quotient that tends to 1 the printed relation says nothing,
since both sides tend to Δ0² whatever the exponent; so the exponents are compared, in their first power of λ.

Source: paper 003, Sec. 4.
"""

from __future__ import annotations

from fractions import Fraction

from mpmath import mp

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import order_check
from oracle.claims.paper_003.shared_networks import ONE_ROW, TWO_ROWS, Network, flow_integrals, flow_limit
from reference.case import Flow
from reference.mpmath_arithmetic import nearest_mpf
from reference.observed_order import estimate_order

__all__ = ["CLAIM"]

DIGITS = 8
LADDER = tuple(Fraction(1, 10 * 2**i) for i in range(3))
NEAR = 0.02  # relative to the largest: what extrapolation over the ladder may leave
Floats = list[float]


def compute(setting: Setting) -> Findings:
    """Compare d/dλ ln(Δ∞/Δ0) at λ = 0, extrapolated from MGF, with integrals along gradient flow."""
    digits = setting.digits(DIGITS)
    checks, lines = [], []
    for network in (TWO_ROWS, ONE_ROW):
        logs = [logarithms(network, inertia, digits) for inertia in LADDER]
        checks.append(_slope(Role.AS_PRINTED, network, logs, printed_rate(network, digits)))
        checks.append(_slope(Role.CORRECTED, network, logs, mended_rate(network, digits)))
        misses = {
            name: [
                max(abs(a - float(x) * b) for a, b in zip(log, rate, strict=True))
                for log, x in zip(logs, LADDER, strict=True)
            ]
            for name, rate in (
                ("printed", printed_rate(network, digits)),
                ("corrected", mended_rate(network, digits)),
            )
        }
        checks.append(
            order_check(
                Role.CORRECTED,
                estimate_order(misses["corrected"]),
                2,
                subject="ln(Δ∞/Δ0) = −2λ∫(∇L)² dt + O(λ²)",
                instance=network.name,
                second_method="its first coefficient met by extrapolation",
            )
        )
        lines += [
            Line(f"{name}: {network.name}", tuple(map(float, LADDER)), tuple(m)) for name, m in misses.items()
        ]
    plot = Plot(
        "Error of ln(Δ∞/Δ0) as λ is halved", "λ", "largest error", tuple(lines), x_log=True, y_log=True,
        caption="With the squared gradient the error falls like λ²; as printed only like λ, the size of the effect itself.",
    )  # fmt: skip
    remark = (
        "As printed the statement fails only because the squares were moved from the gradient to both Δ with "
        "the PDF's layout."
    )
    return Findings(tuple(checks), (plot,), (remark,))


def printed_rate(network: Network, digits: int) -> Floats:
    """Return the printed d/dλ ln(Δ∞/Δ0) = −∫∇L dt, along gradient flow: ½ asinh(2θ/Δ0) moves by −∫∇L."""
    limit = flow_limit(network, Flow("gradient_flow"), digits)
    rows = zip(limit, network.theta(), network.balancedness(), strict=True)
    return [
        float(
            mp.asinh(2 * nearest_mpf(end) / nearest_mpf(d))
            - mp.asinh(2 * nearest_mpf(start) / nearest_mpf(d))
        )
        / 2
        for end, start, d in rows
    ]


def mended_rate(network: Network, digits: int) -> Floats:
    """Return −2∫(∇L)² dt along gradient flow; the reference's φ is 8∫(∇L)²."""
    return [-float(x) / 4 for x in flow_integrals(network, Flow("gradient_flow"), digits)["phi"]]


def logarithms(network: Network, inertia: Fraction, digits: int) -> Floats:
    """Return ln(Δ∞/Δ0) of MGF(λ)."""
    ends = flow_integrals(network, Flow("mgf", inertia=inertia), digits)["balancedness"]
    return [float(mp.log(nearest_mpf(a / b))) for a, b in zip(ends, network.balancedness(), strict=True)]


def _slope(role: Role, network: Network, logs: list[Floats], rate: Floats) -> Check:
    """Return whether a rate is the quotient ln(Δ∞/Δ0)/λ, extrapolated to λ = 0 over the last two rungs."""
    fine, coarse = (
        [a / float(x) for a in log] for log, x in ((logs[-1], LADDER[-1]), (logs[-2], LADDER[-2]))
    )
    measured = [2 * a - b for a, b in zip(fine, coarse, strict=True)]
    off = max(abs(a - b) for a, b in zip(measured, rate, strict=True))
    printed = role is Role.AS_PRINTED
    return Check(
        role,
        off < NEAR * max(map(abs, measured)),
        f"to first order in λ, ln({'Δ∞²/Δ0²' if printed else 'Δ∞/Δ0'}) is −2λ∫{'∇L' if printed else '(∇L)²'} dt",
        f"d/dλ ln(Δ∞/Δ0) at 0 is ({', '.join(f'{a:.4f}' for a in measured)}), said is "
        f"({', '.join(f'{a:.4f}' for a in rate)})",
        network.name,
        Grade.CONFIRMED,
        ("certified balancednesses of MGF on a ladder of λ, extrapolated", "integrals along gradient flow"),
    )


CLAIM = Claim(
    identifier="Q12",
    paper="003",
    place="Sec. 4",
    statement="Δ∞² ~ Δ0² exp(−2λ ∫ ∇L(θ_t) dt) as λ → 0 (exponents may have been lost or moved).",
    confirms="Certified ln(Δ∞²/Δ0²) that has the printed exponent as its first power of λ. (That the quotient of "
    "both sides tends "
    "to 1 would hold for every exponent.)",
    refutes="Another first power of λ, met by two methods.",
    compute=compute,
    printed_tex=r"\Delta_\infty^2 \sim_{\lambda \to 0} \Delta_0^2 \exp\left( -2\lambda \int_0^\infty "
    r"\nabla\mathcal{L}(\theta_t)\, dt \right)",
    correction=Correction(
        "Δ∞ = Δ0 exp(−2λ∫(∇L(θ_t))² dt + O(λ²)): the squares belong to the gradient, not to both Δ; they were moved "
        "when the text "
        "was extracted from the PDF.",
        Effect.AMENDS,
        r"\Delta_\infty \sim_{\lambda \to 0} \Delta_0 \exp\left( -2\lambda \int_0^\infty "
        r"\nabla\mathcal{L}(\theta_t)^2 dt \right)",
    ),
    seconds=6,
)
