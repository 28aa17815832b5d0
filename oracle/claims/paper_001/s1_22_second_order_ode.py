"""S1-22: in the sense of Definition 3.1, over all steps, the second-order ODE is only O(h)-close to GD+M.

Let α x″ + x′ + ∇E/(1 − β) = 0 with α = a h (the paper's equation divided by m).  Past its own transient it moves by
x′ = −∇E/(1 − β) − α/(1 − β)² ∇²E∇E, and to be O(h²)-close there it needs the term of Eq. 5: a = (1 + β)/(2(1 − β)).  In
its transient, up to h², it is x⁰ − h∇E (k/(1 − β) − c(1 − e^(−k/a))), and GD+M is
x⁰ − h∇E (k/(1 − β) − β/(1 − β)² (1 − β^k)): with the right initial velocity c = β/(1 − β)², but e^(−1/a) = β cannot be
had as well, since

    log(1/β) − 2(1 − β)/(1 + β) > 0 for 0 < β < 1:  it is 0 at β = 1 and its derivative is −(1 − β)²/(β(1 + β)²).

So no a and no initial velocity give O(h²) over all steps.  After the transient they do: x′(0) = −∇E/(1 + β), and the ODE is
then as good as flow (5) is from its shifted start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.instances import QUARTIC_ONE, QUARTIC_TWO, Instance
from oracle.claims.measures import LADDER, identity_check, ladder_plot, measured_order, order_check
from oracle.claims.paper_001.shared_momentum_flows import BETAS, equation_5
from oracle.claims.paper_001.shared_quotients import FLINT, symbols
from reference.arithmetic import RationalArithmetic
from reference.balls import ball_precision
from reference.case import Flow, Method
from reference.objective import objective_of
from reference.observed_order import ObservedOrder, OrderEstimate

__all__ = ["CLAIM"]

BETA = Fraction(1, 2)
BITS = 120
FINE = tuple(step_size / 4 for step_size in LADDER)
SERIES = "exact expansion of transient and slow part"
VELOCITIES = ("zero", "−∇E/(1 − β)", "−∇E/(1 + β)")  # the last makes up for the transient


def matching_inertia(beta: Any) -> Any:
    """Return a of α = a h for which the slow part is that of Eq. 5."""
    return (1 + beta) / (2 * (1 - beta))


def compute(setting: Setting) -> Findings:
    """Prove that no inertia serves both parts, and measure the ODE from three initial velocities."""
    checks = [_slow_part(), _never_both()]
    with ball_precision(setting.bits(BITS)):
        checks += [_transient(beta) for beta in BETAS]
    drawn: list[tuple[str, ObservedOrder]] = []
    for instance in (QUARTIC_ONE, QUARTIC_TWO):
        for velocity in VELOCITIES:
            seen = measured(instance, velocity, setting)
            checks.extend(_orders(instance, velocity, seen))
            if instance is QUARTIC_ONE:
                drawn.append((f"x′(0) = {velocity}", seen))
    plot = ladder_plot(
        "GD+M and the second-order ODE",
        drawn,
        f"On {QUARTIC_ONE.name}, over all steps: slope 1 whatever the initial velocity.",
    )
    remark = (
        "Past the transient the second-order ODE is O(h²)-close to GD+M if x′(0) = −∇E(x⁰)/(1 + β): as good as "
        "flow (5), "
        "and no better; only the piecewise flow (4) is O(h²)-close from the first step on."
    )
    return Findings(tuple(checks), (plot,), (remark,))


def measured(instance: Instance, velocity: str, setting: Setting) -> ObservedOrder:
    """Return the ladder of the ODE with the matching inertia, from one initial velocity."""
    return measured_order(
        instance, Method("heavy_ball", Fraction(1), BETA), flow_of(instance, velocity), setting, ladder=FINE
    )


def flow_of(instance: Instance, velocity: str) -> Callable[[Fraction], Flow]:
    """Return the ODE for each step size."""
    arithmetic = RationalArithmetic()
    slope = objective_of(instance.case, arithmetic).gradient(arithmetic.vector(instance.case.init["b"]))
    factor = {"zero": Fraction(0), "−∇E/(1 − β)": 1 / (1 - BETA), "−∇E/(1 + β)": 1 / (1 + BETA)}[velocity]
    start = {"b": tuple(-factor * entry for entry in slope)}
    return lambda h: Flow("momentum_flow", h, BETA, initial_velocity=start)


def _orders(instance: Instance, velocity: str, seen: ObservedOrder) -> Iterator[Check]:
    name = f"{instance.name}, β = {BETA}, x′(0) = {velocity}"
    yield _exactly_first(seen.whole, name)
    yield order_check(
        Role.BESIDE,
        seen.settled,
        2,
        subject="after the transient it is O(h²)-close",
        instance=name,
        second_method=SERIES,
    )


def _exactly_first(seen: OrderEstimate, name: str) -> Check:
    """Return whether the order is one: reached, and two is not."""
    first, second = (
        order_check(Role.AS_PRINTED, seen, order, subject="", instance=name, second_method=SERIES)
        for order in (1, 2)
    )
    known = first.holds is not None and second.holds is not None
    return replace(
        first,
        holds=bool(first.holds) and not second.holds if known else None,
        asked="over all steps the second-order ODE is O(h)-close to GD+M and not O(h²)-close",
    )


def _slow_part() -> Check:
    (beta,) = symbols("beta")
    gradient, curvature = equation_5(beta)
    inertia = curvature / gradient**2  # α c² of the slow part is the coefficient of h ∇²E∇E
    holds = inertia.equals(matching_inertia(beta))
    return identity_check(
        Role.AS_PRINTED,
        holds,
        "the slow part is that of GD+M up to h² for a = (1 + β)/(2(1 − β)) and no other",
        "equal" if holds else f"it needs a = {inertia}",
        "all β",
        FLINT,
    )


def _never_both() -> Check:
    """Return whether 1/a = 2(1 − β)/(1 + β) stays below log(1/β), by the derivative of the difference."""
    (beta,) = symbols("beta")
    rate = 1 / matching_inertia(beta)
    slope = -1 / beta - _derivative(rate)
    falls = slope.equals(-((1 - beta) ** 2) / (beta * (1 + beta) ** 2))
    ends = rate.top.subs({"beta": 1}) == 0
    return identity_check(
        Role.AS_PRINTED,
        falls and ends,
        "e^(−1/a) > β for all β in (0, 1): the transient of the ODE is never that of GD+M",
        "log(1/β) − 1/a is 0 at β = 1 and falls towards it"
        if falls and ends
        else f"its derivative is {slope}",
        "all β in (0, 1)",
        FLINT,
    )


def _derivative(value: Any) -> Any:
    top, bottom = value.top, value.bottom
    return replace(
        value, top=top.derivative("beta") * bottom - top * bottom.derivative("beta"), bottom=bottom**2
    ).lowest()


def _transient(beta: Fraction) -> Check:
    """Return whether the first step differs in h, from the initial velocity that makes up for the transient."""
    rate = 1 / matching_inertia(beta)
    lag = beta / (1 - beta) ** 2
    gap = _ball(lag) * ((-_ball(rate)).exp() - _ball(beta))
    differs = gap > 0 or gap < 0
    return Check(
        role=Role.AS_PRINTED,
        holds=True if differs else None if gap.contains(0) else False,
        asked="after one step the distance is of first order even so",
        found=f"it is {float(gap):.4g} h‖∇E‖ + O(h²)",
        instance=f"all smooth E, β = {beta}",
        grade=Grade.CERTIFIED,
        methods=("enclosed coefficient of h",),
    )


def _ball(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


CLAIM = Claim(
    identifier="S1-22",
    paper="001",
    place="Sec. 4",
    statement="The second-order ODE m x′ + γ x″ + ∇E(x) = 0 of the momentum updates only gives O(h) closeness.",
    printed_tex=r"m\,x'(t)+\gamma\,x''(t)+\nabla E(x(t))=0",
    confirms="In the sense of Definition 3.1 (all steps k ≥ 1) no inertia and initial velocity give O(h²), and "
    "the measured order is "
    "one from unlike initial velocities on unlike losses.",
    refutes="An inertia and an initial velocity with which the distance over all steps certainly falls like h².",
    compute=compute,
    seconds=5,
)
