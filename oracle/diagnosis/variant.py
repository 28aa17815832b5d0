"""A misimplementation: a name, a sentence, a remedy, and the small recurrences that it amounts to.

A misimplementation is tried by replaying the candidate's own states under it, exactly as the right method is
replayed (`oracle.replay`): from each recorded state one step of the *wrong* recurrence, and the difference
to the next recorded state must lie within the rounding bound of that step.  What is wrong may lie in

* the case: another η, μ, batch order, another sign of y, data rounded to a narrower format, …
* the declaration: narrower operands, sums or state than declared,
* the recurrence: the step itself, the gradient, or one operation of the arithmetic,
* the trace: rows recorded a step too early or too late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from oracle.records.candidate import Declaration
from oracle.replay import EXACT, Recurrence
from oracle.trace import Trace
from reference.case import Case, Method

__all__ = ["Attempt", "Subject", "Variant", "with_method"]


@dataclass(frozen=True)
class Subject:
    """What is to be explained.

    Parameters
    ----------
    case : Case
        What was asked.
    declaration : Declaration
        How the candidate says it computes.
    trace : Trace
        What it recorded, finite values.
    """

    case: Case
    declaration: Declaration
    trace: Trace


@dataclass(frozen=True)
class Attempt:
    """One way to make the misimplementation precise.

    Parameters
    ----------
    case, declaration, trace
        What is replayed, with the fault in it.
    recurrence : Recurrence
    note : str
        The particulars, for a person: "λ = 0.01", "sample 3".
    scopes : tuple of str
        Where the fault may be at work: ``everywhere``, ``steps`` (all of some steps), ``coordinates`` (some
        coordinates at every step), ``tail`` (the last ones) or ``cells`` (single numbers).
    loose : bool
        Whether its bound is that of a coarser arithmetic, and so says less.
    same_rows : bool
        Whether its trace has the rows of the record; a record moved by a step has not.
    failing : float
        The share of all steps in which the right method must fail before this is thought of.
    """

    case: Case
    declaration: Declaration
    trace: Trace
    recurrence: Recurrence = EXACT
    note: str = ""
    scopes: tuple[str, ...] = ("everywhere",)
    loose: bool = False
    same_rows: bool = True
    failing: float = 0.0

    @classmethod
    def of(cls, subject: Subject, **changes: Any) -> Attempt:
        """Return the subject as it is, with changes."""
        return replace(cls(subject.case, subject.declaration, subject.trace), **changes)


@dataclass(frozen=True)
class Variant:
    """A named misimplementation.

    Parameters
    ----------
    name : str
    sentence : str
        What the code does, as a clause after "the candidate".
    remedy : str
        What to look at next.
    attempts : callable
        Of a subject; yields nothing where it would change nothing.
    """

    name: str
    sentence: str
    remedy: str
    attempts: Callable[[Subject], Iterator[Attempt]]


def with_method(case: Case, **changes: Any) -> Case:
    """Return the case with some fields of its method changed; a schedule follows its step size."""
    method: Method = replace(case.method, **changes)
    if "step_size" in changes and method.step_sizes:
        factor = method.step_size / case.method.step_size
        method = replace(method, step_sizes=tuple(factor * size for size in method.step_sizes))
    return replace(case, method=method)
