"""S1-1: orders of the gradient flow (2) and of the modified flow (3) for gradient descent, local and global.

One step is x + h f with f = −∇E.  The flow of a field a(.) f + h a([.]) f'f moves x by a(.) h f + (a([.]) + a(.)²/2)
h² f'f + O(h³), so that (2) misses the step first by h²/2 · f'f, and (3), whose −∇(h/4 |∇E|²) = −(h/2) f'f cancels just
that, first in h³.  Errors of O(h^(p+1)) a step add up to O(h^p) over T/h of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import repeat

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.instances import DIAGONAL_ONE_ROW, QUARTIC_TWO, SCALAR_PRODUCT, Instance
from oracle.claims.measures import LADDER, identity_check, ladder_plot, order_check
from oracle.claims.paper_001.shared_printed_ladder import SHORT_LADDER, PrintedFlow, printed_ladder
from reference.b_series import exponential
from reference.case import Method
from reference.observed_order import ObservedOrder
from reference.printed_flows import ThirdOrder
from reference.rooted_trees import LEAF, Tree, trees_up_to

__all__ = ["CLAIM"]

TREES = trees_up_to(3)
INSTANCES = (DIAGONAL_ONE_ROW, SCALAR_PRODUCT, QUARTIC_TWO)
LOCAL = {"gradient flow (2)": 2, "modified flow (3)": 3}


def igr_weight() -> Fraction:
    """Return the factor of h|∇E|² in Ê, Eq. 3."""
    return Fraction(1, 4)


def printed_field(name: str) -> dict[Tree, Fraction]:
    """Return the coefficients of flow (2) or (3); ∇|∇E|² = 2 ∇²E ∇E."""
    modified = name == "modified flow (3)"
    return ThirdOrder(Fraction(1), 2 * igr_weight() if modified else Fraction(0)).series()


def first_difference(field: dict[Tree, Fraction]) -> int:
    """Return the first power of h in which the field's flow and one step of gradient descent differ."""
    moved = exponential(field, TREES)
    return min(tree.nodes for tree in TREES if moved[tree] != (tree == LEAF))


def _big_o(order: int) -> str:
    return "O(h" + {1: "", 2: "²", 3: "³"}[order] + ")"


def compute(setting: Setting) -> Findings:
    """Compare the series of both flows with one step, and measure both errors."""
    checks: list[Check] = []
    drawn: list[tuple[str, ObservedOrder]] = []
    for name, local in LOCAL.items():
        power = first_difference(printed_field(name))
        checks.append(
            identity_check(
                Role.AS_PRINTED,
                power == local,
                f"one step of gradient descent is {_big_o(local)} from the {name}, and no closer",
                f"the series differ first in the power {power} of h",
                "all smooth E",
                "B-series over the rationals",
            )
        )
        for instance in INSTANCES:
            whole = _measured(instance, name, setting, Fraction(1, 2))
            checks.append(_check(whole, name, local - 1, instance, "over the whole horizon"))
            checks.append(
                _check(
                    _measured(instance, name, setting, Fraction(0)), name, local, instance, "after one step"
                )
            )
            if instance is SCALAR_PRODUCT:
                drawn.append((name, whole))
    plot = ladder_plot(
        "Gradient descent and its two flows",
        drawn,
        f"Over the whole horizon, on {SCALAR_PRODUCT.name}: slope 1 for the gradient flow, 2 for the modified one.",
    )
    return Findings(tuple(checks), (plot,))


def _measured(instance: Instance, name: str, setting: Setting, horizon: Fraction) -> ObservedOrder:
    def fields() -> Iterator[dict[Tree, Fraction]]:
        return repeat(printed_field(name))

    ladder = SHORT_LADDER if horizon else LADDER
    flow = PrintedFlow(fields)
    return printed_ladder(
        instance, lambda h: Method("gradient_descent", h), flow, setting, ladder=ladder, horizon=horizon
    )


def _check(seen: ObservedOrder, name: str, order: int, instance: Instance, when: str) -> Check:
    return order_check(
        Role.AS_PRINTED,
        seen.whole,
        order,
        subject=f"the {name} is {_big_o(order)}-close to gradient descent {when}",
        instance=instance.name,
        second_method="exact series",
    )


CLAIM = Claim(
    identifier="S1-1",
    paper="001",
    place="Sec. 3",
    statement="Gradient descent is O(h²)-close to the gradient flow (2) after one step and O(h³)-close to the "
    "modified flow "
    "(3) with Ê = E + (h/4)‖∇E‖²; over a fixed time T it is O(h)-close to the one and O(h²)-close to the other.",
    printed_tex=r"\tilde{x}'(t)=-\nabla\hat{E}(\tilde{x}(t)),\quad \hat{E}(x)=E(x)+\frac{h}{4}\|\nabla E(x)\|^2",
    confirms="The exact series of one step and of the flows differ first in h² and in h³, and the errors "
    "measured after one "
    "step and over a fixed time fall with these orders on unlike problems.",
    refutes="A series that differs earlier, or a measured order certainly below the printed one.",
    compute=compute,
    seconds=4,
)
