"""P7: Q_ξ ∝ ‖θ‖₂² as ξ → ∞, and Q_ξ → ‖θ‖₁ as ξ → 0: the second lacks a normalisation that diverges.

With every ξ_j = ξ, q(θ; ξ) = ¼[θ asinh(θ/2ξ) − √(4ξ² + θ²) + 2ξ] and q'' = 1/(4√(4ξ² + θ²)):

    ξ → ∞:  q'' → 1/(8ξ), so 16ξ Q_ξ(θ) = ‖θ‖₂² (1 + O(ξ⁻²));
    ξ → 0:  asinh(|θ|/2ξ) = ln(|θ|/ξ) + O(ξ²), so 4Q_ξ(θ) = ln(1/ξ)‖θ‖₁ + Σ(|θ| ln|θ| − |θ|) + O(ξ).

So Q_ξ itself grows without bound as ξ → 0, for every θ ≠ 0; it is 4Q_ξ/ln(1/ξ) that tends to ‖θ‖₁, with an error of
1/ln(1/ξ). A factor does not move a minimiser: the minimisers on Xθ = y do tend to the one of least ℓ1 norm, where that is
unique, and for ξ → ∞ to the one of least ℓ2 norm. With unequal ξ_j = ξ w_j the large limit is Σ θ_j²/w_j and not ‖θ‖₂².
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from flint import arb

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import DIAGONAL_BIASED, DIAGONAL_ONE_ROW, sparse_instance
from oracle.claims.measures import apart, row
from reference.arithmetic import Vector
from reference.balls import ball, ball_precision
from reference.case import Regression
from reference.hyperbolic_entropy import BallFunctions, entropy
from reference.kkt import certified_minimiser
from reference.norm_limits import least_l1, least_l2

__all__ = ["CLAIM"]

BITS = 1024  # θ asinh(θ/2ξ) and √(4ξ² + θ²) − 2ξ nearly cancel at ξ = 10⁸⁰
DIGITS = 20
POINTS = tuple(
    tuple(map(Fraction, texts)) for texts in (("1", "-2", "1/3"), ("1/5", "0", "3", "-1/7"), ("-7",))
)
EXPONENTS = (10, 20, 40, 80)
MINIMISER_EXPONENTS = (2, 4, 8)
Numbers = tuple[Fraction, ...]


def printed_small_limit(value: Any, scale: Any) -> Any:
    """Return what is printed to tend to ‖θ‖₁ as ξ → 0: Q_ξ(θ) itself."""
    return value


def right_small_limit(value: Any, scale: Any) -> Any:
    """Return what does tend to it: 4Q_ξ(θ)/ln(1/ξ)."""
    return 4 * value / (1 / scale).log()


def printed_large_limit(value: Any, scale: Any) -> Any:
    """Return what is proportional to ‖θ‖₂² as ξ → ∞, with its constant: 16ξ Q_ξ(θ)."""
    return 16 * scale * value


def compute(setting: Setting) -> Findings:
    """Enclose the potential at ever larger and smaller ξ, and hold the minimisers to those of the norms."""
    bits, digits = setting.bits(BITS), setting.digits(DIGITS)
    checks = []
    for theta in POINTS:
        checks.append(_tends(Role.AS_PRINTED, "16ξ Q_ξ", theta, printed_large_limit, (2, 1), bits))
        checks.append(_tends(Role.AS_PRINTED, "Q_ξ", theta, printed_small_limit, (1, -1), bits))
        checks.append(_tends(Role.CORRECTED, "4Q_ξ/ln(1/ξ)", theta, right_small_limit, (1, -1), bits))
    for name, problem in _problems():
        checks += [_minimisers(name, problem, sign, digits) for sign in (1, -1)]
    return Findings(tuple(checks), (_plot(bits),))


def _problems() -> list[tuple[str, Regression]]:
    found = []
    sparse, _ = sparse_instance(3, 6, 1, 1, (Fraction(1, 4), Fraction(1, 4)))
    for instance in (DIAGONAL_BIASED, DIAGONAL_ONE_ROW, sparse):
        problem = instance.case.problem
        assert isinstance(problem, Regression)
        found.append((instance.name, problem))
    return found


def _ratios(theta: Numbers, limit: Callable[[Any, Any], Any], kind: tuple[int, int], bits: int) -> list[Any]:
    """Return balls around what is said to tend to ‖θ‖_p^p, over it, at ξ = 10^(±k)."""
    power, sign = kind
    ratios = []
    with ball_precision(bits):
        point = Vector([ball(t) for t in theta])
        norm = sum((abs(t) ** power for t in point), start=arb(0))
        for exponent in EXPONENTS:
            scale = arb(10) ** (sign * exponent)
            value = entropy(point, Vector([scale] * len(theta)), BallFunctions)
            ratios.append(limit(value, scale) / norm)
    return ratios


def _tends(
    role: Role,
    what: str,
    theta: Numbers,
    limit: Callable[[Any, Any], Any],
    kind: tuple[int, int],
    bits: int,
) -> Check:
    """Return whether the ratio certainly comes nearer to 1, by 1.9 at least for twice the digits of ξ."""
    power, sign = kind
    ratios = _ratios(theta, limit, kind, bits)
    with ball_precision(bits):
        gaps = [abs(ratio - 1) for ratio in ratios]
        nearer = [bool(arb("1.9") * b < a) for a, b in pairwise(gaps)]
    norm = "‖θ‖₁" if power == 1 else "‖θ‖₂²"
    shown = ", ".join(f"{float(ratio.mid()):.6g}" for ratio in ratios)
    return Check(
        role=role,
        holds=all(nearer),
        asked=f"({what})/{norm} → 1 as ξ → {'∞' if sign > 0 else '0'}",
        found=f"{shown} at ξ = 10^({'−' if sign < 0 else ''}k), k = {', '.join(map(str, EXPONENTS))}",
        instance=f"θ = ({', '.join(map(str, theta))})",
        grade=Grade.CERTIFIED,
        methods=("enclosures of the entropy",),
    )


def _minimisers(name: str, problem: Regression, sign: int, digits: int) -> Check:
    """Return whether the minimisers come nearer to that of the norm, which is exact, as ξ grows or falls."""
    exact = least_l2(problem) if sign > 0 else least_l1(problem).theta
    d = len(exact)
    gaps = []
    for exponent in MINIMISER_EXPONENTS:
        scale = Fraction(10) ** (sign * exponent)
        found = certified_minimiser(problem, [scale] * d, [Fraction(0)] * d, digits, cross_check=False)
        gaps.append(apart(row(found, "theta"), exact))
    norm = "ℓ2" if sign > 0 else "ℓ1"
    return Check(
        role=Role.CORRECTED,
        holds=_shrinks(gaps, digits),
        asked=f"the minimiser of Q_ξ on Xθ = y tends to the one of least {norm} norm as ξ → {'∞' if sign > 0 else '0'}",
        found=f"apart by {', '.join(f'{gap:.2g}' for gap in gaps)} at ξ = 10^({'−' if sign < 0 else ''}k), k = "
        + ", ".join(map(str, MINIMISER_EXPONENTS)),
        instance=name,
        grade=Grade.CERTIFIED,
        methods=(
            "minimisers proved by Krawczyk",
            "exact elimination" if sign > 0 else "exact vertex with its dual",
        ),
    )


def _shrinks(gaps: Sequence[float], digits: int) -> bool:
    """Return whether each gap is at most half the one before, or below the digits asked."""
    return all(b <= max(a / 2, 10.0 ** (2 - digits)) for a, b in pairwise(gaps))


def _plot(bits: int) -> Plot:
    theta = POINTS[0]
    kinds = (("Q_ξ as printed", printed_small_limit), ("4Q_ξ/ln(1/ξ)", right_small_limit))
    lines = tuple(
        Line(
            name,
            tuple(map(float, EXPONENTS)),
            tuple(float(ratio.mid()) for ratio in _ratios(theta, limit, (1, -1), bits)),
        )
        for name, limit in kinds
    )
    return Plot(
        "The potential over ‖θ‖₁ as ξ → 0",
        "k, with ξ = 10^(−k)",
        "ratio to ‖θ‖₁",
        lines,
        caption="As printed it grows like ¼ ln(1/ξ); divided by that it tends to 1.",
    )


CLAIM = Claim(
    identifier="P7",
    paper="000",
    place="Sec. 3",
    statement="As ξ → ∞, Q_ξ(θ) ∝ ‖θ‖₂²; as ξ → 0, Q_ξ(θ) → ‖θ‖₁.",
    printed_tex=(
        r"\xi \to \infty: \; Q_\xi(\theta) \propto \|\theta\|_2^2, \qquad \xi \to 0: \; Q_\xi(\theta) \to \|\theta\|_1"
    ),
    confirms=(
        "With all ξ_j equal, enclosures of Q_ξ over ‖θ‖₁ that come ever nearer to 1 as ξ → 0, and of 16ξ Q_ξ over ‖θ‖₂² as "
        "ξ → ∞."
    ),
    refutes="Enclosures that certainly do not come nearer to 1.",
    compute=compute,
    correction=Correction(
        "As ξ → ∞, 16ξ Q_ξ(θ) → ‖θ‖₂²; as ξ → 0 it is 4Q_ξ(θ)/ln(1/ξ) that tends to ‖θ‖₁, and Q_ξ itself diverges. The "
        "minimisers do tend to those of least ℓ2 and least ℓ1 norm.",
        Effect.AMENDS,
        r"\xi \to \infty: \; 16\,\xi\, Q_\xi(\theta) \to \|\theta\|_2^2, \qquad "
        r"\xi \to 0: \; \frac{4\, Q_\xi(\theta)}{\ln(1/\xi)} \to \|\theta\|_1",
    ),
    seconds=1,
)
