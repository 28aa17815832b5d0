"""Certified sums along a discrete run, up to asked steps or to the limit.

What they are is in `reference.run_sums`.  Every position is enclosed, the sums are made in balls, and
mpmath makes them again.  To the limit, the run is followed until it provably settles
(`reference.contraction`), and what is left of each sum is bounded from the movement that is left:
r(z) ≤ (z − 1)² where |z − 1| ≤ ½, and Σ x_k² ≤ (Σ|x_k|)².
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, pairwise
from typing import Any

from flint import arb
from mpmath import mp

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball, ball_precision
from reference.bias_identities import Elementary, VanishingWeightError, Weights, force_scale, has_weights
from reference.case import Case, Regression
from reference.certified import CERTIFIED, Certified
from reference.contraction import Tail
from reference.cross_check import GUARD_BITS
from reference.discrete_limit import SPARE_BITS, limit_position, require_inside, wanted_bits
from reference.enclosures import enclose
from reference.error_bound import LostError
from reference.lyapunov import certainly_less
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.objective import objective_of
from reference.progress import Progress, tell
from reference.raising import Decided, Rows, decide, first_bits
from reference.run_sums import RunSums, phi_factor, zero_weight
from reference.schedule import require_one_step_size
from reference.settled_run import MOST_STEPS, Rest, follow_until_settled, running_form
from reference.trajectory import states

__all__ = ["BALL_FUNCTIONS", "MPMATH_FUNCTIONS", "UnboundedTailError", "certified_integrals"]

SCALARS = frozenset({"gradient_energy"})
BALL_FUNCTIONS = Elementary(lambda x: abs(x).log(), lambda x: x.exp(), lambda x: bool(x.contains(0)))
MPMATH_FUNCTIONS = Elementary(lambda x: mp.log(abs(x)), mp.exp, lambda x: bool(x == 0))
Facts = dict[str, str | int | float | bool]


class UnboundedTailError(ArithmeticError):
    """The run settles, but what its sums still gain cannot be bounded."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the sums to the limit have no proved bound: {reason}. Asked was `want.integrals` with `to` `limit`; "
            "ask for finite `steps`"
        )


def certified_integrals(
    case: Case,
    steps: Sequence[int] | None,
    digits: int,
    *,
    cross_check: bool = True,
    most_steps: int = MOST_STEPS,
    progress: Progress | None = None,
) -> Certified:
    """Return the sums of `reference.run_sums` to the asked digits, proved.

    Parameters
    ----------
    case : Case
    steps : sequence of int, strictly increasing, from 0, or None
        One row for each; None is one row for the sums over the whole run and the balancedness of its limit.
    digits : int
        The radius of every value is at most 10^−digits times the largest magnitude in its array at its
        step; a row that is zero as far as can be told keeps its radius and does not count.
    cross_check : bool
        Make the sums in mpmath as well and require them inside the balls.
    most_steps : int
        Where the search for a limit is given up.
    progress : callable, optional
        Called with (steps done, steps in all) of the pass under way.

    Returns
    -------
    Certified
        ``gradient_energy``; for a regression ``phi``; for θ = u⊙v and u⊙u − v⊙v ``signed_balancedness``,
        ``balancedness``, and unless a w±_0 is zero (then the fact ``no_excess_sums`` names it) ``S_plus``,
        ``S_minus`` and ``perturbed_start``.  To the limit, the facts also hold ``steps`` followed and
        ``movement_left``.

    Raises
    ------
    VanishingWeightError
        If a w± cannot be told from zero at a later step.
    UnsettledRunError, UnboundedTailError
        To the limit: if the run does not settle, or not provably.
    DivergedError, LostError, CertificateViolationError
        As from `reference.enclosures`; if mpmath and the balls disagree.
    ScheduledError
        If the case has a schedule of step sizes.
    """
    require_one_step_size(case, "a sum along a run")
    wanted = _Wanted(case, steps, digits, most_steps, progress)
    decided = decide(
        wanted.rows,
        digits,
        first_bits(digits, SPARE_BITS),
        scalars=SCALARS,
        lost=(LostError, VanishingWeightError),
    )
    if cross_check:
        wanted.check(decided)
    facts = wanted.facts | {"precision_bits": decided.bits, "cross_checked_by_mpmath": cross_check}
    return Certified(decided.arrays, decided.digits, CERTIFIED, facts)


