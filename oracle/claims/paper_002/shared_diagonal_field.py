"""Gradient, Hessian and third derivative on w = w₊⊙w₊ − w₋⊙w₋ over any numbers: balls, rationals, polynomials.

L = 1/(2n) |Xw − y|² (paper 002, Sec. 3), g = ∂_w L = Aw − b with A = XᵀX/n and b = Xᵀy/n.  Along (v₊, v₋)

    w' = 2(w₊v₊ − w₋v₋) = p,   g' = Ap,   g'' = A·2(v₊² − v₋²),
    (∇L)_± = ±2w_± g,   (∇²L v)_± = ±2(v_± g + w_± Ap),   (∇³L(v, v))_± = ±(4v_± Ap + 4w_± A(v₊² − v₋²)).

Paper 002, B.3, keeps of p only the half with the sign of its block, 2w₊v₊ or −2w₋v₋: the blocks ∂_{w₊}∂_{w₋}L are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.instances import TWO_ROWS
from reference.case import Case, Method, Regression

__all__ = [
    "FLINT", "NETWORKS", "Diagonal", "Network", "Pair", "SymbolicNetwork", "symbolic_network", "told",
]  # fmt: skip

FLINT = "polynomials over the rationals (FLINT)"
Row = list[Any]
SYMBOLS = "p1 p2 m1 m2 x11 x12 x21 x22 y1 y2"


@dataclass(frozen=True)
class Pair:
    """What belongs to w₊ and to w₋, shape (d,) each."""

    plus: Row
    minus: Row

    def __add__(self, other: Pair) -> Pair:
        return Pair(_sum(self.plus, other.plus), _sum(self.minus, other.minus))

    def scaled(self, factor: Any) -> Pair:
        """Return a multiple."""
        return Pair([factor * x for x in self.plus], [factor * x for x in self.minus])


@dataclass(frozen=True)
class Diagonal:
    """The loss's derivatives over one kind of numbers.

    Parameters
    ----------
    gram : list of d rows
        A = XᵀX/n.
    target : list of d numbers
        b = Xᵀy/n.
    """

    gram: list[Row]
    target: Row

    def slope(self, at: Pair) -> Row:
        """Return g = ∂_w L, shape (d,)."""
        return [x - y for x, y in zip(self.times(predictor(at)), self.target, strict=True)]

    def gradient(self, at: Pair) -> Pair:
        """Return ∇L."""
        return _signed(self.slope(at), at)

    def hessian_times(self, at: Pair, v: Pair) -> Pair:
        """Return ∇²L v with the whole Hessian."""
        turned = self.times(_moved(at, v))
        return _signed(self.slope(at), v) + _signed(turned, at)

    def blocks_times(self, at: Pair, v: Pair) -> Pair:
        """Return ∇²L v as paper 002, Eq. 98 to 103, takes it: without the blocks between w₊ and w₋."""
        plus = self.times([2 * w * x for w, x in zip(at.plus, v.plus, strict=True)])
        minus = self.times([-2 * w * x for w, x in zip(at.minus, v.minus, strict=True)])
        turned = Pair(
            [2 * w * t for w, t in zip(at.plus, plus, strict=True)],
            [-2 * w * t for w, t in zip(at.minus, minus, strict=True)],
        )
        return _signed(self.slope(at), v) + turned

    def third_times(self, at: Pair, v: Pair) -> Pair:
        """Return ∇³L(v, v)."""
        first, second = self.times(_moved(at, v)), self.times(predictor(v))
        return _signed(first, v).scaled(2) + _signed(second, at).scaled(2)

    def times(self, vector: Sequence[Any]) -> Row:
        """Return A times a vector of shape (d,)."""
        return [_total(a * x for a, x in zip(row, vector, strict=True)) for row in self.gram]


def predictor(at: Pair) -> Row:
    """Return w = w₊⊙w₊ − w₋⊙w₋."""
    return [p * p - m * m for p, m in zip(at.plus, at.minus, strict=True)]


def _moved(at: Pair, v: Pair) -> Row:
    """Return p = 2(w₊v₊ − w₋v₋)."""
    return [
        2 * (wp * vp - wm * vm) for wp, vp, wm, vm in zip(at.plus, v.plus, at.minus, v.minus, strict=True)
    ]


def _signed(numbers: Row, at: Pair) -> Pair:
    """Return ±2 times both halves, coordinate by coordinate."""
    return Pair(
        [2 * x * w for x, w in zip(numbers, at.plus, strict=True)],
        [-2 * x * w for x, w in zip(numbers, at.minus, strict=True)],
    )


def _sum(left: Row, right: Row) -> Row:
    return [a + b for a, b in zip(left, right, strict=True)]


def _total(terms: Iterable[Any]) -> Any:
    first, *rest = terms
    return sum(rest, start=first)


@dataclass(frozen=True)
class Network:
    """A regression on w with w₊(0) = w₋(0), as Section 3 assumes; hashable.

    Parameters
    ----------
    name : str
        As a reader meets it.
    problem : Regression
        With the loss 1/(2n) Σ r².
    start : tuple of d rationals
        w₊(0) = w₋(0).
    momentum : Fraction
        μ, so that unlike problems are tried with unlike momenta.
    """

    name: str
    problem: Regression
    start: tuple[Fraction, ...]
    momentum: Fraction

    def case(self, method: str, step_size: Fraction) -> Case:
        """Return the run of heavy ball or gradient descent from the start."""
        momentum = Fraction(0) if method == "gradient_descent" else self.momentum
        init = {"u": self.start, "v": self.start}
        return Case(self.problem, "diagonal", init, Method(method, step_size, momentum))

    def gram(self) -> list[list[Fraction]]:
        """Return A = XᵀX/n."""
        columns = list(zip(*self.problem.X, strict=True))
        return [[_total(a * b for a, b in zip(x, y, strict=True)) / self.n for y in columns] for x in columns]

    def target(self) -> list[Fraction]:
        """Return b = Xᵀy/n, which is −∂_w L(0)."""
        columns = zip(*self.problem.X, strict=True)
        return [
            _total(x * t for x, t in zip(column, self.problem.y, strict=True)) / self.n for column in columns
        ]

    def kappa(self) -> list[Fraction]:
        """Return κ(0) = w₊(0)w₋(0)."""
        return [w * w for w in self.start]

    @property
    def n(self) -> int:
        """The number of samples."""
        return len(self.problem.y)


def _numbers(text: str) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, text.split()))


NETWORKS = (
    Network(
        "n = 2, d = 3, w₊ = w₋ = (1, 1, 1/2), μ = 1/2",
        Regression(TWO_ROWS.X, _numbers("1/2 -1/2"), "half_mean_square"),
        _numbers("1 1 1/2"),
        Fraction(1, 2),
    ),
    Network(
        "n = 1, d = 3, w₊ = w₋ = (1/4, 1/2, 1), μ = 1/3",
        Regression((_numbers("1 1/2 -3/4"),), _numbers("1"), "half_mean_square"),
        _numbers("1/4 1/2 1"),
        Fraction(1, 3),
    ),
)


@dataclass(frozen=True)
class SymbolicNetwork:
    """All networks with n = d = 2 at once: polynomials in x, y and w_±.

    Parameters
    ----------
    X, y : list
        Entries are symbols.
    at : Pair
        w₊ and w₋, symbols.
    parameters : tuple
        Of the symbols w₊,₁ w₊,₂ w₋,₁ w₋,₂ in that order.
    diagonal : Diagonal
    """

    X: list[Row]
    y: Row
    at: Pair
    parameters: tuple[Any, ...]
    diagonal: Diagonal

    def loss(self) -> Any:
        """Return L = 1/(2n) Σ r²."""
        w = predictor(self.at)
        residuals = [
            _total(x * t for x, t in zip(row, w, strict=True)) - y
            for row, y in zip(self.X, self.y, strict=True)
        ]
        return _total(r * r for r in residuals) / (2 * len(self.y))

    def derived_hessian_times_gradient(self) -> Pair:
        """Return ∇²L∇L by differentiating the polynomial L, nothing else."""
        loss, names = self.loss(), self.parameters
        first = [loss.derivative(_name(w)) for w in names]
        product = [
            _total(f.derivative(_name(w)) * h for w, h in zip(names, first, strict=True)) for f in first
        ]
        return Pair(product[:2], product[2:])


def told(gaps: Sequence[Any]) -> str:
    """Return what a reader is told of the differences of two sides, entry by entry."""
    terms = sum(len(gap.to_dict()) for gap in gaps)
    return (
        "equal"
        if terms == 0
        else f"not equal: {terms} terms of the difference are left in {len(gaps)} entries"
    )


def symbolic_network() -> SymbolicNetwork:
    """Return the network of symbols."""
    names = SYMBOLS.split()
    ring = fmpq_mpoly_ctx.get(tuple(names), Ordering.lex)
    g = dict(zip(names, ring.gens(), strict=True))
    X = [[g["x11"], g["x12"]], [g["x21"], g["x22"]]]
    y = [g["y1"], g["y2"]]
    gram = [[(X[0][i] * X[0][j] + X[1][i] * X[1][j]) / 2 for j in range(2)] for i in range(2)]
    target = [(X[0][i] * y[0] + X[1][i] * y[1]) / 2 for i in range(2)]
    at = Pair([g["p1"], g["p2"]], [g["m1"], g["m2"]])
    parameters = (*at.plus, *at.minus)
    return SymbolicNetwork(X, y, at, parameters, Diagonal(gram, target))


def _name(symbol: Any) -> str:
    return str(symbol)
