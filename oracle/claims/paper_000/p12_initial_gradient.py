"""P12: the limits of heavy ball and Nesterov are said to depend on the initial gradient explicitly, through R^M.

The gradient stands in R^M as ¼ asinh(x + 4αc g√(1 + x²)) = ¼ asinh(x) + αc g + O(η²), g = ∂_θL(θ(0)) = Xᵀ(Xθ(0) − y)/n. But
θᵀg = (Xθ)ᵀ(Xθ(0) − y)/n is one number for all θ with Xθ = y: on that set the term αc θᵀg is constant, and the minimiser is
the same with it, without it, or with any multiple of it. What asinh leaves beyond is O(η²) (O(η³) where θ(0) = 0), which
the theorem neglects, and which the limit itself does not follow.

So the limits of the flow from rest and from β'(0) = −c∇L, which put no gradient term and the printed one into the exact
linear term, differ by O(η²) alone, as do those of heavy ball from p_0 = 0 and from p_0 = −ηc∇L: to the order of the theorem
the initial gradient neither helps nor harms. It acts through φ = ∫g², as all gradients do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from mpmath import mp, mpf

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import sparse_instance
from oracle.claims.measures import apart, row
from oracle.claims.paper_000.shared_limits import (
    BIASED,
    LADDER,
    UNBIASED,
    Numbers,
    Run,
    Theory,
    agreed_order,
    end,
    in_numbers,
    kernel,
    minimiser,
    misses,
    slope_at_start,
    start_of,
)
from reference.case import Method, Regression
from reference.discrete_integrals import certified_integrals
from reference.discrete_limit import certified_limit
from reference.kkt import certified_minimiser
from reference.predictions import first_order_prediction, printed_momentum_prediction

__all__ = ["CLAIM"]

DIGITS = 24
RUN_DIGITS = 12
BITS = 256
MU = Fraction(1, 2)
FINE = tuple(eta / 2 for eta in LADDER)  # on coarser ones η³ still shows
PULLS = (Fraction(1, 10), Fraction(3))  # α/(1 − μ)
Number = Callable[[Fraction], mpf]


def gradient_part(instance: str) -> Numbers:
    """Return what stands in R^M besides the start: ∂_θL(θ(0))."""
    return slope_at_start(instance)


def compute(setting: Setting) -> Findings:
    """Put the gradient into the linear term, leave it out, and compare the minimisers and the limits."""
    digits, bits = setting.digits(DIGITS), setting.bits(BITS)
    checks = [_moved(name, pull, digits, bits) for name in (*BIASED, UNBIASED[0]) for pull in PULLS]
    lines = []
    for name in (*BIASED, UNBIASED[1]):
        errors = [_whole(name, eta, digits, bits) for eta in LADDER]
        checks.append(_first_order(name, errors))
        lines.append(Line(name, tuple(map(float, LADDER)), tuple(pair[0] for pair in errors)))
    for name, flow in ((BIASED[0], True), (BIASED[1], False), (UNBIASED[1], False)):
        checks.append(_two_starts(name, flow, setting.digits(RUN_DIGITS)))
    checks.append(_large_step(setting.digits(RUN_DIGITS)))
    plot = Plot(
        "How far the gradient inside the printed asinh moves the minimiser",
        "step size η",
        "distance of the minimisers with and without it",
        tuple(lines),
        x_log=True,
        y_log=True,
        caption="It falls like η² or faster, the size that the theorem neglects; to first order nothing moves.",
    )
    return Findings(tuple(checks), (plot,))


def _start_term(instance: str, bits: int) -> Theory:
    """Return ξ and −¼ asinh(θ(0)/2ξ) of the start."""
    u, v = start_of(instance)
    linear = in_numbers(
        lambda number: [-mp.log(number(abs(a / b))) / 4 for a, b in zip(u, v, strict=True)], bits
    )
    return Theory(tuple(abs(a * b) for a, b in zip(u, v, strict=True)), linear)


def _moved(name: str, pull: Fraction, digits: int, bits: int) -> Check:
    """Return whether αc ∂_θL(θ(0)) in the linear term moves the minimiser, and its part along the kernel of X."""
    plain, part = _start_term(name, bits), gradient_part(name)
    with_it = Theory(plain.xi, tuple(a + pull * g for a, g in zip(plain.linear, part, strict=True)))
    distance = apart(minimiser(name, plain, digits), minimiser(name, with_it, digits))
    products = [zip(vector, part, strict=True) for vector in kernel(name)]
    along = max(abs(sum((k * g for k, g in pairs), start=Fraction(0))) for pairs in products)
    size = max(abs(float(pull * g)) for g in part)
    return Check(
        role=Role.AS_PRINTED,
        holds=along != 0 and distance > 10.0 ** (3 - digits),
        asked="the gradient term αc ∂_θL(θ(0)), to first order, moves the minimiser",
        found=f"a term of size {size:.2g} moves it by {distance:.1g}, with {digits} digits asked; its part along the "
        f"kernel of X is {'exactly 0' if along == 0 else f'{float(along):.2g}'}",
        instance=f"{name}, α/(1−μ) = {pull}",
        grade=Grade.CERTIFIED,
        methods=("minimisers proved by Krawczyk", "exact kernel of X"),
    )


def _whole(name: str, eta: Fraction, digits: int, bits: int) -> tuple[float, float]:
    """Return how far the gradient inside the asinh of Eq. 9 moves the minimiser, by both measures."""
    plain, part = _start_term(name, bits), gradient_part(name)
    pull = eta * (1 + MU) / (2 * (1 - MU) ** 2)

    def inside(number: Number) -> list[mpf]:
        terms = []
        for start, g in zip(plain.linear, part, strict=True):
            ratio = mp.sinh(4 * number(start))  # −θ(0)/2ξ, the sign of the start as corrected
            terms.append(mp.asinh(ratio + 4 * number(pull * g) * mp.sqrt(1 + ratio**2)) / 4)
        return terms

    with_it = Theory(plain.xi, in_numbers(inside, bits))
    return misses(name, minimiser(name, plain, digits), with_it, digits)


def _first_order(name: str, errors: list[tuple[float, float]]) -> Check:
    """Return whether the whole printed term depends on the gradient by more than the theorem neglects."""
    second = agreed_order(
        Role.AS_PRINTED,
        errors,
        2,
        asked="the gradient inside the asinh of R^M moves the minimiser by more than O(η²)",
        instance=f"{name}, heavy ball's α, μ = {MU}",
    )
    return Check(
        role=second.role,
        holds=None if second.holds is None else not second.holds,
        asked=second.asked,
        found=second.found,
        instance=second.instance,
        grade=second.grade,
        methods=second.methods,
    )


def _two_starts(name: str, flow: bool, digits: int) -> Check:
    """Return whether runs from rest and from −c∇L, which put the gradient in or leave it out, end O(η²) apart."""
    errors = []
    for eta in LADDER if flow else FINE:
        rest, moving = (
            end(Run(name, "heavy_ball", eta, MU, flow, velocity), digits)
            for velocity in ("zero", "slow_manifold")
        )
        distance = apart(rest.theta, moving.theta)
        farthest = max(abs(float(a - b)) for a, b in zip(rest.scale, moving.scale, strict=True))
        errors.append((distance, farthest))
    start = "p_0 = −η∇L/(1−μ)" if not flow else "β'(0) = −∇L/(1−μ)"
    return agreed_order(
        Role.CORRECTED,
        errors,
        2,
        asked=f"heavy ball{' flow' if flow else ''} from rest and from {start} end O(η²) apart",
        instance=f"{name}, heavy ball{' flow' if flow else ''}, μ = {MU}",
        methods=("distance of the limits", "difference of |uv| in the limits"),
    )


def _large_step(digits: int) -> Check:
    """Return whether the gradient term brings the minimiser nearer to the limit at the η and μ of the paper's Fig. 1."""
    instance, _ = sparse_instance(4, 8, 1, 1, (Fraction(1, 4), Fraction(1, 4)))
    method = Method("heavy_ball", Fraction(3, 100), Fraction(9, 10))
    case = replace(instance.case, method=method)
    assert isinstance(case.problem, Regression)
    limit = row(certified_limit(case, digits, cross_check=False), "theta")
    phi = row(certified_integrals(case, None, digits, cross_check=False), "phi")
    columns = zip(*case.problem.X, strict=True)
    slope = [
        -sum((x * y for x, y in zip(column, case.problem.y, strict=True)), start=Fraction(0)) / 4
        for column in columns
    ]
    without = first_order_prediction(case, phi)
    theories = (printed_momentum_prediction(case, phi, slope), without)
    found = [
        row(certified_minimiser(case.problem, one.xi, one.linear, digits, cross_check=False), "theta")
        for one in theories
    ]
    near, far = (apart(limit, theta) for theta in found)
    return Check(
        role=Role.BESIDE,
        holds=near < far,
        asked="where α is not small, the minimiser with the printed gradient term is nearer to the limit than without",
        found=f"{near:.3g} from the limit with it, {far:.3g} without",
        instance=f"{instance.name}, heavy ball, η = 3/100, μ = 9/10",
        grade=Grade.CERTIFIED,
        methods=("certified limit of the run", "minimisers proved by Krawczyk"),
    )


