"""The envelope by samples, for problems and runs too large for the proved worst case.

The recurrence is run once more on `oracle.dual_numbers`, with an ensemble of normal samples of every elementary
rounding ε_i and a sketch of Cauchy samples of every step's bound l_k (`oracle.step_bounds`).

The ensemble
    To first order the error of a run at a recorded coordinate is

        Σ_i a_i ε_i + Σ_s b_s δ_s,   |ε_i| ≤ 1, |δ_s| ≤ 1,

    over the elementary roundings i and the inputs s that were rounded beforehand.  D = Σ|b_s| is known; of
    the a_i an ensemble of m normal samples gives an estimate σ̂ of σ = sqrt(Σ a_i²).  mσ̂²/σ² is distributed as χ²
    with m degrees of freedom, and P(χ² ≤ m x) ≤ (x e^{1−x})^{m/2} for x < 1.  With x such that the right side is
    half of `FALSE_ALARM` over all steps and coordinates, all of them have σ ≤ σ̂/sqrt(x) with that much certainty.
Typical, T = λσ̂/sqrt(x) + D + Q
    For roundings that are independent with mean zero, Hoeffding's inequality gives
    P(|Σ a_i ε_i| > λσ) ≤ 2 exp(−λ²/2).  λ makes that half of `FALSE_ALARM` over the same.  Q is the sketch of
    what every step adds beyond first order, curvature and the growth of roundings, at an error of
    `LIKELY` σ̂ + D + Q.  A run inside is what rounding makes of the right method.
The sketch
    With independent standard Cauchy numbers C_k, Σ_k M n_k C_k is Σ_k |M| n_k times one such number: a row that takes
    l_k C_k at every step is a sample of E = Σ_k |M_{K,k+1}| l_k itself (`oracle.zonotope`).  For the geometric
    mean Ê of s rows and 0 < t < 1, E[|C|^{−t}] = 1/cos(πt/2) gives P(Ê ≤ xE) ≤ (x^t / cos(πt/2))^s.  With x such that
    for the best t this is `FALSE_ALARM` over all steps and coordinates, E ≤ Ê/x.
Worst case, W = Ê/x
    A run outside is not explained by any roundings, however they conspire.  l_k is taken at errors of `FEED` Ê, so
    it is not quite independent of the rows; it is independent of every candidate.

Between T and W lies what independent roundings hardly do and conspiring ones might: undecided.

Horizon
    The first step at which T exceeds the position, or Q exceeds the rest of T, each in its largest coordinate.
    W is given up, from the step on at which it exceeds the position by itself.

Source: probabilistic rounding analysis after Higham and Mary 2019; the χ² tail is Chernoff's bound; Cauchy
sketches of sums of absolute values are Indyk 2006, their geometric mean Li, Hastie and Church 2007.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np

from oracle.cauchy_sketch import cauchy_numbers, geometric_mean, sketched_share
from oracle.dual_numbers import DualArithmetic
from oracle.error_free import Floats
from oracle.error_runs import residual_at
from oracle.records.candidate import Declaration
from oracle.step_bounds import Noise, StepBounds
from oracle.tangents import DualArray, TangentArithmetic, TangentRegression, observed, tangent_objective
from oracle.update_forms import Counts, ExtraRoundings, Sizes
from reference.case import Case, Polynomial
from reference.models import MODELS
from reference.schedule import step_sizes_of
from reference.state import Coefficients, State
from reference.trajectory import coefficient_cycle, start_of, step_of

__all__ = ["FALSE_ALARM", "MEMBERS", "SampledEnvelope", "Widths", "smallest_share"]

MEMBERS = 32
SKETCH = 48  # Cauchy rows of W
SECOND_ORDER = 16  # Cauchy rows of Q
LIKELY = 6.0
FEED = 2.5
SECOND_ORDER_SHARE = 0.25  # x of Q: P(Ê ≤ xE) < 1/100
FALSE_ALARM = 1e-9  # of a whole comparison
SEED = 0


class Widths(NamedTuple):
    """T and W of each observable at one step, each shape (m,)."""

    typical: Mapping[str, Floats]
    worst: Mapping[str, Floats]


class _Widths(NamedTuple):
    """What the rows say of each coordinate, shape (1, m).

    Parameters
    ----------
    known, sigma, second, sketch : float64
        D, σ̂, Q and Ê of the module docstring.
    """

    known: Floats
    sigma: Floats
    second: Floats
    sketch: Floats

    def likely(self) -> Floats:
        """Return the error at which curvature is taken for Q."""
        return LIKELY * self.sigma + self.known + self.second

    def likely_worst(self, bounded: bool) -> Floats:
        """Return the error at which curvature is taken for W; nothing once W is given up."""
        return FEED * self.sketch if bounded else 0 * self.sketch


class SampledEnvelope:
    """One run of the recurrence with an ensemble and a sketch.

    Parameters
    ----------
    case : Case
    declaration : Declaration
    steps : sequence of int
        Ascending, where observables are wanted.
    observables : sequence of str
        Parameters of the model, ``theta`` and ``loss``.
    """

    def __init__(
        self, case: Case, declaration: Declaration, steps: Sequence[int], observables: Sequence[str]
    ) -> None:
        self.case, self.steps, self.observables = case, steps, observables
        self.generator = np.random.default_rng(SEED)
        known = (*step_sizes_of(case.method), case.method.momentum)
        self.arithmetic = DualArithmetic(
            declaration, MEMBERS, _systematic_rows(case), self.generator, known, SKETCH + SECOND_ORDER
        )
        self.bounds = StepBounds(case, declaration, steady=False)
        self.extra = ExtraRoundings(declaration, case.method.name)
        self.objective = tangent_objective(case, self.arithmetic)
        self.unrounded = TangentArithmetic(self.arithmetic.rows)
        self.still = tangent_objective(case, self.unrounded)
        self.coefficients = coefficient_cycle(case, self.arithmetic)
        size = sum(len(values) for values in case.init.values())
        everything = 2 * size * (steps[-1] + 1 + len(steps))
        allowed = FALSE_ALARM / (2 * everything)
        self.deviations = sqrt(2 * log(2 / allowed)) / sqrt(smallest_share(MEMBERS, allowed))
        self.bounded = True
        self.sketched = 1 / sketched_share(SKETCH, FALSE_ALARM / everything)

    def run(self) -> tuple[int | None, dict[int, Widths]]:
        """Return the horizon and, for each step before it, T and W of each observable, shape (m,)."""
        found: dict[int, Widths] = {}
        wanted = set(self.steps)
        state = self._start()
        for k in range(self.steps[-1] + 1):
            widths = State(*[self._widths(array) for array in state])
            self.bounded = self.bounded and bool(
                self._worst(widths.position) <= np.abs(state.position.value).max()
            )
            if not self._decided(state, widths.position):
                return k, found
            if k in wanted:
                found[k] = self._observed(state, widths.position)
            if k < self.steps[-1]:
                state = self._stepped(state, k, widths)
        return None, found

    def _start(self) -> State:
        """Return the start; the inputs' own rows carry its rounding, the sketch takes it once more."""
        start = start_of(self.case, self.arithmetic)
        _, reach = self.bounds.start()
        nothing = np.zeros_like(reach.position)
        carried = [self._carried(part, 0 * part) for part in reach]
        return State(
            self.arithmetic.moved(start.position, nothing, carried[0]),
            self.arithmetic.moved(start.momentum, nothing, carried[1]),
        )

    def _stepped(self, state: State, k: int, widths: State) -> State:
        """Return the state one step on, with all that the step adds."""
        sketched, second = self._noise(state, k, widths)
        coefficients = self.coefficients[k % len(self.coefficients)]
        if isinstance(self.objective, TangentRegression):
            self.objective.disturb = partial(self._disturb_residual, sketched, second)
        reached = step_of(self.case)(state, partial(self.objective.gradient, step=k), coefficients)
        if isinstance(self.objective, TangentRegression):
            self.objective.disturb = None
        shared, position, momentum = (
            self._carried(*parts) for parts in zip(sketched[:3], second[:3], strict=True)
        )
        extra = self._form_noise(state, reached, self.bounds.move_at(k))
        return State(
            self.arithmetic.moved(reached.position, extra[0], shared + position),
            self.arithmetic.moved(reached.momentum, extra[1], shared + momentum),
        )

    def _noise(self, state: State, k: int, widths: State) -> tuple[Noise, Noise]:
        """Return the step's bounds at Ê, and what they are more at T than at no error, each shape (D,) or (n,)."""
        values = State(state.position.value, state.momentum.value)
        reach = State(*[self._likely(part) for part in widths])
        noise = self.bounds.noise(values, reach, k, self._residual_reach(state, k))
        return Noise(*[part[1] for part in noise]), Noise(*[part[0] - part[2] for part in noise])

    def _likely(self, widths: _Widths) -> Floats:
        """Return the errors at which curvature is taken for Q and W, and none, shape (3, m)."""
        return np.concatenate([widths.likely(), widths.likely_worst(self.bounded), 0 * widths.sigma])

    def _residual_reach(self, state: State, k: int) -> Floats:
        """Return such errors of step k's residual, to first order, shape (3, n)."""
        if not isinstance(self.still, TangentRegression):
            return np.zeros((3, 0))
        parts = (*state, self.coefficients[k % len(self.coefficients)].momentum)
        position, momentum, mu = (DualArray(part.value, part.tangent, self.unrounded) for part in parts)
        coefficients = Coefficients(None, mu)
        return self._likely(
            self._widths(residual_at(self.case, self.still, State(position, momentum), coefficients, k))
        )

    def _disturb_residual(self, sketched: Noise, second: Noise, tangent: Floats) -> None:
        """Add samples of the residual's noise to the carried rows."""
        tangent[self.arithmetic.systematic + MEMBERS :] += self._carried(sketched.residual, second.residual)

    def _carried(self, sketched: Floats, second: Floats) -> Floats:
        """Return independent Cauchy samples of the given scales, shape (m,), for the carried rows."""
        if not sketched.any():
            return np.zeros((1, 1))
        sample = cauchy_numbers(self.generator, (SKETCH + SECOND_ORDER, sketched.size))
        sample[:SKETCH] *= sketched
        sample[SKETCH:] *= second
        return sample

    def _form_noise(self, state: State, reached: State, move: float) -> tuple[Floats, Floats]:
        """Return ensemble samples of what the declared form rounds beyond the reference's own recurrence.

        Parameters
        ----------
        state, reached : State of DualArray
        move : float
            What turns the carried momentum into a move of the position.
        """
        momentum = move * (np.abs(state.momentum.value) + np.abs(reached.momentum.value))
        sizes = Sizes(np.abs(state.position.value), np.abs(reached.position.value), momentum)
        own, shared = np.zeros((1, 1)), np.zeros((1, 1))
        for kept, (form, unit) in enumerate(self.extra.parts):
            if self.extra.parts[0][0].feedback != Counts():
                both = form.feedback if form.feedback != Counts() else form.exit
                shared = shared + self.arithmetic.noise(both.error(sizes, unit))
                continue
            if form.exit != Counts():
                own = own + self.arithmetic.noise(form.exit.error(sizes, unit))
            if kept:
                shared = shared + self.arithmetic.noise(form.note.error(sizes, unit))
        return own + shared, shared / move

    def _widths(self, array: DualArray) -> _Widths:
        """Return what the rows of an array say."""
        first = self.arithmetic.systematic
        second = first + MEMBERS
        third = second + SKETCH
        systematic, ensemble = array.tangent[:first], array.tangent[first:second]
        return _Widths(
            np.abs(systematic).sum(axis=0, keepdims=True),
            np.sqrt((ensemble**2).mean(axis=0, keepdims=True)),
            geometric_mean(array.tangent[third:]) / SECOND_ORDER_SHARE,
            geometric_mean(array.tangent[second:third]),
        )

    def _worst(self, widths: _Widths) -> float:
        """Return W in its largest coordinate."""
        return float((self.sketched * widths.sketch).max())

    def _decided(self, state: State, widths: _Widths) -> bool:
        """Tell whether the bounds of a position say anything."""
        first = self.deviations * widths.sigma + widths.known
        total = (first + widths.second).max()
        return bool(total <= np.abs(state.position.value).max() and widths.second.max() <= first.max())

    def _observed(self, state: State, reach: _Widths) -> Widths:
        """Return T and W of each observable, shape (m,)."""
        typical, worst = {}, {}
        for name, array in observed(self.case, self.objective, state.position, self.observables).items():
            widths = self._widths(array)
            typical[name] = (self.deviations * widths.sigma + widths.known + widths.second)[0]
            worst[name] = (self.sketched * widths.sketch)[0]
            if name in ("theta", "loss"):
                added = self.bounds.observed(name, state.position.value, self._likely(reach))
                typical[name], worst[name] = typical[name] + added[0] - added[2], worst[name] + added[1]
            if not self.bounded:
                worst[name] = np.full_like(worst[name], np.inf)
        return Widths(typical, worst)


def smallest_share(members: int, probability: float) -> float:
    """Return x < 1 with (x e^{1−x})^{members/2} ≤ probability: σ̂² is no smaller a share of σ²."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if (middle * exp(1 - middle)) ** (members / 2) <= probability:
            low = middle
        else:
            high = middle
    return low


def _systematic_rows(case: Case) -> int:
    """Return how many inputs may be rounded at most: numbers, vectors and matrices of the case."""
    fixed = 3 + 2 * len(MODELS[case.model].names)  # μ, 2, 0; start and initial momentum
    fixed += len(step_sizes_of(case.method))
    if isinstance(case.problem, Polynomial):
        return fixed + len(case.problem.terms) * (1 + len(case.init["b"]))
    return fixed + 4 * (1 + len(case.method.batches))  # X, Xᵀ, y, loss factor, of all and of each batch
