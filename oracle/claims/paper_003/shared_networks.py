"""Networks θ = u⊙v for the claims of paper 003: unlike problems, their flows' limits and the paper's minimisers.

The paper's ψ_Δ(θ) = ¼ Σ [2θ asinh(2θ/Δ) − √(4θ² + Δ²) + Δ] is 2Q_ξ with ξ = Δ/4 of `reference.hyperbolic_entropy`,
so argmin D_{ψ_Δ}(·, θ̃) on Xθ = y is argmin Q_ξ(θ) − ¼⟨asinh(2θ̃/Δ), θ⟩: strictly convex, with one minimiser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from flint import fmpq, fmpq_mat
from mpmath import mp

from oracle.claims.instances import HADAMARD
from oracle.claims.measures import rational, row
from reference.case import Case, Flow, FlowCase, Method, Regression
from reference.flows.integrals import certified_flow_integrals
from reference.flows.limit import certified_flow_limit
from reference.kkt import certified_minimiser
from reference.mpmath_arithmetic import nearest_mpf

__all__ = [
    "NETWORKS", "ONE_ROW", "THREE_ROWS", "TWO_ROWS", "Network", "balancedness_at_end", "flow_integrals", "flow_limit",
    "kernel", "minimiser", "network", "numbers", "perturbed_start", "rational",
]  # fmt: skip

Numbers = Sequence[Fraction]


@dataclass(frozen=True)
class Network:
    """A regression on θ = u⊙v with its start; hashable, so that what is computed of it can be kept.

    Parameters
    ----------
    name : str
        As a reader meets it.
    problem : Regression
        L(θ) = 1/(2n) Σ (yᵢ − ⟨xᵢ, θ⟩)².
    u, v : tuple of d Fractions
    kick : pair of tuples of d Fractions, optional
        u'(0) and v'(0) of a flow, or the moves that precede a method's start; without it the flow decides, or rest.
    """

    name: str
    problem: Regression
    u: tuple[Fraction, ...]
    v: tuple[Fraction, ...]
    kick: tuple[tuple[Fraction, ...], ...] = ()

    def following(self, flow: Flow) -> FlowCase:
        """Return the case of a flow from the start."""
        if self.kick:
            flow = replace(flow, initial_velocity=dict(zip("uv", self.kick, strict=True)))
        return FlowCase(self.problem, "hadamard", {"u": self.u, "v": self.v}, flow)

    def running(self, method: Method) -> Case:
        """Return the case of a discrete method from the start."""
        if self.kick:
            method = replace(method, p0=dict(zip("uv", self.kick, strict=True)))
        return Case(self.problem, "hadamard", {"u": self.u, "v": self.v}, method)

    def weights(self) -> tuple[list[Fraction], list[Fraction]]:
        """Return w₊ = u + v and w₋ = u − v at the start."""
        pairs = list(zip(self.u, self.v, strict=True))
        return [a + b for a, b in pairs], [a - b for a, b in pairs]

    def balancedness(self) -> list[Fraction]:
        """Return Δ0 = |u² − v²|."""
        return [abs(a * a - b * b) for a, b in zip(self.u, self.v, strict=True)]

    def theta(self) -> list[Fraction]:
        """Return θ0 = u⊙v."""
        return [a * b for a, b in zip(self.u, self.v, strict=True)]


def numbers(texts: str) -> tuple[Fraction, ...]:
    """Return the rationals of a text with spaces between them."""
    return tuple(Fraction(text) for text in texts.split())


def network(name: str, rows: Sequence[str], y: str, u: str, v: str) -> Network:
    """Return a network from texts: rows of X, y, u and v."""
    problem = Regression(tuple(map(numbers, rows)), numbers(y), "half_mean_square")
    return Network(name, problem, numbers(u), numbers(v))


def _two_rows() -> Network:
    problem = HADAMARD.case.problem
    assert isinstance(problem, Regression)
    return Network(HADAMARD.name, problem, HADAMARD.case.init["u"], HADAMARD.case.init["v"])


TWO_ROWS = _two_rows()
ONE_ROW = network(
    "θ = u⊙v, n = 1, d = 3, start of one sign", ["1 1/2 1/4"], "3/2", "3/4 5/8 1/2", "1/4 1/8 3/8"
)
THREE_ROWS = network(
    "θ = u⊙v, n = 3, d = 5, unbiased start",
    ["1 1/2 -1/4 0 1/2", "0 1 3/4 -1/2 1/4", "1/2 0 1/4 1 -3/4"],
    "1 -1/2 3/4",
    "1/2 1/2 1/2 1/2 1/2",
    "0 0 0 0 0",
)
NETWORKS = (TWO_ROWS, ONE_ROW, THREE_ROWS)


@lru_cache(maxsize=256)
def flow_limit(network: Network, flow: Flow, digits: int) -> tuple[Fraction, ...]:
    """Return the certified θ(∞) of a flow."""
    return row(certified_flow_limit(network.following(flow), digits), "theta")


@lru_cache(maxsize=256)
def flow_integrals(network: Network, flow: Flow, digits: int) -> dict[str, tuple[Fraction, ...]]:
    """Return the certified integrals of a flow to its limit, by name; not to be written into."""
    found = certified_flow_integrals(network.following(flow), None, digits)
    return {name: row(found, name) for name in found.arrays}


def minimiser(problem: Regression, delta: Numbers, start: Numbers, digits: int) -> tuple[Fraction, ...]:
    """Return argmin D_{ψ_Δ}(θ, θ̃) over Xθ = y, certified for the Δ and θ̃ given.

    Parameters
    ----------
    problem : Regression
    delta, start : sequence of d rationals
        Δ > 0 and θ̃.
    digits : int
    """
    with mp.workdps(2 * digits + 20):
        linear = [
            -rational(mp.asinh(2 * nearest_mpf(t) / nearest_mpf(x)) / 4)
            for t, x in zip(start, delta, strict=True)
        ]
    found = certified_minimiser(problem, [x / 4 for x in delta], linear, digits, cross_check=False)
    return row(found, "theta")


def kernel(network: Network) -> list[Fraction]:
    """Return one vector of ker X, in rationals."""
    n, d = len(network.problem.X), len(network.problem.X[0])
    entries = [fmpq(x.numerator, x.denominator) for line in network.problem.X for x in line]
    reduced, rank = fmpq_mat(n, d, entries).rref()
    pivots = [next(j for j in range(d) if reduced[i, j] != 0) for i in range(rank)]
    free = next(j for j in range(d) if j not in pivots)
    found = [Fraction(0)] * d
    found[free] = Fraction(1)
    for i, j in enumerate(pivots):
        found[j] = -Fraction(int(reduced[i, free].p), int(reduced[i, free].q))
    return found


def balancedness_at_end(start: Numbers, plus: Numbers, minus: Numbers) -> list[Fraction]:
    """Return the printed Δ∞ = Δ0 exp(−(I₊ + I₋)), at mpmath's precision in force."""
    return [
        rational(nearest_mpf(d) * mp.exp(-nearest_mpf(a + b)))
        for d, a, b in zip(start, plus, minus, strict=True)
    ]


def perturbed_start(weights: tuple[Numbers, Numbers], plus: Numbers, minus: Numbers) -> list[Fraction]:
    """Return the printed θ̃0 = ¼(w₊² exp(−2I₊) − w₋² exp(−2I₋)), at mpmath's precision in force."""
    return [
        rational(
            (
                nearest_mpf(p) ** 2 * mp.exp(-2 * nearest_mpf(a))
                - nearest_mpf(m) ** 2 * mp.exp(-2 * nearest_mpf(b))
            )
            / 4
        )
        for p, m, a, b in zip(*weights, plus, minus, strict=True)
    ]
