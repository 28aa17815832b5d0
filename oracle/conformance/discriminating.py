"""Small exact specs on which two hypotheses about a candidate differ most, in units of rounding.

A hypothesis predicts the next state from a recorded one, with a bound on what rounding may add: the method
itself, or a misimplementation.  From the states β_0 … β_K of a correct run in the dtype, two hypotheses that
predict z and z' with bounds B and B' are told apart at step k by

    S_k = max_i |z_i − z'_i| / (B_i + B'_i),

for S > 1 says that no record whatever lies within both.  `discriminate` searches seeded small specs for the
largest S over all steps, and keeps the run no longer than that step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np

from oracle.case import case_of
from oracle.conformance.small_specs import Search, small_specs
from oracle.error_free import DoubleDoubleArithmetic, Floats
from oracle.records.candidate import Declaration
from oracle.replay import replay
from oracle.spec import spec_from
from oracle.trace import Trace
from reference.case import Case, Regression
from reference.exact import round_to_format
from reference.models import MODELS
from reference.trajectory import states

__all__ = [
    "Change",
    "Discrimination",
    "Hypothesis",
    "Prediction",
    "Separation",
    "changed",
    "correct_trace",
    "discriminate",
    "narrowed_data",
    "narrowed_momentum",
    "narrowed_step_size",
    "separation",
    "with_method",
]

Change = Callable[[Case], Case]
LARGEST = 2.0**20  # of the coordinates of a run that is to be looked at by people


class Prediction(NamedTuple):
    """What a hypothesis says of the states that follow recorded ones.

    Parameters
    ----------
    steps : int64, shape (R,)
    high, low, bound : float64, shape (R, D)
        The state as an unevaluated sum, and what rounding may add to it.
    """

    steps: np.ndarray[tuple[int], np.dtype[np.int64]]
    high: Floats
    low: Floats
    bound: Floats


class Hypothesis(Protocol):
    """A prediction of every next state from the recorded states of a run."""

    def __call__(self, case: Case, declaration: Declaration, trace: Trace) -> Prediction:
        """Return what follows each state from which something can be told."""


@dataclass(frozen=True)
class Discrimination:
    """The best spec found.

    Parameters
    ----------
    spec : dict
        As `oracle.spec.spec_from` reads it; wants every step up to the telling one.
    separation : float
        S at that step: by how many bounds the two differ there.
    step : int
    observable : str
    coordinate : int
    """

    spec: dict[str, Any]
    separation: float
    step: int
    observable: str
    coordinate: int


def discriminate(
    first: str | Hypothesis, second: str | Hypothesis, dtype: str, search: Search | None = None
) -> Discrimination:
    """Return the spec, of those looked at, on which two hypotheses differ most in units of rounding.

    Parameters
    ----------
    first, second : str or Hypothesis
        A method's name, or any prediction of next states; `changed` makes one from a change of the case.
    dtype : str
        Every number of the spec is one of its numbers; the bounds are those of velocity form in it.
    search : Search

    Raises
    ------
    ValueError
        If the two cannot be told apart on any spec that was looked at.
    """
    search = search or Search()
    hypotheses = [
        changed(with_method(given)) if isinstance(given, str) else given for given in (first, second)
    ]
    declaration = Declaration(dtype=dtype)
    best: Discrimination | None = None
    for spec in small_specs(search, dtype):
        case = case_of(spec_from(spec).canonical)
        trace = correct_trace(case, dtype, search.steps)
        if trace is None:
            continue
        found = separation(*(hypothesis(case, declaration, trace) for hypothesis in hypotheses))
        if found.ratio > (1 if best is None else best.separation):
            name, coordinate = trace.coordinate(found.column)
            want = {"kind": "iterates", "steps": list(range(found.step + 1))}
            best = Discrimination({**spec, "want": want}, found.ratio, found.step, name, coordinate)
    if best is None:
        raise ValueError(
            f"none of {search.tries} specs tells the two hypotheses apart in {dtype}: they are the same, or "
            "`search` looks where they agree (try another method, batches or an initial momentum)"
        )
    return best


class Separation(NamedTuple):
    """The largest S, and where."""

    ratio: float
    step: int
    column: int


def separation(first: Prediction, second: Prediction) -> Separation:
    """Return the largest |z − z'| / (B + B') over the steps that both predict; 0 where there is none."""
    steps, rows, others = np.intersect1d(first.steps, second.steps, return_indices=True)
    if not len(steps):
        return Separation(0.0, 0, 0)
    gap = (first.high[rows] - second.high[others]) + (first.low[rows] - second.low[others])
    with np.errstate(all="ignore"):
        ratio = np.abs(gap) / (first.bound[rows] + second.bound[others])
    ratio = np.where(np.isfinite(ratio), ratio, 0.0)
    row, column = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    return Separation(float(ratio[row, column]), int(steps[row]), int(column))


def changed(change: Change) -> Hypothesis:
    """Return the hypothesis that a candidate runs the changed case."""

    def predict(case: Case, declaration: Declaration, trace: Trace) -> Prediction:
        replayed = replay(change(case), declaration, trace)
        expected = replayed.position.expected
        steps = trace.steps[replayed.rows]
        return Prediction(steps, expected.hi, expected.lo, replayed.position.bound)

    return predict


def with_method(name: str) -> Change:
    """Return the change to another method; gradient descent drops the momentum."""

    def change(case: Case) -> Case:
        momentum = Fraction(0) if name == "gradient_descent" else case.method.momentum
        return replace(case, method=replace(case.method, name=name, momentum=momentum))

    return change


def narrowed_step_size(form: str) -> Change:
    """Return the change that rounds η to a narrower format."""
    return lambda case: replace(
        case, method=replace(case.method, step_size=round_to_format(case.method.step_size, form))
    )


def narrowed_momentum(form: str) -> Change:
    """Return the change that rounds μ to a narrower format."""
    return lambda case: replace(
        case, method=replace(case.method, momentum=round_to_format(case.method.momentum, form))
    )


def narrowed_data(form: str) -> Change:
    """Return the change that rounds X and y to a narrower format."""

    def change(case: Case) -> Case:
        assert isinstance(case.problem, Regression)
        rows = tuple(tuple(round_to_format(x, form) for x in row) for row in case.problem.X)
        targets = tuple(round_to_format(y, form) for y in case.problem.y)
        return replace(case, problem=replace(case.problem, X=rows, y=targets))

    return change


def correct_trace(case: Case, dtype: str, last: int) -> Trace | None:
    """Return the states 0 to `last` of the case, each rounded once to the dtype; None where the run grows large.

    The run itself is made in double-double.
    """
    names = tuple((name, len(case.init[name])) for name in MODELS[case.model].names)
    run = states(case, DoubleDoubleArithmetic())
    rows = []
    with np.errstate(all="ignore"):
        for _ in range(last + 1):
            position = next(run).position
            if not (np.abs(position.hi) < LARGEST).all():
                return None
            rows.append(_rounded(position.hi[0] + position.lo[0], dtype))
    return Trace(np.arange(last + 1), np.stack(rows), None, {}, names)


def _rounded(values: Floats, dtype: str) -> Floats:
    return np.array([float(round_to_format(Fraction(float(value)), dtype)) for value in values])
