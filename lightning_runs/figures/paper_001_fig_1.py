"""Paper 001, Fig. 1: four runs of one effective step size h/(1 − β) on E = ½(y − w1 w2 x)², and the norms they end with."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.bands import paired
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.scalar_runs import ScalarSetting, spread_steps, trajectory, valley
from oracle.records.figure import Curve, Figure

__all__ = ["EXPERIMENTS"]

Array = NDArray[np.float64]


def draw(runs: Runs) -> Figure:
    """Return the trajectories from all starts."""
    setting = ScalarSetting.read(runs.config)
    drawn = runs.config["drawn"]
    steps = spread_steps(int(drawn["dense"]), int(drawn["last"]), int(drawn["points"]))
    last = int(runs.config["steps"])
    curves: list[Curve] = []
    ends: list[Array] = []
    losses: list[float] = []
    for run in runs.config["runs"]:
        tasks = setting.tasks(run["step_size"], run["momentum"], [*steps, last])
        recorded = runs.train(f"beta-{run['momentum']}", tasks)
        positions = np.array([np.concatenate((each["a1"], each["a2"]), axis=1) for each in recorded])
        curves += trajectory(f"β = {run['momentum']}, h = {run['step_size']}", steps, positions[:, :-1])
        ends.append(positions[:, -1])
        losses.append(max(float(each["loss"][-1]) for each in recorded))
    norms = [np.sqrt(np.square(end).sum(axis=1)) for end in ends]
    seen, robustness = _sentences(norms, max(losses))
    return Figure(
        identifier="001-fig-1",
        paper="001",
        place="Fig. 1",
        claimed="at one effective step size h/(1 − β) all four runs end on w1 w2 = y/x, and the larger β, the smaller "
        "the norm "
        "they end with.",
        seen=seen,
        robustness=robustness,
        x_label="w1",
        y_label="w2",
        curves=(*curves, *valley(setting, 0.17, 1.2)),
        seeds=tuple(range(len(setting.starts))),
        numbers={
            **{f"norm β = {run['momentum']}": [float(norm) for norm in each]
               for run, each in zip(runs.config["runs"], norms, strict=True)},
            "largest loss": max(losses),
        },
        setting={
            "x, y": f"{setting.x}, {setting.y}",
            "starts (w1, w2)": "; ".join(f"({a1}, {a2})" for a1, a2 in setting.starts),
            "runs (h, β)": "; ".join(f"({run['step_size']}, {run['momentum']})" for run in runs.config["runs"]),
            "steps": str(last),
        },
        seeds_are="starts",
        plane=True,
    )  # fmt: skip


def _sentences(norms: list[Array], loss: float) -> tuple[str, str]:
    """Return what is seen from the paper's start, and in how many starts."""
    found = " > ".join(f"{float(norm[0]):.4f}" for norm in norms)
    falls = sum(all(b[i] < a[i] for a, b in pairwise(norms)) for i in range(len(norms[0])))
    counts = [paired(b, a) for a, b in pairwise(norms)]
    shares = [float(np.median(b / a)) for a, b in pairwise(norms)]
    seen = (
        f"from the paper's start the norms are {found} in the order of β; every run ends on the minima, with a loss of at "
        f"most {loss:.0e}."
    )
    robustness = (
        f"from {falls} of {len(norms[0])} starts up to a tenth away the norm falls with every β (sign tests from one "
        f"β to the "
        f"next: p = {', '.join(f'{count.p:.0e}' for count in counts)}); medians of the factors: "
        f"{', '.join(f'{share:.3f}' for share in shares)}."
    )
    return seen, robustness


EXPERIMENTS = (Experiment("001-fig-1", "001-fig-1.yaml", draw),)
