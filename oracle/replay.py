"""Local replay: one exact step from the candidate's own state, and what rounding may add to it.

Wherever the states at k − 1, k and k + 1 are recorded (for k = 0 the start takes the place of k − 1), the
reference's own recurrence is run from the recorded state under the rounding model of
`oracle.rounding`.  It gives the exact next state and a rigorous bound B on

    ρ_{k+1} = β_{k+1} − step(β_k, p_k),    p_k = β_k − β_{k−1},

with the momentum's own uncertainty and the roundings of the declared form counted in
`oracle.update_forms`.  For heavy ball ρ_{k+1} = β_{k+1} − β_k − [μ(β_k − β_{k−1}) − η∇L(β_k)].  The look-ahead
sequence gives its momentum away as μp_k = y_k − y_{k−1} + η∇L(y_{k−1}), hence

    y_{k+1} − y_k = μ(y_k − y_{k−1}) − η(1 + μ)∇L(y_k) + μη∇L(y_{k−1}).

Under a schedule η is that of the step; where it scales the update (`reference.schedule`), the momentum is
q_k = (β_k − β_{k−1})/η_{k−1}.

No horizon and no tolerance: |ρ| > B in any coordinate is no rounding.  Where the candidate recorded p as
well, p_{k+1} is compared with the recurrence's, and β_{k+1} with β_k + p_{k+1}.  Models with two parameters
per coordinate are looked at once more, see `oracle.shared_residual`.

The recurrence is an argument: `oracle.diagnosis` replays misimplementations the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from oracle.error_free import Floats
from oracle.objectives import RoundedPolynomial, RoundedRegression, rounded_objective
from oracle.records.candidate import Declaration
from oracle.residuals import Comparison, Replay, Rows, compared, stacked
from oracle.rounding import NONE, RoundedArithmetic, RoundedArray
from oracle.shared_residual import shared_ratio
from oracle.trace import Trace
from oracle.update_forms import ExtraRoundings, Sizes
from reference.case import Case
from reference.schedule import cycle_length, step_sizes_of
from reference.state import Coefficients, State
from reference.trajectory import coefficient_cycle, start_of, step_of

__all__ = [
    "EXACT",
    "Moment",
    "Recurrence",
    "replay",
    "replayable_rows",
    "replayed_parts",
]

CHUNK = 256  # steps replayed at once
TINY = 1e-300  # of a momentum: its reciprocal leaves float64's range
ALONE = 3  # first steps that are replayed one by one where a recurrence may treat them as it likes

RoundedObjective = RoundedRegression | RoundedPolynomial


@dataclass(frozen=True)
class Moment:
    """What a recurrence is told when it is to make the step from k to k + 1, R recorded states at once.

    Parameters
    ----------
    k : int
        Of the first of them; exact where it is below `ALONE`, since those steps come one by one.
    state : State
        Recorded positions and the momenta inferred there.
    before : RoundedArray or None
        Positions one step earlier; the start itself at k = 0, None where they are not recorded.
    momentum_before : RoundedArray or None
        Momenta one step earlier, where they can be known.
    momentum_recorded : bool
        Whether the momenta are the candidate's own record; else they are β_k − β_{k−1}.
    gradient : callable
        Of positions, and of `step=` where another batch than that of step k is meant.
    coefficients : Coefficients
    objective : RoundedRegression or RoundedPolynomial
    """

    k: int
    state: State
    before: RoundedArray | None
    momentum_before: RoundedArray | None
    momentum_recorded: bool
    gradient: Callable[..., Any]
    coefficients: Coefficients
    objective: RoundedObjective


@dataclass(frozen=True)
class Recurrence:
    """A step to replay, where it is not simply the method's.

    Parameters
    ----------
    step : callable, optional
        Makes the step; None is the method's own.
    objective : callable
        Makes the objective from case and arithmetic.
    arithmetic : callable
        Makes the arithmetic from the declaration.
    shares_residual : bool
        Whether `oracle.shared_residual` applies: one residual, for all parameters, at one point.
    lag : int
        By how many steps the gradients are stale from which a look-ahead sequence's momentum is inferred.
    """

    step: Callable[[Moment], State] | None = None
    objective: Callable[[Case, RoundedArithmetic], RoundedObjective] = rounded_objective
    arithmetic: Callable[[Declaration], RoundedArithmetic] = RoundedArithmetic
    shares_residual: bool = True
    lag: int = 0

    @property
    def is_uniform(self) -> bool:
        """Whether all steps past the first, whose momentum is the start's, are alike: those of the methods are."""
        return self.step is None and self.objective is rounded_objective and not self.lag


