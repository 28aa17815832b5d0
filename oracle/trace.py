"""A candidate's recorded trajectory as the judge reads it: parameters joined, steps in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from oracle.error_free import Floats
from oracle.records.candidate import Array
from reference.case import Case
from reference.models import MODELS

__all__ = ["Trace", "trace_of"]


@dataclass(frozen=True)
class Trace:
    """Recorded states, D coordinates over all parameters in the model's order.

    Parameters
    ----------
    steps : int64, shape (K,)
        Strictly ascending.
    positions : float64, shape (K, D)
        β, or y for the look-ahead sequence; upcast exactly.
    momenta : float64, shape (K, D), or None
        p, where the candidate recorded it.
    observables : mapping of name to float64
        ``theta`` with shape (K, d) and ``loss`` with shape (K,), where recorded.
    names : tuple of (str, int)
        Parameter names and sizes, in the order they are joined.
    """

    steps: np.ndarray[tuple[int], np.dtype[np.int64]]
    positions: Floats
    momenta: Floats | None
    observables: Mapping[str, Floats]
    names: tuple[tuple[str, int], ...]

    def __len__(self) -> int:
        return len(self.steps)

    def head(self, rows: int) -> Trace:
        """Return the first `rows` recorded states."""
        momenta = None if self.momenta is None else self.momenta[:rows]
        observables = {name: values[:rows] for name, values in self.observables.items()}
        return Trace(self.steps[:rows], self.positions[:rows], momenta, observables, self.names)

    def coordinate(self, column: int) -> tuple[str, int]:
        """Return the parameter and the index in it of a joined column."""
        for name, size in self.names:
            if column < size:
                return name, column
            column -= size
        raise IndexError(f"column {column} lies beyond the parameters {self.names}")


def trace_of(case: Case, arrays: Mapping[str, Array], steps: Sequence[int]) -> Trace:
    """Return the trace of arrays that `oracle.data_checks.check_record` has accepted.

    Parameters
    ----------
    case : Case
    arrays : mapping of name to ndarray, first axis K
    steps : sequence of int, length K
    """
    names = tuple((name, len(case.init[name])) for name in MODELS[case.model].names)
    parameters = [name for name, _ in names]
    recorded = all(f"p_{name}" in arrays for name in parameters)
    return Trace(
        np.array(steps, dtype=np.int64),
        _joined(arrays, parameters),
        _joined(arrays, [f"p_{name}" for name in parameters]) if recorded else None,
        {name: arrays[name].astype(np.float64) for name in ("theta", "loss") if name in arrays},
        names,
    )


def _joined(arrays: Mapping[str, Array], names: Sequence[str]) -> Floats:
    return np.concatenate([arrays[name].astype(np.float64) for name in names], axis=1)
