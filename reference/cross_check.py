"""The readable definition against its proof: every mpmath value must lie inside its ball."""

from __future__ import annotations

from flint import arb

from reference.arithmetic import Vector
from reference.balls import ball_precision
from reference.case import Case
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.objective import objective_of
from reference.observables import observe
from reference.progress import Progress, tell
from reference.trajectory import states

__all__ = ["GUARD_BITS", "CertificateViolationError", "cross_check"]

GUARD_BITS = 64  # mpmath runs with this many more than the balls


class CertificateViolationError(ArithmeticError):
    """mpmath and the ball disagree: one of the two is wrong, and nothing may be published."""


def cross_check(
    case: Case, balls: dict[int, dict[str, Vector]], bits: int, progress: Progress | None
) -> None:
    """Run the recurrence in mpmath and require every observable inside its ball."""
    last = max(balls)
    with mpmath_precision(bits + GUARD_BITS):
        arithmetic = MpmathArithmetic()
        objective = objective_of(case, arithmetic)
        for step, state in zip(range(last + 1), states(case, arithmetic, objective), strict=False):
            if step in balls:
                _require_inside(balls[step], observe(case, objective, state.position), step, bits)
            tell(progress, step, last)


def _require_inside(enclosed: dict[str, Vector], named: dict[str, Vector], step: int, bits: int) -> None:
    """Compare one step's mpmath values with their balls."""
    with ball_precision(bits + GUARD_BITS):
        for name, vector in named.items():
            for j, (value, ball) in enumerate(zip(vector, enclosed[name], strict=True)):
                if not ball.contains(arb(value)):
                    raise CertificateViolationError(
                        f"`{name}[{j}]` at step {step}: mpmath gives {value}, outside the certified ball "
                        f"{ball}. One of the two is wrong; nothing is published. Please report the spec"
                    )
