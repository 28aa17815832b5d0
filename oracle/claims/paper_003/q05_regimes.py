"""Q5: λ ≫ 1 oscillates and converges as slowly as one likes; λ ≪ 1 follows gradient flow to O(λ).

On F = ½ℓw² the roots of λr² + r + ℓ = 0 obey (2λr + 1)² = 1 − 4λℓ: for λ > 1/(4ℓ) they are −1/(2λ) ± i√(4λℓ − 1)/(2λ), an
oscillation that dies out at the rate 1/(2λ); for λ → 0 the slow one is −ℓ − λℓ² − …, gradient flow's up to O(λ).

Slowness holds for every F ≥ 0: E = (λ/2)|w'|² + F has E' = −|w'|², so (E e^{2t/λ})' = (2/λ) F e^{2t/λ} ≥ 0 and

    E(t) ≥ E(0) e^{−2t/λ}:

no MGF(λ) dissipates faster than that, and none gets below a share q of its first energy before (λ/2) ln(1/q).

Source: paper 003, Sec. 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

from flint import Ordering, arb, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import HADAMARD, QUARTIC_TWO, Instance
from oracle.claims.measures import identity_check, row
from oracle.claims.paper_003.shared_networks import ONE_ROW, TWO_ROWS, Network
from reference.balls import ball_precision
from reference.case import Flow, FlowCase
from reference.flows.certified_flow import certified_flow
from reference.observed_order import estimate_order, flow_at_steps

__all__ = ["CLAIM"]

BITS, DIGITS = 96, 8
LADDER = tuple(Fraction(1, 10 * 2**i) for i in range(4))  # λ
HORIZON, SAMPLES = Fraction(2), 8
LARGE = Fraction(64)
TIMES = tuple(Fraction(4 * k) for k in range(1, 41))
LEAST_TURNS = 4
GROWTH = 1.2  # of distance/λ along the ladder, which tends to a constant
TRIED = ((0, HADAMARD), (1, QUARTIC_TWO))
BY = "polynomials over the rationals (FLINT)"


def compute(setting: Setting) -> Findings:
    """Show the roots and the energy in symbols, follow flows of a large λ, and ladders of a small one."""
    checks = [_roots(), _energy()]
    lines = []
    for net in (ONE_ROW, TWO_ROWS):
        checks.append(_oscillates(net, setting.digits(DIGITS)))
        residuals = _residuals(net, LARGE, setting.digits(DIGITS))
        lines.append(Line(f"λ = 64: {net.name}", tuple(map(float, TIMES)), tuple(residuals)))
    for index, instance in TRIED:
        gaps = [gap(index, inertia, setting.bits(BITS)) for inertia in LADDER]
        checks.append(_near_gradient_flow(instance, gaps))
    plot = Plot(
        "First residual over time at λ = 64", "t", "⟨x₁, θ⟩ − y₁", tuple(lines),
        caption="Long swings through zero, which fade at the rate 1/(2λ) and no faster.",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def equation(lam: Any, root: Any, stiffness: Any) -> Any:
    """Return λr² + r + ℓ."""
    return lam * root**2 + root + stiffness


def force(velocity: Any, slope: Any) -> Any:
    """Return λw'', by the flow's equation λw'' + w' + ∇F = 0."""
    return -velocity - slope


def _roots() -> Check:
    context = fmpq_mpoly_ctx.get(("lam", "r", "l"), Ordering.lex)
    lam, root, stiffness = context.gens()
    difference = (
        (2 * lam * root + 1) ** 2 - (1 - 4 * lam * stiffness) - 4 * lam * equation(lam, root, stiffness)
    )
    return identity_check(
        Role.AS_PRINTED,
        not difference,
        "where λr² + r + ℓ = 0, (2λr + 1)² = 1 − 4λℓ: for λ > 1/(4ℓ) a rate of 1/(2λ) and an oscillation",
        f"the difference is {difference}",
        "all λ, r and ℓ",
        BY,
    )


def _energy() -> Check:
    """Return whether λ·(E e^{2t/λ})' e^{−2t/λ} = λE' + 2E is 2F, one coordinate's share, λw'' eliminated by the flow."""
    context = fmpq_mpoly_ctx.get(("lam", "v", "g", "F"), Ordering.lex)
    lam, velocity, slope, loss = context.gens()
    change = velocity * force(velocity, slope) + slope * velocity  # E' = λw'w'' + ∇F w'
    energy = lam * velocity**2 / 2 + loss
    difference = lam * change + 2 * energy - 2 * loss
    return identity_check(
        Role.AS_PRINTED,
        not difference,
        "E e^{2t/λ} never falls, so E(t) ≥ E(0) e^{−2t/λ}: arbitrarily slow as λ grows, for every F ≥ 0",
        f"λ(E e^{{2t/λ}})' e^{{−2t/λ}} − 2F is {difference}",
        "all λ, w', ∇F and F",
        BY,
    )


