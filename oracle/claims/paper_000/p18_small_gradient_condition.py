"""P18: if ∇L(θ(0)) = o(α⁻¹ n(1 − μ)), R^M is close to R^GF.

R^M differs from R^GF by q = 4α∂_θL(θ(0))/(1 − μ) inside its arcsinh, and by nothing else. ∂_θL = Xᵀ(Xθ − y)/n
has the 1/n already: Sec. 3.2 rightly writes Xᵀy = o(α⁻¹ n(1 − μ)), and Sec. 3.3 keeps the n with the gradient,
where it counts twice. (At one fixed n, as α → 0, a constant factor changes no o(·): what is wrong is the ratio.)
Take every sample k² times, start from k(u, v) and add X(θ_k(0) − θ(0)) to y: ∂_θL(θ(0)), θ(0)/2ξ and with them R^M
and R^GF stay what they are, while n becomes k²n and θ(0) grows like k². So the condition is met as k → ∞ with R^M −
R^GF as large as before, and the further one of the same sentence, "α∇L(θ(0)) is small compared to θ(0)", is met with
it. Right is ∂_θL(θ(0)) = o(α⁻¹(1 − μ)), that is q → 0.

That suffices, whatever the start: with θ(0)/2ξ = sinh s and 0 ≤ q < 1,

    sinh(s + ln(1 − q)) ≤ sinh s − q cosh s,    sinh s + q cosh s ≤ sinh(s − ln(1 − q)),

since with x = e^s the differences are q²/(2x(1 − q)) and q²x/(2(1 − q)). Hence |R^M − R^GF| ≤ −¼ ln(1 − |q|),
for every θ(0) and ξ, and without the further condition.

Source: paper 000, Sec. 3.3, Eq. 9.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flint import arb, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import DIAGONAL_BIASED, DIAGONAL_ONE_ROW, Instance
from oracle.claims.measures import identity_check
from reference.balls import BallArithmetic, ball, ball_precision
from reference.case import Flow, Regression
from reference.flows.systems import inertia
from reference.objective import RegressionObjective

__all__ = ["CLAIM"]

BITS = 128
MU = Fraction(1, 2)
ETA = Fraction(1, 40)
FACTORS = (1, 4, 16, 32)  # k: the start is multiplied by it, and every sample taken k² times
STEPS = tuple(ETA / 4**i for i in range(4))
CHANGE = Fraction(1, 10)  # R^M − R^GF has become smaller where it fell below this part of what it was


@dataclass(frozen=True)
class Terms:
    """The two sides of the condition with what it is to imply, at one problem.

    Parameters
    ----------
    gradient : float
        max_j |∂_θL(θ(0))|.
    gap : float
        max_j |R_j^M − R_j^GF|.
    bound : float
        −¼ ln(1 − |q|), q = 4α max|∂_θL|/(1 − μ).
    """

    gradient: float
    gap: float
    bound: float


def compute(setting: Setting) -> Findings:
    """Make the printed ratio, then the corrected one, tend to zero, and see whether R^M tends to R^GF."""
    bits = setting.bits(BITS)
    checks, lines = [_inequality()], []
    for instance in (DIAGONAL_BIASED, DIAGONAL_ONE_ROW):
        found, line = _repeated(instance, bits)
        checks += [found, _smaller(instance, bits)]
        lines.append(line)
    plot = Plot(
        "The printed condition, met ever better by larger starts and more samples",
        "|∇L| over α⁻¹n(1 − μ)",
        "largest |R^M − R^GF|",
        tuple(lines),
        x_log=True,
        y_log=True,
        caption="The ratio falls as n and the start grow, and R^M stays as far from R^GF as it was.",
    )
    return Findings(tuple(checks), (plot,))


def condition(samples: int) -> int:
    """Return the n that stands in the condition: the number of samples, as printed."""
    return samples


def enlarged(instance: Instance, factor: int) -> Instance:
    """Return the start times k with the same residuals there, and every sample k² times."""
    problem, copies = instance.case.problem, factor**2
    assert isinstance(problem, Regression)
    start = instance.case.init
    moved = [(copies - 1) * (a * a - b * b) for a, b in zip(start["u"], start["v"], strict=True)]
    y = tuple(
        target + sum((x * t for x, t in zip(line, moved, strict=True)), start=Fraction(0))
        for line, target in zip(problem.X, problem.y, strict=True)
    )
    again = Regression(problem.X * copies, y * copies, problem.loss)
    init = {name: tuple(factor * x for x in block) for name, block in start.items()}
    return replace(instance, case=replace(instance.case, problem=again, init=init))


def terms_of(instance: Instance, eta: Fraction, bits: int) -> Terms:
    """Return the gradient at the start and how far Eq. 9's R^M is from R^GF there."""
    alpha = inertia(Flow("momentum_flow", eta, MU))
    with ball_precision(bits):
        arithmetic = BallArithmetic()
        u, v = (arithmetic.vector(instance.case.init[name]) for name in ("u", "v"))
        slope = RegressionObjective(instance.case, arithmetic).predictor_gradient(arithmetic.join([u, v]))
        pushes = [ball(4 * alpha / (1 - MU)) * g for g in slope]
        gaps = [_gap(a, b, q) for a, b, q in zip(u, v, pushes, strict=True)]
        bound = max(float(-((1 - abs(q)).log()) / 4) for q in pushes)
        return Terms(max(abs(float(g)) for g in slope), max(gaps), bound)


