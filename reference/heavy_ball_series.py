"""Heavy ball from rest as B-series: the map of each step, and the field that makes it in time η.

From p0 = 0 the iterates are functions of the position alone, β_{k+1} = Φ_k(β_k), with formal series

    Φ_0(β) = β + η f(β),    Φ_k(β) = β + η f(β) + μ (β − Φ_{k−1}⁻¹(β)),    f = −∇L,

because β_k − β_{k−1} = β_k − Φ_{k−1}⁻¹(β_k).  The field of step k is the logarithm of Φ_k.  With batches, step k
has its own field f_{k mod m}: colour k mod m of the trees.  For k → ∞ the maps tend to the fixed point Φ of the
recursion, the map on the slow manifold.

Source: paper 002, Theorem 2.1, which reaches the same fields by another recursion (`reference.printed_flows`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import Any

from flint import fmpq

from reference.b_series import Series, inverse, logarithm
from reference.rooted_trees import LEAF, Tree, prunings

__all__ = ["StepFields", "first_map", "next_map", "stationary_field", "stationary_map", "step_fields"]

Coefficients = dict[Tree, Fraction]


def first_map(trees: Sequence[Tree], one: Any = Fraction(1)) -> dict[Tree, Any]:
    """Return Φ_0 = β + η f(β), in the number type of `one`."""
    return {tree: one if tree == LEAF else 0 * one for tree in trees}


def next_map(previous: Series, momentum: Any, trees: Sequence[Tree], colour: int = 0) -> dict[Tree, Any]:
    """Return Φ_k from Φ_{k−1}; the step's own gradient has the given colour."""
    undone = inverse(previous, trees)
    own = Tree(colour, ())
    return {tree: (tree == own) - momentum * undone[tree] for tree in trees}


def stationary_map(momentum: Fraction, trees: Sequence[Tree]) -> Coefficients:
    """Return Φ with Φ(β) = β + η f(β) + μ (β − Φ⁻¹(β)).

    The inverse has −Φ(τ) and otherwise smaller trees, so (1 − μ) Φ(τ) is known from them.
    """
    forward: Coefficients = {}
    undone: Coefficients = {}
    for tree in trees:
        smaller = Fraction(0)
        for ways, kept, removed in prunings(tree):
            if removed:
                term = ways * undone[kept]
                for branch in removed:
                    term *= forward[branch]
                smaller += term
        forward[tree] = ((tree == LEAF) + momentum * smaller) / (1 - momentum)
        undone[tree] = -forward[tree] - smaller
    return forward


def stationary_field(momentum: Fraction, trees: Sequence[Tree]) -> Coefficients:
    """Return the field of the stationary flow: the logarithm of Φ."""
    return logarithm(stationary_map(momentum, trees), trees)


class StepFields:
    """The fields of the steps 0, 1, 2, …, each exact; final.

    The recursion runs forward and keeps one map alone, because the denominators grow like (step · order) digits:
    asking for steps in ascending order costs one step each, an earlier step starts over.

    Parameters
    ----------
    momentum : Fraction
    trees : sequence of Tree
    colours : int
        Step k has colour k mod colours.
    """

    def __init__(self, momentum: Fraction, trees: Sequence[Tree], colours: int = 1) -> None:
        self.trees = trees
        self.momentum = _exact(momentum)
        self.colours = colours
        self._lock = Lock()
        self._step = 0
        self._map = first_map(trees, fmpq(1))
        self._last: tuple[int, Coefficients] | None = None

    def at(self, step: int) -> Coefficients:
        """Return the coefficients of F_k = (1/η) log Φ_k, k = `step`.

        Raises
        ------
        ValueError
            If `step` is negative.
        """
        if step < 0:
            raise ValueError(f"`step` is {step}: expected k ≥ 0 of the interval [kη, (k + 1)η)")
        with self._lock:
            if self._last is not None and self._last[0] == step:
                return self._last[1]
            if step < self._step:
                self._step, self._map = 0, first_map(self.trees, fmpq(1))
            while self._step < step:
                self._step += 1
                self._map = next_map(self._map, self.momentum, self.trees, self._step % self.colours)
            field = {tree: _fraction(value) for tree, value in logarithm(self._map, self.trees).items()}
            self._last = (step, field)
            return field


@lru_cache(maxsize=8)
def step_fields(momentum: Fraction, trees: tuple[Tree, ...], colours: int = 1) -> StepFields:
    """Return the one recursion over k that all callers with these coefficients share."""
    return StepFields(momentum, trees, colours)


def _exact(value: Fraction) -> Any:
    """Return FLINT's rational, whose greatest common divisors are fast at thousands of digits."""
    return fmpq(value.numerator, value.denominator)


def _fraction(value: Any) -> Fraction:
    """Return the standard library's rational."""
    return Fraction(int(value.p), int(value.q))
