"""Q16: Δ∞ and θ̃0 are O(α²) as long as no w± changes its sign; for a large fixed λ they are not.

With I± ≥ 0 (no change of sign, Q8) Δ∞ ≤ Δ0 ≤ α² and |θ̃0| ≤ ¼ max(w±,0²) ≤ α², whatever λ: that is the assumption, which
the sentence before this one on the poster makes ("If Δ_t > 0 for all t") and this one inherits by "hence".

It does not come by itself as α → 0.  Near the start the gradient is −g, so λw'' + w' ∓ g w = 0: w₊ grows like e^{ρt},
ρ = (s − 1)/(2λ), s = √(1 + 4λg), until α e^{ρT} ~ 1; w₋ decays like e^{−t/(2λ)} and, if 4λg > 1, oscillates through zero.
At T = ln(1/α)/ρ the balancedness has the size α e^{−T/(2λ)} = α^{1 + 1/(s − 1)}: not O(α²) if s > 2, that is 4λg > 3.  In
θ̃0 the share ¼ w₋,0² e^{−2I₋} = ¼ w₋(T)² e^{−2∫g} has the size α^{2s/(s − 1) − (s + 1)}: it even grows as α → 0 if
s > 1 + √2.

Source: paper 003, Sec. 4 and 6.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import log, sqrt

from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.paper_003.shared_networks import Network, flow_integrals, perturbed_start
from oracle.claims.paper_003.shared_scales import SWAPPED, Scaled
from oracle.claims.paper_003.shared_simulation import simulate
from reference.case import Flow

__all__ = ["CLAIM"]

DIGITS = 8
ONE = Scaled("n = d = 1, y = 1", ("1",), "1", Fraction(4))
ALPHAS = tuple(Fraction(1, 10**k) for k in (1, 2, 3, 4))
WILD = tuple(
    Fraction(2, 25) ** k for k in (1, 2, 3, 4, 5)
)  # half an oscillation of w₋ apart, so that all see one phase
KEPT = (  # λ at which no w± changes its sign
    (ONE, Fraction(1, 5), ALPHAS),
    (SWAPPED[0], Fraction(1, 5), ALPHAS[:2]),
    (SWAPPED[1], Fraction(1, 5), ALPHAS[:2]),
)


def compute(setting: Setting) -> Findings:
    """Certify Δ∞/α² and θ̃0/α² on ladders of α, with and without a change of sign."""
    digits = setting.digits(DIGITS)
    wild = [quotients(ONE.at(alpha), ONE.inertia, alpha, digits) for alpha in WILD]
    where = f"{ONE.name}, λ = {ONE.inertia}"
    checks = [
        _bounded(Role.AS_PRINTED, "Δ∞", [pair[0] for pair in wild], WILD, where),
        # where w₋ passes zero I₋ diverges, and θ̃0 has a meaning only with its finite part
        _bounded(Role.BESIDE, "θ̃0", [pair[1] for pair in wild], WILD, f"{where}, with the finite part of I₋"),
    ]
    lines = [_line(f"{name}, λ = 4", WILD, [pair[i] for pair in wild]) for i, name in enumerate(("Δ∞", "θ̃0"))]
    for problem, inertia, alphas in KEPT:
        found = [quotients(problem.at(alpha), inertia, alpha, digits) for alpha in alphas]
        crossed = simulate(problem.at(alphas[-1]), inertia, part=1 / 4).crossed
        for i, name in enumerate(("Δ∞", "θ̃0")):
            for role in (Role.AS_PRINTED, Role.UNDER_ASSUMPTION):
                where = f"{problem.name}, λ = {inertia}, {'with' if crossed else 'without'} a change of sign"
                if role is Role.AS_PRINTED or not crossed:
                    checks.append(_bounded(role, name, [pair[i] for pair in found], alphas, where))
        lines.append(_line(f"Δ∞, λ = 1/5: {problem.name}", alphas, [pair[0] for pair in found]))
    checks.append(_power([pair[0] for pair in wild]))
    plot = Plot(
        "Δ∞/α² and |θ̃0|/α² as the start shrinks", "α", "quotient", tuple(lines), x_log=True, y_log=True,
        caption="Without a change of sign both stay below 1; at λ = 4, where w₋ oscillates, both grow without bound.",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def quotients(net: Network, inertia: Fraction, alpha: Fraction, digits: int) -> tuple[float, float]:
    """Return the largest Δ∞/α² and |θ̃0|/α² of MGF(λ)."""
    found = flow_integrals(net, Flow("mgf", inertia=inertia), digits)
    with mp.workdps(2 * digits + 20):
        start = perturbed_start(net.weights(), found["I_plus"], found["I_minus"])
    return float(max(found["balancedness"]) / alpha**2), float(max(map(abs, start)) / alpha**2)


def bounded(values: list[float]) -> bool | None:
    """Return whether quotients by α² stay below 1, the bound that I± ≥ 0 gives; None where they neither do nor double."""
    if max(values) <= 1:
        return True
    return False if all(after > 2 * before for before, after in pairwise(values)) else None


def _bounded(role: Role, name: str, values: list[float], alphas: tuple[Fraction, ...], where: str) -> Check:
    return Check(
        role,
        bounded(values),
        f"{name} = O(α²): {name}/α² stays below 1 as α → 0",
        f"{name}/α² is {', '.join(f'{value:.3g}' for value in values)} for α = "
        f"{', '.join(f'{float(a):.3g}' for a in alphas)}",
        where,
        Grade.CERTIFIED,
        ("enclosures of the flow to its limit",),
    )


def _power(values: list[float]) -> Check:
    """Return whether Δ∞ falls with the power of α that the linear theory at the start says."""
    s = sqrt(1 + 4 * float(ONE.inertia))
    said = 1 + 1 / (s - 1)
    seen = 2 - log(values[-1] / values[-2]) / log(float(WILD[-2] / WILD[-1]))
    return Check(
        Role.BESIDE,
        abs(seen - said) < 0.05,
        f"Δ∞ has the size α^{said:.3f} at λ = {ONE.inertia}, g = 1",
        f"measured power {seen:.3f}",
        ONE.name,
        Grade.CONFIRMED,
        ("enclosures on a ladder of α", "roots of λρ² + ρ ∓ g at the start"),
    )


def _line(name: str, alphas: tuple[Fraction, ...], values: list[float]) -> Line:
    return Line(name, tuple(map(float, alphas)), tuple(values))


CLAIM = Claim(
    identifier="Q16",
    paper="003",
    place="Sec. 4, 6",
    statement="Δ∞, θ̃0 = O(α²), where α = max(‖u0‖, ‖v0‖) is the scale of the start.",
    confirms="Certified Δ∞/α² and |θ̃0|/α² that stay below a bound on ladders of α at a fixed λ; the bound that "
    "follows where "
    "I± ≥ 0 is 1.",
    refutes="Certified quotients that at least double with every smaller α.",
    compute=compute,
    printed_tex=r"\Delta_\infty, \tilde\theta_0 = O(\alpha^2)",
    assumption="no w± changes its sign (Δ_t > 0 for all t: the premise of the poster's sentence before it), as for "
    "λ ≤ n/‖y − Xθ0‖² · min Δ0",
    seconds=11,
)
