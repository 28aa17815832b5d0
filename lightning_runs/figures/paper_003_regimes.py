"""Paper 003, Sec. 2: λ ≪ 1 follows gradient flow, λ ≫ 1 oscillates and converges arbitrarily slowly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lightning_runs.figures.bands import paired, thinned
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.figure_config import numbers
from lightning_runs.figures.paper_003_runs import (
    Floats,
    Starts,
    flow_tasks,
    momentum_runs,
    sampled_steps,
    starts_of,
)
from oracle.records.figure import Curve, Figure

__all__ = ["EXPERIMENTS"]

FLOW_STEP = 0.0005
CONVERGED = 1e-3  # of the loss at the start
AWAY, SLOW, RISING = (
    "distance from gradient flow",
    "time to converge over gradient flow's",
    "share of that time with rising loss",
)


@dataclass(frozen=True)
class Path:
    """θ and loss of one run at times."""

    times: Floats
    theta: Floats
    loss: Floats

    @property
    def converged_at(self) -> float:
        """The last time at which the loss is above `CONVERGED` of the start's; infinite where it never settles."""
        above = np.nonzero(self.loss > CONVERGED * self.loss[0])[0][-1]
        return float(self.times[above + 1]) if above + 1 < len(self.times) else np.inf


def draw(runs: Runs) -> Figure:
    """Return the picture of the regimes."""
    starts = starts_of(runs)
    lambdas, gammas = numbers(runs.config, "lambda"), numbers(runs.config, "gamma")
    flow = _flow(runs, starts)
    measured = {gamma: _measured(runs, starts, flow, gamma, lambdas) for gamma in gammas}
    curves = tuple(
        thinned(f"γ = {gamma:g}, {name}", lambdas, values)
        for gamma, found in measured.items()
        for name, values in found.items()
    )
    return Figure(
        identifier="003-regimes",
        paper="003",
        place="Sec. 2 (regimes of λ)",
        claimed="λ ≪ 1 follows the trajectory of gradient flow; λ ≫ 1 oscillates heavily and converges arbitrarily slowly.",
        seen=_seen(lambdas, curves),
        robustness=_robustness(lambdas, measured),
        x_label="λ = γ/(1 − β)²",
        y_label="distance, ratio or share",
        curves=curves,
        seeds=starts.seeds,
        x_log=True,
        y_log=True,
        setting={
            "data": "n = 20, d = 50, 3 non-zeros of θ*, loss Σ r²/(2n)",
            "model": "θ = u⊙v from u(0) = 0.1, v(0) = 0, at rest",
            "γ": ", ".join(f"{gamma:g}" for gamma in gammas) + "; β = 1 − √(γ/λ)",
            "gradient flow": f"gradient descent with step {FLOW_STEP}",
            "distance": "largest ‖θ(t) − θ_GF(t)‖₂ over ‖θ*‖₂",
            "converged": f"the loss stays below {CONVERGED:g} of the loss at the start",
            "not in the paper": "sizes, α, γ and λ of its picture",
        },
    )


def _flow(runs: Runs, starts: Starts) -> list[Path]:
    (until,), (points,) = numbers(runs.config, "time"), numbers(runs.config, "points")
    steps = sampled_steps(until, FLOW_STEP, 5 * int(points))
    recorded = runs.train("flow", flow_tasks(starts.tasks, FLOW_STEP, steps))
    return [Path(FLOW_STEP * np.array(steps), each["theta"], each["loss"]) for each in recorded]


def _measured(
    runs: Runs, starts: Starts, flow: Sequence[Path], gamma: float, lambdas: Sequence[float]
) -> dict[str, Floats]:
    """Return what is measured, each of shape (seeds, lambdas)."""
    found: dict[str, list[list[float]]] = {AWAY: [], SLOW: [], RISING: []}
    for lam in lambdas:
        times, recorded = momentum_runs(runs, starts, lam, gamma)
        paths = [Path(times, each["theta"], each["loss"]) for each in recorded]
        sizes = [float(np.linalg.norm(truth)) for truth in starts.truths]
        found[AWAY].append(
            [_away(path, base) / size for path, base, size in zip(paths, flow, sizes, strict=True)]
        )
        found[SLOW].append(
            [path.converged_at / base.converged_at for path, base in zip(paths, flow, strict=True)]
        )
        found[RISING].append([_rising(path) for path in paths])
    return {name: np.array(values).T for name, values in found.items()}


def _away(path: Path, flow: Path) -> float:
    """Return the largest distance between both at the path's times, as long as the flow was followed."""
    kept = path.times <= flow.times[-1]
    at = np.stack([np.interp(path.times[kept], flow.times, column) for column in flow.theta.T], axis=1)
    return float(np.linalg.norm(path.theta[kept] - at, axis=1).max())


def _rising(path: Path) -> float:
    """Return the share of the time before convergence in which the loss rises."""
    before = path.times[1:] <= min(path.converged_at, path.times[-1])
    return float((np.diff(path.loss)[before] > 0).mean())


def _seen(lambdas: Sequence[float], curves: Sequence[Curve]) -> str:
    """Say what is measured at the smallest and the largest λ, with the first γ."""
    ends = []
    for at in (0, len(lambdas) - 1):
        told = ", ".join(
            f"{curve.name.rpartition(', ')[2]} {np.median([row[at] for row in curve.values]):.2g}"
            for curve in curves[:3]
        )
        ends.append(f"at λ = {lambdas[at]:g}: {told}")
    return "medians " + "; ".join(ends) + "."


def _robustness(lambdas: Sequence[float], measured: Mapping[float, Mapping[str, Floats]]) -> str:
    """Say in how many seeds it is so, and how far two couples of one λ differ."""
    first, second = list(measured.values())[:2]
    one = lambdas.index(1.0)
    slower = paired(first[SLOW][:, one], first[SLOW][:, -1])
    closer = paired(first[AWAY][:, 0], first[AWAY][:, one])
    differ = np.median(np.abs(first[AWAY] / second[AWAY] - 1), axis=0)
    return (
        f"in {slower.below} of {slower.pairs} seeds λ = {lambdas[-1]:g} converges later than λ = 1, in {closer.below} of "
        f"{closer.pairs} λ = {lambdas[0]:g} stays closer to gradient flow; the two couples of one λ differ in distance by "
        f"{differ.min():.1%} to {differ.max():.1%} (medians by λ)."
    )


EXPERIMENTS = (Experiment("003-regimes", "003-regimes.yaml", draw),)
