"""What a claim's computation returns: propositions about numbers, each with its answer and its grade.

A finite set of instances confirms a statement about all, a single one refutes it; so every check says on
what it was made, and whether it is an identity that leaves nothing to instances.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Check", "Findings", "Grade", "Line", "Plot", "Role"]


class Role(StrEnum):
    """What a check is a check of.

    ``AS_PRINTED`` the statement of the paper; ``UNDER_ASSUMPTION`` the same statement where the named assumption is
    granted; ``CORRECTED`` the corrected statement; ``BESIDE`` a figure worth reading that decides nothing.
    """

    AS_PRINTED = "as printed"
    UNDER_ASSUMPTION = "under the assumption"
    CORRECTED = "corrected"
    BESIDE = "beside it"


class Grade(StrEnum):
    """How sure an answer is; never rounded up.

    ``CERTIFIED`` exact rationals, polynomial identities or proved enclosures; ``CONFIRMED`` two methods that share no
    formula, or two precisions and two methods, agree; ``OBSERVED`` one computation in floating point.
    """

    CERTIFIED = "certified"
    CONFIRMED = "confirmed"
    OBSERVED = "observed"


@dataclass(frozen=True)
class Check:
    """One proposition that numbers answered.

    Parameters
    ----------
    role : Role
    holds : bool or None
        None where the numbers cannot tell.
    asked : str
        The proposition, as in ``order 2 over the whole horizon``.
    found : str
        What was measured, with figures.
    instance : str
        On what: the problem, η, μ; for an identity, over which symbols.
    grade : Grade
    methods : tuple of str
        By what the numbers were got; a confirmed answer names at least two.
    universal : bool
        Whether it is an identity, proved for all values of its symbols.
    instances : int
        How many unlike instances stand behind it, as seeds of a sweep.
    """

    role: Role
    holds: bool | None
    asked: str
    found: str
    instance: str
    grade: Grade
    methods: tuple[str, ...]
    universal: bool = False
    instances: int = 1

    def __post_init__(self) -> None:
        """Refuse a grade that its methods do not carry."""
        if self.grade is Grade.CONFIRMED and len(set(self.methods)) < 2:
            raise ValueError(
                f"`confirmed` needs two methods, and {self.methods} came; name both, or say `observed`"
            )
        if self.universal and self.grade is not Grade.CERTIFIED:
            raise ValueError("an identity for all symbols is certified or it is none")


@dataclass(frozen=True)
class Line:
    """One line or band of a plot.

    Parameters
    ----------
    name : str
    x, y : tuple of float
    lower, upper : tuple of float
        A band around y; empty for none.
    points : bool
        Whether it is drawn as points without a line.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    points: bool = False


@dataclass(frozen=True)
class Plot:
    """A picture worth more than its numbers; the report draws it.

    Parameters
    ----------
    title, x_label, y_label : str
    lines : tuple of Line
    x_log, y_log : bool
    caption : str
        One sentence: what to see in it.
    """

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    x_log: bool = False
    y_log: bool = False
    caption: str = ""


@dataclass(frozen=True)
class Findings:
    """Everything that one claim's computation found.

    Parameters
    ----------
    checks : tuple of Check
    plots : tuple of Plot
    remarks : tuple of str
        Sentences for a reader that follow from the numbers.
    """

    checks: tuple[Check, ...]
    plots: tuple[Plot, ...] = ()
    remarks: tuple[str, ...] = field(default=())
