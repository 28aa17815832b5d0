"""What a fault is: the one place in which a candidate does something else than it was asked.

A fault alters the task before the kernel gets it (`asking`), replaces the step (`stepping`), keeps the state in a
narrower format, or shows the state of another step.  Its first docstring line says which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lightning_runs.faults.kernel_run import KernelRun, State
from oracle.records.candidate import CandidateTask, Declaration

__all__ = ["Fault", "Rule", "When", "asking", "own_step", "stepping"]

When = Callable[[CandidateTask, Declaration], bool]
"""Whether a fault changes anything of a task, computed as declared."""

Rule = Callable[[KernelRun, Sequence[State], int], State]
"""Of the run, its states up to step k and k: the state after step k."""

Ask = Callable[[CandidateTask], CandidateTask]


def own_step(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Make the kernel's own step."""
    return own.step(past[-1], k)


def _itself(step: int) -> int:
    return step


@dataclass(frozen=True)
class Fault:
    """A fault that can be planted in any kernel.

    Parameters
    ----------
    name, sentence : str
    when : When
    explained_by : frozenset of str
    ask : callable
        The task that is run in place of the one asked for.
    rule : Rule
        How a step is made.
    kept_in : str
        Format that the state is rounded to between steps; empty for the kernel's own.
    shown : callable
        Of the step to record: the step whose state is recorded.
    runs_in : str
        Format that all arithmetic is done in; empty for the one asked for.
    only_in : frozenset of str
        The hosts that it can be planted in; empty for all.
    """

    name: str
    sentence: str
    when: When
    explained_by: frozenset[str]
    ask: Ask | None = None
    rule: Rule = own_step
    kept_in: str = ""
    shown: Callable[[int], int] = _itself
    runs_in: str = ""
    only_in: frozenset[str] = frozenset()

    @property
    def only_asks(self) -> bool:
        """Whether any candidate can have it, whatever is inside."""
        return self.rule is own_step and not self.kept_in


def asking(when: When, *explained_by: str) -> Callable[[Ask], Fault]:
    """Return the decorator of a function that alters the task; it is explained by its own name if no other is given."""
    return lambda ask: _named(ask, when, explained_by, ask=ask)


def stepping(when: When, *explained_by: str) -> Callable[[Rule], Fault]:
    """Return the decorator of a rule; it is explained by its own name if no other is given."""
    return lambda rule: _named(rule, when, explained_by, rule=rule)


def _named(function: Any, when: When, explained_by: Sequence[str], **parts: Any) -> Fault:
    name = function.__name__
    sentence = function.__doc__.splitlines()[0]
    return Fault(name, sentence, when, frozenset(explained_by or (name,)), **parts)