CLAIM = Claim(
    identifier="P12",
    paper="000",
    place="abstract (b), Sec. 1 item 2, Sec. 3.2–3.3",
    statement=(
        "The limits of HB and NAG flow depend on the initialisation of the gradient explicitly, through R^M, which may harm "
        "generalisation."
    ),
    printed_tex=(
        r"\mathcal{R}_j^{\mathrm{M}} = \frac14 \operatorname{arcsinh}\left( \frac{\theta_j(0)}{2\xi_j} + "
        r"\frac{4\alpha\,\partial_{\theta_j} L(\theta(0))}{1-\mu} \sqrt{1 + \frac{\theta_j^2(0)}{4\xi_j^2}} \right)"
    ),
    confirms=(
        "A gradient term that moves the minimiser on Xθ = y by O(η), the order that the theorem keeps, and limits from rest "
        "and from −∇L/(1−μ) that differ by as much."
    ),
    refutes="Certified minimisers that are the same with the term and without it, on every instance, to every digit asked.",
    compute=compute,
    correction=Correction(
        "To the order of the theorem the limit does not depend on the initial gradient explicitly: ∂_θL(θ(0)) lies in the "
        "row space of X, where a linear term is constant on Xθ = y and moves no minimiser.",
        Effect.REPLACES,
        r"\theta^T \nabla_\theta L(\theta(0)) = \frac1n \, y^T (X\theta(0) - y) \quad "
        r"\text{for all } \theta \text{ with } X\theta = y",
    ),
    seconds=16,
)
