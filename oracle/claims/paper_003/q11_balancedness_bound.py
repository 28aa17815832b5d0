"""Q11: below which λ the balancedness cannot vanish.

Along MGF, with g = ∇L(θ), λu'' + u' + g v = 0 and λv'' + v' + g u = 0, so for D = u² − v²

    λD'' + D' = 2λ(u'² − v'²),                                                    (1)
    d/dt [ (λ/2) Σ (u'² + v'²) + F ] = −Σ (u'² + v'²).                            (2)

From rest D'(0) = 0, and (1) integrates to D(t) − D(0) = 2λ ∫_0^t (1 − e^{−(t−s)/λ}) (u'² − v'²) ds.  With (2) and F ≥ 0,

    Σ |D(t) − D(0)| < 2λ ∫ Σ (u'² + v'²) ≤ 2λ F(w_0) = λ ‖y − Xθ0‖²/n,

so no coordinate of Δ can vanish while λ ≤ n/‖y − Xθ0‖² · min Δ0, and the limit is bounded away from zero likewise if
the inequality is strict.  Printed is ‖y‖² for ‖y − Xθ0‖²: right from θ0 = 0, and wherever the start fits the data no worse
than θ = 0 does.  It is wrong from a start that fits worse: for y → 0 it allows every λ, while D changes its sign.

Source: paper 003, Sec. 4.
"""

from __future__ import annotations

from fractions import Fraction

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import identity_check, row
from oracle.claims.paper_003.shared_networks import Network, network
from reference.case import Flow
from reference.flows.integrals import certified_flow_integrals

__all__ = ["CLAIM"]

DIGITS = 12
TIMES = tuple(Fraction(k, 2) for k in range(1, 33))
LARGEST = Fraction(8)  # λ tried where a bound allows more
BY = "polynomials over the rationals (FLINT)"
WORSE = (  # starts that fit the data worse than θ = 0 does
    network("θ = u⊙v, n = 1, d = 2, θ0 = (2, 2), y = 1/10", ["1 1/2"], "1/10", "2 2", "1 1"),
    network(
        "θ = u⊙v, n = 2, d = 3, θ0 = −θ* nearly",
        ["1 1/2 -1/4", "0 1 3/4"],
        "1/4 -1/8",
        "1 3/2 1",
        "-1/2 1/2 3/4",
    ),
)
BETTER = (  # from θ0 = 0, or nearer to the data than that
    network("θ = u⊙v, n = 1, d = 2, θ0 = 0, y = 1/10", ["1 1/2"], "1/10", "1/4 1/5", "0 0"),
    network(
        "θ = u⊙v, n = 2, d = 3, θ0 = 0, y = (8, −4)", ["1 1/2 -1/4", "0 1 3/4"], "8 -4", "1 3/2 1", "0 0 0"
    ),
)


def compute(setting: Setting) -> Findings:
    """Follow D = u² − v² at λ up to the printed bound and to the derived one."""
    digits = setting.digits(DIGITS)
    checks = [_equation(), _energy()]
    for net in (*WORSE, *BETTER):
        for role, bound in ((Role.AS_PRINTED, printed_bound), (Role.CORRECTED, derived_bound)):
            checks.append(_stays(role, net, min(bound(net), LARGEST), digits))
    return Findings(tuple(checks), (_plot(digits),))


def printed_bound(net: Network) -> Fraction:
    """Return the printed n/‖y‖² · min Δ0."""
    return len(net.problem.y) / _squared(net.problem.y) * min(net.balancedness())


def derived_bound(net: Network) -> Fraction:
    """Return n/‖y − Xθ0‖² · min Δ0."""
    theta = net.theta()
    left = [
        t - sum(x * b for x, b in zip(line, theta, strict=True))
        for line, t in zip(net.problem.X, net.problem.y, strict=True)
    ]
    return len(left) / _squared(left) * min(net.balancedness())


def _squared(values: list[Fraction] | tuple[Fraction, ...]) -> Fraction:
    return sum((x * x for x in values), start=Fraction(0))


