"""Find the candidates that are installed.

A candidate is an entry point of the group ``momentum_oracle.candidates``; `oracle` knows none by
name.  One that cannot be loaded is reported with what would make it load, and hides no other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from oracle.records.candidate import Candidate, Declaration

__all__ = [
    "GROUP",
    "Survey",
    "Unavailable",
    "declaration_of",
    "discover",
    "missing_for",
    "pip_line",
    "remedy_for",
    "runs_method",
    "survey",
]

GROUP = "momentum_oracle.candidates"


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


def missing_for(candidate: Candidate) -> str:
    """Return what this machine lacks to run the candidate, with the remedy; empty for nothing."""
    missing = getattr(candidate, "missing", None)
    return str(missing()) if missing is not None else ""


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
