"""How the defects of a centred run add up: rigorous radii for every step.

With the norm V of `reference.error_norm`, the growth γ(σ_k) of one step, the turning of the norm
from B_k to B_{k+1} and the new defect δ_{k+1},

    E_{k+1} = turning(|ΔB_{k+1}|) · γ(σ_k) · E_k + √V(δ_{k+1}),

    σ_k = η(|S| max_j|g_j| + M (c_a |J| + c_q |J| + c_a c_q |e|) |e|),   M = 2f |X|²,

bounds √V of the error at every step; |e| ≤ κ E_k at the point where the gradient is taken.  The
second term of σ is the gradient's remainder, quadratic in the error, written as a forcing that is
proportional to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, log
from typing import Any

from flint import arb

from reference.balls import ball_precision
from reference.case import Case
from reference.centred_run import CentredRun, StepMeasure
from reference.curvature import CURVATURES
from reference.descent_norm import DescentNorm
from reference.error_norm import ErrorNorm, NoCertificateError

__all__ = ["ErrorBound", "LostError", "choose_norm"]

BOUND_BITS = 64
MOMENTUM_WEIGHTS = (0.3, 0.5, 0.8)
DRIFT_WEIGHTS = (0.125, 0.25, 0.5, 0.8)  # in units of (1 − μ)²
FINALISTS = 2
SAMPLED = 100  # steps of the run at which the float estimate looks
HEADROOM = 1.0 + 2**-20
WORST_ERROR = 1.0


class LostError(ArithmeticError):
    """The error bound grew past every use; more working bits are needed."""

    def __init__(self, step: int) -> None:
        super().__init__(
            f"the enclosure is wider than any use at step {step}: the run amplifies rounding faster than "
            "more working bits could follow; ask for earlier `want.steps` or a smaller `method.step_size`"
        )
        self.step = step


class ErrorBound:
    """Radii of a centred run, from its measures and a norm.

    Parameters
    ----------
    run : CentredRun
    norm : ErrorNorm or DescentNorm
        Valid for the largest curvature among the measures it will be given.
    """

    def __init__(self, run: CentredRun, norm: ErrorNorm | DescentNorm) -> None:
        self.run, self.norm = run, norm
        self.step_size = float(run.case.method.step_size) * HEADROOM
        self.hessian = run.hessian_factor * run.data.norm_squared * HEADROOM

    def position_radii(self, measures: Sequence[StepMeasure]) -> list[Any]:
        """Return for every step a bound, an arb, on |position error|₂ of the run's own position.

        Raises
        ------
        LostError
            At the first step whose bound is useless.
        NoCertificateError
            If no growth could be proved for the forcing met.
        """
        looks_from = self.run.case.method.name == "nesterov_lookahead"
        factor = arb(self.norm.lookahead_factor if looks_from else self.norm.position_factor)
        with ball_precision(BOUND_BITS):
            return [(factor * error).abs_upper() for error in self._errors(measures)]

    def _errors(self, measures: Sequence[StepMeasure]) -> list[Any]:
        """Return E_0, E_1, …."""
        error = self._defect(measures[0])
        errors = [error]
        for k, (here, there) in enumerate(pairwise(measures)):
            factor = self.norm.turning(there.turn) * self.norm.growth(self.forcing(here, float(error)))
            error = arb((arb(factor) * error + self._defect(there)).abs_upper())
            if not float(error) < WORST_ERROR:
                raise LostError(k + 1)
            errors.append(error)
        return errors

    def forcing(self, measure: StepMeasure, error: float) -> float:
        """Return σ for a step whose error is at most `error` in the norm."""
        model = self.run.model
        distance = self.norm.argument_factor * error
        change, remainder = model.jacobian_change, model.predictor_remainder
        quadratic = (change + remainder) * measure.jacobian + change * remainder * distance
        sigma = model.residual * measure.residual_gradient + self.hessian * quadratic * distance
        return self.step_size * sigma * HEADROOM

    def _defect(self, measure: StepMeasure) -> Any:
        """Return √V of a step's own rounding, scaled so that tiny defects do not underflow."""
        size = measure.position_defect + measure.momentum_defect
        if size.is_zero():
            return arb(0)
        position = float((measure.position_defect / size).abs_upper()) * HEADROOM
        momentum = float((measure.momentum_defect / size).abs_upper()) * HEADROOM
        if self.run.case.method.name == "nesterov_lookahead":
            position += float(self.run.case.method.momentum) * momentum * HEADROOM
        return size * arb(self.norm.of_defect(position, momentum))


def choose_norm(case: Case, measures: Sequence[StepMeasure]) -> ErrorNorm | DescentNorm:
    """Return the norm that promises the least growth over the measured run.

    The weights are picked by a float estimate of the total growth; whichever is picked, every
    growth it then answers is proved.

    Raises
    ------
    NoCertificateError
        If no candidate norm admits a certificate.
    """
    bound = max(measure.curvature for measure in measures) * HEADROOM
    method = case.method
    if method.name == "gradient_descent":
        return DescentNorm(bound)
    candidates = [
        ErrorNorm(
            momentum=method.momentum,
            looks_ahead=method.name != "heavy_ball",
            curvature_bound=bound,
            momentum_weight=alpha,
            drift_weight=weight * float(1 - method.momentum) ** 2,
        )
        for alpha in MOMENTUM_WEIGHTS
        for weight in DRIFT_WEIGHTS
    ]
    forces = _forces(case, measures)
    mean = (sum(f for f, _ in forces) / len(forces), sum(t for _, t in forces) / len(forces))
    finalists = sorted(candidates, key=lambda norm: _promise(norm, [mean]))[:FINALISTS]
    best = min(finalists, key=lambda norm: _promise(norm, forces))
    if _promise(best, forces) == inf:
        raise NoCertificateError(
            f"no norm proves that errors stay bounded: step_size × curvature reaches {bound:.3g}, "
            "beyond where the method is stable"
        )
    return best


def _forces(case: Case, measures: Sequence[StepMeasure]) -> list[tuple[float, float]]:
    """Return (η|S|, turn) at evenly spread steps of the run."""
    scale = float(case.method.step_size) * CURVATURES[case.model].residual
    sample = measures[:: max(1, len(measures) // SAMPLED)]
    return [(scale * measure.residual_gradient, measure.turn) for measure in sample]


def _promise(norm: ErrorNorm, forces: Sequence[tuple[float, float]]) -> float:
    """Return the estimated growth in nats; infinite where nothing is proved."""
    try:
        return sum(log(norm.growth(force)) + log(norm.turning(turn)) for force, turn in forces)
    except NoCertificateError:
        return inf