@lru_cache(maxsize=8)
def _residuals(net: Network, inertia: Fraction, digits: int) -> tuple[float, ...]:
    """Return the first residual at the times, certified."""
    found = certified_flow(net.following(Flow("mgf", inertia=inertia)), TIMES, digits, cross_check=False)
    line, target = net.problem.X[0], net.problem.y[0]
    return tuple(
        float(sum(x * t for x, t in zip(line, row(found, "theta", i), strict=True)) - target)
        for i in range(len(TIMES))
    )


def turns(values: Sequence[float]) -> int:
    """Return how often a sequence changes its sign."""
    return sum(1 for a, b in pairwise(values) if a * b < 0)


def _oscillates(net: Network, digits: int) -> Check:
    heavy, light = (_residuals(net, inertia, digits) for inertia in (LARGE, Fraction(1, 2)))
    late = max(map(abs, heavy[-len(heavy) // 4 :]))
    return Check(
        Role.AS_PRINTED,
        turns(heavy) >= LEAST_TURNS and late > 100 * abs(light[-1]),
        f"at λ = {LARGE} the residual swings through zero and is far from gone when that of λ = 1/2 is",
        f"{turns(heavy)} changes of sign up to t = {TIMES[-1]}, late residuals up to {late:.2g}; at λ = 1/2 "
        f"{turns(light)} changes, "
        f"{abs(light[-1]):.1g} at the end",
        net.name,
        Grade.CERTIFIED,
        ("enclosures of the flow",),
    )


@lru_cache(maxsize=32)
def gap(index: int, inertia: Fraction, bits: int) -> float:
    """Return max |w_λ(t) − w_0(t)| over sampled times up to the horizon."""
    case = TRIED[index][1].case
    step = HORIZON / SAMPLES
    paths = [
        flow_at_steps(FlowCase(case.problem, case.model, case.init, flow), step, SAMPLES, bits)
        for flow in (Flow("mgf", inertia=inertia), Flow("gradient_flow"))
    ]
    with ball_precision(bits):
        return max(
            float(sum((x * x for x in a - b), start=arb(0)).sqrt().mid()) for a, b in zip(*paths, strict=True)
        )


def _near_gradient_flow(instance: Instance, gaps: Sequence[float]) -> Check:
    shares = [value / float(inertia) for value, inertia in zip(gaps, LADDER, strict=True)]
    return Check(
        Role.AS_PRINTED,
        max(shares) < GROWTH * shares[0],
        "MGF(λ) is within a constant times λ of gradient flow as λ → 0",
        f"distance/λ is {', '.join(f'{x:.4g}' for x in shares)} along the ladder (order {estimate_order(gaps).order:.3f})",
        f"{instance.name}, up to t = {HORIZON}",
        Grade.CERTIFIED,
        ("enclosures of both flows",),
    )


CLAIM = Claim(
    identifier="Q5",
    paper="003",
    place="Sec. 2",
    statement="λ ≫ 1: heavy oscillations and arbitrarily slow convergence; λ ≪ 1: the gradient flow trajectory.",
    confirms="A bound on the dissipation that vanishes as λ grows, for every loss; swings of certified flows at a large λ; "
    "and a distance to gradient flow that falls like λ.",
    refutes="A large λ without oscillation on a quadratic or faster than the bound, or a distance to gradient flow that "
    "does not fall with λ.",
    compute=compute,
    printed_tex=r"\lambda \gg 1: \; \text{oscillations, slow}; \quad \lambda \ll 1: \; \text{gradient flow}",
    seconds=5,
)
