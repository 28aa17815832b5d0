"""P15: the mitigation is equivalent to a smaller initialisation and brings the limit closer to the sparse truth.

Equivalent, up to O(η²): ξ̄ = ξ exp(−αφ) with the start's linear term is what gradient flow minimises from
(u, v)(0)·exp(−αφ/2), whose ratios u/v are the same and whose products are ξ̄.

Closer, no. φ_j differs from coordinate to coordinate: it is largest where the gradients are, and a coordinate
whose ξ̄_j fell most is the dearest in Q_ξ̄. With θ = 2ξ̄ sinh 4(Xᵀν − linear) the limit moves, to first order,
by

    δθ = −αc P(Φ⊙θ),   P = 1 − DXᵀ(XDXᵀ)⁻¹X,   D = diag 4√(4ξ² + θ²)        (`shared_first_order_shift`),

and |θ − θ*|² by 2(θ − θ*)·δθ, of either sign.  For n = 1, d = 2 and an equal unbiased start Φ_j ∝ x_j², and

    δθ_2 ∝ −x_2²θ_2 (x_1²D_1 + x_2²D_2) + D_2 x_2 (x_1³θ_1 + x_2³θ_2) = x_1² x_2 (x_1 θ_1 D_2 − x_2 θ_2 D_1)

with θ/D = tanh(4xν)/4: for x_1 > x_2 > 0 and ν > 0 it is positive. To first order momentum always carries weight from the
larger column to the smaller one, away from the ℓ1-sparse solution on the larger one, although ξ̄ < ξ in both
coordinates.

Source: paper 000, abstract (a), Remark after Thm 3, Sec. 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import DIAGONAL_ONE_ROW, DIAGONAL_UNBIASED, Instance
from oracle.claims.measures import identity_check, order_check, row
from oracle.claims.paper_000.shared_first_order_shift import (
    ONE_ROW_FAVOURABLE,
    ONE_ROW_SPARSE,
    RANDOM_SPARSE,
    Shift,
    Target,
    is_l1_solution,
    misses,
    shift_of,
    squared_distance,
    with_method,
)
from reference.case import Flow, FlowCase, Method
from reference.flows.limit import certified_flow_limit
from reference.kkt import certified_minimiser
from reference.links import ladder
from reference.observed_order import estimate_order

__all__ = ["CLAIM"]

DIGITS = 12
MU = Fraction(1, 2)
STEPS = tuple(Fraction(1, 20 * 2**i) for i in range(3))
FLOWS = (
    (ONE_ROW_SPARSE, Flow("momentum_flow", Fraction(1, 40), MU)),
    (ONE_ROW_SPARSE, Flow("momentum_flow", Fraction(3, 100), Fraction(9, 10), of="nesterov")),
    (RANDOM_SPARSE, Flow("momentum_flow", Fraction(1, 40), MU)),
)
SHIFTED = ((ONE_ROW_SPARSE, "heavy_ball"), (RANDOM_SPARSE, "nesterov"))


def compute(setting: Setting) -> Findings:
    """Hold the limits to gradient flow's from a smaller start, and their distances to the truth to gradient flow's."""
    digits = setting.digits(DIGITS)
    same = [
        _equivalence(DIAGONAL_UNBIASED, "heavy_ball", digits),
        _equivalence(DIAGONAL_ONE_ROW, "nesterov", digits),
    ]
    shifts = {target.instance.name: shift_of(target.instance, digits) for target, _ in SHIFTED}
    nearer = [_nearer(target, shifts[target.instance.name], flow, digits) for target, flow in FLOWS]
    moved = [_moved(target, shifts[target.instance.name], name, digits) for target, name in SHIFTED]
    uniform = [_uniform(target, digits) for target in (ONE_ROW_SPARSE, ONE_ROW_FAVOURABLE)]
    checks = (*same, *nearer, *(check for check, _ in moved), _two_columns(), *uniform)
    remark = (
        "Where the truth is the unique interpolating point of least ℓ1 norm, a uniformly smaller ξ does lead "
        "to it; the mitigation by momentum is not uniform."
    )
    return Findings(checks, tuple(plot for _, plot in moved), (remark,))


def _equivalence(instance: Instance, name: str, digits: int) -> Check:
    seen = ladder(lambda eta: with_method(instance, Method(name, eta, MU)), STEPS, digits)
    return order_check(
        Role.AS_PRINTED,
        seen.powers["first order"],
        2,
        subject="the limit is that of gradient flow from the smaller start (u, v)(0)·exp(−αφ/2), up to O(η²)",
        instance=f"{instance.name}, {name.replace('_', ' ')}, μ = {MU}",
    )


def _nearer(target: Target, shift: Shift, flow: Flow, digits: int) -> Check:
    case = target.instance.case
    momentum = row(certified_flow_limit(FlowCase(case.problem, case.model, case.init, flow), digits), "theta")
    with_it, without = (squared_distance(theta, target.truth) for theta in (momentum, shift.theta))
    sparse = "is" if is_l1_solution(target) else "may not be"
    return Check(
        role=Role.AS_PRINTED,
        holds=with_it < without,
        asked="the limit of the momentum flow is nearer to the sparse truth than that of gradient flow",
        found=f"|θ − θ*|² = {float(with_it):.6f} with momentum, {float(without):.6f} without "
        f"(θ* {sparse} the one interpolating point of least ℓ1 norm)",
        instance=f"{target.instance.name}, flow of {flow.of.replace('_', ' ')}, η = {flow.step_size}, μ = {flow.momentum}",
        grade=Grade.CERTIFIED,
        methods=("certified limit of the flow", "minimiser proved by Krawczyk"),
    )


def _moved(target: Target, shift: Shift, name: str, digits: int) -> tuple[Check, Plot]:
    methods = [Method(name, eta, MU) for eta in STEPS]
    zeroth, first, limits = misses(target.instance, shift, methods, digits)
    drift, plain = shift.drift(target.truth), squared_distance(shift.theta, target.truth)
    changes = [float(squared_distance(limit, target.truth) - plain) for limit in limits]
    seen = estimate_order(first)
    asked = (
        "the discrete limit moves by −ηκP(Φ⊙θ) up to O(η²), and |θ − θ*|² with the sign of −(θ − θ*)·P(Φ⊙θ)"
    )
    order = order_check(Role.CORRECTED, seen, 2, subject=asked, instance="")
    signs = all(change * float(drift) > 0 for change in changes)
    where = f"{target.instance.name}, {name.replace('_', ' ')}, μ = {MU}"
    check = Check(
        role=Role.CORRECTED,
        holds=order.holds and signs,
        asked=asked,
        found=f"the remainder has {order.found}; |θ − θ*|² changes by {_shown(changes)}, with the predicted sign of "
        f"{float(drift):.3g}",
        instance=where,
        grade=Grade.OBSERVED,
        methods=("certified limits on a halving ladder",),
    )
    return check, _plot(where, zeroth, first)


def _plot(where: str, zeroth: Sequence[float], first: Sequence[float]) -> Plot:
    x = tuple(float(eta) for eta in STEPS)
    lines = (
        Line("from gradient flow's limit", x, tuple(zeroth)),
        Line("from first-order theory's", x, tuple(first)),
    )
    return Plot(
        f"How far momentum moves the limit: {where}",
        "step size η",
        "distance of the discrete limit",
        lines,
        x_log=True,
        y_log=True,
        caption="The limit leaves gradient flow's like η and keeps to the non-uniform theory like η².",
    )


def two_columns_sides() -> tuple[object, object]:
    """Return both sides of the identity for n = 1, d = 2 of the module's docstring, as polynomials."""
    ring = fmpq_mpoly_ctx.get(["x1", "x2", "t1", "t2", "D1", "D2"], "lex")
    x1, x2, t1, t2, D1, D2 = ring.gens()
    left = -(x2**2) * t2 * (x1**2 * D1 + x2**2 * D2) + D2 * x2 * (x1**3 * t1 + x2**3 * t2)
    return left, x1**2 * x2 * (x1 * t1 * D2 - x2 * t2 * D1)


