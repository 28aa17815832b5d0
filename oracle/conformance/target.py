"""Whose arithmetic is on trial: an installed entry point, or a function named as ``module:function``."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from oracle.candidate_file import CandidateError
from oracle.candidates import missing_for, pip_line, survey
from oracle.records.candidate import Candidate, Declaration

__all__ = ["GROUPS", "Declared", "Target", "resolve"]

# in this order: a name that several have is the first one's
GROUPS = ("momentum_oracle.candidates", "momentum_oracle.peers", "momentum_oracle.correct")
SHAPE = "a function of (problem, method, steps)"


@dataclass(frozen=True)
class Declared:
    """What the user says of a candidate's arithmetic on the command line; empty fields say nothing.

    Parameters
    ----------
    form, accumulate, operands, state : str
        As in `oracle.records.candidate.Declaration`.
    """

    form: str = ""
    accumulate: str = ""
    operands: str = ""
    state: str = ""

    def given(self) -> dict[str, str]:
        """Return the fields that say something."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Target:
    """A candidate with its name, and what is known of its arithmetic.

    Parameters
    ----------
    name : str
        As it was named.
    candidate : Candidate
    declared : Declared
    """

    name: str
    candidate: Candidate
    declared: Declared = Declared()

    def declaration(self, dtype: str, method: str) -> Declaration:
        """Return what the candidate declares, or what was declared for it.

        Numbers kept in a narrower format than the operations are made in: asked for the format of the state
        itself, the arithmetic is float32.

        Raises
        ------
        CandidateError
            If `declare` returns something else than a Declaration.
        """
        declare = getattr(self.candidate, "declare", None)
        if declare is None:
            arithmetic = "float32" if dtype == self.declared.state else dtype
            said = self.declared
            return Declaration(
                said.form or "velocity", arithmetic, said.accumulate, operands=said.operands, state=said.state
            )
        found = declare(dtype, method)
        if not isinstance(found, Declaration):
            raise CandidateError(
                f"`{self.name}.declare({dtype!r}, {method!r})` returned {_a(found)}: expected an "
                "`oracle.records.candidate.Declaration`"
            )
        return found


def resolve(
    name: str,
    declared: Declared | None = None,
    groups: Mapping[str, Sequence[EntryPoint]] | None = None,
) -> Target:
    """Return the target of a name.

    Parameters
    ----------
    name : str
        An entry point's name, or ``module:function``; the current directory is importable.
    declared : Declared, optional
        For a candidate that declares nothing itself.
    groups : mapping of group to entry points, optional
        In place of those installed.

    Raises
    ------
    CandidateError
        If there is no such candidate, it cannot be imported, is no function of three arguments, lacks
        something on this machine, or declares its arithmetic itself although `declared` does.
    """
    candidate = _imported(name) if ":" in name else _installed(name, groups)
    _check_callable(name, candidate)
    missing = missing_for(candidate)
    if missing:
        raise CandidateError(f"`{name}` cannot run on this machine: {missing}")
    declared = declared or Declared()
    if declared.given() and hasattr(candidate, "declare"):
        options = ", ".join(f"`--{option}`" for option in declared.given())
        raise CandidateError(
            f"`{name}` declares its arithmetic itself: leave {options} out, or change its `declare`"
        )
    return Target(name, candidate, declared)


def _installed(name: str, groups: Mapping[str, Sequence[EntryPoint]] | None) -> Candidate:
    """Return the candidate of an entry point."""
    points = groups or {group: tuple(entry_points(group=group)) for group in GROUPS}
    for group in points.values():
        chosen = [point for point in group if point.name == name]
        if chosen:
            found = survey(chosen[:1])
            for entry in found.unavailable:
                raise CandidateError(f"`{name}` cannot be loaded: it {entry.reason}; {entry.remedy}")
            return found.candidates[name]
    known = sorted({point.name for group in points.values() for point in group})
    raise CandidateError(
        f"no candidate is called `{name}`{_meant(name, known)}: expected one of {', '.join(known) or '(none installed)'}, "
        "or `module:function` for a function of your own"
    )


def _imported(name: str) -> Candidate:
    """Return what ``module:function`` names."""
    module_name, _, path = name.partition(":")
    if not path or not module_name or "/" in module_name or module_name.endswith(".py"):
        written = module_name.removesuffix(".py").strip("./").replace("/", ".") or "module"
        raise CandidateError(
            f"`{name}` names no function: expected `module:function`, the module as Python imports it; "
            f"write `{written}:{path or 'function'}`"
        )
    found: Any = _module(module_name)
    for part in path.split("."):
        if not hasattr(found, part):
            public = [n for n in dir(found) if not n.startswith("_") and callable(getattr(found, n, None))]
            expected = ", ".join(public) or "(it holds nothing to call)"
            raise CandidateError(
                f"`{module_name}` has no `{part}`{_meant(part, public)}: expected one of {expected}"
            )
        found = getattr(found, part)
    candidate: Candidate = found
    return candidate


def _module(name: str) -> Any:
    """Import a module, from the current directory too."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(missing + "."):
            raise CandidateError(
                f"there is no module `{missing}`: looked in `{here}` and among the installed packages; run the "
                f"command in the directory that holds `{missing}.py`, or install its package"
            ) from error
        raise CandidateError(
            f"`{name}` needs `{missing}`, which is not installed: {pip_line(missing, '', ())}"
        ) from error
    except (Exception, SystemExit) as error:  # somebody else's module may do anything on import
        raise CandidateError(
            f"`{name}` fails on import: {type(error).__name__}: {error}; `python -c 'import {name}'` shows where"
        ) from error


def _check_callable(name: str, candidate: Any) -> None:
    """Refuse what cannot be called with problem, method and steps."""
    if inspect.isclass(candidate):
        raise CandidateError(
            f"`{name}` is a class: expected {SHAPE}; make an instance in the module and name that"
        )
    if getattr(candidate, "roofline", False):
        raise CandidateError(f"`{name}` multiplies matrices for the race and makes no runs: expected {SHAPE}")
    if not callable(candidate):
        raise CandidateError(f"`{name}` is {_a(candidate)}: expected {SHAPE}")
    try:
        signature = inspect.signature(candidate)
    except (TypeError, ValueError):
        return  # some callables written in C tell nothing
    try:
        signature.bind(None, None, None)
    except TypeError as error:
        raise CandidateError(f"`{name}` takes {signature}: expected {SHAPE} ({error})") from error


def _meant(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""


def _a(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
