"""Where a discrete run ends, with a proof that it does.

The run is enclosed up to a step from which it provably settles (`reference.contraction`,
`reference.strict_minimum`); what it can still move is added to the radius.  Where no proof can be
had, the limit is what three doublings of the horizon leave unchanged, and the grade says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log10

from flint import arb

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision, inflate
from reference.case import Case, Regression
from reference.certified import CERTIFIED, CONFIRMED, Certified
from reference.cross_check import GUARD_BITS, CertificateViolationError
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.objective import objective_of
from reference.observables import SCALARS, observe
from reference.progress import Progress, tell
from reference.raising import Decided, Rows, decide, first_bits
from reference.resting import resting_coordinates
from reference.schedule import require_one_step_size
from reference.settled_run import MOST_STEPS, Rest, follow_until_settled, running_form
from reference.trajectory import states

__all__ = ["SPARE_BITS", "certified_limit", "limit_position", "require_inside", "wanted_bits"]

SPARE_BITS = 160  # first guess: growth of the error and small magnitudes, beyond the asked digits
RESERVE = 40  # bits by which the movement left is finer than the digits first asked
Facts = dict[str, str | int | float | bool]


def certified_limit(
    case: Case,
    digits: int,
    *,
    cross_check: bool = True,
    most_steps: int = MOST_STEPS,
    progress: Progress | None = None,
) -> Certified:
    """Return the limit of a discrete run to the asked digits.

    Parameters
    ----------
    case : Case
    digits : int
        The radius of every value is at most 10^−digits times the largest magnitude in its array.
    cross_check : bool
        Run mpmath up to the same step and require its values inside.
    most_steps : int
        Steps after which a run that has not settled is given up.
    progress : callable, optional
        Called with (steps done, steps in all) of the pass under way.

    Returns
    -------
    Certified
        The model's parameters, ``theta`` where it has one, and ``loss``, one row each; the loss is
        exactly zero where the run provably interpolates.  Facts: ``steps`` followed, ``movement_left``,
        ``contraction`` of a step (or cycle of batches), ``proved``.

    Raises
    ------
    UnsettledRunError
        If the run has not settled within `most_steps`.
    DivergedError
        If it leaves every bound.
    CertificateViolationError
        If mpmath and the enclosure disagree.
    ScheduledError
        If the case has a schedule of step sizes.
    """
    require_one_step_size(case, "the limit of a run")
    rests: dict[int, Rest] = {}

    def compute(bits: int) -> Rows:
        rest = follow_until_settled(
            case, bits, wanted_bits(digits, bits), most_steps=most_steps, progress=progress
        )
        rests[bits] = rest
        return _observed(case, rest, bits)

    decided = decide(compute, digits, first_bits(digits, SPARE_BITS), scalars=SCALARS)
    rest = rests[decided.bits]
    if cross_check:
        _cross_check(case, rest.step, decided, progress)
    facts = _facts(rest) | {"cross_checked_by_mpmath": cross_check}
    return Certified(decided.arrays, decided.digits, CERTIFIED if rest.tail else CONFIRMED, facts)


def wanted_bits(digits: int, bits: int) -> int:
    """Return the bits to which a limit is followed, relative to the position: more where precision was raised."""
    return ceil(digits / log10(2)) + RESERVE + bits - first_bits(digits, SPARE_BITS)


def limit_position(case: Case, rest: Rest) -> Vector:
    """Return balls around the limit, at the precision in force."""
    exact = resting_coordinates(case) if isinstance(case.problem, Regression) else ()
    return inflate(rest.position, rest.movement, exact)


def _observed(case: Case, rest: Rest, bits: int) -> dict[str, list[Vector]]:
    """Return balls around the observables at the limit."""
    with ball_precision(bits):
        named = observe(case, objective_of(case, BallArithmetic()), limit_position(case, rest))
        if rest.interpolating:
            named["loss"] = Vector([arb(0)])
        return {name: [vector] for name, vector in named.items()}


def _facts(rest: Rest) -> Facts:
    """Return how the limit was got."""
    facts: Facts = {
        "steps": rest.step,
        "movement_left": rest.movement.str(5, radius=False),
        "precision_bits": rest.bits,
        "proved": rest.tail is not None,
    }
    return facts | ({"contraction": rest.tail.factor} if rest.tail else {})


def _cross_check(case: Case, step: int, decided: Decided, progress: Progress | None) -> None:
    """Run the recurrence in mpmath to the same step and require its parameters inside the limit's balls."""
    bits = decided.bits + GUARD_BITS
    with mpmath_precision(bits):
        run = running_form(case)
        objective = objective_of(run, MpmathArithmetic())
        followed = states(run, objective.arithmetic, objective)
        for k in range(step):
            next(followed)
            tell(progress, k, step)
        named = observe(run, objective, next(followed).position)
        require_inside({name: named[name] for name in case.init}, decided.rows, bits)


def require_inside(named: Mapping[str, Vector], rows: Rows, bits: int) -> None:
    """Require mpmath's values inside the balls of the last row of the same name."""
    with ball_precision(bits):
        for name, vector in named.items():
            for j, (value, ball) in enumerate(zip(vector, rows[name][-1], strict=True)):
                if not ball.contains(arb(value)):
                    raise CertificateViolationError(
                        f"`{name}[{j}]`: mpmath gives {value} at the last step followed, outside the certified ball "
                        f"{ball} of the limit. One of the two is wrong; nothing is published. Please report the spec"
                    )