def _equation() -> Check:
    """Return (1) with λu'' and λv'' eliminated by the flow's equations."""
    context = fmpq_mpoly_ctx.get(("lam", "u", "v", "du", "dv", "g"), Ordering.lex)
    lam, u, v, du, dv, g = context.gens()
    first = 2 * u * du - 2 * v * dv  # D'
    second = 2 * lam * (du**2 - dv**2) + 2 * u * (-du - g * v) - 2 * v * (-dv - g * u)  # λD''
    difference = second + first - 2 * lam * (du**2 - dv**2)
    return identity_check(
        Role.CORRECTED, not difference, "λD'' + D' = 2λ(u'² − v'²) for D = u² − v²", f"the difference is {difference}",
        "all λ, u, v, u', v' and g", BY,
    )  # fmt: skip


def _energy() -> Check:
    """Return (2), one coordinate's share: dF/dt = g (u'v + uv')."""
    context = fmpq_mpoly_ctx.get(("u", "v", "du", "dv", "g"), Ordering.lex)
    u, v, du, dv, g = context.gens()
    change = du * (-du - g * v) + dv * (-dv - g * u) + g * (du * v + u * dv)
    difference = change + du**2 + dv**2
    return identity_check(
        Role.CORRECTED, not difference, "d/dt [(λ/2)(u'² + v'²) + F] = −(u'² + v'²)", f"the difference is {difference}",
        "all u, v, u', v' and g", BY,
    )  # fmt: skip


def followed(net: Network, inertia: Fraction, digits: int) -> list[tuple[Fraction, ...]]:
    """Return D at the times looked at, enclosed to the digits asked."""
    case = net.following(Flow("mgf", inertia=inertia))
    found = certified_flow_integrals(case, TIMES, digits)
    return [row(found, "signed_balancedness", i) for i in range(len(TIMES))]


def _stays(role: Role, net: Network, inertia: Fraction, digits: int) -> Check:
    """Return whether D keeps the sign of its start; a sign that changes has passed zero."""
    start = [a * a - b * b for a, b in zip(net.u, net.v, strict=True)]
    path = followed(net, inertia, digits)
    quotients = [
        (now / d, t)
        for values, t in zip(path, TIMES, strict=True)
        for now, d in zip(values, start, strict=True)
    ]
    least, when = min(quotients)
    told = f"least D(t)/D(0) is {float(least):.4g}, at t = {float(when):g} of {float(TIMES[-1]):g}"
    return Check(
        role,
        least > Fraction(1, 10 ** (digits - 3)),
        f"for λ ≤ {'n/‖y‖²' if role is Role.AS_PRINTED else 'n/‖y − Xθ0‖²'}·min Δ0 the balancedness never vanishes",
        told,
        f"{net.name}, λ = {float(inertia):.4g}",
        Grade.CERTIFIED,
        ("enclosures of the flow",),
    )


def _plot(digits: int) -> Plot:
    """Return D(t)/D(0) of the first network at both bounds."""
    net = WORSE[0]
    lines = []
    for name, bound in (
        ("λ = 8, below the printed bound", printed_bound),
        ("λ at the derived bound", derived_bound),
    ):
        path = followed(net, min(bound(net), LARGEST), digits)
        start = net.u[0] ** 2 - net.v[0] ** 2
        lines.append(
            Line(name, (0.0, *map(float, TIMES)), (1.0, *(float(values[0] / start) for values in path)))
        )
    caption = "Below the printed bound the first coordinate's balancedness passes zero; at the derived one it stays "
    "positive."
    return Plot(
        "Balancedness over time from θ0 = (2, 2), y = 1/10", "t", "D(t)/D(0)", tuple(lines), caption=caption
    )


CLAIM = Claim(
    identifier="Q11",
    paper="003",
    place="Sec. 4",
    statement="For λ ≤ n/‖y‖₂² · min Δ0 the balancedness never vanishes.",
    confirms="Enclosed flows at the bound, over data scales and starts, whose u² − v² keeps its sign.",
    refutes="A λ below the bound at which u² − v² certainly has both signs.",
    compute=compute,
    printed_tex=r"\lambda \le \frac{n}{\|y\|_2^2} \cdot \left( \min_{i \in [d]} \Delta_{0,i} \right)",
    correction=Correction(
        "The bound holds with the residual at the start in the place of y, by the flow's energy: λ ≤ n/‖y − Xθ0‖₂² · "
        "min Δ0. "
        "From θ0 = 0 both are the same.",
        Effect.AMENDS,
        r"\lambda \le \frac{n}{\|y - X\theta_0\|_2^2} \cdot \left( \min_{i \in [d]} \Delta_{0,i} \right)",
    ),
    seconds=3,
)
