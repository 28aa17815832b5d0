"""S2-41: what Euler's steps of η/10 do to the discretisation errors of Fig. 2(b).

The figure reads |ε_k|² of the flows off their Euler runs (Appendix C.2).  A step of Euler, β + τF(β), is the exact
flow in time τ of

    F − (τ/2) F'F + O(τ²)        (the logarithm of id + τF has −½ before F'F),

so with τ = η/10 the run is (η/20) F'F away from the flow that it stands for: a term of the same power of η as the one
that α = 2 adds to α = 1, at most one order.  From the start that belongs to the large-k flow (shifted,
`reference.start_shift`) and after the transient the flow of order α is O(η^α) from heavy ball, and its Euler run O(η),
whatever α.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import LARGEST_BAR
from oracle.claims.paper_002.shared_scalar_model import (
    PAPERS_START,
    STEP_SIZE,
    euler_positions,
    flow_named,
    flow_positions,
    heavy_ball_positions,
    squared_errors,
)
from reference.b_series import logarithm
from reference.heavy_ball_series import first_map
from reference.observed_order import OrderEstimate, estimate_order
from reference.rooted_trees import LEAF, grow, trees_up_to

__all__ = ["CLAIM"]

BITS = 160
STEPS = 200  # of the figure's step size, after which all have come to rest
LADDER = tuple(Fraction(1, 500 * 2**i) for i in range(3))
HORIZON = Fraction(2, 5)
STARTS = ((Fraction(14, 10), Fraction(17, 10)), (Fraction(1), Fraction(1, 2)))
ORDERS = (2, 3)
FACTOR = 2  # an error of an Euler run within this factor of the flow's would pass for it
Start = tuple[Fraction, Fraction]


def compute(setting: Setting) -> Findings:
    """Compare Euler runs with the flows that they stand for, in the figure and along a ladder."""
    bits = setting.bits(BITS)
    ladders = {(start, order): ladder(start, order, bits) for start in STARTS for order in ORDERS}
    checks = [_in_the_figure(bits), _euler_series()]
    for (start, order), found in ladders.items():
        checks += _orders(start, order, found)
    return Findings((*checks, _ranking(bits)), (_plot(ladders[STARTS[0], 3]),))


def ladder(start: Start, order: int, bits: int) -> dict[str, list[float]]:
    """Return the largest distance over the second half of the horizon, by step size.

    From heavy ball of the ``flow`` and of its ``Euler`` run, and ``between`` the two.
    """
    found: dict[str, list[float]] = {"flow": [], "Euler": [], "between": []}
    for step_size in LADDER:
        steps = int(HORIZON / step_size)
        run = heavy_ball_positions(start, step_size, steps, bits)
        flow = flow_named(order, step_size, start="shifted")
        exact, euler = (follow(start, flow, steps, bits) for follow in (flow_positions, euler_positions))
        for name, left, right in (("flow", exact, run), ("Euler", euler, run), ("between", euler, exact)):
            errors = squared_errors(left, right, bits)
            found[name].append(max(sqrt(float(error)) for error in errors[steps // 2 :]))
    return found


def euler_weight() -> Fraction:
    """Return the factor of τ F'F in the field that a step of Euler follows, exactly."""
    trees = trees_up_to(2)
    return Fraction(logarithm(first_map(trees), trees)[grow([LEAF])])


def _in_the_figure(bits: int) -> Check:
    """Compare |ε|² at the end, α = 3, in the figure's setting."""
    run = heavy_ball_positions(PAPERS_START, STEP_SIZE, STEPS, bits)
    flow = flow_named(3, STEP_SIZE)
    shown, true = (
        squared_errors(follow(PAPERS_START, flow, STEPS, bits), run, bits)[-1]
        for follow in (euler_positions, flow_positions)
    )
    return Check(
        role=Role.AS_PRINTED,
        holds=bool(true < FACTOR * shown) and bool(shown < FACTOR * true),
        asked=f"the error at the end that the figure shows for α = 3 is the flow's, within a factor of {FACTOR}",
        found=f"|ε|² = {float(shown):.2e} by Euler's steps, {float(true):.2e} of the flow: {float(true / shown):.0f} times",
        instance="start (2.8, 3.5), η = 0.005, μ = 0.7",
        grade=Grade.CERTIFIED,
        methods=("enclosures of heavy ball, the flow and its Euler run",),
    )


def _euler_series() -> Check:
    weight = euler_weight()
    return Check(
        role=Role.CORRECTED,
        holds=weight == Fraction(-1, 2),
        asked="Euler's steps of τ follow F − (τ/2)F'F + O(τ²), and not F",
        found=f"the logarithm of id + τF has {weight} before τF'F",
        instance="all F and τ, as formal series",
        grade=Grade.CERTIFIED,
        methods=("B-series over the rationals",),
        universal=True,
    )


