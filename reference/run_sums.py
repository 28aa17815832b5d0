"""The sums along a discrete run, over any arithmetic.

    phi              8η/(1 − μ)² Σ g_k ⊙ g_k, g = ∇_θL at the point where step k takes its gradient,
    gradient_energy  η Σ |∇L|²,
    S_plus, S_minus  of `reference.bias_identities`,

with sums over the steps k before the asked one, and of the state at the step itself

    signed_balancedness  w₊w₋: u² − v², or 4uv for θ = u⊙u − v⊙v (its Δ in the coordinates u ± v),
    balancedness         its absolute value,
    perturbed_start      θ̃ of `reference.bias_identities`, Eq. 3.

Source: paper 000, Eq. 9 (phi, with its integral as a sum of steps η); paper 003, Sec. 6 (the others).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from reference.arithmetic import Vector
from reference.bias_identities import (
    BiasSums,
    Elementary,
    Weights,
    balancedness,
    force_scale,
    has_weights,
    perturbed_start,
    signed_weights,
)
from reference.case import Case
from reference.models import MODELS
from reference.objective import Objective, RegressionObjective

__all__ = ["RunSums", "phi_factor", "start_weights", "zero_weight"]

QUARTER = Fraction(1, 4)


def phi_factor(case: Case) -> Fraction:
    """Return 8η/(1 − μ)²; μ = 0 for gradient descent."""
    mu = Fraction(0) if case.method.name == "gradient_descent" else case.method.momentum
    return 8 * case.method.step_size / (1 - mu) ** 2


def start_weights(case: Case, objective: Objective) -> tuple[Weights, Weights]:
    """Return w±_0 and p±_0 over the objective's arithmetic."""
    arithmetic = objective.arithmetic
    names = MODELS[case.model].names
    momenta = [case.method.p0.get(name, (Fraction(0),) * len(case.init[name])) for name in names]
    start = signed_weights(case.model, [arithmetic.vector(case.init[name]) for name in names])
    return start, signed_weights(case.model, [arithmetic.vector(p) for p in momenta])


def zero_weight(case: Case) -> str | None:
    """Return the first coordinate of w±_0 that is zero, by name, or None."""
    names = MODELS[case.model].names
    weights = signed_weights(case.model, [Vector(list(case.init[name])) for name in names])
    for sign, vector in (("plus", weights.plus), ("minus", weights.minus)):
        for j, value in enumerate(vector):
            if value == 0:
                return f"w_{sign}[{j}]"
    return None


class RunSums:
    """The sums of one run so far.

    Parameters
    ----------
    case : Case
    objective : Objective
        Of the form that is followed (`reference.settled_run.running_form`).
    functions : Elementary
        Over the objective's arithmetic.
    """

    def __init__(self, case: Case, objective: Objective, functions: Elementary) -> None:
        self.case, self.objective, self.functions = case, objective, functions
        self.number = objective.arithmetic.number
        self.step = 0
        zero = self.number(Fraction(0))
        self.energy, self.squares = zero, None
        if isinstance(objective, RegressionObjective):
            width = len(next(iter(case.init.values())))
            self.squares = objective.arithmetic.stack([zero] * width)
        self.looks_ahead = case.method.name in ("nesterov", "nesterov_lookahead")
        self.weights: Weights | None = None
        self.bias: BiasSums | None = None
        if has_weights(case):
            self.weights, momentum = start_weights(case, objective)
            if zero_weight(case) is None:
                self.bias = BiasSums(case, self.number, functions, self.weights, momentum)

    def add(self, here: Any, after: Any) -> None:
        """Take the step whose gradient is taken at `here` and whose successor's at `after`."""
        objective = self.objective
        if isinstance(objective, RegressionObjective):
            g = objective.predictor_gradient(here, self.step)
            self.squares = self.squares + g * g
            parameters = objective.arithmetic.split(here, objective.sizes)
            gradient = objective.arithmetic.join(objective.model.pullback(parameters, g, self.number))
            if self.weights is not None:
                self._move(here, after, g)
        else:
            gradient = objective.gradient(here, self.step)
        self.energy = self.energy + objective.arithmetic.total(gradient * gradient)
        self.step += 1

    def close(self, position: Any, gains: Weights | None = None) -> None:
        """End the run at its limit: w± are those of the position, and S± may gain what is left."""
        if self.weights is not None:
            self.weights = self.weights_at(position)
        if self.bias is not None:
            self.bias.close(gains)

    def observed(self, here: Any) -> dict[str, Vector]:
        """Return the sums by name; `here` is where the next gradient is taken."""
        arithmetic, number = self.objective.arithmetic, self.number
        named = {
            "gradient_energy": arithmetic.stack([number(self.case.method.step_size) * self.energy]),
        }
        if self.squares is not None:
            named["phi"] = number(phi_factor(self.case)) * self.squares
        if self.bias is not None:
            named |= self._excess_observed()
        if self.weights is not None:
            recorded = (
                self.weights_at(here) if self.case.method.name == "nesterov_lookahead" else self.weights
            )
            signed = balancedness(recorded)
            named["signed_balancedness"] = signed
            named["balancedness"] = Vector([abs(x) for x in signed])
        return named

    def _excess_observed(self) -> dict[str, Vector]:
        """Return S± and θ̃."""
        assert self.bias is not None
        excesses = self.bias.excess_sums()
        return {
            "S_plus": excesses.plus,
            "S_minus": excesses.minus,
            "perturbed_start": perturbed_start(
                self.bias.start, self.bias.exponents(), self.number(QUARTER), self.functions
            ),
        }

    def _move(self, here: Any, after: Any, g: Any) -> None:
        """Advance w±."""
        looked_from = None
        if self.looks_ahead:
            looked_from = self.weights_at(here)
            push = self.number(force_scale(self.case)) * g
            moved = Weights(
                looked_from.plus - push * looked_from.plus, looked_from.minus + push * looked_from.minus
            )
        else:
            moved = self.weights_at(after)
        self.weights = moved
        if self.bias is not None:
            self.bias.add(moved, looked_from)

    def weights_at(self, position: Any) -> Weights:
        """Return w± of joined parameters."""
        parameters = self.objective.arithmetic.split(position, self.objective.sizes)
        return signed_weights(self.case.model, parameters)
