"""Racers whose speed and error are planted, and races made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from oracle.bench.heat import Rules
from oracle.bench.problem import RaceProblem
from oracle.bench.racers import Field, Racer
from oracle.findings import Outcome
from oracle.report.race import GrowthPoint, Machine, NotRaced, Race, RaceRow, Ratio, Roof, Target
from tests.clock import Clock

SMALL = RaceProblem(4, 6)


@dataclass
class HeavyBall:
    """Heavy ball in numpy on all runs at once; what differs from that is planted.

    Parameters
    ----------
    sleep : callable
        How it sleeps.
    nap : float
        Seconds slept a call, beside the steps.
    factor : float
        Times η: other than 1 is a wrong method.
    broken : str
        Raised on preparing.
    steps_made : list
        The last step of every call.
    """

    sleep: Callable[[float], None]
    nap: float = 0.0
    factor: float = 1.0
    broken: str = ""
    methods = frozenset({"heavy_ball"})

    def __post_init__(self) -> None:
        self.steps_made: list[int] = []
        self.threads: list[int] = []

    def __call__(self, problem: Any, method: Any, steps: Sequence[int]) -> Mapping[str, Any]:
        """Do not run alone."""
        raise NotImplementedError

    def prepare(self, tasks: Sequence[Any], threads: int) -> Callable[[], list[dict[str, Any]]]:
        """Return the runs."""
        if self.broken:
            raise RuntimeError(self.broken)
        self.threads.append(threads)
        return lambda: self._run(tasks)

    def _run(self, tasks: Sequence[Any]) -> list[dict[str, Any]]:
        problem, method, steps = tasks[0].problem, tasks[0].method, list(tasks[0].steps)
        self.sleep(self.nap)
        self.steps_made.append(steps[-1])
        dtype = problem.X.dtype.type
        X, y, mu = problem.X, problem.y, method.momentum
        scale = dtype(self.factor) * method.step_size / dtype(len(y))
        u, v = (np.stack([task.problem.init[name] for task in tasks]) for name in ("u", "v"))
        p, q = np.zeros_like(u), np.zeros_like(v)
        states = [(u, v, p, q)]
        for _ in range(steps[-1]):
            g = ((u * u - v * v) @ X.T - y) @ X * scale
            p, q = mu * p - 2 * u * g, mu * q + 2 * v * g
            u, v = u + p, v + q
            states.append((u, v, p, q))
        names = ("u", "v", "p_u", "p_v")
        return [
            {name: np.stack([states[step][i][run] for step in steps]) for i, name in enumerate(names)}
            for run in range(len(tasks))
        ]


def row(racer: str = "mine", rate: float = 1e6, **fields: Any) -> RaceRow:
    """Return a row whose every figure is known: 100 steps of a batch at `rate` run-steps a second."""
    known: dict[str, Any] = {
        "role": "candidate", "dtype": "float64", "runs": 1, "threads": 1, "steps": 100, "spread": 0.01,
        "cores": 1.0, "fixed": 0.0, "flop": 16_000, "outcome": Outcome.AGREES, "error": 0.5,
    } | fields  # fmt: skip
    return RaceRow(racer, seconds=known["runs"] * known["steps"] / rate, **known)


def race_of(*rows: RaceRow, **fields: Any) -> Race:
    """Return a race of these rows."""
    known: dict[str, Any] = {
        "problem": {"n": 40, "d": 100, "model": "diagonal", "method": "heavy_ball"},
        "rounds": 5,
        "threads": 1,
        "trial": "mine",
        "machine": Machine("a processor", 2, {"float64": 5e10, "float32": 1e11}, 1e10),
        "roofs": (
            Roof("numpy", "float64", 1, 1, 3e10, 0.01, 1.0),
            Roof("all cores", "float64", 1, 1, 6e10, 0.01, 2.0),
        ),
        "growth": (GrowthPoint("steps", 10.0, 0.1, 1.0), GrowthPoint("steps", 100.0, 1.3, 1.3)),
        "targets": (Target("faster than <that>", 2.0, 1.3, True), Target("linear", 1.3, 1.0, False, "why")),
        "not_raced": (NotRaced("absent", "float64, 1 run", "needs a <device>"),),
        "versions": {"made": "2030-01-02 03:04 UTC", "python": "CPython 3.11"},
        "seconds": 12.5,
    } | fields
    return Race(rows=rows, **known)


@pytest.fixture
def sleep(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Have races read a clock of ours, and return how long a racer says that it sleeps."""
    return Clock(monkeypatch).sleep


@pytest.fixture
def make_racer(sleep: Callable[[float], None]) -> Callable[..., Racer]:
    """Return a maker of racers: name, role and what is planted."""
    return lambda name="mine", role="candidate", **planted: Racer(name, role, HeavyBall(sleep, **planted))


@pytest.fixture
def make_field(make_racer: Any) -> Callable[..., Field]:
    """Return a maker of fields from racers."""
    return lambda *racers: Field(racers or (make_racer(),), {})


@pytest.fixture
def rules() -> Rules:
    """Return short rules on a small problem."""
    return Rules(rounds=3, call_seconds=0.002, patience=0.2, problem=SMALL)


@pytest.fixture
def make_row() -> Callable[..., RaceRow]:
    """Return the maker of rows."""
    return row


@pytest.fixture
def make_race() -> Callable[..., Race]:
    """Return the maker of races."""
    return race_of


@pytest.fixture
def make_ratio() -> type[Ratio]:
    """Return the class of ratios."""
    return Ratio
