"""P24: θ = u⊙v is equivalent to θ = u⊙u − v⊙v.

Put a = u + v and b = u − v: a⊙b = u⊙u − v⊙v, one θ. In (u, v) the gradient is (2gu, −2gv), g = ∂_θL; in (a, b)
it is (gb, ga), and

    a⁺ − a = −η'g b = −η'g(u − v),     u⁺ + v⁺ − (u + v) = −2ηg(u − v):

the same step if η' = 2η. GD, HB and NAG are linear in parameters, momenta and gradients, so with twice the step
size the runs are equal, iterate by iterate, and a flow in (a, b) takes twice the time. At one and the same step
size they are not: the limits, which depend on η, differ as well. Where nothing depends on η, as for the limit
of gradient flow, the two are equivalent as printed. An unbiased start u = v is b = 0 there, and ξ = |uv| is |a²
− b²|/4.

Source: paper 000, footnote 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

from flint import fmpq, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.instances import DIAGONAL_BIASED, DIAGONAL_ONE_ROW, Instance
from oracle.claims.measures import apart, identity_check, row
from reference.arithmetic import RationalArithmetic
from reference.case import Case, Flow, FlowCase, Method
from reference.flows.limit import certified_flow_limit
from reference.objective import RegressionObjective
from reference.trajectory import states

__all__ = ["CLAIM"]

DIGITS = 20
MU = Fraction(1, 2)
ETA = Fraction(1, 10)
STEPS = 4  # exact rationals grow threefold in length with every step
METHODS = ("gradient_descent", "heavy_ball", "nesterov")


def compute(setting: Setting) -> Findings:
    """Compare exact runs and certified limits of gradient flow in both parameterisations, and prove the map."""
    checks = [_step_identity()]
    for instance in (DIAGONAL_BIASED, DIAGONAL_ONE_ROW):
        checks.append(_flow_check(instance, setting.digits(DIGITS)))
        checks += [_run_check(Role.AS_PRINTED, instance, name, ETA) for name in METHODS]
        checks += [_run_check(Role.CORRECTED, instance, name, matched_step(ETA)) for name in METHODS]
    return Findings(tuple(checks))


def matched_step(eta: Fraction) -> Fraction:
    """Return the step size for u⊙v that goes with η for u⊙u − v⊙v: 2η."""
    return 2 * eta


def as_product(instance: Instance, method: Method) -> Case:
    """Return the same problem on θ = a⊙b, started from a = u + v, b = u − v."""
    start = instance.case.init
    moved = {
        "u": tuple(a + b for a, b in zip(start["u"], start["v"], strict=True)),
        "v": tuple(a - b for a, b in zip(start["u"], start["v"], strict=True)),
    }
    return Case(instance.case.problem, "hadamard", moved, method)


def predictors(case: Case) -> list[tuple[Fraction, ...]]:
    """Return θ_0, …, θ_K of a run in exact rationals."""
    arithmetic = RationalArithmetic(lambda value: fmpq(value.numerator, value.denominator))
    objective = RegressionObjective(case, arithmetic)
    run = islice(states(case, arithmetic, objective), STEPS + 1)
    thetas = [objective.predictor(state.position) for state in run]
    return [tuple(Fraction(int(x.p), int(x.q)) for x in theta) for theta in thetas]


def _run_check(role: Role, instance: Instance, name: str, other: Fraction) -> Check:
    mu = Fraction(0) if name == "gradient_descent" else MU
    case = instance.case
    squares = predictors(Case(case.problem, case.model, case.init, Method(name, ETA, mu)))
    products = predictors(as_product(instance, Method(name, other, mu)))
    distances = [apart(a, b) for a, b in zip(squares, products, strict=True)]
    equal = squares == products
    return Check(
        role=role,
        holds=equal,
        asked=f"with η = {ETA} for u⊙u − v⊙v and {other} for u⊙v all θ_k are the same",
        found=f"they are equal up to step {STEPS}"
        if equal
        else f"they differ by {distances[1]:.3g} after one step already",
        instance=f"{instance.name}, {name.replace('_', ' ')}, μ = {mu}",
        grade=Grade.CERTIFIED,
        methods=("exact rationals",),
    )


def _flow_check(instance: Instance, digits: int) -> Check:
    flow = Flow("gradient_flow")
    case, product = instance.case, as_product(instance, instance.case.method)
    limits = [
        row(certified_flow_limit(FlowCase(c.problem, c.model, c.init, flow), digits), "theta")
        for c in (case, product)
    ]
    distance = apart(*limits)
    return Check(
        role=Role.AS_PRINTED,
        holds=distance < 10.0 ** (2 - digits),
        asked="gradient flow has one limit in both parameterisations",
        found=f"apart by {distance:.1g}, with {digits} digits asked",
        instance=f"{instance.name}, gradient flow",
        grade=Grade.CERTIFIED,
        methods=("certified limits of both flows",),
    )


def step_defects(factor: int) -> Sequence[Any]:
    """Return how far both runs are apart after one step, η' = `factor` η; polynomials, zero where they are equal.

    The step is NAG's with the gradient taken at (u + νp, v + νq); ν = 0 is HB's, and GD's with μ = 0.  g is a symbol,
    since at equal θ it is equal; the first entry is the difference of those θ.
    """
    ring = fmpq_mpoly_ctx.get(["u", "v", "p", "q", "g", "eta", "mu", "nu"], "lex")
    u, v, p, q, g, eta, mu, nu = ring.gens()
    seen_u, seen_v = u + nu * p, v + nu * q
    a, b, r, s = u + v, u - v, p + q, p - q
    seen_a, seen_b = a + nu * r, b + nu * s
    p_next, q_next = mu * p - eta * 2 * g * seen_u, mu * q + eta * 2 * g * seen_v
    r_next, s_next = mu * r - factor * eta * g * seen_b, mu * s - factor * eta * g * seen_a
    return (
        seen_a * seen_b - (seen_u**2 - seen_v**2),
        (a + r_next) - (u + p_next + v + q_next),
        (b + s_next) - (u + p_next - v - q_next),
        r_next - (p_next + q_next),
        s_next - (p_next - q_next),
    )


def _step_identity() -> Check:
    factor = matched_step(Fraction(1))
    zero = factor.denominator == 1 and all(defect == 0 for defect in step_defects(factor.numerator))
    return identity_check(
        Role.CORRECTED,
        zero,
        "a step with 2η from (u + v, u − v) on a⊙b is the step with η from (u, v) on u⊙u − v⊙v",
        f"with the factor {factor} the differences of θ, parameters and momenta are {'zero' if zero else 'not zero'}",
        "all u, v, momenta, gradients, η and μ, for GD, HB and NAG",
        "polynomials over the rationals (FLINT)",
    )


CLAIM = Claim(
    identifier="P24",
    paper="000",
    place="footnote 1",
    statement="θ = u⊙v is equivalent to θ = u⊙u − v⊙v.",
    printed_tex=r"\theta = u \odot v \;\sim\; \theta = u \odot u - v \odot v",
    confirms="Under a linear map of parameters: one limit of gradient flow, and equal runs of GD, HB and NAG "
    "at the same step size, which the paper's results depend on.",
    refutes="Runs of the same step size whose exact θ_k differ.",
    correction=Correction(
        "With a = u + v, b = u − v the runs of GD, HB and NAG on a⊙b with 2η are those on u⊙u − v⊙v with η, "
        "exactly, and flows take twice the time; the limit of gradient flow is the same. ξ = |uv| is |a² − "
        "b²|/4.",
        Effect.AMENDS,
        r"a = u + v, \quad b = u - v, \quad \eta_{a \odot b} = 2\, \eta_{u \odot u - v \odot v}",
    ),
    compute=compute,
    seconds=2,
)
