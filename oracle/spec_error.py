"""How a spec that cannot be used is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Problem", "SpecError", "refusal"]

MAXIMUM_LISTED = 20  # problems printed in one message; the rest are counted


class SpecError(ValueError):
    """A spec is malformed, incomplete or contradicts itself; the message names each field."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field.

    Parameters
    ----------
    path : str
        Where, as in ``method.step_size`` or ``problem.X[1][2]``; empty for the whole spec.
    arrived : str
        What was found there, as a person reads it.
    expected : str
        What would be accepted, with the choices.
    advice : str
        What to do; may be empty.
    """

    path: str
    arrived: str
    expected: str
    advice: str = ""

    def __str__(self) -> str:
        place = f"`{self.path}`" if self.path else "the spec"
        advice = f"; {self.advice}" if self.advice else ""
        return f"{place} is {self.arrived}; expected {self.expected}{advice}"


def refusal(problems: Sequence[Problem]) -> SpecError:
    """Return the error that lists the problems, one a line."""
    if len(problems) == 1:
        return SpecError(str(problems[0]))
    lines = [f"- {problem}" for problem in problems[:MAXIMUM_LISTED]]
    if len(problems) > MAXIMUM_LISTED:
        lines.append(f"- and {len(problems) - MAXIMUM_LISTED} more")
    return SpecError("\n".join([f"the spec has {len(problems)} problems:", *lines]))
