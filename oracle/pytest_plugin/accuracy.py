"""How accurate a run is, in units of what rounding may do: the figure that stands beside a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.case import case_of
from oracle.data_checks import finite_rows
from oracle.records.candidate import Array, Declaration
from oracle.replay import replay
from oracle.trace import trace_of

__all__ = ["Accuracy", "accuracy_of"]


@dataclass(frozen=True)
class Accuracy:
    """Local errors of a run over their bounds.

    Parameters
    ----------
    largest : float
        Over all replayed steps and coordinates; at most 1 where the arithmetic is the declared one.
    typical : float
        Their root mean square, which moves where the largest one, met at some single place, does not.
    values : int
        How many local errors there were.
    """

    largest: float
    typical: float
    values: int


def accuracy_of(
    canonical: Mapping[str, Any], declaration: Declaration, arrays: Mapping[str, Array], steps: Sequence[int]
) -> Accuracy | None:
    """Return the accuracy of a record in units of the bounds of a declaration, whoever made it.

    Parameters
    ----------
    canonical : mapping
        Of the spec.
    declaration : Declaration
    arrays : mapping of name to ndarray
        As `oracle.data_checks.check_record` accepts.
    steps : sequence of int
        Of the rows.

    Returns
    -------
    Accuracy or None
        None where no step could be replayed.
    """
    case = case_of(canonical)
    trace = trace_of(case, arrays, list(steps)).head(finite_rows(arrays, list(arrays)))
    found = replay(case, declaration, trace)
    parts = [found.position.ratio] + ([] if found.momentum is None else [found.momentum.ratio])
    ratio = np.concatenate(parts, axis=1)
    if not ratio.size:
        return None
    known = np.where(np.isnan(ratio), np.inf, ratio)
    return Accuracy(float(known.max()), float(np.sqrt(np.mean(known**2))), ratio.size)
