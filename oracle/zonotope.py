"""The worst case of a whole run, proved: a zonotope that holds every admitted run's distance to the golden.

With the golden states b_k, the exact step F and its Jacobian J_k at b_k, a run's error e_k = x̂_k − b_k obeys

    e_{k+1} = J_k e_k + n_k,    |n_k| ≤ l_k,

where l_k bounds the roundings of the step and the curvature of F over the box E_k ∋ e_k (`oracle.step_bounds`).
Hence e_K = Σ_k M_{K,k+1} n_k with M_{K,k} = J_{K−1}···J_k, and, reading off one coordinate,

    |e_K| ≤ E_K = Σ_k |M_{K,k+1}| l_k,

which some n_k within their bounds reach: to first order this is the worst case, and what is left out of first
order is in l_k.  The rows of G hold the images of all n_k so far, G ← [G J_kᵀ; diag(l_k)], none of them merged; what
happens to r = Xθ − y goes into all coordinates together, one row for each sample.  Errors of η and μ are one
row each, which every step adds to.

Nothing of this depends on chance.  K steps of D coordinates and n samples take 2D²(2D + n)K² multiplications.

Source: Kühn 1998 (rigorously computed orbits by zonotopes, there with reduction); Girard 2005.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from oracle.error_free import Floats
from oracle.records.candidate import Declaration
from oracle.step_bounds import Noise, StepBounds
from oracle.tangents import DualArray, TangentArithmetic, TangentRegression, observed, tangent_objective
from reference.case import Case, Regression
from reference.state import Coefficients, State
from reference.trajectory import step_of

__all__ = ["Zonotope", "affordable", "zonotopes"]

SECONDS = 2.0
PER_STEP, PER_ENTRY = 1.0e-3, 1.5e-7  # seconds of a step's own work, and of each entry of its Jacobian
MULTIPLICATIONS, ADDITIONS = 2.0e10, 7.0e8  # a second, in products of tall thin matrices and in sums of rows
FLOAT64 = 2.0**-30  # what sums of rows may lose


def affordable(case: Case, last_step: int) -> bool:
    """Tell whether the worst case up to `last_step` takes about `SECONDS` at most on one core."""
    columns = 2 * sum(len(values) for values in case.init.values())
    samples = len(case.problem.y) if isinstance(case.problem, Regression) else 0
    rows = (columns + samples) * float(last_step) ** 2 / 2  # over all steps
    work = rows * (columns**2 / MULTIPLICATIONS + columns / ADDITIONS)
    return last_step * (PER_STEP + PER_ENTRY * columns**2) + work <= SECONDS


class Zonotope:
    """All errors e = Σ_i g_i ε_i, |ε_i| ≤ 1, of one state; rows are the g_i, over positions and momenta.

    Parameters
    ----------
    rows : float64, shape (g, 2D)
    """

    def __init__(self, rows: Floats) -> None:
        self._kept = rows
        self._count = len(rows)

    @property
    def rows(self) -> Floats:
        """Return the g_i, shape (g, 2D)."""
        return self._kept[: self._count]

    def reach(self) -> State:
        """Return the largest |e| in each coordinate of position and momentum, shapes (1, D)."""
        sizes = np.abs(self.rows).sum(axis=0, keepdims=True) * (1 + FLOAT64)
        return State(*np.split(sizes, 2, axis=1))

    def mapped(self, jacobian: Floats, inputs: Floats, noise: Noise) -> Zonotope:
        """Return the errors one step on.

        Parameters
        ----------
        jacobian : float64, shape (2D, 2D)
            Transposed: rows are the images of unit errors.
        inputs : float64, shape (2 + n, 2D)
            What the errors of η and μ add to the first two rows, and the images of unit errors of r.
        noise : Noise
        """
        residual = noise.residual[0][:, None]
        added = np.concatenate([_generators(noise), residual * inputs[2 : 2 + len(residual)]])
        count = self._count + len(added)
        room = self._kept if count <= len(self._kept) else np.empty((2 * count, len(jacobian)))
        moved = self.rows @ jacobian
        moved[:2] += inputs[:2]
        room[: self._count], room[self._count : count] = moved, added
        result = Zonotope(room)
        result._count = count
        return result

    def image(self, jacobian: Floats) -> Floats:
        """Return the largest error of a function of the state, shape (m,).

        Parameters
        ----------
        jacobian : float64, shape (2D, m) or (2D + 2, m)
            Transposed; the last two rows are what the errors of η and μ add.
        """
        moved = self.rows @ jacobian[: self.rows.shape[1]]
        moved[:2] += jacobian[self.rows.shape[1] :] if len(jacobian) > self.rows.shape[1] else 0.0
        sizes: Floats = np.abs(moved).sum(axis=0) * (1 + FLOAT64)
        return sizes


def zonotopes(
    case: Case, declaration: Declaration, observables: Sequence[str], steps: Sequence[int]
) -> Iterator[tuple[int, State, State, Mapping[str, Floats]]]:
    """Yield, for the steps 0, 1, … up to the last of `steps`, what a run may be off.

    Parameters
    ----------
    case : Case
    declaration : Declaration
    observables : sequence of str
        Parameters of the model, ``theta`` and ``loss``.
    steps : sequence of int
        Where observables are wanted.

    Yields
    ------
    step : int
    state : State of float64, shapes (1, D)
    reach : State of float64, shapes (1, D)
        E of the module docstring.
    found : mapping of observable to float64, shape (m,)
        E of the observables; empty at steps not in `steps`.
    """
    bounds = StepBounds(case, declaration)
    tangents = _Tangents(case, bounds)
    state, reach = bounds.start()
    zonotope = Zonotope(
        np.concatenate([np.zeros((2, 2 * tangents.size)), np.diag(np.concatenate(reach, axis=1)[0])])
    )
    wanted, last = set(steps), max(steps)
    for k in range(last + 1):
        reach = zonotope.reach()
        found = tangents.observed(state, reach, zonotope, observables) if k in wanted else {}
        yield k, state, reach, found
        if k < last:
            after, jacobian, inputs = tangents.step(state, k)
            noise = bounds.noise(state, reach, k, zonotope.image(tangents.residual)[None])
            state, zonotope = after, zonotope.mapped(jacobian, inputs, noise)


class _Tangents:
    """The float64 run with its Jacobians."""

    def __init__(self, case: Case, bounds: StepBounds) -> None:
        self.case, self.bounds = case, bounds
        self.size = sum(len(values) for values in case.init.values())
        samples = len(case.problem.y) if isinstance(case.problem, Regression) else 0
        self.arithmetic = TangentArithmetic(2 * self.size + 2 + samples)
        self.objective = tangent_objective(case, self.arithmetic)
        if isinstance(self.objective, TangentRegression):
            self.objective.disturb = self._unit_residual
        self.residual: Floats = np.zeros((2 * self.size + 2, 0))
        self.make_step = step_of(case)

    def step(self, state: State, k: int) -> tuple[State, Floats, Floats]:
        """Return the next state, the transposed Jacobian, and the images of the errors of η, μ and r."""
        gradient = partial(self.objective.gradient, step=k)
        coefficients = Coefficients(*[self._coefficient(i, k) for i in range(2)])
        reached = self.make_step(self._raised(state), gradient, coefficients)
        tangent = np.concatenate([reached.position.tangent, reached.momentum.tangent], axis=1)
        jacobian, inputs = np.split(tangent, [2 * self.size])
        return State(reached.position.value, reached.momentum.value), jacobian, inputs

    def observed(
        self, state: State, reach: State, zonotope: Zonotope, observables: Sequence[str]
    ) -> Mapping[str, Floats]:
        """Return how far each observable may be off, shape (m,)."""
        found = {}
        for name, array in observed(
            self.case, self.objective, self._raised(state).position, observables
        ).items():
            found[name] = zonotope.image(array.tangent[: 2 * self.size])
            if name in ("theta", "loss"):
                found[name] = found[name] + self.bounds.observed(name, state.position, reach.position)[0]
        return found

    def _raised(self, state: State) -> State:
        """Return the state with unit tangents."""
        unit = np.eye(self.arithmetic.rows, 2 * self.size)
        position, momentum = np.split(unit, 2, axis=1)
        return State(
            DualArray(state.position, position, self.arithmetic),
            DualArray(state.momentum, momentum, self.arithmetic),
        )

    def _unit_residual(self, tangent: Floats) -> None:
        """Keep the residual's Jacobian, and give every sample's a unit tangent of its own."""
        first, count = 2 * self.size + 2, tangent.shape[1]
        self.residual = tangent[:first].copy()
        tangent[first : first + count] += np.eye(count)

    def _coefficient(self, index: int, k: int) -> DualArray:
        value, error = self.bounds.coefficients_at(k)[index]
        coefficient = self.arithmetic.constant(np.array([[value]]))
        if not self.bounds.steady:
            return coefficient
        return self.arithmetic.leaning(coefficient, 2 * self.size + index, np.array([error]))


def _generators(noise: Noise) -> Floats:
    """Return one row for each coordinate and kind of noise that there is, shape (r, 2D)."""
    shared, position, momentum = (np.diag(part[0]) for part in noise[:3])
    nothing = np.zeros_like(shared)
    rows = [np.empty((0, 2 * len(shared)))]
    for before, after in ((shared, shared), (position, nothing), (nothing, momentum)):
        if before.any() or after.any():
            rows.append(np.concatenate([before, after], axis=1))
    return np.concatenate(rows)
