"""The formulas on trial: measured orders of every flow, and every limit against its minimiser.

A job that checks programs against the recurrences should also know that the recurrences and the theory
about them agree.  The problems are small, fixed and unlike each other; every number is certified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from oracle.report.theory import Series, TheoryRow, TheorySection
from oracle.verdict import Outcome
from reference.case import Case, Flow, FlowCase, Method, Polynomial, Regression, Term
from reference.links import Ladder, ladder
from reference.observed_order import ObservedOrder, OrderEstimate, observed_order

__all__ = ["PROBLEMS", "QUICK_LINKS", "QUICK_ORDER", "QUICK_PROBLEMS", "flow_orders", "limits_and_minimisers"]

Advance = Callable[[int, int], None]

MU = Fraction(1, 2)
LADDER = tuple(Fraction(1, 80 * 2**i) for i in range(4))
HORIZON = Fraction(1, 2)
LINK_LADDER = tuple(Fraction(1, 20 * 2**i) for i in range(3))
LINK_DIGITS = 16
LARGEST_BAR = 0.25  # an estimate with a larger error bar decides nothing
METHOD = Method("heavy_ball", LADDER[0], MU)

PROBLEMS: Mapping[str, Case] = {
    "diagonal network": Case(
        Regression(((Fraction(1), Fraction(1, 2)),), (Fraction(1),), "half_mean_square"),
        "diagonal",
        {"u": (Fraction(1, 2), Fraction(3, 4)), "v": (Fraction(1, 4), Fraction(1, 2))},
        METHOD,
    ),
    "scalar product": Case(
        Regression(((Fraction(1),),), (Fraction(3, 5),), "half_sum_square"),
        "scalar_product",
        {"a1": (Fraction(14, 10),), "a2": (Fraction(17, 10),)},
        METHOD,
    ),
    "quartic in two variables": Case(
        Polynomial(
            (Term(Fraction(1, 4), (4, 0)), Term(Fraction(1, 2), (0, 2)), Term(Fraction(1, 3), (1, 2)))
        ),
        "polynomial",
        {"b": (Fraction(1), Fraction(1, 2))},
        METHOD,
    ),
    "quartic in one variable": Case(
        Polynomial((Term(Fraction(1, 4), (4,)), Term(Fraction(1, 3), (3,)))),
        "polynomial",
        {"b": (Fraction(1),)},
        METHOD,
    ),
}
QUICK_PROBLEMS = ("diagonal network",)
QUICK_LINKS = ("heavy-ball flow", "heavy ball")
QUICK_ORDER = 3

LINK_PROBLEM = Regression(
    ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(0), Fraction(1), Fraction(3, 4))),
    (Fraction(1), Fraction(-1, 2)),
    "half_mean_square",
)
LINK_START = {
    "u": (Fraction(1, 2), Fraction(3, 8), Fraction(1, 2)),
    "v": (Fraction(1, 4), Fraction(1, 2), Fraction(3, 8)),
}


@dataclass(frozen=True)
class Approximation:
    """One flow, the method that it approximates, and the order that theory gives it.

    Parameters
    ----------
    name : str
    method : str
    flow_of : callable
        From a step size to the flow.
    order : int
    settled : bool
        Whether the order is that after the transient, rather than over the whole horizon.
    """

    name: str
    method: str
    flow_of: Callable[[Fraction], Flow]
    order: int
    settled: bool = False


def flow_orders(
    problems: tuple[str, ...] = tuple(PROBLEMS), highest: int = 4, advance: Advance | None = None
) -> TheorySection:
    """Return the measured order of every flow on the named problems.

    Parameters
    ----------
    problems : tuple of str
        Names in `PROBLEMS`; the first one's ladders are drawn.
    highest : int
        The largest order of a flow.
    advance : callable, optional
        Told (done, total).
    """
    approximations = _approximations(highest)
    rows: list[TheoryRow] = []
    ladders: list[Series] = []
    for problem in problems:
        for approximation in approximations:
            seen, estimate = _observed(approximation, PROBLEMS[problem])
            rows.append(_order_row(approximation, problem, estimate))
            if problem == problems[0]:
                ladders.append(_ladder_series(approximation, seen))
            if advance is not None:
                advance(len(rows), len(problems) * len(approximations))
    return TheorySection(
        anchor="flow-orders",
        title="Orders of the flows",
        note=(
            "The distance between a method and its flow, largest over the horizon (or over its second half, where it "
            "says: after the transient), on step sizes 1/80 to 1/640, and 1/1280 where these decide nothing. The order "
            "is the extrapolated slope of the last halvings, the figure after ± how far it may still move. Iterates and "
            "flows are enclosed: rounding has no part."
        ),
        rows=tuple(rows),
        ladders=tuple(ladders),
    )


def limits_and_minimisers(
    names: tuple[str, ...] | None = None, advance: Advance | None = None
) -> TheorySection:
    """Return the limits of methods and flows against the minimisers that theory predicts.

    Parameters
    ----------
    names : tuple of str, optional
        Which of them; None means all.
    advance : callable, optional
        Told (done, total).
    """
    rows: list[TheoryRow] = []
    ladders: list[Series] = []
    coordinates: tuple[Series, ...] = ()
    cases = {name: case for name, case in _link_cases().items() if names is None or name in names}
    for name, case_of in cases.items():
        seen = ladder(case_of, LINK_LADDER, LINK_DIGITS)
        rows += _link_rows(name, seen)
        if name == "heavy ball":
            coordinates = _coordinate_series(seen)
        if name in ("heavy ball", "Nesterov"):
            ladders += _mismatch_series(name, seen)
        if advance is not None:
            advance(len(rows), 3 * len(cases))
    return TheorySection(
        anchor="minimisers",
        title="Limits and the minimisers that theory predicts",
        note=(
            "θ(∞) of each method or flow against the interpolating θ that minimises a hyperbolic entropy: that of gradient "
            "flow from the same start, that of the first-order theory of momentum (scale ξ exp(−αφ)), and the exact one, of "
            "the method's own sums or integrals. Limits and minimisers are certified; two points are called equal when "
            "they agree to every digit asked."
        ),
        rows=tuple(rows),
        ladders=tuple(ladders),
        coordinates=coordinates,
    )


def _approximations(highest: int) -> list[Approximation]:
    """Return the flows of the contract with the orders that theory gives them."""
    found = [
        Approximation("gradient flow", "gradient_descent", lambda eta: Flow("gradient_flow"), 1),
        Approximation(
            "rescaled gradient flow", "heavy_ball", lambda eta: Flow("rescaled_gradient_flow", momentum=MU), 1
        ),
        Approximation(
            "heavy-ball momentum flow", "heavy_ball", lambda eta: Flow("momentum_flow", eta, MU), 1
        ),
        Approximation(
            "Nesterov momentum flow", "nesterov", lambda eta: Flow("momentum_flow", eta, MU, of="nesterov"), 1
        ),
    ]
    for order in range(2, highest + 1):
        found += [
            Approximation(f"gd flow of order {order}", "gradient_descent", _gd_flow(order), order),
            Approximation(
                f"hb flow of order {order}, piecewise",
                "heavy_ball",
                _hb_flow(order, "piecewise", "plain"),
                order,
            ),
            Approximation(
                f"hb flow of order {order}, stationary, shifted start",
                "heavy_ball",
                _hb_flow(order, "stationary", "shifted"),
                order,
                settled=True,
            ),
        ]
    return found


def _gd_flow(order: int) -> Callable[[Fraction], Flow]:
    return lambda eta: Flow("gd_flow", eta, order=order)


def _hb_flow(order: int, variant: str, start: str) -> Callable[[Fraction], Flow]:
    return lambda eta: Flow("hb_flow", eta, MU, order=order, variant=variant, start=start)


def _observed(approximation: Approximation, case: Case) -> tuple[ObservedOrder, OrderEstimate]:
    """Return what the ladder shows, with one halving more where it leaves the order undecided."""
    momentum = Fraction(0) if approximation.method == "gradient_descent" else MU
    method = Method(approximation.method, LADDER[0], momentum)
    for rungs in (LADDER, (*LADDER, LADDER[-1] / 2)):
        seen = observed_order(replace(case, method=method), approximation.flow_of, rungs, HORIZON)
        estimate = seen.settled if approximation.settled else seen.whole
        if estimate.error_bar <= LARGEST_BAR:
            break
    return seen, estimate


def _order_row(approximation: Approximation, problem: str, estimate: OrderEstimate) -> TheoryRow:
    place = " after the transient" if approximation.settled else ""
    return TheoryRow(
        subject=f"{approximation.name}, for {approximation.method.replace('_', ' ')}",
        case=problem,
        expected=f"order {approximation.order}{place}",
        found=f"{estimate.order:.3f} ± {estimate.error_bar:.3f}",
        outcome=_order_outcome(estimate, approximation.order),
    )


def _order_outcome(estimate: OrderEstimate, order: int) -> Outcome:
    """Return whether a measured order is the expected one, within twice its error bar."""
    if estimate.error_bar > LARGEST_BAR:
        return Outcome.UNDECIDED
    agrees = abs(estimate.order - order) <= 2 * estimate.error_bar + 0.005
    return Outcome.AGREES if agrees else Outcome.DISAGREES


def _ladder_series(approximation: Approximation, seen: ObservedOrder) -> Series:
    errors = [rung.settled if approximation.settled else rung.whole for rung in seen.rungs]
    return Series(approximation.name, tuple(float(rung.step_size) for rung in seen.rungs), tuple(errors))


def _link_cases() -> dict[str, Callable[[Fraction], Case | FlowCase]]:
    """Return the methods and flows whose limits are linked to minimisers."""

    def flow(make: Callable[[Fraction], Flow]) -> Callable[[Fraction], FlowCase]:
        return lambda eta: FlowCase(LINK_PROBLEM, "diagonal", LINK_START, make(eta))

    def method(name: str, momentum: Fraction) -> Callable[[Fraction], Case]:
        return lambda eta: Case(LINK_PROBLEM, "diagonal", LINK_START, Method(name, eta, momentum))

    return {
        "heavy-ball flow": flow(lambda eta: Flow("momentum_flow", eta, MU)),
        "Nesterov flow": flow(lambda eta: Flow("momentum_flow", eta, MU, of="nesterov")),
        "momentum gradient flow": flow(lambda eta: Flow("mgf", inertia=eta / (1 - MU) ** 2)),
        "gradient descent": method("gradient_descent", Fraction(0)),
        "heavy ball": method("heavy_ball", MU),
        "Nesterov": method("nesterov", MU),
    }


def _link_rows(name: str, seen: Ladder) -> list[TheoryRow]:
    rows = []
    for theory, power in (("gradient flow", 1), ("first order", 2)):
        estimate = seen.powers[theory]
        found = f"mismatch falls like η^{estimate.order:.3f} ± {estimate.error_bar:.3f}"
        outcome = _order_outcome(estimate, power)
        rows.append(
            TheoryRow(name, f"minimiser of {theory} theory", f"equal up to O(η^{power})", found, outcome)
        )
    largest = max(found.mismatch["exact"] for found in seen.links)
    equal = largest < 10.0 ** (2 - LINK_DIGITS)
    words = f"equal to {LINK_DIGITS - 2} digits" if equal else f"apart by {largest:.2g}"
    outcome = Outcome.AGREES if equal else Outcome.DISAGREES
    return [*rows, TheoryRow(name, "minimiser of the exact theory", "equal", words, outcome)]


def _mismatch_series(name: str, seen: Ladder) -> list[Series]:
    steps = tuple(float(step) for step in seen.step_sizes)
    return [
        Series(f"{name}, {theory}", steps, tuple(found.mismatch[theory] for found in seen.links))
        for theory in seen.powers
    ]


def _coordinate_series(seen: Ladder) -> tuple[Series, ...]:
    """Return θ(∞) and the minimisers at the largest step size."""
    first = seen.links[0]
    index = tuple(float(j) for j in range(len(first.limit)))
    named = {"limit of heavy ball": first.limit} | {f"minimiser, {t}": m for t, m in first.minimisers.items()}
    return tuple(Series(name, index, tuple(map(float, values))) for name, values in named.items())
