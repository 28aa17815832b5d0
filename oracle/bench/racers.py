"""Who races: the candidates, and the peers that are installed beside them.

A peer is an entry point of the group ``momentum_oracle.peers``: the same kind of object as a candidate.
One with an attribute `roofline` that is true is no racer but an engine of matrix products:
``engine((n, d, runs), dtype, threads)`` returns ``multiply(times)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from oracle.bench.problem import METHOD
from oracle.candidate_file import CandidateError
from oracle.candidates import Survey, declaration_of, missing_for, runs_method, survey
from oracle.records.candidate import Array, Candidate, CandidateTask, Declaration
from oracle.report.race import NotRaced
from oracle.verify import MODEL

__all__ = ["PEERS", "Engine", "Field", "Racer", "gather"]

PEERS = "momentum_oracle.peers"

Run = Callable[[], Sequence[Mapping[str, Array]]]
Engine = Callable[[tuple[int, int, int], str, int], Callable[[int], None]]


@dataclass(frozen=True)
class Racer:
    """A candidate or a peer.

    Parameters
    ----------
    name, role : str
    entry : Candidate
    """

    name: str
    role: str
    entry: Candidate

    def runs_in(self, dtype: str) -> bool:
        """Whether it says that it runs this dtype."""
        return dtype in getattr(self.entry, "dtypes", ("float64", "float32"))

    def declares(self, dtype: str) -> Declaration:
        """Return what it declares of its arithmetic."""
        return declaration_of(self.entry, dtype, METHOD)

    def warm_up(self, task: CandidateTask, threads: int) -> None:
        """Load the libraries of an entry that prepares nothing by itself."""
        if not hasattr(self.entry, "prepare"):
            self.prepare([task], threads)()

    def prepare(self, tasks: list[CandidateTask], threads: int) -> Run:
        """Return a function that makes the runs; without a `prepare` of its own, unprepared."""
        entry: Any = self.entry
        if hasattr(entry, "prepare"):
            run: Run = entry.prepare(tasks, threads)
            return run
        if hasattr(entry, "together"):
            return lambda: list(entry.together(tasks))
        return lambda: [entry(task.problem, task.method, task.steps) for task in tasks]


@dataclass(frozen=True)
class Field:
    """All who take part."""

    racers: tuple[Racer, ...]
    engines: Mapping[str, Engine]
    missing: tuple[NotRaced, ...] = ()


def gather(
    only: Sequence[str] = (),
    candidates: Sequence[EntryPoint] | None = None,
    peers: Sequence[EntryPoint] | None = None,
) -> Field:
    """Return who races.

    Parameters
    ----------
    only : sequence of str
        Names; empty means everybody.
    candidates, peers : sequence of EntryPoint, optional
        In place of those installed.

    Raises
    ------
    CandidateError
        If a name in `only` is not known, or nobody is left to race.
    """
    found = {
        "candidate": survey(candidates),
        "peer": survey(list(entry_points(group=PEERS)) if peers is None else peers),
    }
    racers, engines, missing = [], {}, []
    for role, entries in found.items():
        missing += [
            NotRaced(entry.name, "", f"{entry.reason}; {entry.remedy}") for entry in entries.unavailable
        ]
        for name, entry in entries.candidates.items():
            if getattr(entry, "roofline", False):
                engines[name] = _engine(entry)
            elif lacking := missing_for(entry):
                missing.append(NotRaced(name, "", f"lacks something on this machine: {lacking}"))
            elif runs_method(entry, METHOD, MODEL):
                racers.append(Racer(name, role, entry))
            else:
                missing.append(NotRaced(name, "", f"says that it runs no {METHOD} on the model {MODEL}"))
    return _chosen(Field(tuple(racers), engines, tuple(missing)), only, found)


def _engine(entry: Any) -> Engine:
    engine: Engine = entry
    return engine


def _chosen(field: Field, only: Sequence[str], found: Mapping[str, Survey]) -> Field:
    known = {racer.name for racer in field.racers}
    absent = {entry.racer: entry.reason for entry in field.missing}
    for name in only:
        if name in absent:
            raise CandidateError(f"`{name}` cannot race: it {absent[name]}")
        if name not in known:
            choices = ", ".join(sorted(known)) or "none is installed"
            raise CandidateError(f"no candidate or peer is called `{name}`: expected one of {choices}")
    racers = tuple(racer for racer in field.racers if not only or racer.name in only)
    if not racers:
        raise CandidateError(
            "there is nobody to race: no candidate or peer is installed that runs "
            f'{METHOD} on the model {MODEL}; `pip install "momentum-oracle[lightning]"` brings some'
        )
    return Field(racers, field.engines, () if only else field.missing)
