"""θ and the loss of recorded states, in the dtype they were recorded in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lightning_runs.kernels.update import NETWORKS
from lightning_runs.tasks import LOSS_FACTORS, PARAMETERS
from oracle.records.candidate import Array, CandidateProblem

__all__ = ["losses_of", "observed", "theta_of"]


def theta_of(model: str, states: Mapping[str, Array]) -> Array:
    """Return θ of states, each array of shape (..., d)."""
    theta: Array = NETWORKS[model].theta([states[name] for name in PARAMETERS[model]])
    return theta


def losses_of(problem: CandidateProblem, theta: Array) -> Array:
    """Return f · Σ (X θ − y)² over all samples, from shape (..., d) to (...)."""
    with np.errstate(over="ignore", invalid="ignore"):  # a run that diverged has a loss of its own
        residual = theta @ problem.X.T - problem.y
        losses: Array = (residual * residual).sum(axis=-1) * theta.dtype.type(
            LOSS_FACTORS[problem.loss](len(problem.y))
        )
    return losses


def observed(problem: CandidateProblem, recorded: Mapping[str, Array]) -> dict[str, Array]:
    """Return recorded states with θ, where the model shows it, and the loss over all samples.

    Parameters
    ----------
    problem : CandidateProblem
    recorded : mapping of state name to ndarray, shape (steps, d)

    Returns
    -------
    dict of name to ndarray
        The recorded arrays; ``theta`` (steps, d); ``loss`` (steps,).  All of the state's dtype.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        theta = theta_of(problem.model, recorded)
    derived = {} if problem.model == "scalar_product" else {"theta": theta}
    return {**recorded, **derived, "loss": losses_of(problem, theta)}
