"""What a sweep asks of its runs, from the states that they ended in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightning_runs.observables import losses_of, theta_of
from oracle.records.candidate import Array, CandidateProblem

__all__ = ["Outcome", "initial_loss", "outcome_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """What runs of one data set came to; float64 from the states as recorded, arrays of shape (runs,).

    Parameters
    ----------
    loss, l1_norm : float64
        Of all samples, and ‖θ‖₁.
    distance, relative_distance : float64
        ‖θ − θ*‖₂, and divided by ‖θ*‖₂; NaN without a truth.
    support_recovered : bool
        Whether the largest |θ_j| are those of the k non-zero θ*_j, k of them.
    finite : bool
        Whether every number of the state, and the loss, is.
    """

    loss: Floats
    l1_norm: Floats
    distance: Floats
    relative_distance: Floats
    support_recovered: NDArray[np.bool_]
    finite: NDArray[np.bool_]


def outcome_of(problem: CandidateProblem, states: Mapping[str, Array], truth: Floats | None) -> Outcome:
    """Return what runs came to.

    Parameters
    ----------
    problem : CandidateProblem
        Shared by the runs; its start is not looked at.
    states : mapping of name to ndarray, shape (runs, d)
    truth : float64, shape (d,), optional
        θ*.
    """
    wide = {name: array.astype(np.float64, copy=False) for name, array in states.items()}
    with np.errstate(over="ignore", invalid="ignore"):  # of a run that diverged
        theta = theta_of(problem.model, wide)
        loss: Floats = losses_of(problem, theta)
    finite = np.isfinite(loss) & np.logical_and.reduce([np.isfinite(a).all(axis=1) for a in wide.values()])
    with np.errstate(over="ignore", invalid="ignore"):
        l1_norm = np.abs(theta).sum(axis=1)
        if truth is None:
            nothing = np.full(len(loss), np.nan)
            return Outcome(loss, l1_norm, nothing, nothing, np.zeros(len(loss), dtype=bool), finite)
        distance = np.sqrt(np.square(theta - truth).sum(axis=1))
    recovered = finite & _support_recovered(theta, truth)
    return Outcome(loss, l1_norm, distance, distance / np.linalg.norm(truth), recovered, finite)


def initial_loss(problem: CandidateProblem) -> Floats:
    """Return the loss at the start, shape (1,), in float64."""
    start = {name: values[None].astype(np.float64) for name, values in problem.init.items()}
    return losses_of(problem, theta_of(problem.model, start))


def _support_recovered(theta: Floats, truth: Floats) -> NDArray[np.bool_]:
    """Tell by run whether every |θ_j| on the support of θ* is above every one off it."""
    on = np.abs(theta[:, truth != 0]).min(axis=1)
    off = np.abs(theta[:, truth == 0]).max(axis=1, initial=0.0)
    recovered: NDArray[np.bool_] = on > off
    return recovered
