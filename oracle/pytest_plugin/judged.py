"""A run recorded, and the run judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from oracle.candidate_file import CandidateError, one_dtype, read_candidate
from oracle.candidates import declaration_of
from oracle.case import steps_of
from oracle.data_checks import recorded_steps
from oracle.pytest_plugin.goldens_at_hand import Goldens
from oracle.pytest_plugin.questions import Posed, Question, posed
from oracle.pytest_plugin.refusals import plainly
from oracle.records.candidate import Array, CandidateTask, Declaration
from oracle.report.comparison import Comparison
from oracle.tensors import task_of
from oracle.verdict import Verdict, judge

__all__ = [
    "Handed",
    "Judged",
    "Recorded",
    "arrays_of",
    "hand_over",
    "judged",
    "name_of",
    "recorded_arrays",
    "run",
]

DTYPE = "float32"  # of a callable that nobody asked for another


@dataclass(frozen=True)
class Handed:
    """A task for a candidate, what it declares of its arithmetic, and what it is judged by."""

    task: CandidateTask
    declaration: Declaration
    posed: Posed


@dataclass(frozen=True)
class Recorded:
    """Arrays to be judged.

    Parameters
    ----------
    name : str
        Of the candidate, for people.
    arrays : mapping of name to ndarray
    declaration : Declaration
    steps : tuple of int or None
        Of the rows; None where the arrays hold ``steps`` of their own and nobody asked for others.
    posed : Posed
    seconds : float or None
        Wall time of the run; None for arrays that came from elsewhere.
    """

    name: str
    arrays: Mapping[str, Array]
    declaration: Declaration
    steps: tuple[int, ...] | None
    posed: Posed
    seconds: float | None = None


@dataclass(frozen=True)
class Judged:
    """A comparison with its verdict, and a phrase on where its golden came from."""

    comparison: Comparison
    source: str

    @property
    def verdict(self) -> Verdict:
        """The verdict of the comparison."""
        return self.comparison.verdict


def judged(recorded: Recorded) -> Judged:
    """Judge recorded arrays.

    Raises
    ------
    CandidateError
        If they cannot be compared at all.
    """
    golden = recorded.posed.golden
    verdict = judge(golden.golden, recorded.arrays, recorded.declaration, recorded.steps)
    rows = tuple(recorded_steps(recorded.arrays, recorded.steps))
    arrays = {name: array for name, array in recorded.arrays.items() if name != "steps"}
    comparison = Comparison(recorded.name, golden.golden, arrays, rows, verdict, recorded.seconds)
    return Judged(comparison, golden.source)


def hand_over(candidate: Any, spec: Any, question: Question, goldens: Goldens) -> Handed:
    """Return the task for a callable: the spec's numbers rounded to the dtype asked for.

    Parameters
    ----------
    candidate : callable or None
        Whose declaration fills in what the question leaves open; None declares the defaults.
    spec : Spec, mapping, path or None
    question : Question
    goldens : Goldens

    Raises
    ------
    CandidateError, oracle.spec_error.SpecError
        If spec, golden or dtype cannot be used.
    """
    dtype = _handed_in(question)
    found = posed(spec, question, goldens, dtype)
    steps = steps_of(found.canonical) if question.steps is None else tuple(question.steps)
    task = task_of(found.canonical, dtype, steps)
    if hasattr(candidate, "declare"):
        declaration = question.declared(declaration_of(candidate, dtype, task.method.name))
    else:
        declaration = question.declared(Declaration(dtype=question.dtype or DTYPE))
    return Handed(task, declaration, found)


def run(candidate: Callable[..., Any], handed: Handed) -> Recorded:
    """Run a callable on its task.

    Raises
    ------
    CandidateError
        If it returns no arrays.

    Notes
    -----
    And whatever the candidate raises.
    """
    __tracebackhide__ = True
    task, name = handed.task, name_of(candidate)
    began = time.perf_counter()
    found = candidate(task.problem, task.method, task.steps)
    seconds = time.perf_counter() - began
    arrays = plainly(arrays_of, name, found)
    return Recorded(name, arrays, handed.declaration, tuple(task.steps), handed.posed, seconds)


def recorded_arrays(candidate: Any, spec: Any, question: Question, goldens: Goldens) -> Recorded:
    """Return the record that a mapping of arrays or an `.npz` holds.

    Raises
    ------
    CandidateError
        If the candidate is neither, or its arrays have several dtypes.
    """
    if isinstance(candidate, str | PathLike):
        file = read_candidate(Path(candidate))
        arrays: Mapping[str, Array] = {**file.arrays, "steps": np.array(file.steps)}
    else:
        arrays = arrays_of("the test", candidate)
    found = posed(spec, question, goldens)
    steps: tuple[int, ...] | None = steps_of(found.canonical)
    if question.steps is not None:
        steps = tuple(question.steps)
    elif "steps" in arrays:
        steps = None
    declaration = question.declared(Declaration(dtype=question.dtype or _dtype(arrays, question)))
    return Recorded(name_of(candidate), arrays, declaration, steps, found)


def arrays_of(name: str, found: Any) -> dict[str, Array]:
    """Return what a candidate handed back as numpy arrays.

    Raises
    ------
    CandidateError
        If it is no mapping, or holds what numpy cannot take.
    """
    if not isinstance(found, Mapping) or not found:
        what = "nothing" if found is None else f"a `{type(found).__name__}`"
        raise CandidateError(
            f"`{name}` returned {what}; expected a mapping of arrays by name, each parameter of the model with one row "
            "for every step that was asked for"
        )
    return {str(entry): _array(name, str(entry), values) for entry, values in found.items()}


def name_of(candidate: Any) -> str:
    """Return what to call a candidate in a report."""
    if isinstance(candidate, Mapping):
        return "arrays"
    if isinstance(candidate, str | PathLike):
        return Path(candidate).name
    inner = getattr(candidate, "func", candidate)  # of a functools.partial
    return str(getattr(inner, "__name__", type(inner).__name__))


def _array(name: str, entry: str, values: Any) -> Array:
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise CandidateError(
            f"`{entry}` of `{name}` is a `{type(values).__name__}` that numpy cannot take ({error}): return arrays, "
            "of a torch tensor `tensor.detach().cpu().numpy()`, in bfloat16 after `.float()`"
        ) from error


def _dtype(arrays: Mapping[str, Array], question: Question) -> str:
    if question.declaration is not None:
        return question.declaration.dtype
    return one_dtype({name: array for name, array in arrays.items() if name != "steps"})


def _handed_in(question: Question) -> str:
    """Return the dtype of the numbers handed over: that in which the state is kept."""
    if question.declaration is not None:
        return question.dtype or question.declaration.kept_in
    return question.state or question.dtype or DTYPE
