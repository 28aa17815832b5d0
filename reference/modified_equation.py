"""The modified equations of heavy ball and gradient descent: the right hand sides of ``hb_flow`` and ``gd_flow``.

    β' = F_k(β) = Σ_τ a_k(τ) (−1)^|τ| η^(|τ| − 1) / σ(τ) · F(τ)(β),    trees τ of at most `order` nodes,

with the coefficients of `reference.heavy_ball_series` and the elementary differentials of ∇L.  `piecewise`: k is
the interval [kη, (k + 1)η), and the flow's position at kη is O(η^order) from heavy ball's with p0 = 0, whatever k.
`stationary`: the limit k → ∞, which does so after the transient and only from the start `shifted_start`.
``gd_flow`` is μ = 0.  Step k of batches has the colour k mod (number of batches).

Source: paper 002, Theorem 2.1; paper 001, Eq. 4 and 5 (order 2) and Theorem 5.1 (order 2 with batches).
Printed forms and what is wrong with some of them: `reference.printed_flows`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from reference.arithmetic import Arithmetic
from reference.case import FlowCase
from reference.elementary_differentials import WeightedDifferentials, derivatives_of
from reference.heavy_ball_series import stationary_field, step_fields
from reference.models import MODELS
from reference.rooted_trees import Tree, count_trees, trees_up_to
from reference.start_shift import shift

__all__ = ["MOST_TREES", "ModifiedEquation", "TreeRow", "modified_field", "shifted_start", "tree_table"]

MOST_TREES = 12_000  # a quarter of a minute of exact coefficients, and as many derivatives for each value


class TreeRow(NamedTuple):
    """One line of `tree_table`."""

    text: str
    nodes: int
    symmetry: int
    coefficient: Fraction


class ModifiedEquation:
    """The fields and the start of one flow case, which share their constants; final.

    Parameters
    ----------
    case : FlowCase
        Its flow is an ``hb_flow`` or a ``gd_flow``.
    arithmetic : Arithmetic
        Constants are built at the precision in force when a field is made.

    Raises
    ------
    ValueError
        If the flow is another one, its order is below 1 or needs too many trees, its momentum is not in [0, 1),
        or its variant and batches do not go together.
    """

    def __init__(self, case: FlowCase, arithmetic: Arithmetic) -> None:
        _check(case)
        self.case = case
        self.arithmetic = arithmetic
        self.flow = case.flow
        self.momentum = Fraction(0) if self.flow.name == "gd_flow" else self.flow.momentum
        self.derivatives = derivatives_of(case, arithmetic)
        self.trees = _trees(self.flow.order, self.derivatives.highest, self.derivatives.colours)

    def field(self, interval: int | None = None) -> Callable[[Any], Any]:
        """Return F_k as a function of the joined position.

        Parameters
        ----------
        interval : int, optional
            k of a `piecewise` flow; None for a stationary flow and for ``gd_flow``.

        Raises
        ------
        ValueError
            If a piecewise flow gets no interval or a negative one, or another flow gets one.
        """
        if not self.piecewise:
            _refuse_interval(interval, self.flow.variant)
            return self._combination(stationary_field(self.momentum, self.trees), 1)
        if interval is None or interval < 0:
            raise ValueError(
                f"`interval` of a piecewise `hb_flow` is {interval!r}: expected k ≥ 0 of [kη, (k + 1)η)"
            )
        steps = step_fields(self.momentum, self.trees, self.derivatives.colours)
        return self._combination(steps.at(interval), 1)

    def shifted_start(self) -> Any:
        """Return S(β0), the start from which a stationary flow follows heavy ball from rest; shape of β.

        It keeps the powers η⁰ … η^(order − 1), as the field does; for ``gd_flow`` it is β0.

        Raises
        ------
        ValueError
            If the flow is piecewise, since it starts at β0 itself, or the shift needs too many trees.
        """
        if self.piecewise:
            raise ValueError(
                "a shifted start was asked of a piecewise `hb_flow`: only a stationary one needs it"
            )
        joined = [self.arithmetic.vector(self.case.init[name]) for name in MODELS[self.case.model].names]
        position = self.arithmetic.join(joined)
        nodes, most_children = self.flow.order - 1, self.derivatives.highest
        if not (nodes and self.momentum):
            return position
        count = count_trees(nodes, most_children, leaf_colours=1)
        _refuse_many(count, f"the shifted start of `order` {self.flow.order}")
        coefficients = shift(self.momentum, nodes, most_children)
        return position + self._combination(coefficients, 0)(position)

    @property
    def piecewise(self) -> bool:
        """Return whether the field depends on k."""
        return self.flow.name == "hb_flow" and self.flow.variant == "piecewise"

    def _combination(self, series: Mapping[Tree, Fraction], divided: int) -> WeightedDifferentials:
        """Return Σ series(τ) (−1)^|τ| η^(|τ| − divided)/σ(τ) F(τ)."""
        weights = {}
        for tree, coefficient in series.items():
            if coefficient:
                scale = Fraction((-1) ** tree.nodes, tree.symmetry) * self.flow.step_size ** (
                    tree.nodes - divided
                )
                weights[tree] = self.arithmetic.number(coefficient * scale)
        return WeightedDifferentials(self.derivatives, weights)


def modified_field(
    case: FlowCase, arithmetic: Arithmetic, interval: int | None = None
) -> Callable[[Any], Any]:
    """Return the right hand side of the case's ``hb_flow`` or ``gd_flow``, as `ModifiedEquation.field` does.

    Parameters
    ----------
    case : FlowCase
    arithmetic : Arithmetic
    interval : int, optional
        k of a `piecewise` flow.

    Raises
    ------
    ValueError
        As `ModifiedEquation` and its `field`.
    """
    return ModifiedEquation(case, arithmetic).field(interval)


def shifted_start(case: FlowCase, arithmetic: Arithmetic) -> Any:
    """Return the start of a stationary flow that follows heavy ball from rest: `ModifiedEquation.shifted_start`.

    Raises
    ------
    ValueError
        As `ModifiedEquation` and its `shifted_start`.
    """
    return ModifiedEquation(case, arithmetic).shifted_start()


def tree_table(order: int, momentum: Fraction, interval: int | None = None) -> list[TreeRow]:
    """Return the coefficient a(τ) of every tree in β' = Σ a(τ) η^(|τ| − 1)/σ(τ) F(τ), F of f = −∇L.

    Parameters
    ----------
    order : int
        Nodes at most.
    momentum : Fraction
        0 for gradient descent.
    interval : int, optional
        k of the piecewise flow; None for the stationary one.

    Raises
    ------
    ValueError
        If the order is below 1 or needs more than `MOST_TREES` trees, the momentum is not in [0, 1), or the
        interval is negative.
    """
    _check_momentum(momentum)
    trees = _trees(order, None, 1)
    exact = (
        stationary_field(momentum, trees) if interval is None else step_fields(momentum, trees).at(interval)
    )
    return [TreeRow(tree.text, tree.nodes, tree.symmetry, exact[tree]) for tree in trees]


def _check(case: FlowCase) -> None:
    """Refuse flows that have no modified equation here."""
    flow = case.flow
    if flow.name not in ("hb_flow", "gd_flow"):
        raise ValueError(f"`{flow.name}` is no modified equation: expected `hb_flow` or `gd_flow`")
    if flow.variant not in ("piecewise", "stationary"):
        raise ValueError(f"`variant` is {flow.variant!r}: expected `piecewise` or `stationary`")
    _check_momentum(flow.momentum)
    if flow.batches and not (flow.name == "hb_flow" and flow.variant == "piecewise"):
        raise ValueError(
            f"`batches` were given to a {flow.variant} `{flow.name}`: they change from step to step, "
            "so use the piecewise `hb_flow` (with momentum 0 for gradient descent)"
        )


def _check_momentum(momentum: Fraction) -> None:
    if not 0 <= momentum < 1:
        raise ValueError(
            f"`momentum` is {momentum}: expected 0 ≤ momentum < 1, where the slow manifold attracts"
        )


def _refuse_interval(interval: int | None, variant: str) -> None:
    if interval is not None:
        raise ValueError(f"`interval` {interval} was given to a {variant} flow, which has none: leave it out")


def _trees(order: int, most_children: int | None, colours: int) -> tuple[Tree, ...]:
    """Return the trees of a flow's order, if there are not too many."""
    if order < 1:
        raise ValueError(f"`order` is {order}: expected at least 1, the power of η that the error has")
    what = f"`order` {order}" + (f" with {colours} batches" if colours > 1 else "")
    _refuse_many(count_trees(order, most_children, colours), what)
    return trees_up_to(order, most_children, colours)


def _refuse_many(trees: int, what: str) -> None:
    """Refuse what would take too long."""
    if trees > MOST_TREES:
        raise ValueError(f"{what} needs {trees} rooted trees, more than {MOST_TREES}: ask for a lower order")
