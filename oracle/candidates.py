"""Find the candidates that are installed, and state a run in the numbers they see.

A candidate is an entry point of the group ``momentum_oracle.candidates``; `oracle` knows none by
name.  One that cannot be loaded is reported with what would make it load, and hides no other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import numpy as np

from oracle.candidate_file import CandidateError
from oracle.case import case_of
from oracle.records.candidate import (
    Array,
    Candidate,
    CandidateMethod,
    CandidateProblem,
    CandidateTask,
    Declaration,
)
from reference.case import Method, Regression
from reference.exact import round_to_format

__all__ = [
    "GROUP",
    "Survey",
    "Unavailable",
    "declaration_of",
    "discover",
    "pip_line",
    "remedy_for",
    "runs_method",
    "survey",
    "task_of",
]

GROUP = "momentum_oracle.candidates"
# numpy has no bfloat16: its values travel exactly in float32
CONTAINERS = {"float64": np.float64, "float32": np.float32, "bfloat16": np.float32, "float16": np.float16}


@dataclass(frozen=True)
class Unavailable:
    """An entry point that could not be loaded.

    Parameters
    ----------
    name : str
    reason : str
        What happened on import.
    remedy : str
        What to do, for a missing package the pip line.
    """

    name: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Survey:
    """All entry points of the group: those that load, and those that do not."""

    candidates: Mapping[str, Candidate]
    unavailable: tuple[Unavailable, ...]


def discover() -> dict[str, Candidate]:
    """Return the candidates that load, by name."""
    return dict(survey().candidates)


def survey(points: Sequence[EntryPoint] | None = None) -> Survey:
    """Load every entry point of the group, in order of name.

    Parameters
    ----------
    points : sequence of EntryPoint, optional
        In place of those installed.
    """
    found: dict[str, Candidate] = {}
    unavailable = []
    for point in sorted(
        entry_points(group=GROUP) if points is None else points, key=lambda point: point.name
    ):
        loaded = _load(point)
        if isinstance(loaded, Unavailable):
            unavailable.append(loaded)
        elif point.name in found:
            unavailable.append(
                Unavailable(point.name, f"`{point.value}` has a name that is taken", "rename one of the two")
            )
        else:
            found[point.name] = loaded
    return Survey(found, tuple(unavailable))


def declaration_of(candidate: Candidate, dtype: str, method: str) -> Declaration:
    """Return what the candidate declares of its arithmetic; the defaults where it says nothing."""
    declare = getattr(candidate, "declare", None)
    if declare is None:
        return Declaration(dtype=dtype)
    declared: Declaration = declare(dtype, method)
    return declared


def runs_method(candidate: Candidate, method: str, model: str) -> bool:
    """Whether the candidate says it can run this method on this model; silence means yes."""
    methods, models = getattr(candidate, "methods", None), getattr(candidate, "models", None)
    return (methods is None or method in methods) and (models is None or model in models)


def task_of(canonical: Mapping[str, Any], dtype: str, steps: Sequence[int]) -> CandidateTask:
    """Return the spec as arrays of one dtype: every exact number rounded to it, ties to even.

    Parameters
    ----------
    canonical : mapping
        A spec's canonical form.
    dtype : str
        ``float64``, ``float32``, ``bfloat16`` (held in float32) or ``float16``.
    steps : sequence of int
        To be recorded.

    Raises
    ------
    CandidateError
        If the dtype is unknown, or the problem has no data to hand over (`polynomial`).
    reference.exact.ExactNumberError
        If a number overflows the dtype.
    """
    if dtype not in CONTAINERS:
        raise CandidateError(f"dtype `{dtype}` is unknown: expected one of {', '.join(CONTAINERS)}")
    case = case_of(canonical)
    if not isinstance(case.problem, Regression):
        raise CandidateError(
            f"a `{canonical['problem']['kind']}` problem has no X and y to hand to a candidate: "
            "compare it from a file with `oracle check`"
        )
    return CandidateTask(
        _problem(case.problem, case.model, case.init, dtype), _method(case.method, dtype), tuple(steps)
    )


def remedy_for(error: ModuleNotFoundError, name: str) -> str:
    """Return the pip line that brings the module which the candidate of this name misses."""
    point = next((point for point in entry_points(group=GROUP) if point.name == name), None)
    if point is None or point.dist is None:
        return pip_line(error.name or "", "", ())
    return pip_line(error.name or "", point.dist.name, point.dist.requires or ())


def pip_line(module: str, distribution: str, requirements: Sequence[str]) -> str:
    """Return the pip line that brings a missing module: an extra of the distribution where one has it.

    Parameters
    ----------
    module : str
        As imported.
    distribution : str
        That provides the candidate.
    requirements : sequence of str
        Of that distribution, extras included, as its metadata lists them.
    """
    wanted = module.partition(".")[0].lower()
    for requirement in requirements:
        extra = re.search(r"""extra\s*==\s*["']([^"']+)""", requirement)
        package = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        if extra and package.replace("-", "_").lower() == wanted:
            return f'pip install "{distribution}[{extra[1]}]"'
    return f"pip install {wanted or distribution}"


def _load(point: EntryPoint) -> Candidate | Unavailable:
    try:
        loaded: Candidate = point.load()
    except ModuleNotFoundError as error:
        reason = f"needs `{error.name}`, which is not installed"
        return Unavailable(point.name, reason, remedy_for(error, point.name))
    except Exception as error:  # somebody else's module may raise anything on import
        reason = f"`{point.value}` fails on import: {type(error).__name__}: {error}"
        return Unavailable(point.name, reason, f"repair or uninstall what provides `{point.module}`")
    if not callable(loaded):
        reason = f"`{point.value}` is a {type(loaded).__name__}, not a callable"
        return Unavailable(point.name, reason, "point the entry at a function of (problem, method, steps)")
    return loaded


def _problem(
    problem: Regression, model: str, init: Mapping[str, Sequence[Fraction]], dtype: str
) -> CandidateProblem:
    return CandidateProblem(
        X=np.stack([_array(row, dtype) for row in problem.X]),
        y=_array(problem.y, dtype),
        loss=problem.loss,
        model=model,
        init={name: _array(values, dtype) for name, values in init.items()},
    )


def _method(method: Method, dtype: str) -> CandidateMethod:
    return CandidateMethod(
        name=method.name,
        step_size=_array([method.step_size], dtype)[0],
        momentum=_array([method.momentum], dtype)[0],
        p0={name: _array(values, dtype) for name, values in method.p0.items()},
        batches=method.batches,
    )


def _array(values: Sequence[Fraction], dtype: str) -> Array:
    """Return the rationals rounded once to the dtype; the float in between holds each exactly."""
    return np.array([float(round_to_format(value, dtype)) for value in values], dtype=CONTAINERS[dtype])