EXACT = Recurrence()


def replayable_rows(trace: Trace, method: str) -> Rows:
    """Return the rows whose state can be replayed from the recorded states before it.

    Parameters
    ----------
    trace : Trace
    method : str
        Gradient descent needs one state before; so does a method whose momentum is recorded.
    """
    follows = np.concatenate([[False], np.diff(trace.steps) == 1])
    if method == "gradient_descent" or trace.momenta is not None:
        return np.flatnonzero(follows)
    momentum_known = (trace.steps == 0) | follows
    return np.flatnonzero(follows & np.concatenate([[False], momentum_known[:-1]]))


def replay(
    case: Case,
    declaration: Declaration,
    trace: Trace,
    recurrence: Recurrence = EXACT,
    targets: Rows | None = None,
) -> Replay:
    """Replay every step that can be replayed.

    Parameters
    ----------
    case : Case
        In the numbers the golden is computed with; the candidate may have rounded those that
        its dtype cannot hold.
    declaration : Declaration
    trace : Trace
        Finite values.
    recurrence : Recurrence
        What a step is.
    targets : int64, optional
        Some of `replayable_rows`; by default all.

    Returns
    -------
    Replay
        R may be 0.  Ratios are not finite where the exact step overflows float64.
    """
    if targets is None:
        targets = replayable_rows(trace, case.method.name)
    parts = list(replayed_parts(case, declaration, trace, recurrence, targets))
    rows = np.concatenate([np.empty(0, dtype=np.int64), *(part.rows for part in parts)])
    nothing = compared(trace.positions[:0], RoundedArithmetic(declaration).recorded(trace.positions[:0]))
    position = stacked([nothing, *(part.position for part in parts)])
    momenta = [part.momentum for part in parts if part.momentum is not None]
    momentum = None if trace.momenta is None else stacked([nothing, *momenta])
    if (np.diff(rows) > 0).all():
        return Replay(rows, position, momentum)
    order = np.argsort(rows)
    return Replay(rows[order], position.rows(order), None if momentum is None else momentum.rows(order))


def replayed_parts(
    case: Case, declaration: Declaration, trace: Trace, recurrence: Recurrence, targets: Rows
) -> Iterator[Replay]:
    """Yield what `replay` returns in parts, rows of one batch each."""
    replayer = _Replayer(case, declaration, trace, recurrence)
    alone = 1 if recurrence.is_uniform else ALONE
    for rows in _groups(trace, targets, cycle_length(case), alone):
        with np.errstate(all="ignore"):
            position, momentum = replayer.replay(rows)
        yield Replay(rows, position, momentum)


