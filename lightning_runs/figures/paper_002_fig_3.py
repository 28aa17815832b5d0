"""Paper 002, Fig. 3: how far the rescaled gradient flow and the heavy-ball flow are from heavy ball on the diagonal network.

The paper prints two scalings of the loss; all four that are in use are tried, and one is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.bands import paired, thinned
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.integration import Field, euler, followed
from lightning_runs.figures.network_flows import DiagonalNetworks, heavy_ball_flow, rescaled_gradient_flow
from lightning_runs.figures.scalar_runs import spread_steps
from lightning_runs.sweeps.grid import SCHEMA, points_of
from lightning_runs.sweeps.grid_fields import seeds
from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.grid_tasks import GridTasks
from lightning_runs.tasks import LOSS_FACTORS
from oracle.records.figure import Figure

__all__ = ["EXPERIMENTS"]

Array = NDArray[np.float64]
FLOWS = ("RGF", "HBF")
LEFT = 1e30  # stands for every error of a flow that leaves all bounds


@dataclass(frozen=True)
class Errors:
    """|θ_k − θ(kη)|² of both flows under one loss, each of shape (momenta, seeds, steps)."""

    steps: list[int]
    by_flow: Mapping[str, Array]

    def largest(self, flow: str) -> Array:
        """Return the largest over all steps, shape (momenta, seeds)."""
        largest: Array = self.by_flow[flow].max(axis=-1)
        return largest


def errors_of(runs: Runs, loss: str) -> Errors:
    """Train heavy ball and follow both flows under one loss."""
    config = runs.config
    steps = spread_steps(int(config["dense"]), int(config["losses"][loss]), int(config["points"]))
    grid = grid_from(_sweep(config, loss, steps))
    points = points_of(grid)
    tasks = GridTasks(grid)(points)
    recorded = runs.train(loss, tasks)
    order = sorted(range(len(points)), key=lambda run: points[run].momentum)
    theta = np.array([recorded[run]["theta"] for run in order])
    problems = [tasks[run].problem for run in order]
    start = np.array([[problem.init[name] for name in "uv"] for problem in problems])
    networks = DiagonalNetworks(
        np.array([problem.X for problem in problems]),
        np.array([problem.y for problem in problems]),
        LOSS_FACTORS[loss](int(config["sizes"]["n"])),
    )
    eta = float(Fraction(config["step_size"]))
    momentum = np.array([float(points[run].momentum) for run in order])
    fields: dict[str, Field] = {
        "RGF": rescaled_gradient_flow(networks, momentum),
        "HBF": heavy_ball_flow(networks, eta, momentum),
    }
    by_flow = {}
    for name, field in fields.items():
        positions = followed(field, start, eta, steps, advance=euler, parts=int(config["euler_parts"]))
        with np.errstate(over="ignore", invalid="ignore"):
            squares = np.square(networks.theta(positions).swapaxes(0, 1) - theta).sum(axis=-1)
        bounded = np.where(np.isfinite(squares), np.minimum(squares, LEFT), LEFT)
        by_flow[name] = bounded.reshape(len(grid.momentum), -1, len(steps))
    return Errors(steps, by_flow)


def draw(runs: Runs) -> Figure:
    """Return the errors under the drawn loss, and the counts under all."""
    config = runs.config
    found = {loss: errors_of(runs, loss) for loss in config["losses"]}
    shown = found[config["drawn"]]
    below = {
        loss: [
            paired(errors.largest("HBF")[i], errors.largest("RGF")[i]) for i in range(len(config["momenta"]))
        ]
        for loss, errors in found.items()
    }
    count = len(seeds("seeds", config["seeds"]))
    told = "; ".join(
        f"{loss.replace('_', ' ')}: " + ", ".join(f"{each.below}" for each in counts)
        for loss, counts in below.items()
    )
    left = {loss: int((errors.largest("HBF") >= LEFT).sum()) for loss, errors in found.items()}
    diverged = ", ".join(
        f"{number} under {loss.replace('_', ' ')}" for loss, number in left.items() if number
    )
    share = np.median((shown.by_flow["HBF"] < shown.by_flow["RGF"])[..., 1:].mean(axis=-1), axis=1)
    momenta = ", ".join(config["momenta"])
    return Figure(
        identifier="002-fig-3",
        paper="002",
        place="Fig. 3",
        claimed="HBF has a smaller discretisation error than RGF on the diagonal network, for different μ.",
        seen=f"with the loss of Sec. 3.1, Σ r²/(2n), the largest error of HBF is below that of RGF in "
        f"{', '.join(str(each.below) for each in below[config['drawn']])} of {count} seeds for μ = {momenta}, and HBF "
        f"is lower in "
        f"{', '.join(f'{part:.0%}' for part in share)} of the drawn steps (medians).",
        robustness=f"of {count} seeds HBF's largest error is below RGF's, for μ = {momenta}, in: {told}. Euler runs "
        f"of HBF that leave "
        f"every bound: {diverged or 'none'}.",
        x_label="step k",
        y_label="|θ_k − θ(kη)|²",
        curves=tuple(
            thinned(f"{flow}, μ = {momentum}", shown.steps[1:], shown.by_flow[flow][i, :, 1:])
            for flow in FLOWS
            for i, momentum in enumerate(config["momenta"])
        ),
        seeds=seeds("seeds", config["seeds"]),
        x_log=True,
        y_log=True,
        numbers={
            **{f"steps, {loss}": errors.steps for loss, errors in found.items()},
            **{
                f"largest error of {flow}, μ = {momentum}, {loss}": [
                    float(f"{v:.9g}") for v in errors.largest(flow)[i]
                ]
                for loss, errors in found.items()
                for flow in FLOWS
                for i, momentum in enumerate(config["momenta"])
            },
        },
        setting=_setting(config),
    )


def _sweep(config: Mapping[str, Any], loss: str, steps: list[int]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "problem": {"kind": "sparse_regression", **config["sizes"], "loss": loss},
        "model": "diagonal",
        "methods": ["heavy_ball"],
        "seeds": config["seeds"],
        "step_size": config["step_size"],
        "momentum": config["momenta"],
        "scale": config["scale"],
        "steps": steps,
    }


def _setting(config: Mapping[str, Any]) -> dict[str, str]:
    sizes = config["sizes"]
    return {
        "problem": f"n = {sizes['n']}, d = {sizes['d']}, {sizes['nonzeros']} non-zeros ~ N(0, 1)",
        "start": f"w+ = w− = {config['scale']}",
        "step size η": config["step_size"],
        "momentum μ": ", ".join(config["momenta"]),
        "Euler's step": f"η/{config['euler_parts']}",
        "losses, with their steps": ", ".join(f"{loss} {steps}" for loss, steps in config["losses"].items()),
        "drawn": config["drawn"],
        "an error that leaves every bound is set to": f"{LEFT:g}",
    }


EXPERIMENTS = (Experiment("002-fig-3", "002-fig-3.yaml", draw),)
