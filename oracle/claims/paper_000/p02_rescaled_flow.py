"""P2: the rescaled gradient flow, printed as dβ/dt = ∇L/(1 − μ).

Along b' = c f(b), f = −∇L, heavy ball and Nesterov leave η((1 − μ)c − 1)f + O(η²) a step: c = 1/(1 − μ), so that
β' = −∇L/(1 − μ). The printed sign is c = −1/(1 − μ), which leaves −2ηf a step: an error that no step size makes small. In
the flows of `reference` the printed sign is that of "momentum" 2 − μ, as 1/(1 − (2 − μ)) = −1/(1 − μ).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.instances import SMOOTH, Instance
from oracle.claims.measures import identity_check, ladder_plot, measured_order, order_check
from oracle.claims.paper_000.shared_orders import METHODS, RUNGS, constants, leaves_nothing, residue
from reference.case import Flow, Method
from reference.observed_order import ObservedOrder

__all__ = ["CLAIM"]

MU = Fraction(1, 3)
HORIZON = Fraction(1, 8)  # uphill a quartic loss blows up before t = ½
LADDER = tuple(rung / 4 for rung in RUNGS)
PRINTED_SIGN = 1  # of ∇L in dβ/dt
RIGHT_SIGN = -1
SERIES = "exact expansion of the recurrence along the flow"


def flow_with_sign(sign: int) -> Flow:
    """Return β' = sign · ∇L/(1 − μ)."""
    return Flow("rescaled_gradient_flow", momentum=MU if sign < 0 else 2 - MU)


def compute(setting: Setting) -> Findings:
    """Expand both methods along either flow, and measure the distances."""
    checks: list[Check] = []
    plotted: list[tuple[str, ObservedOrder]] = []
    for role, sign in ((Role.AS_PRINTED, PRINTED_SIGN), (Role.CORRECTED, RIGHT_SIGN)):
        checks += [_expanded(role, sign, method) for method in METHODS]
        for method, instance in product(METHODS, SMOOTH):
            seen = _measured(instance, method, sign, setting)
            checks.append(
                order_check(
                    role,
                    seen.whole,
                    1,
                    subject=f"{_flow(sign)} is O(η)-close to {_plain(method)}",
                    instance=f"{instance.name}, μ = {MU}",
                    second_method=SERIES,
                )
            )
            if instance is SMOOTH[0]:
                plotted.append((f"{_flow(sign)} and {_plain(method)}", seen))
    plot = ladder_plot(
        "Rescaled gradient flow against the methods",
        plotted,
        f"On {SMOOTH[0].name}: with the printed sign the distance does not fall with the step size.",
    )
    return Findings(tuple(checks), (plot,))


def _expanded(role: Role, sign: int, method: str) -> Check:
    mu, c = constants("mu", "c")
    left = residue(method, mu, -sign * c, 0 * c)[0]
    holds = leaves_nothing(left, mu, c)
    return identity_check(
        role,
        holds,
        f"{_flow(sign)} satisfies {_plain(method)} up to O(η²) a step",
        "the term in η vanishes" if holds else "a term in η∇L stays",
        "all μ < 1 and every smooth L",
        "polynomials over the rationals (FLINT)",
    )


def _flow(sign: int) -> str:
    return f"dβ/dt = {'+' if sign > 0 else '−'}∇L/(1−μ)"


def _plain(method: str) -> str:
    return method.replace("_", " ")


def _measured(instance: Instance, method: str, sign: int, setting: Setting) -> ObservedOrder:
    flow, discrete = flow_with_sign(sign), Method(method, Fraction(1), MU)
    return measured_order(instance, discrete, lambda _: flow, setting, ladder=LADDER, horizon=HORIZON)


CLAIM = Claim(
    identifier="P2",
    paper="000",
    place="after Prop. 1",
    statement="The rescaled gradient flow is dβ/dt = ∇L/(1 − μ).",
    printed_tex=r"\frac{d\beta}{dt} = \frac{\nabla L(\beta)}{1-\mu}",
    confirms="The printed flow satisfies HB and NAG up to O(η²) a step, and its measured distance to them falls like η.",
    refutes="A term of order η that it leaves in a step, so that the distance does not fall with η.",
    compute=compute,
    correction=Correction(
        "The rescaled gradient flow is dβ/dt = −∇L/(1 − μ).",
        Effect.AMENDS,
        r"\frac{d\beta}{dt} = -\frac{\nabla L(\beta)}{1-\mu}",
    ),
    seconds=5,
)
