"""Proof that a discrete run on a regression settles: how far at most it still moves.

In the recurrence of `reference.coupling`, d = −η∇L(y), p₊ = μp + d and y₊ = y + t with t = c₁p + c₂d,
let r = Xθ(y) − y* be the residual, A = XJ(y) and s = Ap.
Since θ is quadratic, θ(y + t) = θ + Jt + q(t), and a batch with weights W (how often each row counts)
has d = −ηAᵀ·2fWr, so that with K = 2f AAᵀW

    r₊ = r + c₁s − c₂ηKr + Xq(t),    s₊ = μs − ηKr + X J(t)p₊.

The linear part M, with K taken at y_K, acts on z = (r, s).  Over one cycle of batches (one step where
there are none) a norm N is found in which it contracts (`reference.lyapunov`).  While y stays within
δ of y_K, each step perturbs z by at most

    ω = η√(1 + c₂²)|K(y) − K(y_K)||r| + |X|δ(c_q|t| + c_a|p₊|),    |d| ≤ G|r|,

all of which is linear in (N(z), |p|): after a cycle (N, |p|) is at most B(N, |p|), a 2×2 matrix of
non-negative numbers.  If its spectral radius is below 1, then Σ(N, |p|) ≤ (I − B)⁻¹(N_K, |p_K|), hence
a bound on the movement Σ|t| that is left.  If that is at most δ, the run never leaves the ball, the
limit exists, interpolates, and lies within the bound of y_K.

The limit of Nesterov's own sequence is the same, as p tends to zero.

Source: paper 000, Eq. 2 and 3 (the recurrences); the bound is our own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from flint import arb, arb_mat

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball, ball_precision
from reference.case import Case, Regression, batches_of
from reference.coupling import coupling_of, linear_part
from reference.curvature import CURVATURES
from reference.losses import batch_loss_factor, loss_factor
from reference.lyapunov import (
    ContractingNorm,
    certainly_at_most,
    certainly_less,
    contracting_norm,
    spectral_bound,
    upper,
)
from reference.models import MODELS
from reference.objective import RegressionObjective
from reference.state import State

__all__ = ["BITS", "Tail", "settling_tail"]

BITS = 128  # of the linear algebra; residuals cancel and are computed in the states' own precision


@dataclass(frozen=True)
class Tail:
    """What a run that provably settles can still do.

    Parameters
    ----------
    movement : arb
        Bound on Σ|y_{k+1} − y_k|₂ over all steps left, hence on the distance to the limit.
    momenta, gradients : arb
        Bounds on Σ|p_k|₂ and Σ|∇L(y_k)|₂ over the same steps.
    predictor_gradients : arb or None
        Bound on Σ|∇_θL(y_k)|₂, where one is known.
    factor : float
        Proved contraction of one cycle's linear part; of one step where there are no batches.
    """

    movement: Any
    momenta: Any
    gradients: Any
    predictor_gradients: Any
    factor: float


class Cycle(NamedTuple):
    """Bounds over one cycle of batches, each a pair of multiples of N and |p| at its start.

    `state` and `momentum` bound N and |p| at its end, the others are sums over its steps.
    """

    state: Vector
    momentum: Vector
    movement: Vector
    momenta: Vector
    gradients: Vector
    predictor_gradients: Vector


@dataclass(frozen=True)
class Sample:
    """One step of the cycle: the linear part and what bounds its perturbations.

    Parameters
    ----------
    matrix : arb_mat, shape (2n, 2n)
    slope : arb
        Bound on 2f|W|₂.
    size, after : arb
        Bounds on the norms of the matrix and of the product of those that follow it in the cycle.
    """

    matrix: Any
    slope: Any
    size: Any
    after: Any


def settling_tail(
    case: Case,
    step: int,
    state: State,
    bits: int,
    find_norm: Callable[[Any], ContractingNorm | None] = contracting_norm,
) -> Tail | None:
    """Return a bound on what is left of a run, or None if no proof is found at this step.

    Parameters
    ----------
    case : Case
        Its problem is a `Regression`.
    step : int
        K: which batch comes next.
    state : State of Vectors of arb
        Balls around y_K and p_K, shape of the joined parameters.
    bits : int
        Their precision.
    find_norm : callable
        From the matrix of one cycle to a norm in which it contracts.
    """
    with ball_precision(bits):
        residual = _residual(case, state.position)
    with ball_precision(BITS):
        near = _Neighbourhood(case, step, state.position)
        norm = find_norm(near.cycle)
        if norm is None:
            return None
        start = near.start(norm, residual, state.momentum)
        straight = near.tail(norm, start, arb(0))  # as if the gradient were linear
        if straight is None or not straight.movement.is_finite():
            return None
        radius = 2 * straight.movement
        proof = near.tail(norm, start, radius)
        return proof if proof is not None and certainly_at_most(proof.movement, radius) else None


class _Neighbourhood:
    """The linear parts at one point, and bounds on what perturbs them around it."""

    def __init__(self, case: Case, step: int, position: Vector) -> None:
        problem = case.problem
        assert isinstance(problem, Regression)
        self.coupling, self.model = coupling_of(case), CURVATURES[case.model]
        X = BallArithmetic().matrix(problem.X).X
        self.slope_map = _output_jacobian(case, X, position)  # A = XJ
        self.data_norm, self.slope_norm = spectral_bound(X), spectral_bound(self.slope_map)
        self.samples = self._samples(_batch_weights(case, problem, step))
        self.cycle = _product([sample.matrix for sample in self.samples])

    def start(self, norm: ContractingNorm, residual: Vector, momentum: Vector) -> Vector:
        """Return (N(z_K), |p_K|)."""
        column = arb_mat(len(momentum), 1, momentum.entries)
        moving = self.slope_map * column
        z = arb_mat(2 * len(residual), 1, residual.entries + moving.entries())
        return Vector([norm.of(z), upper((column.transpose() * column)[0, 0]).sqrt()])

    def tail(self, norm: ContractingNorm, start: Vector, radius: Any) -> Tail | None:
        """Return the tail as long as the run stays within a radius, or None if no sum is bounded."""
        cycle = self._one_cycle(norm, radius)
        sums = _summed(cycle.state, cycle.momentum, start)
        if sums is None:
            return None
        kinds = (cycle.movement, cycle.momenta, cycle.gradients, cycle.predictor_gradients)
        movement, momenta, gradients, slopes = (upper(_dot(kind, sums)) for kind in kinds)
        return Tail(movement, momenta, gradients, slopes, norm.factor)

    def _one_cycle(self, norm: ContractingNorm, radius: Any) -> Cycle:
        """Bound what one cycle does while y is within the radius."""
        eta, c1, c2, mu = self.coupling.balls()
        turned = self.data_norm * self.model.jacobian_change * radius  # |A(y) − A(y_K)|
        moved, momenta, gradients, slopes, drift = (Vector([arb(0), arb(0)]) for _ in range(5))
        z, p = Vector([1 / norm.least, arb(0)]), Vector([arb(0), arb(1)])
        for sample in self.samples:
            force = sample.slope * (self.slope_norm + turned)  # |∇L| ≤ force |r|
            gradients, slopes = gradients + force * z, slopes + (sample.slope * self.data_norm) * z
            momenta = momenta + p
            t, p = c1 * p + (c2 * eta * force) * z, mu * p + (eta * force) * z
            change = sample.slope * turned * (2 * self.slope_norm + turned)  # |K(y) − K(y_K)|
            bent = arb(self.model.predictor_remainder) * t + arb(self.model.jacobian_change) * p
            w = (eta * (1 + c2 * c2).sqrt() * change) * z + (self.data_norm * radius) * bent
            moved, drift = moved + t, drift + sample.after * w
            z = sample.size * z + w
        state = Vector([arb(norm.factor), arb(0)]) + norm.largest * drift
        return Cycle(state, p, moved, momenta, gradients, slopes)

    def _samples(self, weights: list[list[Fraction]]) -> list[Sample]:
        """Return the steps of one cycle, from the weights 2f·W of each."""
        gram = self.slope_map * self.slope_map.transpose()
        matrices = [self._matrix(gram, row) for row in weights]
        after = [_product(matrices[j + 1 :]) for j in range(len(matrices))]
        return [
            Sample(
                matrix,
                ball(max(row)),
                spectral_bound(matrix),
                arb(1) if later is None else spectral_bound(later),
            )
            for matrix, row, later in zip(matrices, weights, after, strict=True)
        ]

    def _matrix(self, gram: Any, weights: list[Fraction]) -> Any:
        """Return M with K = AAᵀ·2fW."""
        n = gram.nrows()
        K = arb_mat(n, n, [gram[i, j] * ball(weights[j]) for i in range(n) for j in range(n)])
        return linear_part(self.coupling, K)


def _residual(case: Case, position: Vector) -> Vector:
    objective = RegressionObjective(case, BallArithmetic())
    residual: Vector = objective.residual(position, objective.all_samples)
    return residual


def _output_jacobian(case: Case, X: Any, position: Vector) -> Any:
    """Return A = XJ = [X diag(a_1), X diag(a_2), …], shape (n, size of β)."""
    sizes = [len(case.init[name]) for name in MODELS[case.model].names]
    parameters = BallArithmetic().split(position, sizes)
    rows = CURVATURES[case.model].jacobian([vector.entries for vector in parameters])
    n, d = X.nrows(), X.ncols()
    return arb_mat([[X[i, j] * a[j] for a in rows for j in range(d)] for i in range(n)])


def _batch_weights(case: Case, problem: Regression, step: int) -> list[list[Fraction]]:
    """Return for every step of the cycle that starts at `step` the weights 2f·W of the rows."""
    n, batches = len(problem.y), batches_of(case)
    if not batches:
        return [[2 * loss_factor(problem.loss, n)] * n]
    cycle = [batches[(step + j) % len(batches)] for j in range(len(batches))]
    return [
        [2 * batch_loss_factor(problem.loss, len(batch)) * batch.count(i) for i in range(n)]
        for batch in cycle
    ]


def _product(matrices: list[Any]) -> Any:
    """Return M_{m−1} … M_0, or None of none."""
    result = None
    for matrix in matrices:
        result = matrix if result is None else matrix * result
    return result


def _summed(state: Vector, momentum: Vector, start: Vector) -> Vector | None:
    """Return (I − B)⁻¹ start for B with the given rows, or None unless its spectral radius is below 1."""
    (a, b), (c, d) = state.entries, momentum.entries
    n, p = start.entries
    determinant = (1 - a) * (1 - d) - b * c
    if not (certainly_less(a, arb(1)) and certainly_less(d, arb(1)) and certainly_less(arb(0), determinant)):
        return None
    return Vector([((1 - d) * n + b * p) / determinant, (c * n + (1 - a) * p) / determinant])


def _dot(left: Vector, right: Vector) -> Any:
    return sum((a * b for a, b in zip(left, right, strict=True)), start=arb(0))
