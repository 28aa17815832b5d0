"""The problem that is raced on: the paper's, as many runs, each from a start of its own.

Run i starts from u = v = 9/256 · (1 + i/8192): dyadic and exact in float32 for the first 8192 runs, so
no two runs of a batch are the same and none can be skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from oracle.records.candidate import CandidateTask
from oracle.tensors import task_of
from oracle.verify import MODEL, MOMENTUM, STEP_SIZE, Size, paper_spec

__all__ = ["METHOD", "PAPER", "RaceProblem"]

METHOD = "heavy_ball"
START, GRAIN = Fraction(9, 256), 8192


@dataclass(frozen=True)
class RaceProblem:
    """A sparse regression of one size.

    Parameters
    ----------
    n, d : int
    """

    n: int = 40
    d: int = 100

    @property
    def flop(self) -> int:
        """Useful operations of one run-step: 2 n d for X θ, 2 n d for Xᵀ r; the O(d) rest is not counted."""
        return 4 * self.n * self.d

    def spec(self, dtype: str, run: int = 0) -> dict[str, Any]:
        """Return the canonical spec of one run, inputs rounded to `dtype`."""
        canonical = dict(_paper_canonical(self, dtype))
        text = str(START * (1 + Fraction(run, GRAIN)))
        return {**canonical, "init": {name: [text] * self.d for name in canonical["init"]}}

    def tasks(self, dtype: str, runs: int, steps: Sequence[int]) -> list[CandidateTask]:
        """Return one task a run, all with the same arrays X and y."""
        first = _first_task(self, dtype)
        factors = (1 + np.arange(runs) / GRAIN).astype(first.problem.X.dtype)
        recorded = tuple(steps)
        return [
            CandidateTask(
                replace(first.problem, init=_scaled(first.problem.init, factor)), first.method, recorded
            )
            for factor in factors
        ]

    def facts(self) -> dict[str, str | int]:
        """Return what a reader must know of it."""
        coefficients: dict[str, str | int] = {"step_size": STEP_SIZE, "momentum": MOMENTUM}
        return {
            "n": self.n,
            "d": self.d,
            "model": MODEL,
            "method": METHOD,
            **coefficients,
            "start": str(START),
        }


PAPER = RaceProblem()


@lru_cache(maxsize=16)
def _paper_canonical(problem: RaceProblem, dtype: str) -> dict[str, Any]:
    size = Size(problem.n, problem.d, nonzeros=5, steps=1)
    return dict(paper_spec(METHOD, dtype, size).canonical)


@lru_cache(maxsize=16)
def _first_task(problem: RaceProblem, dtype: str) -> CandidateTask:
    return task_of(problem.spec(dtype), dtype, (0,))


def _scaled(init: Any, factor: Any) -> dict[str, Any]:
    return {name: array * factor for name, array in init.items()}
