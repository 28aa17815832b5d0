"""A floating-point filter before the error-free arithmetic: what plain float64 decides needs nothing better.

The rounding model of `oracle.rounding` is evaluated twice at most: on float64 values for every row, and in
double-double for those rows that float64 leaves open.  Let v be an exact value, e the bound on what an admitted
computation may miss it by, and v', e' what float64 makes of them.

The values
    float64 is itself a computation that the model admits, with smaller roundings.  Let u be the unit of the
    declared arithmetic, and m the larger of n and d.  Where the model grants an operation the error u|z|, float64 errs
    by 2⁻⁵³|z|; where it grants a product sum at least 5u Σ|t_i|, float64 errs by m 2⁻⁵³ Σ|t_i| in any order
    (Higham 2002, section 3.1); where a number of the spec enters with no error, it is a float64 number.  Errors
    pass through every operation by the same rules.  Hence

        |v' − v| ≤ θe',    θ = 2⁻⁵³(m + 4)/u,

    by induction over the operations.  One value has an error in float64 and none in the model: the difference
    β_k − β_{k−1}, off by 2⁻⁵³ of itself.  Before anything else it is multiplied by μ or 1/η, which are granted u
    of the product, or ηg is added to it, which is granted u of itself and of the sum: the 4 in θ pays for that.
The bounds
    e is made of sums and products of sizes |v|, of errors and of units, none of them negative.  A size moves
    by θe' at most, and wherever |x| stands beside an e_y there is e_x e_y in the same sum; so a sum moves e by
    2θ relative to itself beyond what the worse of its operands brings along, a product by 2θ beyond what both
    bring along.  Counted so, a step of Nesterov's method on θ = u² − v² comes to 42θ, a look-ahead sequence with the
    gradient that gives its momentum away to 40θ, every other step, θ and the loss to less.  We take `DRIFT` = 128:
    (1 − 128θ)e' ≤ e ≤ (1 + 128θ)e', with room for the float64 rounding of the bounds themselves, for which θ is
    taken no smaller than 2⁻³².
The ratios
    With ρ' = fl(recorded − v') the exact ratio is at most (|ρ'| + 1.01 θB')/((1 − 128θ)B') < (|ρ'|/B' + 2θ)(1 + 256θ)
    as long as θ ≤ 2⁻¹².  `oracle.shared_residual` gives a ceiling likewise.

A row passes where its ceiling is below 1 and below the largest ratio that is known without error: it is within its
bound, and not the one to be reported.  All other rows are evaluated in error-free arithmetic.  Should one of them be
outside its bound there, or have none, or should they be many, then so are all rows, and the filter has had no say.
It has none either where float64 decides nothing: θ > 2⁻¹², as in float64 itself, or numbers beyond 2⁶⁰, whose products
might leave the range of double-double.  Of the rows that passed, ratio, residual and bound are float64's own.

Source: Shewchuk 1997, whose filtered predicates the idea is from; the bounds are derived above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from oracle.error_free import Floats
from oracle.given_data import given_data
from oracle.leading_parts import FloatArithmetic, LeadingArithmetic
from oracle.records.candidate import Declaration
from oracle.replay import Recurrence, replay, replayable_rows, replayed_parts
from oracle.residuals import Nearest, Replay, Rows
from oracle.rounding import DRIFT, RoundedArithmetic, Rounding
from oracle.trace import Trace
from reference.case import Case, Regression
from reference.schedule import step_sizes_of

__all__ = ["FEW", "ceilings_of", "filtered_replay", "float_arithmetic", "rows_left_open"]

Found = TypeVar("Found")
LARGEST_DOUBT, LEAST_DOUBT = 2.0**-12, 2.0**-32
LARGEST_NUMBER = 2.0**60  # a step multiplies at most a dozen numbers: 2⁷²⁰, far inside double-double's range
FEW = 8  # rows that the error-free arithmetic has done with before a filter is set up
OPEN_SHARE = 0.25  # of the rows: beyond it all of them are evaluated without error
NEAR = 1 - 2.0**-10  # ceilings so near to the largest are evaluated together with it


def filtered_replay(case: Case, declaration: Declaration, trace: Trace) -> Replay:
    """Replay every step that can be replayed, as `oracle.replay.replay` with the same decisions.

    Parameters
    ----------
    case : Case
    declaration : Declaration
    trace : Trace
        Finite values.

    Returns
    -------
    Replay
        That of `replay` itself where any ratio exceeds 1 or is not finite; else the rows that may hold the largest
        ratio, and what float64 makes of the others.
    """
    targets = replayable_rows(trace, case.method.name)
    arithmetic = float_arithmetic(case, declaration, trace) if len(targets) > FEW else None
    if arithmetic is None:
        return replay(case, declaration, trace, targets=targets)
    recurrence = Recurrence(arithmetic=lambda _: arithmetic)
    parts = replayed_parts(case, declaration, trace, recurrence, targets)
    coarse = Nearest.joined([part.nearest for part in parts])

    def error_free(rows: Rows) -> tuple[Replay, Floats]:
        found = replay(case, declaration, trace, targets=targets[rows])
        return found, found.nearest.ratio

    passed, found = rows_left_open(ceilings_of(coarse, arithmetic.rounding), error_free)
    return replace(found, passed=coarse.at(passed))


def float_arithmetic(case: Case, declaration: Declaration, trace: Trace) -> RoundedArithmetic | None:
    """Return the rounding model on float64 values, with its doubt; None where those decide nothing."""
    if not isinstance(case.problem, Regression):
        return None
    rounding = Rounding.of(declaration)
    terms = max(len(case.problem.y), len(case.problem.X[0]))
    doubt = 2.0**-53 * (terms + 4) / min(rounding.unit, rounding.input_unit)
    if doubt > LARGEST_DOUBT or not _moderate(case, trace):
        return None
    doubtful = replace(rounding, doubt=max(doubt, LEAST_DOUBT))
    return FloatArithmetic(declaration, doubtful, LeadingArithmetic())


def ceilings_of(coarse: Nearest, rounding: Rounding) -> Floats:
    """Return what the ratios of exact values are at most, infinite where float64 cannot tell.

    Parameters
    ----------
    coarse : Nearest
        Evaluated in float64.
    rounding : Rounding
        With the doubt it was evaluated with.
    """
    doubt = rounding.doubt
    ceilings = (coarse.ratio + 2 * doubt) * (1 + 2 * DRIFT * doubt)
    known = np.isfinite(coarse.ratio) & np.isfinite(coarse.residual) & np.isfinite(coarse.bound)
    return np.where(known, ceilings, np.inf)


def rows_left_open(
    ceilings: Floats, error_free: Callable[[Rows], tuple[Found, Floats]]
) -> tuple[Rows, Found]:
    """Return which rows have passed, and the others without error.

    Parameters
    ----------
    ceilings : float64, shape (R,), R ≥ 1
        What the largest ratio of each row is at most.
    error_free : callable
        From row numbers, shape (S,), ascending, to what is known of them without error, and their largest ratios.

    Returns
    -------
    int64, shape (P,)
        Rows within their bounds whose ratios are smaller than the largest; none where any row is not within.
    Found
        Of all other rows.
    """
    chosen = ceilings >= min(1.0, NEAR * ceilings.max())
    while chosen.sum() <= max(1.0, OPEN_SHARE * len(ceilings)):
        found, ratio = error_free(np.flatnonzero(chosen))
        if not (ratio <= 1).all():
            break
        more = (ceilings >= ratio.max()) & ~chosen
        if not more.any():
            return np.flatnonzero(~chosen), found
        chosen |= more
    found, _ = error_free(np.arange(len(ceilings)))
    return np.empty(0, dtype=np.int64), found


def _moderate(case: Case, trace: Trace) -> bool:
    """Tell whether no number that a step multiplies, or divides by, is beyond the largest."""
    method = case.method
    assert isinstance(case.problem, Regression)
    factors = [*step_sizes_of(method), method.momentum]
    numbers = [*factors, *(1 / factor for factor in factors if factor)]
    numbers += [move for moves in method.p0.values() for move in moves]
    recorded = [trace.positions] + ([trace.momenta] if trace.momenta is not None else [])
    return (
        max(map(abs, numbers)) <= LARGEST_NUMBER
        and given_data(case.problem).largest <= LARGEST_NUMBER
        and all(max(-values.min(), values.max()) <= LARGEST_NUMBER for values in recorded)
    )
