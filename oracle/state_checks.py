"""Checks of a trace against exact states: its start, its replayed steps and its observables.

Each returns one finding.  The outcome is DISAGREES where some number misses what it must be by more than
its bound, UNDECIDED where a bound is not finite, AGREES otherwise, with the place that came nearest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oracle.error_free import DoubleDoubleArithmetic, Floats
from oracle.findings import Finding, Outcome, arithmetic_text, candidate_text, exact_text
from oracle.float_filter import FEW, ceilings_of, float_arithmetic, rows_left_open
from oracle.objectives import RoundedRegression, rounded_objective
from oracle.records.candidate import Declaration
from oracle.replay import RoundedObjective
from oracle.residuals import Comparison, Nearest, Replay, Rows, compared, nearest_of, stacked
from oracle.rounding import RoundedArithmetic, RoundedArray, underflow_of
from oracle.trace import Trace
from oracle.update_forms import ExtraRoundings, Sizes
from reference.case import Case
from reference.exact import BINARY_FORMATS, round_to_format
from reference.trajectory import start_of

__all__ = ["observable_findings", "replay_finding", "start_finding"]

CHUNK = 256  # rows observed at once


class Check(NamedTuple):
    """What is compared with what.

    Parameters
    ----------
    name, what : str
    observable : str
        Where it is not the parameters.
    passed : int
        Rows that are within their bounds, besides those compared.
    """

    name: str
    what: str
    observable: str = ""
    passed: int = 0


def start_finding(case: Case, declaration: Declaration, trace: Trace) -> Finding | None:
    """Compare step 0 with the start of the spec; None where it is not recorded.

    A start is handed over, not computed: it must be the spec's numbers, each rounded once to the
    dtype.  The look-ahead point β0 + μ p0 is computed, and has its rounding bound.

    Raises
    ------
    reference.exact.ExactNumberError
        If a number overflows the dtype.
    """
    if not len(trace) or trace.steps[0] != 0:
        return None
    zeros = {name: (Fraction(0),) * size for name, size in trace.names}
    momenta = {**zeros, **case.method.p0}
    if case.method.name == "nesterov_lookahead" and any(any(values) for values in momenta.values()):
        start = start_of(case, RoundedArithmetic(declaration))
        entry = ExtraRoundings(declaration, case.method.name).exit(
            Sizes(now=0.0, after=start.position.size(), momentum=start.momentum.size())
        )
        position = start.position.widened(entry) if declaration.state else start.position
        parts = [compared(trace.positions[:1], position)]
    else:
        parts = [
            _given(trace.positions[:1], [case.init[name] for name, _ in trace.names], declaration.kept_in)
        ]
    if trace.momenta is not None:
        parts.append(
            _given(trace.momenta[:1], [momenta[name] for name, _ in trace.names], declaration.kept_in)
        )
    rows = np.zeros(1, dtype=np.int64)
    return _finding(Check("start", "the start of the spec"), declaration, trace, rows, parts)


def replay_finding(declaration: Declaration, trace: Trace, replayed: Replay) -> Finding | None:
    """Judge the replayed steps; None where there are none."""
    if not len(replayed.rows):
        return None
    how = f"{arithmetic_text(declaration)}, {declaration.form} form"
    what = f"the exact step from the state before it, rounded in {how}"
    check = Check("local replay", what, passed=len(replayed.passed.rows))
    return _finding(check, declaration, trace, replayed.rows, replayed.parts)


def observable_findings(case: Case, declaration: Declaration, trace: Trace) -> Iterator[Finding]:
    """Compare recorded θ and loss with those of the candidate's own parameters."""
    for name in trace.observables:
        passed, (rows, part) = _observed(case, declaration, trace, name)
        check = Check("local replay", f"the `{name}` of the candidate's own parameters", name, passed)
        yield _finding(check, declaration, trace, rows, [part])


def _observed(
    case: Case, declaration: Declaration, trace: Trace, name: str
) -> tuple[int, tuple[Rows, Comparison]]:
    """Return how many rows float64 shows to be within their bounds, and the others without error."""

    def parts(arithmetic: RoundedArithmetic, rows: Rows) -> Iterator[tuple[Rows, Comparison]]:
        objective = rounded_objective(case, arithmetic)
        for start in range(0, len(rows), CHUNK):
            chosen = rows[start : start + CHUNK]
            with np.errstate(all="ignore"):
                position = arithmetic.recorded(trace.positions[chosen])
                exact = _computed(objective, declaration, name, position)
                found = compared(trace.observables[name][chosen].reshape(len(chosen), -1), exact)
            yield chosen, found

    def error_free(rows: Rows) -> tuple[tuple[Rows, Comparison], Floats]:
        found = stacked([part for _, part in parts(RoundedArithmetic(declaration), rows)])
        return (rows, found), nearest_of(rows, [found]).ratio

    everything = np.arange(len(trace), dtype=np.int64)
    plain = float_arithmetic(case, declaration, trace) if len(trace) > FEW else None
    if plain is None:
        return 0, error_free(everything)[0]
    coarse = Nearest.joined([nearest_of(rows, [part]) for rows, part in parts(plain, everything)])
    passed, found = rows_left_open(ceilings_of(coarse, plain.rounding), error_free)
    return len(passed), found


