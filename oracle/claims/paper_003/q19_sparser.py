"""Q19: a smaller balancedness does not make a sparser limit.

ψ_Δ comes closer to a multiple of ‖·‖₁ if all Δᵢ shrink alike.  Momentum does not shrink them alike: to first order
ln(Δ∞,i/Δ0,i) = −2λ∫(∂ᵢL)² dt (Q12), most where the gradient is largest, which is where the solution grows.  On those
coordinates ψ_Δ∞ becomes steeper, since ψ_Δ ≈ ½ Σ ln(4/Δᵢ)|θᵢ| punishes a small Δᵢ, so weight moves to the others.
With one row x = (1, ½) the limit goes from the large coordinate to the small one: less sparse, although Δ∞ < Δ0 everywhere.

"Sparser" is read as a smaller ℓ1 norm, the measure the poster itself uses (ψ_Δ ∝ ‖·‖₁), and as a smaller ‖θ‖₁/‖θ‖₂.

Source: paper 003, Sec. 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.paper_003.shared_networks import (
    THREE_ROWS,
    Network,
    flow_integrals,
    flow_limit,
    network,
    numbers,
)
from oracle.claims.paper_003.shared_simulation import simulate
from oracle.sparse_regression import generate
from reference.case import Flow, Regression
from reference.kkt import certified_minimiser

__all__ = ["CLAIM"]

DIGITS = 8
HALF = network("θ = u⊙v, x = (1, ½), y = 1, u0 = 3/10, v0 = 0", ["1 1/2"], "1", "3/10 3/10", "0 0")
CLOSE = network("θ = u⊙v, x = (1, 4/5), y = 1, u0 = 3/5, v0 = 0", ["1 4/5"], "1", "3/5 3/5", "0 0")
TRIED = ((HALF, "1/10 3/10"), (CLOSE, "3/10"), (THREE_ROWS, "1/2"))
SWEEP = tuple((4, 8, 2, seed) for seed in range(5))  # n, d, non-zeros, seed
SWEPT_INERTIA, SWEPT_START = Fraction(3, 10), Fraction(1, 4)


def compute(setting: Setting) -> Findings:
    """Compare the certified ℓ1 norms of both limits where Δ∞ < Δ0 is certified, then count over a sweep."""
    digits = setting.digits(DIGITS)
    checks = [
        _check(net, inertia, measure, digits)
        for net, inertias in TRIED
        for inertia in numbers(inertias)
        for measure in ("‖θ‖₁", "‖θ‖₁/‖θ‖₂")
    ]
    checks.append(_sweep())
    return Findings(tuple(checks))


def spread(measure: str, theta: Sequence[Fraction]) -> float:
    """Return ‖θ‖₁, or ‖θ‖₁/‖θ‖₂: the smaller, the sparser."""
    total = float(sum(map(abs, theta)))
    return total if measure == "‖θ‖₁" else total / float(np.linalg.norm([float(t) for t in theta]))


def _check(net: Network, inertia: Fraction, measure: str, digits: int) -> Check:
    flow = Flow("mgf", inertia=inertia)
    ended = flow_integrals(net, flow, digits)["balancedness"]
    shrunk = [float(a / b) for a, b in zip(ended, net.balancedness(), strict=True)]
    momentum, plain = (spread(measure, flow_limit(net, f, digits)) for f in (flow, Flow("gradient_flow")))
    return Check(
        Role.AS_PRINTED,
        momentum < plain if max(shrunk) < 1 else None,
        f"where Δ∞ < Δ0, θ_MGF is sparser than θ_GF: it has a smaller {measure}",
        f"Δ∞/Δ0 = ({', '.join(f'{x:.3f}' for x in shrunk)}), yet {measure} is {momentum:.6f} against {plain:.6f}"
        if momentum >= plain
        else f"{measure} is {momentum:.6f} against {plain:.6f}",
        f"{net.name}, λ = {inertia}",
        Grade.CERTIFIED,
        ("certified limits and balancednesses",),
    )


def _sweep() -> Check:
    """Count the generated sparse regressions on which MGF is sparser; in floats."""
    sparser, shrinking = 0, 0
    for shape in SWEEP:
        problem = generate(*shape)
        data = Regression(problem.X, problem.y, "half_mean_square")
        d = len(problem.X[0])
        net = Network("sweep", data, (SWEPT_START,) * d, (Fraction(0),) * d)
        ended = simulate(net, SWEPT_INERTIA, part=1 / 3)
        found = certified_minimiser(
            data, [x / 4 for x in net.balancedness()], [Fraction(0)] * d, 8, cross_check=False
        )
        plain = found.arrays["theta"].rows[0]
        norm = sum(abs(value) for value in plain.integers) / 10.0**plain.places
        if bool(np.all(np.abs(ended.signed_balancedness) < [float(x) for x in net.balancedness()])):
            shrinking += 1
            sparser += int(float(np.abs(ended.theta).sum()) < norm)
    return Check(
        Role.BESIDE,
        2 * sparser > shrinking,
        "θ_MGF is sparser than θ_GF on most generated sparse regressions where Δ∞ < Δ0",
        f"sparser on {sparser} of {shrinking}",
        f"n = 4, d = 8, two non-zeros, u0 = {SWEPT_START}, v0 = 0, λ = {SWEPT_INERTIA}, {len(SWEEP)} seeds",
        Grade.OBSERVED,
        ("Runge and Kutta's rule",),
        instances=len(SWEEP),
    )


CLAIM = Claim(
    identifier="Q19",
    paper="003",
    place="Sec. 4",
    statement="Since Δ∞ < Δ0, θ_MGF is (expected to be) sparser than θ_GF.",
    confirms="Certified limits with a smaller ℓ1 norm than gradient flow's, wherever Δ∞ < Δ0.",
    refutes="One problem with Δ∞ < Δ0 in every coordinate and a certified larger ℓ1 norm.",
    compute=compute,
    printed_tex=r"\Delta_\infty < \Delta_0",
    seconds=6,
)
