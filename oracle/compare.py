"""The candidate against the golden, step by step: how far it is, not whether it may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oracle.error_free import Floats
from oracle.records.candidate import Array
from oracle.records.golden import Golden
from oracle.records.limbs import LimbArray, difference
from oracle.residuals import Replay

__all__ = ["Curves", "Distance", "curves_of", "distances"]


@dataclass(frozen=True)
class Distance:
    """One observable of the candidate against the golden at the steps that both have.

    Parameters
    ----------
    rows : int64, shape (K,)
        Rows of the candidate.
    candidate : ndarray, shape (K, m)
        m = 1 for a scalar observable.
    golden : float64, shape (K, m)
        The golden's leading digits.
    difference, error : float64, shape (K, m)
        Candidate minus golden, and how well that is known.
    """

    rows: NDArray[np.int64]
    candidate: Array
    golden: Floats
    difference: Floats
    error: Floats


@dataclass(frozen=True)
class Curves:
    """What a report draws over the steps.

    Parameters
    ----------
    steps : int64, shape (K,)
        Steps that candidate and golden both have.
    error, scale : dict of observable to float64, shape (K,)
        Largest |candidate − golden| and largest |golden| per step.
    envelope : dict of observable to float64, shape (K,), or None
        Largest typical width of the global envelope.
    replay_steps : int64, shape (R,)
        Steps reached by local replay.
    replay_ratio, replay_residual, replay_bound : float64, shape (R,)
        Largest |residual|/bound per step, and both at that coordinate.
    """

    steps: NDArray[np.int64]
    error: dict[str, Floats]
    scale: dict[str, Floats]
    envelope: dict[str, Floats] | None
    replay_steps: NDArray[np.int64]
    replay_ratio: Floats
    replay_residual: Floats
    replay_bound: Floats


def distances(golden: Golden, arrays: Mapping[str, Array], steps: Sequence[int]) -> dict[str, Distance]:
    """Return the distance of every observable that candidate and golden both have.

    Parameters
    ----------
    golden : Golden
    arrays : mapping of observable to ndarray, first axis as `steps`
    steps : sequence of int
    """
    row_of = {step: row for row, step in enumerate(golden.steps)}
    rows = np.array([i for i, step in enumerate(steps) if step in row_of], dtype=np.int64)
    golden_rows = np.array([row_of[steps[i]] for i in rows], dtype=np.int64)
    return {
        name: _distance(arrays[name], golden.limbs[name], rows, golden_rows)
        for name in golden.arrays
        if name in arrays
    }


def curves_of(
    steps: NDArray[np.int64],
    found: Mapping[str, Distance],
    replayed: Replay,
    envelope: Mapping[str, Floats] | None = None,
) -> Curves:
    """Return the curves of a comparison.

    Parameters
    ----------
    steps : int64
        Of the candidate's rows.
    found : mapping of observable to Distance
    replayed : Replay
    envelope : mapping of observable to float64, shape (K, m), optional
    """
    rows = next((distance.rows for distance in found.values()), np.empty(0, dtype=np.int64))
    nearest = replayed.nearest
    return Curves(
        steps=steps[rows],
        error={name: _largest(distance.difference) for name, distance in found.items()},
        scale={name: _largest(distance.golden) for name, distance in found.items()},
        envelope=None if envelope is None else {name: _largest(width) for name, width in envelope.items()},
        replay_steps=steps[nearest.rows],
        replay_ratio=nearest.ratio,
        replay_residual=nearest.residual,
        replay_bound=nearest.bound,
    )


def _distance(
    candidate: Array, limbs: LimbArray, rows: NDArray[np.int64], golden_rows: NDArray[np.int64]
) -> Distance:
    there, here = _run_of(golden_rows), _run_of(rows)
    chosen = LimbArray(
        limbs.limbs[:, there], limbs.limb_exponents, limbs.radius[there], limbs.radius_exponent
    )
    recorded = candidate[here]
    gap, error = difference(recorded, chosen)
    leading, exponent = chosen.limbs[0], int(chosen.limb_exponents[0])
    if exponent:
        with np.errstate(over="ignore", under="ignore"):
            leading = np.ldexp(leading, exponent)
    columns = (len(rows), -1) if recorded.size else (len(rows), 1)
    return Distance(
        rows,
        recorded.reshape(columns),
        leading.reshape(columns),
        gap.reshape(columns),
        error.reshape(columns),
    )


def _run_of(rows: NDArray[np.int64]) -> NDArray[np.int64] | slice:
    """Return ascending rows as the run that they are, where they are one: it takes no copy to choose that."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _largest(values: Floats) -> Floats:
    result: Floats = np.abs(values).max(axis=1, initial=0.0)
    return result