def _computed(
    objective: RoundedObjective, declaration: Declaration, name: str, position: RoundedArray
) -> RoundedArray:
    """Return θ or the loss of positions, as a candidate may record it."""
    if name == "theta":
        assert isinstance(objective, RoundedRegression)  # no other problem shows θ
        exact: RoundedArray = objective.predictor(position)
    else:
        exact = objective.loss(position)
    return exact.widened(_kept(declaration, exact.size()))


def _kept(declaration: Declaration, size: Floats) -> Floats:
    """Return what recording does in a format narrower than the arithmetic; zero where it is not."""
    if declaration.kept_in == declaration.dtype:
        return np.zeros_like(size)
    unit = 2.0 ** -BINARY_FORMATS[declaration.kept_in].precision
    return np.asarray(unit * size + underflow_of(declaration.kept_in))


def _given(recorded: Floats, values: Sequence[Sequence[Fraction]], dtype: str) -> Comparison:
    """Compare numbers that were handed over, shape (1, D): equal, or different by two bounds at least."""
    rounded = [round_to_format(value, dtype) for part in values for value in part]
    expected = DoubleDoubleArithmetic().vector(rounded)
    form = BINARY_FORMATS[dtype]
    residual = recorded - expected.hi
    bound = np.maximum(
        2.0 ** -(form.precision + 1) * np.abs(expected.hi), 2.0 ** (form.min_exponent - form.precision)
    )
    bound = np.maximum(bound, np.finfo(np.float64).smallest_subnormal)
    with np.errstate(over="ignore"):
        ratio = np.where(residual == 0, 0.0, np.maximum(np.abs(residual) / bound, 2.0))
    return Comparison(recorded, expected, residual, bound, ratio)


def _finding(
    check: Check, declaration: Declaration, trace: Trace, rows: NDArray[np.int64], parts: Sequence[Comparison]
) -> Finding:
    """Return the outcome of comparisons that share their rows; the second, if any, is of the momentum."""
    ratio = np.concatenate([part.ratio for part in parts], axis=1)
    known = np.isfinite(ratio)
    divergent = (ratio > 1) & known
    outcome = Outcome.DISAGREES if divergent.any() else Outcome.AGREES if known.all() else Outcome.UNDECIDED
    shown = np.where(known, ratio, -1.0)
    at = int(np.argmax(divergent.any(axis=1))) if divergent.any() else int(np.argmax(shown.max(axis=1)))
    column = int(np.argmax(shown[at]))
    which, within = divmod(column, parts[0].ratio.shape[1])
    part = parts[which]
    gap, excess = abs(float(part.residual[at, within])), float(ratio[at, column])
    name, coordinate = _place(check, trace, which, within)
    return Finding(
        check.name,
        outcome,
        _reason(outcome, check, divergent.any(axis=1), known.all(axis=1)),
        int(trace.steps[rows[at]]),
        name,
        coordinate,
        candidate_text(float(part.recorded[at, within]), declaration.kept_in),
        exact_text(float(part.expected.hi[at, within]), float(part.expected.lo[at, within])),
        gap / excess if 0 < excess < np.inf else float(part.bound[at, within]),
        excess,
    )


def _place(check: Check, trace: Trace, which: int, within: int) -> tuple[str, int | None]:
    """Return the observable and the coordinate of a column of the position (0) or the momentum (1)."""
    if check.observable:
        return check.observable, None if check.observable == "loss" else within
    name, coordinate = trace.coordinate(within)
    return ("p_" + name if which else name), coordinate


def _reason(outcome: Outcome, check: Check, divergent: NDArray[np.bool_], known: NDArray[np.bool_]) -> str:
    what, count = check.what, len(divergent) + check.passed
    steps = f"{count} step{'s' * (count != 1)}"
    if outcome is Outcome.DISAGREES:
        return f"{what} is missed by more than rounding can do at {int(divergent.sum())} of {steps}"
    if outcome is Outcome.UNDECIDED:
        return f"{what} leaves the range of double-double arithmetic at {int((~known).sum())} of {steps}"
    return f"{what} is met within rounding at {'all ' * (count != 1)}{steps}"
