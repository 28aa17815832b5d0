"""Paper 002, Fig. 4: how near to the sparse truth GD and heavy ball end, by scale s of the start; and their losses."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.bands import paired, thinned
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.made_sweep import MadeSweep
from oracle.records.figure import Figure

__all__ = ["EXPERIMENTS"]

Array = NDArray[np.float64]
CONVERGED = 1e-4  # of the loss at the start; a run of the sum that does not get there fails
LEARNED = 1e-2  # of the loss at the start, for the pace of both methods
DRAWN_UNTIL = 5000  # steps of Fig. 4(b)
ROUNDING = 1e-18  # a loss below is rounding, and drawn here


def ends(made: MadeSweep, method: str, momentum: Fraction) -> Array:
    """Return ‖θ(∞) − θ*‖₂ of one method, shape (scales, seeds)."""
    values = [
        [np.sqrt(made.distances(run)[-1]) for run in made.runs(method=method, momentum=momentum, scale=scale)]
        for scale in made.grid.scale
    ]
    return np.array(values)


def draw_distances(runs: Runs) -> Figure:
    """Return Fig. 4(a)."""
    made, total = runs.sweep("mean"), runs.sweep("sum")
    descent = ends(made, "gradient_descent", Fraction(0))
    momenta = made.grid.momentum
    balls = {momentum: ends(made, "heavy_ball", momentum) for momentum in momenta}
    truth = np.array([np.sqrt(np.square(made.truth(run)).sum()) for run in made.runs(
        method="gradient_descent", scale=made.grid.scale[0])])  # fmt: skip
    wins = {
        mu: [paired(ball[i], descent[i]).below for i in range(len(descent))] for mu, ball in balls.items()
    }
    scales = [float(scale) for scale in made.grid.scale]
    worst = max(made.relative_loss(run) for run in range(len(made.points)))
    count = len(made.seeds)
    table = "; ".join(f"μ = {float(mu):g}: {', '.join(map(str, row))}" for mu, row in wins.items())
    helped = sum(
        int(((ball[i] < descent[i]) & (ball[i] < truth)).sum())
        for ball in balls.values()
        for i in range(len(scales))
    )
    failed = sum(not total.relative_loss(run) < CONVERGED for run in range(len(total.points)))
    return Figure(
        identifier="002-fig-4a",
        paper="002",
        place="Fig. 4(a)",
        claimed="when s is small GD generalises better than HB; when s is large HB does, and the more so the larger μ.",
        seen=f"with the loss Σ r²/(2n), of {count} seeds HB ends nearer to θ* than GD, for s = "
        f"{', '.join(f'{s:g}' for s in scales)}, in: "
        f"{table}.",
        robustness=f"in {helped} of {count * len(scales) * len(momenta)} pairs HB is better than GD and also better "
        f"than the answer 0, whose "
        f"distance has the median {np.median(truth):.2f}; largest loss left, of that at the start: {worst:.0e}. With "
        f"the loss Σ r² of "
        f"App. C.3, {failed} of {len(total.points)} runs diverge or do not converge at the printed η.",
        x_label="scale s of the start",
        y_label="‖θ(∞) − θ*‖₂",
        curves=(
            thinned("GD", scales, descent.T),
            *(thinned(f"HB, μ = {float(mu):g}", scales, ball.T) for mu, ball in balls.items()),
            thinned("the answer 0", scales, np.repeat(truth[:, None], len(scales), axis=1)),
        ),
        seeds=made.seeds,
        x_log=True,
        y_log=True,
        numbers={
            "relative": {f"HB, μ = {float(mu):g}": "GD" for mu in momenta},
            "largest loss left": worst,
            "runs of the sum": len(total.points),
            "runs of the sum that fail": failed,
        },
        setting=_setting(made),
    )  # fmt: skip


def draw_losses(runs: Runs) -> Figure:
    """Return Fig. 4(b)."""
    made, asked = runs.sweep("mean"), runs.config["losses_of"]
    shown = [position for position, step in enumerate(made.steps) if 0 < step <= DRAWN_UNTIL]
    steps = [made.steps[position] for position in shown]
    curves, paces = [], {}
    for size in ("small", "large"):
        first = {}
        for name, method, momentum in (
            ("GD", "gradient_descent", "0"),
            ("HB", "heavy_ball", asked["momentum"]),
        ):
            chosen = made.runs(method=method, momentum=momentum, scale=asked[size])
            losses = np.array([made.recorded[run]["loss"] for run in chosen])
            curves.append(
                thinned(f"{name}, s = {asked[size]}", steps, np.maximum(losses[:, shown], ROUNDING))
            )
            below = losses <= LEARNED * losses[:, :1]
            first[name] = np.array([float(made.steps[row.argmax()]) for row in below])
        paces[size] = first["GD"] / first["HB"]
    told = {
        size: f"{np.median(pace):.1f} times ({pace.min():.1f} to {pace.max():.1f})"
        for size, pace in paces.items()
    }
    faster = paired(paces["large"], paces["small"])
    return Figure(
        identifier="002-fig-4b",
        paper="002",
        place="Fig. 4(b)",
        claimed=f"the loss falls much faster by HB (μ = {asked['momentum']}) than by GD when s is small, and not much "
        f"faster when s is large.",
        seen=f"to bring the loss to {LEARNED:.0%} of its first value GD needs {told['small']} the steps of HB at s = "
        f"{asked['small']}, and "
        f"{told['large']} at s = {asked['large']} (medians and ranges over seeds).",
        robustness=f"in {faster.below} of {len(made.seeds)} seeds HB gains less at the large s than at the small one "
        f"(sign test p = "
        f"{faster.p:.0e}).",
        x_label="step k",
        y_label=f"L(w_k), at least {ROUNDING:g}",
        curves=tuple(curves),
        seeds=made.seeds,
        y_log=True,
        x_log=True,
        numbers={f"pace at the {size} s": [float(value) for value in pace] for size, pace in paces.items()},
        setting=_setting(made),
    )


def _setting(made: MadeSweep) -> dict[str, str]:
    grid = made.grid
    return {
        "problem": f"n = {grid.problem['n']}, d = {grid.problem['d']}, {grid.problem['nonzeros']} non-zeros ~ N(0, 1)",
        "loss": str(grid.problem["loss"]),
        "start": f"w+ = ϑ s, w− = s/ϑ, ϑ = {float(grid.biasedness[0]):g}",
        "step size η": f"{float(grid.step_size[0]):g}",
        "momentum μ": ", ".join(f"{float(mu):g}" for mu in grid.momentum),
        "steps": str(grid.steps[-1]),
    }


EXPERIMENTS = (
    Experiment("002-fig-4a", "002-fig-4.yaml", draw_distances),
    Experiment("002-fig-4b", "002-fig-4.yaml", draw_losses),
)
