"""What one step may add to the error of a state: its roundings, and what its Jacobian leaves out.

Let F be the exact step of the state x = (β, p), b the golden state, and x̂ = b + e the state of a run,
|e| ≤ E in every coordinate.  The run makes F̂(x̂), an admitted rounding of F(x̂).  Then

    F̂(x̂) − F(b) = J e + [F(b + e) − F(b) − J e] + [F̂(x̂) − F(x̂)],

and both brackets are bounded here by the running error analysis of `oracle.rounding`.  Write ε(E, u) for the error
that it returns for a step whose inputs carry the error E, and ε(E, 0) for the same where nothing is rounded.

Roundings, |F̂(x̂) − F(x̂)| ≤ ε(E, u) − ε(E, 0)
    For every quantity z of the step let s and t be its errors without and with units, such that
    |z(x̂) − z(b)| ≤ s; the claim is |ẑ − z(x̂)| ≤ t − s.  It passes through sums by the triangle inequality.
    Through a product z = xy, since x̂ŷ − xy = (x̂ − x)ŷ + x(ŷ − y) at the same point, it is at most

        (t_x − s_x)(|y| + t_y) + (|x| + s_x)(t_y − s_y) = (|x|t_y + |y|t_x + t_x t_y) − (|x|s_y + |y|s_x + s_x s_y).

    What an operation rounds by itself is bounded by sizes |z| + t, which hold at every admitted point,
    and stands in t alone.
Curvature, |F(b + e) − F(b) − J e| ≤ the part of ε(E, 0) of degree two and more in E
    ε(·, 0) is what remains of F(b + e) − F(b), a polynomial of e, when every coefficient is replaced by the sum
    of the sizes of the monomials that make it up: a polynomial P with non-negative coefficients, P(0) = 0.
    With P = P₁ + P₂ + … by degree and 0 < t < 1, P(E) − P(tE)/t = Σ_j (1 − t^{j−1}) P_j, hence
    Σ_{j≥2} P_j ≤ [P(E) − P(tE)/t]/(1 − t); here t = 2⁻⁴⁰.
The centre
    F is evaluated along a float64 run b̃ of the reference's recurrence.  Its roundings are admitted by every
    declaration, so |b̃ − b| ≤ E; and where u is larger than 2⁻⁵³ they are smaller by θ = 2⁻⁵³(m + 2)/u for sums
    of m terms in all, since each product in a sum is granted more than one rounding u.  Noise that is smaller
    by θ at every step leaves errors smaller by θ: |b̃ − b| ≤ θE.  So everything is taken at b̃ over a ball of
    (1 + min(θ, 1))E, which holds the ball of E about b: for a = b − b̃ a polynomial N whose monomials have
    degree two or more changes by at most |N|(|a| + |e|) from a to a + e, |N| with coefficients made
    non-negative.
η and μ
    are held rounded, the same at every step: they are inputs beside the state, with errors of their own in E
    and columns of their own in J.  X, y and constant factors that are rounded count as roundings of each step.
r = Xθ − y
    is computed once, and all coordinates of the gradient take it from there.  So F is taken as a function of (x, r):
    what r misses its first order by, its roundings and its curvature δ_r, is an input with a column of J for each
    sample; and the error of r by itself, in what is left of ε, is no larger than first order makes it, plus δ_r.  A
    gradient of one r for all parameters is what `oracle.shared_residual` holds a record to as well.
Float64
    J, the rows it is multiplied with, and the differences above err by less than 2⁻⁴⁰ of ε(E, u) for up to 2¹⁰
    coordinates and samples: at most n + d + 2D + 40 roundings 2⁻⁵³ follow one another, and |J|E ≤ P₁(E).

The position takes the new momentum over, β₊ = β + p₊, so what goes wrong in p₊ goes wrong in both: `shared`.
To the position alone belong its own rounding and that of a p₊ that was formed a second time, fused with it:
at most twice the roundings of μp − ηg from one g, u(|μp| + |ηg| + |p₊|) ≤ 2u(|p| + |p₊|).

The declared form, beyond the reference's recurrence, with the counts of `oracle.update_forms`:

velocity
    Nothing: it is the reference's recurrence.
buffer
    p = −ηb with the candidate's own η; exit.  Nesterov's argument β − (ημ)b rounds twice more: entry 2|p|.
position
    p = β − β₋ exactly, so all errors are shared; exit; fl(β − β₋) makes entry 1|p|.  Nesterov's argument, where it is
    formed as (1 + μ)β − μβ₋, rounds (1 + μ)β twice and μβ₋ once more: entry 5|β| + 1|p|.
look-ahead
    feedback, in the position and in the momentum.
step sizes outside the momentum (`reference.schedule`)
    The position takes η_k q₊ over, so nothing is shared; counts are of sizes η_k|q|.
narrow state
    exit in the position and one rounding of the momentum, or all shared in the position form.

Source: Higham 2002, section 3.3 (running error analysis); Neumaier 1990, section 2.3 (centred forms).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from oracle.error_free import Floats
from oracle.error_runs import FLOAT64, SHARE, ErrorRun, shares_of
from oracle.leading_parts import FloatArithmetic, LeadingArithmetic
from oracle.records.candidate import Declaration
from oracle.rounding import Rounding, representable
from oracle.update_forms import Counts, ExtraRoundings, Sizes
from reference.case import Case, Polynomial
from reference.state import Coefficients, State
from reference.trajectory import coefficient_cycle, start_of

__all__ = ["Noise", "StepBounds"]


class Noise(NamedTuple):
    """What a step adds at most to the error of a state, each shape (B, D) for B different E.

    Parameters
    ----------
    shared : float64
        To the momentum, and the same to the position.
    position, momentum : float64
        To one of them, by itself.
    residual : float64, shape (B, n)
        To r = Xθ − y of the step's samples, from where it goes into every coordinate; n = 0 for polynomials.
    """

    shared: Floats
    position: Floats
    momentum: Floats
    residual: Floats


class StepBounds:
    """Bounds of the module docstring along a float64 run.

    Parameters
    ----------
    case : Case
    declaration : Declaration
    steady : bool
        Whether η and μ, held rounded, are inputs of their own where they are constant; if not, every step rounds
        them anew.
    """

    def __init__(self, case: Case, declaration: Declaration, *, steady: bool = True) -> None:
        self.case, self.declaration = case, declaration
        self.rounding = Rounding.of(declaration)
        exact = LeadingArithmetic()
        self.rounded = ErrorRun(case, FloatArithmetic(declaration, self.rounding, exact))
        self.unrounded = ErrorRun(case, FloatArithmetic(Declaration(), Rounding(0.0, 0.0, 0.0), exact))
        self.extra = ExtraRoundings(declaration, case.method.name)
        self.lookahead = case.method.name == "nesterov_lookahead"
        self.feedback = self.extra.parts[0][0].feedback != Counts()
        self.kept = Rounding.of(replace(declaration, dtype=declaration.kept_in, accumulate="", operands=""))
        self.narrow = declaration.kept_in != declaration.dtype
        self.outside = case.method.scales == "update"
        cycle = coefficient_cycle(case, self.rounded.arithmetic)
        self.coefficients = [
            [(float(x.value.hi.item()), float(x.error.item())) for x in pair] for pair in cycle
        ]
        self.steady = steady and len(cycle) == 1
        self.entry_position, self.entry_momentum = self._entry()
        self.ball = self._ball()

    def start(self) -> tuple[State, State]:
        """Return the float64 start, shapes (1, D), and how far a run's own may lie from the golden one."""
        start = start_of(self.case, self.rounded.arithmetic)
        position, momentum = start.position, start.momentum
        moving = momentum.value.hi != 0
        entry = moving * self.extra.start(Sizes(now=position.size(), momentum=momentum.size()))
        error = position.error + np.zeros_like(position.value.hi)
        if self.narrow:
            inexact = ~representable(position.value, self.declaration.kept_in) | (self.lookahead & moving)
            error = error + inexact * (self.kept.unit * (1 + FLOAT64) * position.size() + self.kept.underflow)
        reach = State(error * (1 + FLOAT64), (momentum.error + entry) * (1 + FLOAT64))
        return State(position.value.hi, momentum.value.hi), reach

    def noise(self, state: State, reach: State, k: int, residual_reach: Floats) -> Noise:
        """Return what the step from k to k + 1 adds.

        Parameters
        ----------
        state : State of float64, shapes (1, D)
            The float64 run.
        reach : State of float64, shapes (B, D)
            E: how far a run may lie from the golden.
        k : int
        residual_reach : float64, shape (B, n)
            What the errors of the state make of r to first order; n = 0 for polynomials.
        """
        ball = State(self.ball * reach.position, self.ball * reach.momentum)
        rounded, unrounded, short = self._steps(state, ball, k, residual_reach)
        sizes = self._sizes(state, ball, rounded, k)
        shared = _added(rounded.momentum.error, unrounded.momentum)
        if self.lookahead or self.outside:
            position = _added(rounded.position.error, unrounded.position)
            before, after = self._apart(sizes)
            return Noise(0 * shared, position + before, shared + after / self.move_at(k), short)
        own = _rounding(rounded.position.error, unrounded.position)
        own = np.maximum(own - _rounding(rounded.momentum.error, unrounded.momentum), 0.0)
        own += FLOAT64 * rounded.position.error
        own += 4 * self.rounding.unit * (1 + FLOAT64) * sizes.momentum + 6 * self.rounding.underflow
        return Noise(*self._with_form(shared, own, sizes), 0 * shared, short)

    def observed(self, name: str, position: Floats, reach: Floats) -> Floats:
        """Return what computing ``theta`` or ``loss`` adds to the error that its Jacobian passes on.

        Parameters
        ----------
        name : str
        position : float64, shape (1, D)
        reach : float64, shape (B, D)

        Returns
        -------
        float64, shape (B, m)
        """
        ball = self.ball * reach
        rounded = self.rounded.observed(name, self.rounded.array(position, ball))
        unrounded = self.unrounded.observed(name, self.unrounded.array(position, shares_of(ball)))
        added = _added(rounded.error, unrounded.error)
        if self.narrow:
            added = added + self.kept.unit * (1 + FLOAT64) * rounded.size() + self.kept.underflow
        return added

    def _ball(self) -> float:
        """Return the ball about the float64 run that holds every admitted run, in units of E: 1 + |b̃ − b|/E."""
        problem = self.case.problem
        terms = len(problem.terms) if isinstance(problem, Polynomial) else len(problem.y) + len(problem.X[0])
        return 1 + min(1.0, 2.0**-53 * (terms + 2) / self.rounding.unit)

    def _steps(
        self, state: State, ball: State, k: int, residual_reach: Floats
    ) -> tuple[State, State, Floats]:
        """Return the step with its roundings and without, errors of (B, D) and (2B + 1, D), and the noise of r."""
        present = shares_of(np.full((len(ball.position), 1), float(self.steady)))
        entered, coefficients = self._entered(state, ball, k)
        exact = State(
            *[self.unrounded.array(value, shares_of(error)) for value, error in zip(state, ball, strict=True)]
        )
        held = self.unrounded.coefficients(self._coefficients(present, k))
        given, given_exact, short = None, None, np.zeros((len(ball.position), 0))
        if not isinstance(self.case.problem, Polynomial):
            given = self.rounded.residual(entered, coefficients, k)
            given_exact = self.unrounded.residual(exact, held, k)
            short = _added(given.error, given_exact.error)
            error = np.minimum(given.error, self.ball * (residual_reach + short))
            given, given_exact = replace(given, error=error), replace(given_exact, error=shares_of(error))
        rounded = self.rounded.step(entered, coefficients, k, given)
        unrounded = self.unrounded.step(exact, held, k, given_exact)
        shape = (2 * len(ball.position) + 1, state.position.shape[1])
        return rounded, State(*[np.broadcast_to(part.error, shape) for part in unrounded]), short

    def _entered(self, state: State, ball: State, k: int) -> tuple[State, Coefficients]:
        """Return what the rounded step starts from."""
        unit = self.rounding.unit * (1 + 16 * self.rounding.unit)
        counts = (self.entry_position, self.entry_momentum)
        entered = [
            self.rounded.array(value, error + unit * count * (np.abs(value) + error))
            for value, error, count in zip(state, ball, counts, strict=True)
        ]
        return State(*entered), self.rounded.coefficients(self._coefficients(np.ones((1, 1)), k))

    def coefficients_at(self, k: int) -> list[tuple[float, float]]:
        """Return values and errors of η_k and μ."""
        return self.coefficients[k % len(self.coefficients)]

    def _coefficients(self, share: Floats, k: int) -> list[tuple[float, Floats]]:
        return [(value, share * self.ball * error) for value, error in self.coefficients_at(k)]

    def move_at(self, k: int) -> float:
        """Return what turns the carried momentum into a move of the position."""
        return self.coefficients_at(k)[0][0] if self.outside else 1.0

    def _sizes(self, state: State, ball: State, reached: State, k: int) -> Sizes:
        before = np.abs(state.momentum) + ball.momentum
        return Sizes(
            np.abs(state.position) + ball.position,
            reached.position.size(),
            self.move_at(k) * (before + reached.momentum.size()),
        )

    def _apart(self, sizes: Sizes) -> tuple[Floats, Floats]:
        """Return what the form rounds besides in positions, and in moves, where these do not share it."""
        position, move = np.zeros_like(sizes.after), np.zeros_like(sizes.after)
        for kept, (form, unit) in enumerate(self.extra.parts):
            both = form.feedback.error(sizes, unit)
            position, move = position + np.maximum(both, form.exit.error(sizes, unit)), move + both
            if kept:
                move = move + form.note.error(sizes, unit)
        if self.narrow:
            position, move = position + 2 * self.kept.underflow, move + self.kept.underflow
        return position, move

    def _with_form(self, shared: Floats, own: Floats, sizes: Sizes) -> tuple[Floats, Floats]:
        """Add what the declared form and a narrow state round besides."""
        for kept, (form, unit) in enumerate(self.extra.parts):
            exit_error = form.exit.error(sizes, unit)
            if self.feedback:
                shared = shared + exit_error
            else:
                own = own + exit_error
                if kept:
                    shared = shared + form.note.error(sizes, unit)
        if self.narrow:
            shared, own = shared + self.kept.underflow, own + 2 * self.kept.underflow
        return shared, own

    def _entry(self) -> tuple[int, int]:
        """Return the units of |β_k| and |p_k| by which the declared form enters the reference's step wrong."""
        ahead = self.case.method.name == "nesterov"
        if self.case.method.name == "gradient_descent" or self.lookahead:
            return 0, 0
        by_form = {"velocity": (0, 0), "buffer": (0, 2 * ahead), "position": (5 * ahead, 1 + ahead)}
        return by_form[self.declaration.form]


def _rounding(rounded: Floats, unrounded: Floats) -> Floats:
    """Return ε(E, u) − ε(E, 0), shape (B, m)."""
    difference: Floats = rounded - unrounded[: len(unrounded) // 2]
    return difference


def _added(rounded: Floats, unrounded: Floats) -> Floats:
    """Return roundings, curvature and what float64 may lose, shape (B, m)."""
    whole, part = np.split(unrounded[:-1] - unrounded[-1], 2)
    curvature = (whole - part / SHARE) / (1 - SHARE)
    parts = np.maximum(_rounding(rounded, unrounded), 0.0) + np.maximum(curvature, 0.0)
    added: Floats = parts + FLOAT64 * rounded
    return added