class _Wanted:
    """One question: its rows at any precision."""

    def __init__(
        self,
        case: Case,
        steps: Sequence[int] | None,
        digits: int,
        most_steps: int,
        progress: Progress | None,
    ) -> None:
        self.case, self.steps, self.digits = case, steps, digits
        self.most_steps, self.progress = most_steps, progress
        self.facts: Facts = {}
        self.asked: Sequence[int] = steps or ()
        resting = zero_weight(case) if has_weights(case) else None
        if resting is not None:
            self.facts["no_excess_sums"] = f"{resting} is zero at the start"

    def rows(self, bits: int) -> Rows:
        """Return balls around every sum at every asked step, or in the limit."""
        rest = self._rest(bits) if self.steps is None else None
        self.asked = [rest.step] if rest else self.asked
        run = running_form(self.case)
        last = self.asked[-1]
        path = enclose(run, range(last + 1), rest.bits if rest else bits, self.progress).positions
        rows: dict[str, list[Vector]] = {}
        with ball_precision(bits):
            sums = RunSums(self.case, objective_of(run, BallArithmetic()), BALL_FUNCTIONS)
            for step in range(last + 1):
                if step in self.asked:
                    named = _to_limit(sums, rest) if rest else sums.observed(path[step])
                    for name, vector in named.items():
                        rows.setdefault(name, []).append(vector)
                if step < last:
                    sums.add(path[step], path[step + 1])
                tell(self.progress, step, last)
        return rows

    def check(self, decided: Decided) -> None:
        """Make the sums in mpmath and require them inside the balls."""
        bits = decided.bits + GUARD_BITS
        with mpmath_precision(bits):
            run = running_form(self.case)
            objective = objective_of(run, MpmathArithmetic())
            sums = RunSums(self.case, objective, MPMATH_FUNCTIONS)
            last, row = self.asked[-1], 0
            path = (state.position for state in states(run, objective.arithmetic, objective))
            for step, (here, after) in enumerate(pairwise(islice(path, last + 2))):
                if step in self.asked:
                    if self.steps is None:
                        sums.close(here)
                    enclosed = {name: [vectors[row]] for name, vectors in decided.rows.items()}
                    require_inside(sums.observed(here), enclosed, bits)
                    row += 1
                if step < last:
                    sums.add(here, after)
                tell(self.progress, step, last)

    def _rest(self, bits: int) -> Rest:
        """Return where the run provably settles."""
        rest = follow_until_settled(
            self.case,
            bits,
            wanted_bits(self.digits, bits),
            most_steps=self.most_steps,
            progress=self.progress,
        )
        if rest.tail is None:
            raise UnboundedTailError("that the run converges could not be proved")
        if isinstance(self.case.problem, Regression) and rest.tail.predictor_gradients is None:
            raise UnboundedTailError("the limit does not interpolate, and ∇_θL need not vanish where ∇L does")
        self.facts |= {"steps": rest.step, "movement_left": rest.movement.str(5, radius=False)}
        return rest


def _to_limit(sums: RunSums, rest: Rest) -> dict[str, Vector]:
    """Return balls around the sums over all steps, from those up to the step of the rest."""
    tail, case = rest.tail, sums.case
    assert tail is not None
    position = limit_position(case, rest)
    sums.close(position, _excess_gains(sums, rest, tail) if sums.bias else None)
    limit = sums.observed(position)
    eta = ball(case.method.step_size)
    limit["gradient_energy"] = _gained(limit["gradient_energy"], eta * tail.gradients**2)
    if "phi" in limit:
        limit["phi"] = _gained(limit["phi"], ball(phi_factor(case)) * tail.predictor_gradients**2)
    return limit


def _excess_gains(sums: RunSums, rest: Rest, tail: Tail) -> Weights:
    """Return balls that hold what (1 − μ)S± still gain."""
    nearest = arb(2) if sums.case.model == "diagonal" else arb(2).sqrt()  # |Δw±| ≤ nearest·|Δβ|
    moved, momenta = nearest * (tail.movement + tail.momenta), nearest * tail.momenta
    push = ball(force_scale(sums.case)) * tail.predictor_gradients
    at_rest = sums.weights_at(rest.position)

    def gain(sign: str, index: int, weight: Any) -> Any:
        least = arb(abs(weight).abs_lower()) - moved
        ratio = momenta / least
        if not (certainly_less(arb(0), least) and all(certainly_less(x, arb("0.5")) for x in (ratio, push))):
            raise VanishingWeightError(sign, index, rest.step)
        return arb(0, arb((2 * ratio**2 + push**2).abs_upper()))

    return Weights(
        *(
            Vector([gain(sign, j, w) for j, w in enumerate(vector)])
            for sign, vector in (("plus", at_rest.plus), ("minus", at_rest.minus))
        )
    )


def _gained(vector: Vector, bound: Any) -> Vector:
    """Return balls around all values between the given ones and those plus a bound."""
    gain = arb(0, arb(bound.abs_upper()))
    return Vector([x + gain for x in vector])