def _two_columns() -> Check:
    left, right = two_columns_sides()
    return identity_check(
        Role.CORRECTED,
        left == right,
        "with one datum and two columns, δθ_2 has the sign of x_1θ_1/D_1 − x_2θ_2/D_2: positive where x_1 > x_2 > 0",
        "the difference of both sides is zero" if left == right else "the sides differ",
        "all x, θ and D",
        "polynomials over the rationals (FLINT)",
    )


def _uniform(target: Target, digits: int) -> Check:
    """Return whether a smaller ξ, the same in every coordinate, brings gradient flow's limit nearer: it need not."""
    scale = target.instance.case.init["u"][0] ** 2
    size = len(target.truth)
    distances = [
        squared_distance(
            row(
                certified_minimiser(
                    target.problem,
                    [scale / 4**k] * size,
                    [Fraction(0)] * size,
                    digits,
                    cross_check=False,
                ),
                "theta",
            ),
            target.truth,
        )
        for k in range(3)
    ]
    return Check(
        role=Role.BESIDE,
        holds=distances[0] > distances[1] > distances[2],
        asked="gradient flow from a uniformly smaller start ends nearer to the truth",
        found=f"|θ − θ*|² at ξ, ξ/4, ξ/16: {_shown([float(x) for x in distances])}",
        instance=target.instance.name,
        grade=Grade.CERTIFIED,
        methods=("minimisers proved by Krawczyk",),
    )


def _shown(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


CLAIM = Claim(
    identifier="P15",
    paper="000",
    place="Remark, Sec. 3.2, abstract (a)",
    statement="HB and NAG's mitigation effect is equivalent to a smaller initialisation, which brings the "
    "limit closer to the sparse truth.",
    confirms="Limits that gradient flow has from the smaller start (u, v)(0)·exp(−αφ/2), up to O(η²); and "
    "limits of the momentum flow nearer to θ* than gradient flow's, on sparse problems whose truth is the ℓ1 "
    "solution.",
    refutes="One sparse problem, its truth being the unique ℓ1 solution, where the certified limit with "
    "momentum is farther.",
    correction=Correction(
        "Up to O(η²) the limit is that of gradient flow from the coordinatewise smaller start (u, v)(0)·exp(−αφ/2). "
        "That is no smaller scale: ξ̄_j/ξ_j is least where the gradients are largest, and the limit moves by "
        "−αc P(Φ⊙θ), nearer to the truth or farther by the sign of (θ − θ*)·P(Φ⊙θ). With one datum, two unlike columns "
        "of one sign and an equal unbiased start it moves, to first order, always away from the ℓ1 solution.",
        Effect.REPLACES,
        r"\theta(\infty) = \theta^{\mathrm{GF}} - \alpha c\, P(\Phi \odot \theta^{\mathrm{GF}}) + O(\eta^2), \quad "
        r"P = I - D X^T (X D X^T)^{-1} X, \quad D = \mathrm{diag}\, 4\sqrt{4\xi^2 + \theta^2}",
    ),
    compute=compute,
    seconds=10,
)
