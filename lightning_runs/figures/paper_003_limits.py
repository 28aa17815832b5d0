"""Paper 003, Sec. 4, `Simulate`: the limit of momentum is close to gradient flow's from the balancedness it ends in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from lightning_runs.figures.bands import thinned
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.figure_config import numbers
from lightning_runs.figures.paper_003_runs import (
    Floats,
    Starts,
    couple_of,
    flow_tasks,
    momentum_task,
    starts_of,
)
from oracle.records.candidate import Array
from oracle.records.figure import Figure

__all__ = ["EXPERIMENTS"]

OWN, FIRST = "against gradient flow from √Δ∞", "against gradient flow from √Δ0"
CLOSE = 0.01


def draw(runs: Runs) -> Figure:
    """Return the picture of the limits."""
    starts, lambdas = starts_of(runs), numbers(runs.config, "lambda")
    momentum, own, first = _limits(runs, starts, lambdas)
    apart = {OWN: _apart(momentum, own), FIRST: _apart(momentum, first)}
    scales = sorted({point.scale for point in starts.points}, reverse=True)
    curves = [
        thinned(f"{name}, α = {float(scale):g}", lambdas, values[_at(starts, scale)])
        for name, values in apart.items()
        for scale in scales
    ]
    count = len(scales)
    return Figure(
        identifier="003-limits",
        paper="003",
        place="Sec. 4 (θ_MGF ≈ argmin ψ_Δ∞)",
        claimed="‖θ_MGF − θ‖₂/‖θ‖₂ ≪ 1 for the limit θ of gradient flow from u(0) = √Δ∞, v(0) = 0: θ̃0 is negligible.",
        seen=_seen(starts, scales, apart),
        robustness=_robustness(starts, scales, apart, _nearer(starts, momentum, first)),
        x_label="λ = γ/(1 − β)²",
        y_label="relative distance of the limits",
        curves=tuple(curves),
        seeds=starts.seeds,
        x_log=True,
        y_log=True,
        numbers={
            "over": "the distance to gradient flow from √Δ0",
            "relative": {curves[i].name: curves[i + count].name for i in range(count)},
        },
        setting={
            "data": "n = 20, d = 50, 3 non-zeros of θ*, loss Σ r²/(2n)",
            "model": "θ = u⊙v from u(0) = α, v(0) = 0, at rest",
            "γ": f"{runs.config['gamma']}; β = 1 − √(γ/λ); {runs.config['steps']} steps",
            "gradient flow": f"gradient descent, step {runs.config['flow_step']}, {runs.config['flow_steps']} steps",
            "not in the paper": "sizes, α, γ and λ of its test",
        },
    )


def _limits(runs: Runs, starts: Starts, lambdas: Sequence[float]) -> tuple[Floats, Floats, Floats]:
    """Return the limits of momentum, of gradient flow from √Δ∞ and from √Δ0; each (starts, lambdas, d)."""
    (gamma,), (step,) = numbers(runs.config, "gamma"), numbers(runs.config, "flow_step")
    steps, flow_steps = (int(runs.config[name]) for name in ("steps", "flow_steps"))
    tasks = [
        momentum_task(task, couple_of(lam, gamma), (0, steps)) for task in starts.tasks for lam in lambdas
    ]
    moved = runs.train("momentum", tasks)
    repeated = [task for task in starts.tasks for _ in lambdas]
    ended = runs.train(
        "flow-from-ended", flow_tasks(repeated, step, (0, flow_steps), [_start(run) for run in moved])
    )
    begun = runs.train("flow", flow_tasks(starts.tasks, step, (0, flow_steps)))
    shape = (len(starts.tasks), len(lambdas), -1)
    last = [np.array([run["theta"][-1] for run in each]) for each in (moved, ended, begun)]
    return last[0].reshape(shape), last[1].reshape(shape), np.repeat(last[2][:, None], len(lambdas), axis=1)


def _start(run: Mapping[str, Array]) -> dict[str, Array]:
    """Return u = √Δ∞, v = 0."""
    balancedness = np.abs(run["u"][-1] ** 2 - run["v"][-1] ** 2)
    return {"u": np.sqrt(balancedness), "v": np.zeros_like(balancedness)}


def _apart(left: Floats, right: Floats) -> Floats:
    """Return ‖left − right‖₂/‖right‖₂, shape (starts, lambdas)."""
    apart: Floats = np.linalg.norm(left - right, axis=2) / np.linalg.norm(right, axis=2)
    return apart


def _at(starts: Starts, scale: Fraction) -> list[int]:
    return [i for i, point in enumerate(starts.points) if point.scale == scale]


def _nearer(starts: Starts, momentum: Floats, first: Floats) -> float:
    """Return the share of runs whose limit is nearer to θ* than that of gradient flow."""
    truths = np.array(starts.truths)[:, None]
    return float((np.linalg.norm(momentum - truths, axis=2) < np.linalg.norm(first - truths, axis=2)).mean())


def _seen(starts: Starts, scales: Sequence[Fraction], apart: Mapping[str, Floats]) -> str:
    parts = []
    for scale in scales:
        own, first = (np.median(apart[name][_at(starts, scale)], axis=0) for name in (OWN, FIRST))
        parts.append(
            f"α = {float(scale):g}: {own.min():.1g} to {own.max():.1g} (from √Δ0: {first.min():.1g} to {first.max():.1g})"
        )
    return f"medians of the relative distance over λ, {'; '.join(parts)}."


def _robustness(
    starts: Starts, scales: Sequence[Fraction], apart: Mapping[str, Floats], nearer: float
) -> str:
    close = ", ".join(
        f"{int((rows := apart[OWN][_at(starts, scale)] < CLOSE).sum())} of {rows.size} (α = {float(scale):g})"
        for scale in scales
    )
    better = int((apart[OWN] < apart[FIRST]).sum())
    return (
        f"{len(starts.seeds)} data seeds; below {CLOSE:.0%} in {close} runs; "
        f"nearer to gradient flow from √Δ∞ than from √Δ0 in "
        f"{better} of {apart[OWN].size}. Momentum ends nearer to θ* than gradient flow in {nearer:.0%} of the runs."
    )


EXPERIMENTS = (Experiment("003-limits", "003-limits.yaml", draw),)