def _orders(start: Start, order: int, found: dict[str, list[float]]) -> list[Check]:
    """Return the orders of the Euler run, which should be α, of the flow, which is, and of their distance: 1."""
    flow, euler, between = (estimate_order(found[name]) for name in ("flow", "Euler", "between"))
    sizes = f"η = 1/{LADDER[0].denominator} to 1/{LADDER[-1].denominator}"
    where = f"start ({float(start[0]):g}, {float(start[1]):g}), μ = 0.7, {sizes}"
    methods = ("enclosures on a halving ladder", "the exact series of both: η^α first, and (η/20)F'F")
    return [
        Check(
            Role.AS_PRINTED, _reaches(euler, order), f"the Euler run of the flow with α = {order} is O(η^{order}) from HB",
            _told(euler), f"{where}, α = {order}", Grade.CONFIRMED, methods,
        ),
        Check(
            Role.CORRECTED, _reaches(flow, order), f"the flow itself is O(η^{order}), from the shifted start after "
            f"the transient",
            _told(flow), f"{where}, α = {order}", Grade.CONFIRMED, methods,
        ),
        Check(
            Role.CORRECTED, _is(between, 1), "the Euler run is O(η) from the flow that it stands for, and no better",
            _told(between), f"{where}, α = {order}, by Euler's steps", Grade.CONFIRMED, methods,
        ),
    ]  # fmt: skip


def _reaches(seen: OrderEstimate, order: int) -> bool | None:
    if seen.error_bar > LARGEST_BAR:
        return None
    return seen.order + 2 * seen.error_bar + 0.005 >= order


def _is(seen: OrderEstimate, order: int) -> bool | None:
    if seen.error_bar > LARGEST_BAR:
        return None
    return abs(seen.order - order) <= 2 * seen.error_bar + 0.005


def _told(seen: OrderEstimate) -> str:
    return f"measured order {seen.order:.3f} ± {seen.error_bar:.3f}"


def _ranking(bits: int) -> Check:
    """Return whether Euler's steps change which flow is nearest at the end of the figure."""
    run = heavy_ball_positions(PAPERS_START, STEP_SIZE, STEPS, bits)
    last = {
        name: [
            float(
                squared_errors(follow(PAPERS_START, flow_named(order, STEP_SIZE), STEPS, bits), run, bits)[-1]
            )
            for order in (1, 2, 3)
        ]
        for name, follow in (("flow", flow_positions), ("Euler", euler_positions))
    }
    ranks = {name: sorted(range(3), key=lambda i: values[i]) for name, values in last.items()}
    return Check(
        role=Role.BESIDE,
        holds=ranks["flow"] == ranks["Euler"],
        asked="Euler's steps leave the ranking of the three flows at the end of the figure as it is",
        found=f"|ε|² for α = 1, 2, 3: {', '.join(f'{v:.1e}' for v in last['Euler'])} by Euler's steps, "
        f"{', '.join(f'{v:.1e}' for v in last['flow'])} of the flows",
        instance="start (2.8, 3.5), η = 0.005, μ = 0.7",
        grade=Grade.CERTIFIED,
        methods=("enclosures of heavy ball, the flows and their Euler runs",),
    )


def _plot(found: dict[str, list[float]]) -> Plot:
    steps = tuple(map(float, LADDER))
    return Plot(
        "Euler's steps of η/10 hide the order of the flow",
        "step size η",
        "largest |ε_k| after the transient",
        (
            Line("the flow, α = 3", steps, tuple(found["flow"])),
            Line("its Euler run", steps, tuple(found["Euler"])),
        ),
        x_log=True,
        y_log=True,
        caption="Three halvings: the flow's error falls like η³, that of its Euler run like η.",
    )


CLAIM = Claim(
    identifier="S2-41",
    paper="002",
    place="Appendix C.2, Table 2, Fig. 2(b)",
    statement="Euler's steps of η_Euler = η/10 are used to approximate the dynamics of the continuous approximations, whose "
    "discretisation errors Fig. 2(b) shows. (The reading: what is shown are the errors of the flows.)",
    printed_tex=r"\eta_{\mathrm{Euler}} = \eta/10, \qquad \beta_{k+1} = \beta_k - \eta_{\mathrm{Euler}} "
    r"\frac{\nabla_\beta L}{1-\mu}",
    correction=Correction(
        "Euler's steps of τ = η/10 follow F − (τ/2)F'F: the run of a flow of any order α is O(η) from heavy ball. The "
        "flow itself, from its "
        "shifted start and after the transient, is O(η^α); to show it, η_Euler has to fall like η^α, or the flow be "
        "followed by a method "
        "of that order.",
        Effect.REPLACES,
        r"\dot\beta = F - \frac{\eta}{20} F' F + O(\eta^2)",
    ),
    confirms="In the figure the Euler run's error is within a factor of two of the flow's, and Euler runs of order-α "
    "flows keep order α.",
    refutes="An error in the figure that is certainly another than the flow's, or an Euler run of certain order one "
    "for α > 1.",
    compute=compute,
    seconds=8,
)
