"""Paper 003, Sec. 4: momentum shrinks the balancedness Δ = |u² − v²| = |w₊w₋|, more where it works harder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lightning_runs.figures.bands import thinned
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.figure_config import numbers
from lightning_runs.figures.paper_003_runs import Floats, Starts, momentum_runs, starts_of
from oracle.records.candidate import Array, CandidateTask
from oracle.records.figure import Figure

__all__ = ["EXPERIMENTS"]

ON, OFF = "Δ∞/Δ0 on the support of θ*", "Δ∞/Δ0 off it"
SMALLER, CROSSED = "share of coordinates with Δ∞ < Δ0", "share of coordinates that change a sign of w±"


def draw(runs: Runs) -> Figure:
    """Return the picture of the balancedness."""
    starts, lambdas = starts_of(runs), numbers(runs.config, "lambda")
    ratios, crossed = _measured(runs, starts, lambdas)
    support = np.array([truth != 0 for truth in starts.truths])
    curves = {
        ON: _mean(ratios, support),
        OFF: _mean(ratios, ~support),
        SMALLER: (ratios < 1).mean(axis=2),
        CROSSED: crossed.mean(axis=2),
    }
    bounds = np.array([_bound(task) for task in starts.tasks])
    return Figure(
        identifier="003-balancedness",
        paper="003",
        place="Sec. 4 (balancedness)",
        claimed="Δ∞ < Δ0 as long as no balancedness vanishes, which λ ≤ n/‖y‖² · min Δ0 ensures.",
        seen=_seen(lambdas, ratios, crossed),
        robustness=_robustness(lambdas, crossed, bounds),
        x_label="λ = γ/(1 − β)²",
        y_label="ratio (geometric mean), share",
        curves=tuple(thinned(name, lambdas, values) for name, values in curves.items()),
        seeds=starts.seeds,
        x_log=True,
        y_log=True,
        numbers={
            "n min Δ0 / ‖y‖²": np.round(bounds, 7).tolist(),
            "grown without a change of sign": [int(n) for n in ((ratios >= 1) & ~crossed).sum(axis=(0, 2))],
            "grown after a change of sign": [int(n) for n in ((ratios >= 1) & crossed).sum(axis=(0, 2))],
        },
        setting={
            "data": "n = 20, d = 50, 3 non-zeros of θ*, loss Σ r²/(2n)",
            "model": "θ = u⊙v from u(0) = 0.1, v(0) = 0, at rest: Δ0 = 0.01",
            "γ": "0.001; β = 1 − √(γ/λ)",
            "change of sign": "w₊ or w₋ has another sign in one recorded state than in the one before",
            "not in the paper": "sizes, α, γ and λ of its picture",
        },
    )


def _measured(runs: Runs, starts: Starts, lambdas: Sequence[float]) -> tuple[Floats, Array]:
    """Return Δ∞/Δ0, and whether a sign changed, each of shape (seeds, lambdas, d)."""
    (gamma,) = numbers(runs.config, "gamma")
    ratios, crossed = [], []
    for lam in lambdas:
        _, recorded = momentum_runs(runs, starts, lam, gamma)
        balanced = [np.abs(run["u"][[0, -1]] ** 2 - run["v"][[0, -1]] ** 2) for run in recorded]
        ratios.append([ended / begun for begun, ended in balanced])
        crossed.append([_crossed(run["u"] + run["v"]) | _crossed(run["u"] - run["v"]) for run in recorded])
    return np.swapaxes(np.array(ratios), 0, 1), np.swapaxes(np.array(crossed), 0, 1)


def _crossed(w: Array) -> Array:
    """Return by coordinate whether a sign changes between recorded states."""
    changed: Array = (np.sign(w[1:]) != np.sign(w[:-1])).any(axis=0)
    return changed


def _mean(ratios: Floats, chosen: Array) -> Floats:
    """Return the geometric mean over the chosen coordinates of each seed, shape (seeds, lambdas)."""
    return np.array(
        [np.exp(np.log(rows[:, keep]).mean(axis=1)) for rows, keep in zip(ratios, chosen, strict=True)]
    )


def _bound(task: CandidateTask) -> float:
    """Return n/‖y‖² · min Δ0."""
    problem = task.problem
    least = np.abs(problem.init["u"] ** 2 - problem.init["v"] ** 2).min()
    return float(len(problem.y) / (problem.y @ problem.y) * least)


def _seen(lambdas: Sequence[float], ratios: Floats, crossed: Array) -> str:
    grown = ratios >= 1
    quiet, still = np.count_nonzero(~crossed), np.count_nonzero(grown & ~crossed)
    loud, over = np.count_nonzero(crossed), np.count_nonzero(grown & crossed)
    rate = [
        f"{lam:g} ({float(share):.0%})" for lam, share in zip(lambdas, crossed.mean(axis=(0, 2)), strict=True)
    ]
    return (
        f"of {quiet} coordinates that change no sign {still} end with Δ∞ ≥ Δ0; of {loud} that do, {over}. "
        f"Coordinates that change a sign, by λ: {', '.join(rate)}."
    )


def _robustness(lambdas: Sequence[float], crossed: Array, bounds: Floats) -> str:
    within = np.array([[lam <= bound for lam in lambdas] for bound in bounds])
    changed = np.array([[bool(run.any()) for run in rows] for rows in crossed])
    spared = np.count_nonzero(~changed[:, 0])
    return (
        f"{len(bounds)} data seeds, each with d = {crossed.shape[2]} coordinates; n min Δ0/‖y‖² is {bounds.min():.2g} to "
        f"{bounds.max():.2g}: of the {np.count_nonzero(within)} runs below it {np.count_nonzero(within & changed)} change a "
        f"sign; at the smallest λ, {lambdas[0]:g}, {spared} of {len(bounds)} seeds change none."
    )


EXPERIMENTS = (Experiment("003-balancedness", "003-balancedness.yaml", draw),)
