"""O1: the exact implicit bias of heavy ball and Nesterov with initial momentum, minibatches and changes of sign.

With w± = u ± v (w± = 2u, 2v for θ = u⊙u − v⊙v), dividing a step by the state that its gradient is taken at and writing
each ratio less one as r(z) + ln|z|, r(z) = z − 1 − ln|z|, makes the logarithms telescope. Initial momentum p_0 leaves over

    A± = μ p±_0 / ((1 − μ) w±_0),

and in the limit

    Δ∞ = Δ_0 exp(−(S₊ + S₋) + (A₊ + A₋)),    θ̃_0 = ¼(w₊,0² e^{2(A₊ − S₊)} − w₋,0² e^{2(A₋ − S₋)}),
    θ(∞) = argmin D_{ψ_Δ∞}(·, θ̃_0) on Xθ = y.

Paper 003 has it for heavy ball from rest, where A± = 0; initial momentum and Nesterov's sums (with r(w_{k+1}/y_k) +
r(y_k/w_k) in the place of r(w_{k+1}/w_k), y_k = w_k + μ(w_k − w_{k−1})) are this project's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import DIAGONAL_BIASED, HADAMARD, Instance
from oracle.claims.measures import apart, rational, row
from reference.case import Case, Method, Regression
from reference.discrete_integrals import certified_integrals
from reference.discrete_limit import certified_limit
from reference.kkt import certified_minimiser
from reference.mpmath_arithmetic import nearest_mpf
from reference.predictions import exact_discrete_prediction

__all__ = ["CLAIM"]

DIGITS = 20
Numbers = tuple[Fraction, ...]
KICK = {
    "u": (Fraction(1, 16), Fraction(0), Fraction(-1, 32)),
    "v": (Fraction(0), Fraction(1, 32), Fraction(1, 16)),
}
HEAVY_BALL = Method("heavy_ball", Fraction(1, 10), Fraction(1, 2), p0=KICK)
TRIED: tuple[tuple[Instance, Method], ...] = (
    (DIAGONAL_BIASED, HEAVY_BALL),
    (DIAGONAL_BIASED, replace(HEAVY_BALL, name="nesterov")),
    (HADAMARD, replace(HEAVY_BALL, batches=((0,), (1,)))),
    (HADAMARD, replace(HEAVY_BALL, name="nesterov", batches=((1,), (0, 1)))),
)


def initial_momentum(momentum: Fraction, kick: Numbers, start: Numbers) -> Numbers:
    """Return A± = μ p±_0 / ((1 − μ) w±_0), shape (d,)."""
    return tuple(momentum / (1 - momentum) * p / w for p, w in zip(kick, start, strict=True))


def compute(setting: Setting) -> Findings:
    """Hold the certified limit of each run to the minimiser made of its certified sums, with and without A±."""
    digits = setting.digits(DIGITS)
    found = [_missed(instance, method, digits) for instance, method in TRIED]
    checks = [
        check
        for (instance, method), (right, without) in zip(TRIED, found, strict=True)
        for check in (_check(instance, method, right, digits), _beside(instance, method, without))
    ]
    return Findings(tuple(checks), (_plot(found),))


def _missed(instance: Instance, method: Method, digits: int) -> tuple[float, float]:
    """Return how far the limit is from the minimiser, and from that without A±."""
    case = replace(instance.case, method=method)
    limit = row(certified_limit(case, digits, cross_check=False), "theta")
    sums = certified_integrals(case, None, digits, cross_check=False)
    plus, minus = row(sums, "S_plus"), row(sums, "S_minus")
    starts, kicks = _weights(case, case.init), _weights(case, method.p0)
    gains = [
        initial_momentum(method.momentum, kick, start) for kick, start in zip(kicks, starts, strict=True)
    ]
    none = tuple(Fraction(0) for _ in plus)
    assert isinstance(case.problem, Regression)
    missed = []
    for gain in (gains, [none, none]):
        exponents = [
            tuple(a - s for a, s in zip(g, part, strict=True))
            for g, part in zip(gain, (plus, minus), strict=True)
        ]
        prediction = exact_discrete_prediction(*_identified(starts, exponents, digits))
        minimiser = certified_minimiser(
            case.problem, prediction.xi, prediction.linear, digits, cross_check=False
        )
        missed.append(apart(limit, row(minimiser, "theta")))
    return missed[0], missed[1]


def _weights(case: Case, block: Mapping[str, Numbers]) -> list[Numbers]:
    """Return w₊ and w₋ of parameters."""
    u, v = block["u"], block["v"]
    if case.model == "diagonal":
        return [tuple(2 * x for x in u), tuple(2 * x for x in v)]
    return [tuple(a + b for a, b in zip(u, v, strict=True)), tuple(a - b for a, b in zip(u, v, strict=True))]


def _identified(starts: list[Numbers], exponents: list[Numbers], digits: int) -> tuple[Numbers, Numbers]:
    """Return Δ∞ and θ̃_0 of the formulas above."""
    with mp.workdps(digits + 20):
        ends = [
            [nearest_mpf(w) * mp.exp(nearest_mpf(e)) for w, e in zip(start, exponent, strict=True)]
            for start, exponent in zip(starts, exponents, strict=True)
        ]
        scale = tuple(rational(abs(a * b)) for a, b in zip(*ends, strict=True))
        return scale, tuple(rational((a * a - b * b) / 4) for a, b in zip(*ends, strict=True))


def _words(instance: Instance, method: Method) -> str:
    batches = f", batches {method.batches}" if method.batches else ""
    return f"{instance.name}, {method.name.replace('_', ' ')}, μ = {method.momentum}{batches}, p_0 ≠ 0"


def _check(instance: Instance, method: Method, missed: float, digits: int) -> Check:
    return Check(
        role=Role.AS_PRINTED,
        holds=missed < 10.0 ** (3 - digits),
        asked="the limit is the minimiser that S± and A± say",
        found=f"apart by {missed:.1g}, with {digits} digits asked",
        instance=_words(instance, method),
        grade=Grade.CERTIFIED,
        methods=("certified limit of the run", "certified sums and certified minimiser"),
    )


def _beside(instance: Instance, method: Method, missed: float) -> Check:
    return Check(
        role=Role.BESIDE,
        holds=missed < 1e-6,
        asked="the limit is the minimiser that S± say without A±",
        found=f"apart by {missed:.3g}",
        instance=_words(instance, method),
        grade=Grade.CERTIFIED,
        methods=("certified limit of the run", "certified sums and certified minimiser"),
    )


def _plot(found: list[tuple[float, float]]) -> Plot:
    runs = tuple(float(i + 1) for i in range(len(found)))
    return Plot(
        "Distance from the limit to the minimiser",
        "run",
        "|θ(∞) − minimiser|",
        (
            Line("with A±", runs, tuple(max(right, 1e-45) for right, _ in found), points=True),
            Line("without A±", runs, tuple(without for _, without in found), points=True),
        ),
        y_log=True,
        caption="Initial momentum enters the bias; with its term the theory is exact to every digit asked.",
    )


CLAIM = Claim(
    identifier="O1",
    paper="own",
    place="reference/bias_identities.py",
    statement=(
        "The limit of heavy ball and of Nesterov on diagonal networks, with initial momentum p_0, minibatches and changes "
        "of sign, is argmin D_{ψ_Δ∞}(·, θ̃_0) on Xθ = y with Δ∞ = Δ_0 exp(−(S₊ + S₋) + (A₊ + A₋)), exactly."
    ),
    printed_tex=(
        r"\Delta_\infty = \Delta_0 \, e^{-(S_+ + S_-) + A_+ + A_-}, \quad "
        r"A_\pm = \frac{\mu}{1-\mu} \frac{p_{\pm,0}}{w_{\pm,0}}"
    ),
    confirms="Certified limit and minimiser agree to every digit asked, for both methods and networks, with batches.",
    refutes="A limit that certainly differs from its minimiser.",
    compute=compute,
    seconds=6,
)
