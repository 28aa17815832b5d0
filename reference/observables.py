"""What is recorded of a state: every parameter, θ where the model has one, and the loss."""

from __future__ import annotations

from typing import Any

from reference.arithmetic import Vector
from reference.case import Case, FlowCase
from reference.models import MODELS
from reference.objective import Objective, RegressionObjective

__all__ = ["SCALARS", "observe"]

SCALARS = frozenset({"loss"})


def observe(case: Case | FlowCase, objective: Objective, position: Any) -> dict[str, Vector]:
    """Return the observables of one position by name, each a vector (the loss of length one).

    Parameters
    ----------
    case : Case or FlowCase
    objective : RegressionObjective or PolynomialObjective
        Over the arithmetic of `position`.
    position : vector
        The joined parameters (for look-ahead, the point y).
    """
    model = MODELS[case.model]
    parameters = objective.arithmetic.split(position, objective.sizes)
    observed = dict(zip(model.names, parameters, strict=True))
    if model.shows_theta and isinstance(objective, RegressionObjective):
        observed["theta"] = objective.predictor(position)
    observed["loss"] = objective.arithmetic.stack([objective.loss(position)])
    return observed
