"""Local replay: one exact step from the candidate's own state, and what rounding may add to it.

Wherever the states at k − 1, k and k + 1 are recorded (for k = 0 the start takes the place of k − 1), the
reference's own recurrence is run from the recorded state under the rounding model of
`oracle.rounding`.  It gives the exact next state and a rigorous bound B on

    ρ_{k+1} = β_{k+1} − step(β_k, p_k),    p_k = β_k − β_{k−1},

with the momentum's own uncertainty and the roundings of the declared form counted in
`oracle.update_forms`.  For heavy ball ρ_{k+1} = β_{k+1} − β_k − [μ(β_k − β_{k−1}) − η∇L(β_k)].  The look-ahead
sequence gives its momentum away as μp_k = y_k − y_{k−1} + η∇L(y_{k−1}), hence

    y_{k+1} − y_k = μ(y_k − y_{k−1}) − η(1 + μ)∇L(y_k) + μη∇L(y_{k−1}).

No horizon and no tolerance: |ρ| > B in any coordinate is no rounding.  Where the candidate recorded p as
well, p_{k+1} is compared with the recurrence's, and β_{k+1} with β_k + p_{k+1}.  Models with two parameters
per coordinate are looked at once more, see `oracle.shared_residual`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oracle.error_free import DoubleDouble, Floats
from oracle.objectives import rounded_objective
from oracle.records.candidate import Declaration
from oracle.rounding import RoundedArithmetic, RoundedArray
from oracle.shared_residual import shared_ratio
from oracle.trace import Trace
from oracle.update_forms import Counts, Sizes, form_of
from reference.case import Case
from reference.methods import METHODS
from reference.state import State
from reference.trajectory import coefficients_of, start_of

__all__ = ["Comparison", "Replay", "compared", "replay", "replayable_rows", "stacked"]

CHUNK = 256  # steps replayed at once

Rows = NDArray[np.int64]


class Comparison(NamedTuple):
    """Recorded numbers against exact ones, R rows by m coordinates.

    Parameters
    ----------
    recorded : float64, shape (R, m)
    expected : DoubleDouble, shape (R, m)
    residual, bound : float64, shape (R, m)
        Recorded minus expected, and what rounding may make of it.
    ratio : float64, shape (R, m)
        |residual| / bound, or what the shared residual makes of it where that is larger.
    """

    recorded: Floats
    expected: DoubleDouble
    residual: Floats
    bound: Floats
    ratio: Floats

    def rows(self, chosen: Rows) -> Comparison:
        """Return the chosen rows."""
        return Comparison(
            self.recorded[chosen],
            self.expected[chosen],
            self.residual[chosen],
            self.bound[chosen],
            self.ratio[chosen],
        )


@dataclass(frozen=True)
class Replay:
    """The replayed steps.

    Parameters
    ----------
    rows : int64, shape (R,)
        Rows of the trace that were reached by a replayed step.
    position : Comparison
    momentum : Comparison or None
        Where the candidate recorded it.
    """

    rows: Rows
    position: Comparison
    momentum: Comparison | None


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


def replay(case: Case, declaration: Declaration, trace: Trace) -> Replay:
    """Replay every step that can be replayed.

    Parameters
    ----------
    case : Case
        In the numbers the golden is computed with; the candidate may have rounded those that
        its dtype cannot hold.
    declaration : Declaration
    trace : Trace
        Finite values.

    Returns
    -------
    Replay
        R may be 0.  Ratios are not finite where the exact step overflows float64.
    """
    replayer = _Replayer(case, declaration, trace)
    targets = replayable_rows(trace, case.method.name)
    groups = list(_groups(trace, targets, max(1, len(case.method.batches))))
    with np.errstate(all="ignore"):
        parts = [replayer.replay(rows) for rows in groups]
    rows = np.concatenate([np.empty(0, dtype=np.int64), *groups])
    order = np.argsort(rows)
    nothing = compared(trace.positions[:0], replayer.arithmetic.recorded(trace.positions[:0]))
    position = stacked([nothing, *(part[0] for part in parts)]).rows(order)
    momenta = [part[1] for part in parts if part[1] is not None]
    momentum = None if trace.momenta is None else stacked([nothing, *momenta]).rows(order)
    return Replay(rows[order], position, momentum)


def compared(recorded: Floats, expected: RoundedArray) -> Comparison:
    """Compare recorded numbers, shape (R, m), with expected ones."""
    residual = (DoubleDouble.exactly(recorded) - expected.value).hi
    bound = np.broadcast_to(expected.bound(), residual.shape)
    return Comparison(recorded, expected.value, residual, bound, np.abs(residual) / bound)


def stacked(parts: Sequence[Comparison]) -> Comparison:
    """Return comparisons of successive rows as one."""
    shapes = [part.residual.shape for part in parts]
    expected = DoubleDouble(
        np.concatenate(
            [np.broadcast_to(part.expected.hi, shape) for part, shape in zip(parts, shapes, strict=True)]
        ),
        np.concatenate(
            [np.broadcast_to(part.expected.lo, shape) for part, shape in zip(parts, shapes, strict=True)]
        ),
    )
    return Comparison(
        np.concatenate([part.recorded for part in parts]),
        expected,
        np.concatenate([part.residual for part in parts]),
        np.concatenate([part.bound for part in parts]),
        np.concatenate([part.ratio for part in parts]),
    )


class _Replayer:
    """The case's recurrence under the rounding model, and the recorded states it starts from."""

    def __init__(self, case: Case, declaration: Declaration, trace: Trace) -> None:
        self.case, self.trace = case, trace
        self.arithmetic = RoundedArithmetic(declaration)
        self.unit = self.arithmetic.rounding.unit
        self.objective = rounded_objective(case, self.arithmetic)
        self.coefficients = coefficients_of(case, self.arithmetic)
        self.form = form_of(declaration.form, case.method.name)
        self.lookahead = case.method.name == "nesterov_lookahead"

    def replay(self, targets: Rows) -> tuple[Comparison, Comparison | None]:
        """Replay steps that share a batch; either all or none of them start at step 0."""
        rows = targets - 1
        k = int(self.trace.steps[rows[0]])
        self.objective.evaluations.clear()
        started = State(self.arithmetic.recorded(self.trace.positions[rows]), self._momentum(rows, k))
        gradient = partial(self.objective.gradient, step=k)
        reached = METHODS[self.case.method.name].step(started, gradient, self.coefficients)
        sizes = self._sizes(rows, started, reached)
        if self.trace.momenta is None:
            return self._stepped(targets, reached, sizes), None
        momentum = reached.momentum.widened(self.form.note.error(sizes, self.unit))
        noted = self._sharpened(compared(self.trace.momenta[targets], momentum), ahead=0.0)
        if self.lookahead:
            return self._stepped(targets, reached, sizes), noted
        return self._moved(started, targets, self.trace.momenta[targets]), noted

    def _momentum(self, rows: Rows, k: int) -> RoundedArray:
        """Return p_k: recorded, given by the spec, or inferred from two positions."""
        form, now = self.form, np.abs(self.trace.positions[rows])
        if self.trace.momenta is not None:
            momentum = self.arithmetic.recorded(self.trace.momenta[rows])
            return momentum.widened(form.recorded.error(Sizes(momentum=momentum.size()), self.unit))
        if k == 0:
            start: RoundedArray = start_of(self.case, self.arithmetic).momentum
            moving = start.value.hi != 0
            entry = form.start.error(Sizes(now=now, momentum=start.size()), self.unit)
            return start.widened(moving * entry)
        difference = DoubleDouble.exactly(self.trace.positions[rows]) - DoubleDouble.exactly(
            self.trace.positions[rows - 1]
        )
        move = RoundedArray(difference, np.zeros_like(now), self.arithmetic.rounding)
        return self._inferred(move, rows, k)

    def _inferred(self, move: RoundedArray, rows: Rows, k: int) -> RoundedArray:
        """Return p_k from β_k − β_{k−1}, or from y_k − y_{k−1} + η∇L(y_{k−1}) over μ."""
        now = np.abs(self.trace.positions[rows])
        if not self.lookahead:
            sizes = Sizes(now=now, momentum=move.size())
            return move.widened(self.form.inferred.error(sizes, self.unit))
        if self.case.method.momentum == 0:  # then p_k multiplies zero
            return move
        previous = self.arithmetic.recorded(self.trace.positions[rows - 1])
        descent = self.coefficients.step_size * self.objective.gradient(previous, step=k - 1)
        scaled = move + descent
        momentum: RoundedArray = self.arithmetic.number(1 / self.case.method.momentum) * scaled
        sizes = Sizes(now=now, momentum=momentum.size(), descent=descent.size())
        entry = self.form.inferred.error(sizes, self.unit)
        return momentum.widened(entry / float(self.case.method.momentum))

    def _sizes(self, rows: Rows, started: State, reached: State) -> Sizes:
        """Return the sizes that the step's own extra roundings are counted in."""
        momentum = started.momentum.size() + reached.momentum.size()
        return Sizes(np.abs(self.trace.positions[rows]), reached.position.size(), momentum)

    def _stepped(self, targets: Rows, reached: State, sizes: Sizes) -> Comparison:
        """Compare recorded positions with the recurrence's."""
        position = reached.position.widened(self.form.exit.error(sizes, self.unit))
        ahead = float(self.case.method.momentum) if self.lookahead else 0.0
        return self._sharpened(compared(self.trace.positions[targets], position), ahead)

    def _moved(self, started: State, targets: Rows, momenta: Floats) -> Comparison:
        """Compare recorded positions with the position before plus the recorded momentum."""
        note = Counts(momentum=self.form.note.momentum).error(Sizes(momentum=np.abs(momenta)), self.unit)
        moved = started.position + self.arithmetic.recorded(momenta).widened(note + np.zeros_like(momenta))
        return compared(self.trace.positions[targets], moved)

    def _sharpened(self, comparison: Comparison, ahead: float) -> Comparison:
        """Let the shared residual raise the ratios; `ahead` is μ where y_{k+1} takes the gradient twice."""
        eta, mu = float(self.case.method.step_size), float(self.case.method.momentum)
        evaluations = self.objective.evaluations
        # the last gradient enters with η(1 + μ) or η; one at the state before, by the inferred momentum, with μη
        weighted = [(eta * mu, evaluation) for evaluation in evaluations[:-1]]
        weighted += [(eta * (1 + ahead), evaluation) for evaluation in evaluations[-1:]]
        ratio = shared_ratio(comparison.residual, comparison.bound, weighted)
        return comparison if ratio is None else comparison._replace(ratio=np.fmax(comparison.ratio, ratio))


def _groups(trace: Trace, targets: Rows, batches: int) -> Iterator[Rows]:
    """Yield rows to replay together: the first step by itself, then by batch, in chunks."""
    from_start = targets[trace.steps[targets] == 1]
    if len(from_start):
        yield from_start
    later = targets[trace.steps[targets] > 1]
    for batch in range(batches):
        same = later[(trace.steps[later] - 1) % batches == batch]
        for start in range(0, len(same), CHUNK):
            yield same[start : start + CHUNK]
