"""Q13: to first order the bias of MGD(γ, β) is governed by λ(1 + β)/2, and by λ only as β → 1.

From w_{k+1} − w_k − β(w_k − w_{k−1}) = ∓γ g_k w_k the ratios are w_{k+1}/w_k − 1 = ∓γg/(1 − β) + O(γ²) after a
transient, and r(z) = (z − 1)²/2 + …; so the exact S± of Sec. 6 (Q14) are

    S± = (1 + β)/(1 − β) Σ ½ (γg/(1 − β))² + … = (1 + β)/2 · γ/(1 − β)² · ∫ g² dt + O(λ²),    dt = γ/(1 − β),

while MGF has I± = λ∫g² + O(λ²) (Q12).  MGD's bias is that of MGF(λ(1 + β)/2): half of MGF(λ)'s for plain gradient descent,
which is MGD with λ = γ and has a bias of its own.  λ alone governs in the limit β → 1 with λ fixed, where MGD
becomes MGF(λ) (Q1, Q3).  λ(1 + β)/2 = γ(1 + β)/(2(1 − β)²) is the inertia of paper 000's heavy-ball flow on this clock.

Source: paper 003, Sec. 1 and 6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from mpmath import mp

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import apart, order_check, row
from oracle.claims.paper_003.shared_descent import MGD, descend
from oracle.claims.paper_003.shared_networks import ONE_ROW, TWO_ROWS, Network, flow_limit
from reference.case import Flow, Method
from reference.discrete_limit import certified_limit
from reference.mpmath_arithmetic import nearest_mpf
from reference.observed_order import estimate_order

__all__ = ["CLAIM"]

DIGITS = 7
LADDER = tuple(Fraction(1, 5 * 2**i) for i in range(4))
BETAS = (Fraction(0), Fraction(1, 2))
TOWARDS_ONE = (Fraction(0), Fraction(1, 2), Fraction(3, 4))
NEAR = 0.06  # of 1: the quotient of biases at the end of the ladder, extrapolated
Step = Callable[[Fraction, Fraction], Fraction]


def compute(setting: Setting) -> Findings:
    """Compare certified limits of two momenta at equal λ, and at equal λ(1 + β)/2."""
    digits = setting.digits(DIGITS)
    checks, lines = [], []
    for network, rungs in ((ONE_ROW, LADDER[1:]), (TWO_ROWS, LADDER[:3])):
        for role, step in ((Role.AS_PRINTED, printed_step), (Role.CORRECTED, mended_step)):
            gaps = [
                apart(*(limit(network, step(value, beta), beta, digits) for beta in BETAS)) for value in rungs
            ]
            checks.append(_order(role, network, gaps))
            checks.append(_quotient(role, network, step, rungs, digits))
            lines.append(Line(f"equal {_name(role)}: {network.name}", tuple(map(float, rungs)), tuple(gaps)))
    checks.append(_becomes_flow(digits))
    plot = Plot(
        "Limits of two momenta, β = 0 and ½, apart", "the number held equal", "distance of the limits", tuple(lines),
        x_log=True, y_log=True, caption="At equal λ the limits differ in first order; at equal λ(1 + β)/2 only in second.",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def printed_step(value: Fraction, beta: Fraction) -> Fraction:
    """Return the γ with λ = γ/(1 − β)² = `value`."""
    return value * (1 - beta) ** 2


def mended_step(value: Fraction, beta: Fraction) -> Fraction:
    """Return the γ with λ(1 + β)/2 = `value`."""
    return 2 * value * (1 - beta) ** 2 / (1 + beta)


@lru_cache(maxsize=64)
def limit(network: Network, gamma: Fraction, beta: Fraction, digits: int) -> tuple[Fraction, ...]:
    """Return the certified θ(∞) of MGD(γ, β)."""
    return row(
        certified_limit(network.running(Method("heavy_ball", gamma, beta)), digits, cross_check=False),
        "theta",
    )


def _order(role: Role, network: Network, gaps: Sequence[float]) -> Check:
    return order_check(
        role,
        estimate_order(gaps),
        2,
        subject=f"at equal {_name(role)} the limits for β = 0 and ½ agree to first order",
        instance=network.name,
        second_method="the quotient of the biases",
    )


def _quotient(role: Role, network: Network, step: Step, rungs: Sequence[Fraction], digits: int) -> Check:
    """Return whether the bias against gradient flow is the same for both momenta to first order: limits, and S₊ + S₋."""
    plain = flow_limit(network, Flow("gradient_flow"), digits)
    by_limits = [
        apart(limit(network, step(x, BETAS[1]), BETAS[1], digits), plain)
        / apart(limit(network, step(x, BETAS[0]), BETAS[0], digits), plain)
        for x in rungs[-2:]
    ]
    by_sums = [
        _shrinking(network, step, x, BETAS[1]) / _shrinking(network, step, x, BETAS[0]) for x in rungs[-3:-1]
    ]
    quotients = [2 * fine - coarse for coarse, fine in (by_limits, by_sums)]
    return Check(
        role,
        all(abs(q - 1) < NEAR for q in quotients),
        f"at equal {_name(role)} β = ½ biases the limit as much as β = 0 does, to first order",
        f"the quotient of the biases tends to {quotients[0]:.3f} in the limits and {quotients[1]:.3f} in ln Δ∞/Δ0",
        network.name,
        Grade.CONFIRMED,
        ("certified limits against gradient flow's", "S₊ + S₋ along runs of our own"),
    )


@lru_cache(maxsize=64)
def _sums(network: Network, gamma: Fraction, beta: Fraction) -> float:
    """Return S₊ + S₋ of the first coordinate, to a few digits."""
    plus, minus = descend(network, MGD(gamma, beta), lambda z: z - 1 - mp.log(abs(z)), 5).sums
    return float(nearest_mpf(plus[0] + minus[0]))


def _shrinking(network: Network, step: Step, value: Fraction, beta: Fraction) -> float:
    return _sums(network, step(value, beta), beta)


def _becomes_flow(digits: int) -> Check:
    """Return whether MGD at a fixed λ comes to MGF(λ)'s limit as β → 1."""
    inertia = LADDER[0]
    flow = flow_limit(ONE_ROW, Flow("mgf", inertia=inertia), digits)
    gaps = [apart(limit(ONE_ROW, printed_step(inertia, beta), beta, digits), flow) for beta in TOWARDS_ONE]
    return Check(
        Role.BESIDE,
        all(b < 0.7 * a for a, b in pairwise(gaps)),
        "at a fixed λ the limit of MGD comes to MGF(λ)'s as β → 1",
        f"apart by {', '.join(f'{gap:.3g}' for gap in gaps)} for β = {', '.join(map(str, TOWARDS_ONE))}",
        f"{ONE_ROW.name}, λ = {inertia}",
        Grade.CERTIFIED,
        ("certified limits of runs and flow",),
    )


def _name(role: Role) -> str:
    return "λ" if role is Role.AS_PRINTED else "λ(1 + β)/2"


CLAIM = Claim(
    identifier="Q13",
    paper="003",
    place="Sec. 1, 6",
    statement="λ = γ/(1 − β)² is the quantity that governs the bias of MGD(γ, β) as it governs MGF's.",
    confirms="At equal λ and different β certified limits that agree to first order in λ, the size of the bias itself.",
    refutes="Limits that differ in first order, and biases whose quotient does not tend to 1, by two methods.",
    compute=compute,
    printed_tex=r"\lambda = \frac{\gamma}{(1-\beta)^2}",
    correction=Correction(
        "To first order the bias of MGD is governed by λ(1 + β)/2 = γ(1 + β)/(2(1 − β)²): MGD(γ, β) is biased like "
        "MGF of that "
        "inertia. λ itself governs only in the limit β → 1.",
        Effect.AMENDS,
        r"\lambda\, \frac{1+\beta}{2} = \frac{\gamma (1+\beta)}{2 (1-\beta)^2}",
    ),
    seconds=12,
)
