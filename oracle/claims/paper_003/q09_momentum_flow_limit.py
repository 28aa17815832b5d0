"""Q9: where MGF(λ) ends, from its own I±: exact.

Put w± = u ± v, z = w'/w.  λw'' + w' ± g w = 0 is λ(z' + z²) + z ± g = 0, so with I± = λ∫ z±² dt (the sign: Q8) and a
start and an end at rest, z(0) = z(∞) = 0,

    ln|w±(∞)| = ln|w±(0)| − I± ∓ ∫ g dt.

The sum of both signs is Δ∞ = Δ0 e^{−(I₊ + I₋)}; the difference is ½ asinh(2θ∞/Δ∞) = ½ ln|w̃₊/w̃₋| − ∫ g with
w̃± = w±(0) e^{−I±}, that is θ̃0 = ¼(w̃₊² − w̃₋²) and |w̃₊w̃₋| = Δ∞.  ∫ g lies in the row space of X: an interpolating limit
is the one minimiser of D_{ψ_Δ∞}(·, θ̃0).  The initial velocity must be zero, as the paper says (C2): else
λ z±(0) stays over.

The reference encloses I± by this very balance, so that with them the formulas must come out: what is checked is the
balance, in symbols, and that λ∫ z±² dt, integrated step by step by another method, gives the certified Δ∞ and limit.

Source: paper 003, Sec. 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx
from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import apart, identity_check
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
from oracle.claims.paper_003.shared_simulation import simulate
from reference.case import Flow

__all__ = ["CLAIM"]

DIGITS, SHOWN = 16, 16  # of the checks, of the plot
KICK = (numbers("1/4 0 1/4"), numbers("0 1/8 1/8"))
TRIED = ((TWO_ROWS, "1/2 1"), (ONE_ROW, "1/2"), (THREE_ROWS, "1/2"))  # Δ never vanishes
TOLERANCE = 1e-8  # of Runge and Kutta's quadrature
CROSSING = Fraction(2)  # the λ at which a w± of the first network passes zero


def compute(setting: Setting) -> Findings:
    """Hold certified limits and balancednesses to what the printed formulas make of I± by quadrature."""
    digits = setting.digits(DIGITS)
    checks = [_balance()]
    for network, inertias in TRIED:
        for inertia in numbers(inertias):
            checks += _by_quadrature(network, inertia, digits)
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


def integrand(lam: Any, z: Any) -> Any:
    """Return what I± is the integral of."""
    return lam * z**2


def _balance() -> Check:
    """Return whether z + s g + λz' is −λz² once λz' is eliminated by the flow's own equation."""
    context = fmpq_mpoly_ctx.get(("lam", "z", "s", "g"), Ordering.lex)
    lam, z, s, g = context.gens()
    change = -lam * z**2 - z - s * g  # λz'
    difference = (z + s * g + change) + integrand(lam, z)
    return identity_check(
        Role.AS_PRINTED,
        not difference,
        "d/dt [ln|w| + s∫g + λw'/w] = −λ (w'/w)² along MGF: from rest to rest the balance that Δ∞ and θ̃0 are made of",
        f"the difference is {difference}",
        "all λ, w'/w, s = ±1 and g",
        "polynomials over the rationals (FLINT)",
    )


def predicted(
    network: Network, plus: Sequence[Fraction], minus: Sequence[Fraction], digits: int
) -> tuple[list[Fraction], tuple[Fraction, ...]]:
    """Return the printed Δ∞ and the certified argmin D_{ψ_Δ∞}(·, θ̃0) that I₊ and I₋ make."""
    with mp.workdps(2 * digits):
        delta = balancedness_at_end(network.balancedness(), plus, minus)
        start = perturbed_start(network.weights(), plus, minus)
    return delta, minimiser(network.problem, delta, start, digits)


def _enclosed(network: Network, flow: Flow, digits: int) -> tuple[list[Fraction], tuple[Fraction, ...]]:
    """Return them for the enclosed I±, whose finite part is meant where a w± passes zero."""
    found = flow_integrals(network, flow, digits)
    return predicted(network, found["I_plus"], found["I_minus"], digits)


def _by_quadrature(network: Network, inertia: Fraction, digits: int) -> list[Check]:
    """Return whether λ∫ (w'/w)², integrated in floats, makes the certified balancedness and limit."""
    flow, size = Flow("mgf", inertia=inertia), len(network.u)
    turned = [inertia * Fraction(x) for x in simulate(network, inertia).turning.tolist()]
    delta, theta = predicted(network, turned[:size], turned[size:], digits)
    found = {
        "Δ∞ = Δ0 exp(−(I₊ + I₋))": apart(flow_integrals(network, flow, digits)["balancedness"], delta),
        "θ_MGF = argmin D_{ψ_Δ∞}(·, θ̃0)": apart(flow_limit(network, flow, digits), theta),
    }
    return [
        Check(
            Role.AS_PRINTED,
            distance < TOLERANCE,
            f"{asked} with I± = λ∫ (w'±/w±)² dt",
            f"apart by {distance:.2g}; the quadrature is good to about {TOLERANCE:.0e}",
            f"{network.name}, λ = {inertia}, started at rest",
            Grade.CONFIRMED,
            ("Runge and Kutta's quadrature of (w'/w)²", "certified balancedness and limit of the flow"),
        )
        for asked, distance in found.items()
    ]


def _checks(role: Role, network: Network, flow: Flow, digits: int) -> list[Check]:
    delta, theta = _enclosed(network, flow, digits)
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
    theory = tuple(float(_enclosed(TWO_ROWS, flow, SHOWN)[1][2]) for flow in flows)
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
    confirms="The balance of ln|w±| in symbols; and certified limits and balancednesses equal to what I± give that another "
    "method integrated, to its accuracy, on unlike networks.",
    refutes="A limit that certainly differs from the predicted minimiser.",
    compute=compute,
    printed_tex=r"\Delta_\infty = \Delta_0 \odot \exp(-(I_+ + I_-)), \quad \tilde\theta_0 = \frac14 \left( w_{+,0}^2 "
    r"\odot \exp(-2 I_+)"
    r" - w_{-,0}^2 \odot \exp(-2 I_-) \right), \quad \theta^{MGF} = \operatorname{argmin}_{\theta^\star \in \mathcal{S}}"
    r" D_{\psi_{\Delta_\infty}}(\theta^\star, \tilde\theta_0)",
    seconds=7,
)
