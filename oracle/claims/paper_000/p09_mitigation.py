"""P9: the limit has ξ̄(∞) = ξ exp(−αφ(∞)) in the place of ξ, φ = 8/(1 − μ)² ∫g⊙g, up to O(η²).

With w± = 2u, 2v, z± = w±'/w± and c = 1/(1 − μ), Eq. 4 is α(z' + z²) + z ± 2cg = 0. Its integral, for both signs added:

    ln |uv|(∞) = ln ξ − (I₊ + I₋) + α(z₊ + z₋)(0),    I± = α ∫z±² dt,

exactly. As z± = ∓2cg + O(η) after a transient of length O(η), I₊ + I₋ = 8αc² ∫g² + O(η²) = αφ + O(η²); and z₊ + z₋ = 0 at
the start from rest and for every velocity along ∇L. So |uv|(∞) is ξ̄(∞) up to O(η²), and the entropy that the limit minimises
(with the sign of R^M corrected, P10) has that scale. For the methods S± = Σ[r(w_{k+1}/w_k) + …] stand in the place of I±,
exactly, and are αφ to first order as well, φ being η · 8c² Σ g_k² (paper 003, Sec. 6).

Measured for flows and methods: the power of η of |ln |uv|(∞)/ξ + αφ|, of the distance between limit and minimiser, and that
the exact version leaves nothing.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.paper_000.shared_limits import (
    BIASED,
    LADDER,
    End,
    Numbers,
    Run,
    Theory,
    agreed_order,
    end,
    in_numbers,
    misses,
    start_of,
)

__all__ = ["CLAIM"]

DIGITS = 12
BITS = 192
MU = Fraction(1, 2)
KINDS = (
    ("heavy_ball", True, "zero"),
    ("nesterov", True, "slow_manifold"),
    ("heavy_ball", False, "zero"),
    ("nesterov", False, "zero"),
)
VELOCITY = {"zero": "rest", "slow_manifold": "β'(0) = −∇L/(1−μ)"}


def exponent(run: Run, phi: Numbers) -> Numbers:
    """Return αφ as printed, with the α of Prop. 1."""
    mu = run.momentum
    numerator = 1 - mu + 2 * mu**2 if run.of == "nesterov" else 1 + mu
    alpha = run.step_size * numerator / (2 * (1 - mu))
    return tuple(alpha * value for value in phi)


def compute(setting: Setting) -> Findings:
    """Hold |uv|(∞) and the limit to the printed scale on a ladder, for flows and methods on two networks."""
    digits, bits = setting.digits(DIGITS), setting.bits(BITS)
    checks, lines = [], []
    for name, (of, flow, velocity) in product(BIASED, KINDS):
        runs = [Run(name, of, eta, MU, flow, velocity) for eta in LADDER]
        errors = [_errors(run, digits, bits) for run in runs]
        subject = f"{of.replace('_', ' ')}{' flow' if flow else ''} from {VELOCITY[velocity]}"
        instance = f"{name}, {subject}, μ = {MU}"
        checks.append(
            agreed_order(
                Role.AS_PRINTED,
                errors,
                2,
                asked="ln(|uv|(∞)/ξ) + αφ(∞) and the distance of the limit from the minimiser with ξ̄(∞) are O(η²)",
                instance=instance,
                methods=("product of the factors in the limit", "distance from the certified minimiser"),
            )
        )
        checks.append(_exact(runs[0], instance, digits, bits))
        if name == BIASED[0]:
            lines.append(Line(subject, tuple(map(float, LADDER)), tuple(pair[0] for pair in errors)))
    plot = Plot(
        "What ξ exp(−αφ) misses of the scale in the limit",
        "step size η",
        "largest |ln(|uv|(∞)/ξ) + αφ(∞)|",
        tuple(lines),
        x_log=True,
        y_log=True,
        caption=f"On {BIASED[0]}: it falls like η² for flows and methods alike.",
    )
    return Findings(tuple(checks), (plot,))


def _errors(run: Run, digits: int, bits: int) -> tuple[float, float]:
    """Return what the printed scale misses of |uv|(∞), and its minimiser of the limit."""
    reached = end(run, digits)
    scale = _scale(run, exponent(run, reached.phi), bits)
    theory = Theory(scale, _slope(run, bits))
    return _logarithm(reached.scale, scale, bits), misses(run.instance, reached.theta, theory, digits)[0]


def _exact(run: Run, instance: str, digits: int, bits: int) -> Check:
    """Return whether I± or S± in the place of αφ leave nothing of |uv|(∞), at the largest step size."""
    reached: End = end(run, digits)
    left = _logarithm(reached.scale, _scale(run, reached.turning, bits), bits)
    sums = "I₊ + I₋" if run.flow else "S₊ + S₋"
    return Check(
        role=Role.BESIDE,
        holds=left < 10.0 ** (3 - digits),
        asked=f"|uv|(∞) = ξ exp(−({sums})) exactly",
        found=f"|ln(|uv|(∞)/ξ) + {sums}| = {left:.1g} at η = {run.step_size}, with {digits} digits asked",
        instance=instance,
        grade=Grade.CERTIFIED,
        methods=("enclosed limit", "enclosed integrals"),
    )


def _scale(run: Run, lost: Numbers, bits: int) -> Numbers:
    """Return ξ exp(−lost)."""
    u, v = start_of(run.instance)
    return in_numbers(
        lambda number: [number(abs(a * b)) * mp.exp(-number(e)) for a, b, e in zip(u, v, lost, strict=True)],
        bits,
    )


def _slope(run: Run, bits: int) -> Numbers:
    """Return the linear term −¼ ln|u/v|(0): R^M with its sign corrected."""
    u, v = start_of(run.instance)
    return in_numbers(
        lambda number: [-mp.log(number(abs(a / b))) / 4 for a, b in zip(u, v, strict=True)], bits
    )


def _logarithm(left: Numbers, right: Numbers, bits: int) -> float:
    """Return the largest |ln(left/right)|."""
    ratios = in_numbers(
        lambda number: [mp.log(number(a) / number(b)) for a, b in zip(left, right, strict=True)], bits
    )
    return max(abs(float(value)) for value in ratios)


CLAIM = Claim(
    identifier="P9",
    paper="000",
    place="Thm 3, Eq. 8–9",
    statement=(
        "ξ̄(∞) = ξ exp(−αφ(∞)) with φ = 8/(1 − μ)² ∫(∇_θL)² is the scale of the entropy that the limits of HB and NAG flow, "
        "and of the discrete methods, minimise, neglecting O(η²)."
    ),
    printed_tex=(
        r"\bar\xi(\infty) = \xi \odot \exp(-\alpha\phi(\infty)), \quad "
        r"\phi(\infty) = \frac{8}{(1-\mu)^2} \int_0^\infty \nabla_\theta L(\theta(s)) \odot \nabla_\theta L(\theta(s))\, ds"
    ),
    confirms=(
        "Measured power 2 of η, on two networks, of what the formula misses of |uv|(∞) and its minimiser (with the sign of "
        "R^M corrected) of the limit, for both flows and both methods; for the methods φ is the sum of steps η."
    ),
    refutes="A power of η certainly below 2 in one of them.",
    compute=compute,
    seconds=18,
)