class _Replayer:
    """The case's recurrence under the rounding model, and the recorded states it starts from."""

    def __init__(
        self, case: Case, declaration: Declaration, trace: Trace, recurrence: Recurrence = EXACT
    ) -> None:
        self.case, self.trace, self.recurrence = case, trace, recurrence
        self.arithmetic = recurrence.arithmetic(declaration)
        self.objective = recurrence.objective(case, self.arithmetic)
        self.cycle = coefficient_cycle(case, self.arithmetic)
        self.step_sizes = step_sizes_of(case.method)
        self.outside = case.method.scales == "update"  # the momentum is then q, and a move η q
        self.extra = ExtraRoundings(declaration, case.method.name)
        self.lookahead = case.method.name == "nesterov_lookahead"

    def replay(self, targets: Rows) -> tuple[Comparison, Comparison | None]:
        """Replay steps that share a batch; the first few steps come one by one."""
        rows = targets - 1
        k = int(self.trace.steps[rows[0]])
        self.objective.evaluations.clear()
        started = State(self.arithmetic.recorded(self._positions(rows)), self._momentum(rows, k))
        reached = self._step(started, rows, k)
        sizes = self._sizes(rows, started, reached)
        if self.trace.momenta is None:
            return self._stepped(targets, reached, sizes, k), None
        momentum = reached.momentum.widened(self.extra.note(sizes))
        noted = self._sharpened(compared(self.trace.momenta[targets], momentum), 0.0, k)
        if self.lookahead or self.recurrence.step is not None:
            return self._stepped(targets, reached, sizes, k), noted
        return self._moved(started, targets, self.trace.momenta[targets]), noted

    def _step(self, started: State, rows: Rows, k: int) -> State:
        """Make the step of the recurrence."""
        if self.recurrence.step is None:
            gradient = partial(self.objective.gradient, step=k)
            return step_of(self.case)(started, gradient, self._coefficients(k))
        before = (
            self.arithmetic.recorded(self.trace.positions[rows - (k > 0)]) if self._follow(rows, k) else None
        )
        kicked = None if before is None else self._momentum_before(started, rows, k)

        def gradient_at(position: Any, step: int = k) -> Any:
            return self.objective.gradient(position, step)

        recorded = self.trace.momenta is not None
        moment = Moment(
            k, started, before, kicked, recorded, gradient_at, self._coefficients(k), self.objective
        )
        return self.recurrence.step(moment)

    def _positions(self, rows: Rows) -> Floats:
        """Return recorded positions; rows in a run are shown where they lie, not copied."""
        run = len(rows) > 0 and rows[0] >= 0 and rows[-1] - rows[0] == len(rows) - 1
        return self.trace.positions[slice(rows[0], rows[-1] + 1) if run else rows]

    def _coefficients(self, k: int) -> Coefficients:
        """Return η_k and μ."""
        return self.cycle[k % len(self.cycle)]

    def _step_size(self, k: int) -> float:
        """Return |η_k|; a misimplementation may have changed its sign."""
        return abs(float(self.step_sizes[k % len(self.step_sizes)]))

    def _follow(self, rows: Rows, k: int) -> bool:
        """Whether the state one step before each of the rows is recorded, or is the start."""
        return k == 0 or bool((self.trace.steps[rows] - self.trace.steps[rows - 1] == 1).all())

    def _momentum_before(self, started: State, rows: Rows, k: int) -> RoundedArray | None:
        """Return p_{k−1}; None where it can only be guessed."""
        if k == 0:
            momentum: RoundedArray = started.momentum
            return momentum
        if self.lookahead or (self.trace.momenta is None and not self._follow(rows - 1, k - 1)):
            return None
        return self._momentum(rows - 1, k - 1)

    def _momentum(self, rows: Rows, k: int) -> RoundedArray:
        """Return p_k: recorded, given by the spec, or inferred from two positions."""
        now = np.abs(self._positions(rows))
        if self.trace.momenta is not None:
            momentum = self.arithmetic.recorded(self.trace.momenta[rows])
            return momentum.widened(self.extra.recorded(Sizes(momentum=momentum.size())))
        if k == 0:
            start: RoundedArray = start_of(self.case, self.arithmetic).momentum
            moving = start.value.hi != 0
            entry = self.extra.start(Sizes(now=now, momentum=start.size()))
            return start.widened(moving * entry)
        exactly = self.arithmetic.exact.exactly
        difference = exactly(self._positions(rows)) - exactly(self._positions(rows - 1))
        move = RoundedArray(difference, NONE, self.arithmetic.rounding)
        return self._inferred(move, rows, k)

    def _inferred(self, move: RoundedArray, rows: Rows, k: int) -> RoundedArray:
        """Return p_k from β_k − β_{k−1}, or from y_k − y_{k−1} + η∇L(y_{k−1}) over μ."""
        now = np.abs(self._positions(rows))
        if not self.lookahead:
            sizes = Sizes(now=now, momentum=move.size())
            return self._unscaled(move.widened(self.extra.inferred(sizes)), k - 1)
        if self.case.method.momentum < TINY:  # then p_k multiplies zero, or next to nothing
            return move
        lag = min(self.recurrence.lag, k - 1)
        previous = self.arithmetic.recorded(self._positions(rows - 1 - lag))
        descent = self._coefficients(k - 1).step_size * self.objective.gradient(previous, step=k - 1)
        scaled = move + descent
        momentum: RoundedArray = self.arithmetic.number(1 / self.case.method.momentum) * scaled
        sizes = Sizes(now=now, momentum=momentum.size(), descent=descent.size())
        entry = self.extra.inferred(sizes)
        return self._unscaled(momentum.widened(entry / float(self.case.method.momentum)), k - 1)

    def _unscaled(self, move: RoundedArray, k: int) -> RoundedArray:
        """Return what the step size of step k made a move of: the move itself, or the q of a move η_k q."""
        if not self.outside:
            return move
        move = move.widened(np.full_like(move.error, self.arithmetic.rounding.underflow))
        unscaled: RoundedArray = self.arithmetic.number(1 / self.step_sizes[k % len(self.step_sizes)]) * move
        return unscaled

    def _sizes(self, rows: Rows, started: State, reached: State) -> Sizes:
        """Return the sizes that the step's own extra roundings are counted in, where there are any."""
        if not self.extra.at_end:
            return Sizes()
        momentum = started.momentum.size() + reached.momentum.size()
        if self.outside:
            momentum = self._step_size(int(self.trace.steps[rows[0]])) * momentum
        return Sizes(np.abs(self._positions(rows)), reached.position.size(), momentum)

    def _stepped(self, targets: Rows, reached: State, sizes: Sizes, k: int) -> Comparison:
        """Compare recorded positions with the recurrence's."""
        position = reached.position.widened(self.extra.exit(sizes))
        ahead = float(self.case.method.momentum) if self.lookahead else 0.0
        return self._sharpened(compared(self._positions(targets), position), ahead, k)

    def _moved(self, started: State, targets: Rows, momenta: Floats) -> Comparison:
        """Compare recorded positions with the position before plus the recorded momentum."""
        sizes = Sizes(after=np.abs(self._positions(targets)), momentum=np.abs(momenta))
        momentum = self.arithmetic.recorded(momenta).widened(self.extra.kept_apart(sizes))
        return compared(self._positions(targets), started.position + momentum)

    def _sharpened(self, comparison: Comparison, ahead: float, k: int) -> Comparison:
        """Let the shared residual raise the ratios; `ahead` is μ where y_{k+1} takes the gradient twice."""
        if not self.recurrence.shares_residual:
            return comparison
        eta, mu = self._step_size(k), float(self.case.method.momentum)
        earlier = eta if self.outside else self._step_size(k - 1)
        evaluations = self.objective.evaluations
        # the last gradient enters with η(1 + μ) or η; one at the state before, by the inferred momentum, with μη
        weighted = [(earlier * mu, evaluation) for evaluation in evaluations[:-1]]
        weighted += [(eta * (1 + ahead), evaluation) for evaluation in evaluations[-1:]]
        ratio = shared_ratio(comparison.residual, comparison.bound, weighted, self.arithmetic.rounding.doubt)
        return comparison if ratio is None else comparison._replace(ratio=np.fmax(comparison.ratio, ratio))


def _groups(trace: Trace, targets: Rows, batches: int, alone: int) -> Iterator[Rows]:
    """Yield rows to replay together: the first `alone` steps one by one, then by batch, in chunks."""
    steps = trace.steps[targets]
    for step in range(1, alone + 1):
        if (steps == step).any():
            yield targets[steps == step]
    later = targets[steps > alone]
    for batch in range(batches):
        same = later[(trace.steps[later] - 1) % batches == batch]
        for start in range(0, len(same), CHUNK):
            yield same[start : start + CHUNK]
