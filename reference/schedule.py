"""Step sizes that change from step to step, inside the momentum or outside it.

A `Method` with `step_sizes` η_0, …, η_{L−1} takes η_k = step_sizes[k mod L] at step k.  With g the gradient at
the point that the method asks for, and by what the step size scales:

==========  =================================  ===========================
`scales`    step                               look-ahead sequence
==========  =================================  ===========================
`gradient`  p₊ = μ p − η_k g, β₊ = β + p₊      y₊ = y + μ p₊ − η_k g
`update`    q₊ = μ q − g, β₊ = β + η_k q₊      y₊ = y + η_k (μ q₊ − g)
==========  =================================  ===========================

The first carries moves p; the second gradients q = −b, as torch's buffer does: b₊ = μ b + g, β₊ = β − η_k b₊.
With one constant η they are one sequence, p = η q.  Under a schedule the moves m = η_{k−1} q of the second obey

    m₊ = (η_k/η_{k−1}) μ m − η_k g,

so a drop of the step size shrinks what it remembers at once, and what the first remembers not at all.  Gradient
descent remembers nothing, and both are β₊ = β − η_k g.  Nesterov's method in its own form has no `update`: its
look-ahead point β + μ m could take the old step size or the new one, where the look-ahead sequence needs none.

Source: PyTorch SGD, whose step size is outside the buffer, for `update`.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from reference.case import Case, Method

__all__ = ["SCALES", "ScheduledError", "cycle_length", "require_one_step_size", "step_sizes_of"]

SCALES = ("gradient", "update")


class ScheduledError(ValueError):
    """A schedule of step sizes came where one step size is needed, or one that its method cannot follow."""


def step_sizes_of(method: Method) -> tuple[Fraction, ...]:
    """Return η_0, …, η_{L−1}, used cyclically; one number where there is no schedule."""
    return method.step_sizes or (method.step_size,)


def cycle_length(case: Case) -> int:
    """Return after how many steps both batch and step size come back: steps k and k + it are alike."""
    return lcm(max(1, len(case.method.batches)), len(step_sizes_of(case.method)))


def require_one_step_size(case: Case, asked: str) -> None:
    """Refuse a case with a schedule.

    Parameters
    ----------
    case : Case
    asked : str
        What needs one step size, as the message names it.

    Raises
    ------
    ScheduledError
        If the method has `step_sizes`, or `scales` anything but the gradient.
    """
    method = case.method
    if method.step_sizes or method.scales != "gradient":
        raise ScheduledError(
            f"{asked} needs one constant step size, p₊ = μ p − η g; got a schedule of {len(method.step_sizes)} "
            f"that scales the {method.scales}: ask for the iterates, or leave out `method.schedule`"
        )