def _gap(u: arb, v: arb, push: arb) -> float:
    """Return |R^M − R^GF| of one coordinate."""
    ratio = (u * u - v * v) / (2 * abs(u * v))
    with_it = (ratio + push * (1 + ratio * ratio).sqrt()).asinh()
    return abs(float((with_it - ratio.asinh()) / 4))


def _repeated(instance: Instance, bits: int) -> tuple[Check, Line]:
    problem = instance.case.problem
    assert isinstance(problem, Regression)
    alpha = float(inertia(Flow("momentum_flow", ETA, MU)))
    found = [terms_of(enlarged(instance, k), ETA, bits) for k in FACTORS]
    ratios = [
        alpha * terms.gradient / (condition(k**2 * len(problem.y)) * float(1 - MU))
        for k, terms in zip(FACTORS, found, strict=True)
    ]
    start = instance.case.init
    least = min(abs(float(a * a - b * b)) for a, b in zip(start["u"], start["v"], strict=True))
    shares = [alpha * terms.gradient / (k**2 * least) for k, terms in zip(FACTORS, found, strict=True)]
    gaps = [terms.gap for terms in found]
    met = all(values[-1] < float(CHANGE) * values[0] for values in (ratios, shares))
    check = Check(
        role=Role.AS_PRINTED,
        holds=gaps[-1] < float(CHANGE) * gaps[0] if met else None,
        asked="where ∇L(θ(0)) becomes small against α⁻¹n(1 − μ), and α∇L(θ(0)) against θ(0), R^M comes close to R^GF",
        found=f"with k = {', '.join(map(str, FACTORS))}: |∇L|/(α⁻¹n(1−μ)) = {', '.join(f'{x:.3g}' for x in ratios)}, "
        f"α|∇L|/|θ(0)| at most {', '.join(f'{x:.3g}' for x in shares)}, yet |R^M − R^GF| = "
        f"{', '.join(f'{x:.4g}' for x in gaps)} (start times k, samples k² times)",
        instance=f"{instance.name}, heavy ball, η = {ETA}, μ = {MU}",
        grade=Grade.CERTIFIED,
        methods=("Arb balls",),
    )
    return check, Line(instance.name, tuple(ratios), tuple(gaps))


def _smaller(instance: Instance, bits: int) -> Check:
    found = [terms_of(instance, eta, bits) for eta in STEPS]
    gaps, bounds = [terms.gap for terms in found], [terms.bound for terms in found]
    return Check(
        role=Role.CORRECTED,
        holds=all(g <= b for g, b in zip(gaps, bounds, strict=True)) and gaps[-1] < float(CHANGE) * gaps[0],
        asked="where ∂_θL(θ(0)) becomes small against α⁻¹(1 − μ), R^M comes close to R^GF, within −¼ ln(1 − |q|)",
        found=f"|R^M − R^GF| = {', '.join(f'{x:.3g}' for x in gaps)}, bounds {', '.join(f'{x:.3g}' for x in bounds)}",
        instance=f"{instance.name}, heavy ball, η = {', '.join(map(str, STEPS))}, μ = {MU}",
        grade=Grade.CERTIFIED,
        methods=("Arb balls",),
    )


def inequality_defects() -> tuple[Any, Any]:
    """Return both differences of the docstring times 2x(1 − q), less q² and less q²x²; zero polynomials in x = e^s and q."""
    ring = fmpq_mpoly_ctx.get(["x", "q"], "lex")
    x, q = ring.gens()
    rest = 1 - q
    sinh, cosh = x**2 - 1, x**2 + 1  # times 1/(2x)
    lower = (sinh - q * cosh) * rest - (x**2 * rest**2 - 1)  # sinh(s + ln(1 − q)) = (x(1−q) − 1/(x(1−q)))/2
    upper = (x**2 - rest**2) - (sinh + q * cosh) * rest
    return lower - q**2, upper - q**2 * x**2


def _inequality() -> Check:
    lower, upper = inequality_defects()
    return identity_check(
        Role.CORRECTED,
        lower == 0 and upper == 0,
        "|arcsinh(sinh s + q cosh s) − s| ≤ −ln(1 − |q|): both differences are squares over positive numbers",
        f"they are q²/(2x(1 − q)) and q²x/(2(1 − q)), with the remainders {lower} and {upper}",
        "all starts (x = e^s > 0) and all 0 ≤ |q| < 1",
        "polynomials over the rationals (FLINT)",
    )


CLAIM = Claim(
    identifier="P18",
    paper="000",
    place="Sec. 3.3",
    statement="If ∇L(θ(0)) = o(α⁻¹ n(1 − μ)) and α∇L(θ(0)) is small compared to θ(0), R^M is close to R^GF.",
    printed_tex=r"\nabla L(\theta(0)) = o\left(\alpha^{-1} n (1-\mu)\right)",
    confirms="|R^M − R^GF| tending to zero wherever both printed ratios do. The condition is read as one on all the "
    "quantities in it, n among them.",
    refutes="A family of problems on which the printed ratios tend to zero and |R^M − R^GF| does not.",
    correction=Correction(
        "∂_θL(θ(0)) = o(α⁻¹(1 − μ)), without n, which the gradient holds already (Xᵀy = o(α⁻¹n(1 − μ)) in Sec. "
        "3.2 is right): then |R^M − R^GF| ≤ −¼ ln(1 − |q|) with q = 4α∂_θL(θ(0))/(1 − μ), whatever the start.",
        Effect.AMENDS,
        r"\nabla_\theta L(\theta(0)) = o\left(\alpha^{-1} (1-\mu)\right)",
    ),
    compute=compute,
    seconds=1,
)
