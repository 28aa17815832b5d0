"""Q9: where MGF(λ) ends, from its own I±: exact.

Put w± = u ± v, z = w'/w.  λw'' + w' ± g w = 0 is λ(z' + z²) + z ± g = 0, so with I± = λ∫ z±² dt (the sign: Q8) and a
start and an end at rest, z(0) = z(∞) = 0,

    ln|w±(∞)| = ln|w±(0)| − I± ∓ ∫ g dt.

The sum of both signs is Δ∞ = Δ0 e^{−(I₊ + I₋)}; the difference is ½ asinh(2θ∞/Δ∞) = ½ ln|w̃₊/w̃₋| − ∫ g with
w̃± = w±(0) e^{−I±}, that is θ̃0 = ¼(w̃₊² − w̃₋²) and |w̃₊w̃₋| = Δ∞.  ∫ g lies in the row space of X: an interpolating limit
is the one minimiser of D_{ψ_Δ∞}(·, θ̃0).  The initial velocity must be zero, as the paper says (C2): else
λ z±(0) stays over.

Source: paper 003, Sec. 4.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import apart
from oracle.claims.paper_003.shared_networks import (
    ONE_ROW,
    THREE_ROWS,
    TWO_ROWS,
    Network,
    balancedness_at_end,
    flow_integrals,
    flow_limit,
    minimiser,
    numbers,
    perturbed_start,
)
from reference.case import Flow

__all__ = ["CLAIM"]

DIGITS, SHOWN = 16, 16  # of the checks, of the plot
KICK = (numbers("1/4 0 1/4"), numbers("0 1/8 1/8"))
TRIED = ((TWO_ROWS, "1/10 1"), (ONE_ROW, "1/10 1/2"), (THREE_ROWS, "1/2"))  # Δ never vanishes
CROSSING = Fraction(2)  # the λ at which a w± of the first network passes zero


def compute(setting: Setting) -> Findings:
    """Hold certified limits and balancednesses to what the printed formulas make of certified I±."""
    digits = setting.digits(DIGITS)
    checks: list[Check] = []
    for network, inertias in TRIED:
        for inertia in numbers(inertias):
            checks += _checks(Role.AS_PRINTED, network, Flow("mgf", inertia=inertia), digits)
    small = Flow("mgf", inertia=Fraction(1, 10))
    checks += _checks(Role.BESIDE, TWO_ROWS, replace(small, inertia=CROSSING), digits)
    checks += _checks(Role.BESIDE, ONE_ROW, replace(small, initial_velocity="slow_manifold"), digits)
    checks += _checks(Role.BESIDE, replace(ONE_ROW, kick=KICK), small, digits)
    remarks = (
        "Zero initial speed is needed for a general velocity; the speed −∇F(w_0) happens to be harmless, as λ(z₊ + z₋) is "
        "zero and λ(z₊ − z₋) = −2λg a combination of the rows of X.",
        f"At λ = {CROSSING} a w± of the first network passes zero and the integral I± diverges; with its finite part the "
        "formulas still hold to every digit.",
    )
    return Findings(tuple(checks), (_plot(),), remarks)


def predicted(network: Network, flow: Flow, digits: int) -> tuple[list[Fraction], tuple[Fraction, ...]]:
    """Return the printed Δ∞ and the certified argmin D_{ψ_Δ∞}(·, θ̃0)."""
    found = flow_integrals(network, flow, digits)
    with mp.workdps(2 * digits):
        delta = balancedness_at_end(network.balancedness(), found["I_plus"], found["I_minus"])
        start = perturbed_start(network.weights(), found["I_plus"], found["I_minus"])
    return delta, minimiser(network.problem, delta, start, digits)


def _checks(role: Role, network: Network, flow: Flow, digits: int) -> list[Check]:
    delta, theta = predicted(network, flow, digits)
    found = {
        "Δ∞ = Δ0 exp(−(I₊ + I₋))": apart(flow_integrals(network, flow, digits)["balancedness"], delta),
        "θ_MGF = argmin D_{ψ_Δ∞}(·, θ̃0)": apart(flow_limit(network, flow, digits), theta),
    }
    speed = "at rest" if flow.initial_velocity == "zero" else "with the speed −∇F(w_0)"
    speed = "with another speed" if network.kick else speed
    return [
        Check(
            role,
            distance < 10.0 ** (3 - digits),
            asked,
            f"apart by {distance:.2g}, with {digits} digits asked",
            f"{network.name}, λ = {flow.inertia}, started {speed}",
            Grade.CERTIFIED,
            ("certified limit and integrals of the flow", "certified minimiser"),
        )
        for asked, distance in found.items()
    ]


def _plot() -> Plot:
    """Return the limit over λ beside both minimisers, first coordinate."""
    inertias = [Fraction(k, 10) for k in (1, 5, 10, 20)]
    x = tuple(map(float, inertias))
    flows = [Flow("mgf", inertia=value) for value in inertias]
    ends = tuple(float(flow_limit(TWO_ROWS, flow, SHOWN)[2]) for flow in flows)
    theory = tuple(float(predicted(TWO_ROWS, flow, SHOWN)[1][2]) for flow in flows)
    plain = float(flow_limit(TWO_ROWS, Flow("gradient_flow"), SHOWN)[2])
    lines = (
        Line("limit of MGF(λ)", x, ends, points=True),
        Line("argmin D_ψΔ∞(·, θ̃0)", x, theory),
        Line("limit of gradient flow", x, (plain,) * len(x)),
    )
    caption = "The printed minimiser passes through every limit, while gradient flow's stays behind."
    return Plot("Third coordinate of the limit over λ", "λ", "θ₃", lines, caption=caption)


CLAIM = Claim(
    identifier="Q9",
    paper="003",
    place="Sec. 4",
    statement="From rest, Δ∞ = Δ0 exp(−(I₊ + I₋)), θ̃0 = ¼(w₊,0² exp(−2I₊) − w₋,0² exp(−2I₋)) and θ_MGF = argmin "
    "D_{ψ_Δ∞}(θ, θ̃0) over the interpolating θ (I± with the sign that makes them positive: Q8).",
    confirms="Certified limits and balancednesses equal to what certified I± give, to every digit asked, on unlike "
    "networks.",
    refutes="A limit that certainly differs from the predicted minimiser.",
    compute=compute,
    printed_tex=r"\Delta_\infty = \Delta_0 \odot \exp(-(I_+ + I_-)), \quad \tilde\theta_0 = \frac14 \left( w_{+,0}^2 "
    r"\odot \exp(-2 I_+)"
    r" - w_{-,0}^2 \odot \exp(-2 I_-) \right), \quad \theta^{MGF} = \operatorname{argmin}_{\theta^\star \in \mathcal{S}}"
    r" D_{\psi_{\Delta_\infty}}(\theta^\star, \tilde\theta_0)",
    seconds=7,
)
