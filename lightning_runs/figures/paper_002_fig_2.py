"""Paper 002, Fig. 2: GD, heavy ball and the flows of Table 1 on L = ½(a1 a2 x − y)², and how far off the flows are.

The paper follows the flows by Euler's steps of η/10.  Here they are followed so, and finely as well: what a flow
misses heavy ball by and what Euler's steps miss the flow by are two things.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.bands import paired, thinned
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.integration import euler, followed, runge_kutta
from lightning_runs.figures.scalar_flows import ScalarProduct, flow_of_order
from lightning_runs.figures.scalar_runs import ScalarSetting, spread_steps, trajectory, valley
from oracle.records.figure import Figure

__all__ = ["EXPERIMENTS"]

Array = NDArray[np.float64]
FLOWS = {1: "RGF", 2: "HBF α = 2", 3: "HBF α = 3"}
FINE, EULER = "followed finely", "Euler η/10"


@dataclass(frozen=True)
class Followed:
    """What both figures draw, each of shape (starts, steps, 2).

    Parameters
    ----------
    setting : ScalarSetting
    steps : list of int
        The drawn ones; runs and flows have one more, at which all have ended.
    descent, heavy_ball : ndarray
    flows : dict of (order, how) to ndarray
    """

    setting: ScalarSetting
    steps: list[int]
    descent: Array
    heavy_ball: Array
    flows: dict[tuple[int, str], Array]

    def errors(self, order: int, how: str) -> Array:
        """Return |ε_k|² of a flow, shape (starts, steps)."""
        errors: Array = np.square(self.flows[order, how] - self.heavy_ball).sum(axis=-1)
        return errors


def follow(runs: Runs) -> Followed:
    """Train the discrete runs and follow the flows."""
    config = runs.config
    setting = ScalarSetting.read(config)
    steps = spread_steps(*(int(config["drawn"][name]) for name in ("dense", "last", "points")))
    last = int(config["steps"])
    discrete = []
    for momentum in ("0", config["momentum"]):
        tasks = setting.tasks(config["step_size"], momentum, [*steps, last])
        recorded = runs.train(f"momentum-{momentum}", tasks)
        discrete.append(np.array([np.concatenate((each["a1"], each["a2"]), axis=1) for each in recorded]))
    eta, momentum_ = (float(Fraction(config[name])) for name in ("step_size", "momentum"))
    loss = ScalarProduct(float(Fraction(setting.x)), float(Fraction(setting.y)))
    flows = {}
    for order in FLOWS:
        field = flow_of_order(loss, order, eta, momentum_)
        for how, advance, parts in ((EULER, euler, "euler_parts"), (FINE, runge_kutta, "fine_parts")):
            positions = followed(
                field,
                setting.positions(),
                eta,
                [*steps, 2 * steps[-1]],
                advance=advance,
                parts=int(config[parts]),
            )
            flows[order, how] = positions.swapaxes(0, 1)
    descent, heavy_ball = discrete
    return Followed(setting, steps, descent, heavy_ball, flows)


def draw_trajectories(runs: Runs) -> Figure:
    """Return Fig. 2(a)."""
    found = follow(runs)
    curves = [
        *trajectory("GD", found.steps, found.descent[:, :-1]),
        *trajectory("HB", found.steps, found.heavy_ball[:, :-1]),
    ]
    for order, name in FLOWS.items():
        curves += trajectory(f"{name}, {EULER}", found.steps, found.flows[order, EULER][:, :-1])
    ends = {"GD": found.descent[:, -1], "HB": found.heavy_ball[:, -1]}
    ends |= {name: found.flows[order, EULER][:, -1] for order, name in FLOWS.items()}
    gaps = {
        name: np.sqrt(np.square(end - ends["HB"]).sum(axis=1)) for name, end in ends.items() if name != "HB"
    }
    listed = ", ".join(f"{name} {gap[0]:.2g}" for name, gap in gaps.items())
    closest = sum(min(gaps, key=lambda name: gaps[name][i]) == FLOWS[3] for i in range(len(gaps["GD"])))
    return Figure(
        identifier="002-fig-2a",
        paper="002",
        place="Fig. 2(a)",
        claimed="GD and HB end at different points of the minima; HBF with α = 3 is closer to HB than RGF and HBF "
        "with α = 2; RGF is "
        "more like GD.",
        seen=f"from the paper's start the distances of the ends from HB's are: {listed}.",
        robustness=f"over {len(gaps['GD'])} starts GD ends between {gaps['GD'].min():.3f} and {gaps['GD'].max():.3f} "
        f"from HB; the end "
        f"of HBF α = 3 is the closest in {closest} of them, and RGF ends closer to GD than to HB in "
        f"{int((np.sqrt(np.square(ends['RGF'] - ends['GD']).sum(axis=1)) < gaps['RGF']).sum())}.",
        x_label="a1",
        y_label="a2",
        curves=(*curves, *valley(found.setting, 0.14, 1.0)),
        seeds=tuple(range(len(found.setting.starts))),
        numbers={
            **{f"end of {name} a{i + 1}": [float(f"{value:.12g}") for value in end[:, i]] for name, end in ends.items()
               for i in range(2)},
        },
        setting=_setting(runs, found.setting),
        seeds_are="starts",
        plane=True,
    )  # fmt: skip


def draw_errors(runs: Runs) -> Figure:
    """Return Fig. 2(b)."""
    found = follow(runs)
    several = int(runs.config["several"])
    curves = [
        thinned(f"{how}, {name}", found.steps[1:], found.errors(order, how)[:, 1:-1])
        for how in (EULER, FINE)
        for order, name in FLOWS.items()
    ]
    later = [position for position, step in enumerate(found.steps) if step >= several]
    lowest = {how: _lowest(found, how, later) for how in (EULER, FINE)}
    ends = {(order, how): found.errors(order, how)[:, -1] for order in FLOWS for how in (EULER, FINE)}
    ratio = ends[3, FINE] / ends[3, EULER]  # of the truth to what Euler shows
    starts = len(found.setting.starts)
    firsts = found.errors(3, FINE)[:, 1], found.errors(1, FINE)[:, 1]
    return Figure(
        identifier="002-fig-2b",
        paper="002",
        place="Fig. 2(b)",
        claimed="HBF with α = 3 has the lowest discretisation error after several steps.",
        seen=f"from the paper's start α = 3 {_is(lowest[EULER][0])} lowest at every drawn step from {several} on by "
        f"Euler's steps, and "
        f"{_is(lowest[FINE][0])} with the flows followed finely; at the end its |ε|² is {ends[3, EULER][0]:.1e} by "
        f"Euler's steps and "
        f"{ends[3, FINE][0]:.1e} in truth.",
        robustness=f"α = 3 is lowest from {several} on in {int(lowest[EULER].sum())} of {starts} starts by Euler's "
        f"steps and in "
        f"{int(lowest[FINE].sum())} in truth; Euler's steps change its |ε|² at the end by factors of "
        f"{1 / ratio.max():.2g} to "
        f"{1 / ratio.min():.2g}; in the first step it is above RGF's in {paired(firsts[1], firsts[0]).below} of {starts}.",
        x_label="step k",
        y_label="|ε_k|²",
        curves=tuple(curves),
        seeds=tuple(range(starts)),
        x_log=True,
        y_log=True,
        numbers={
            "several steps": several,
            **{f"end |ε|² of {FLOWS[order]}, "
            f"{how}": [float(f"{value:.9g}") for value in end] for (order, how), end in ends.items()},
        },
        setting=_setting(runs, found.setting),
        seeds_are="starts",
    )  # fmt: skip


def _lowest(found: Followed, how: str, later: list[int]) -> NDArray[np.bool_]:
    """Return by start whether α = 3 has the least error at all later steps."""
    errors = [found.errors(order, how)[:, later] for order in FLOWS]
    lowest: NDArray[np.bool_] = np.all((errors[2] < errors[0]) & (errors[2] < errors[1]), axis=1)
    return lowest


def _is(answer: bool) -> str:
    return "is" if answer else "is not"


def _setting(runs: Runs, setting: ScalarSetting) -> dict[str, str]:
    config = runs.config
    return {
        "x, y": f"{setting.x}, {setting.y}",
        "starts (a1, a2)": "; ".join(f"({a1}, {a2})" for a1, a2 in setting.starts),
        "step size η": config["step_size"],
        "momentum μ": config["momentum"],
        "Euler's step": f"η/{config['euler_parts']}",
        "followed finely": f"Runge-Kutta of order 4, steps of η/{config['fine_parts']}",
        "steps": config["steps"],
    }


EXPERIMENTS = (
    Experiment("002-fig-2a", "002-fig-2.yaml", draw_trajectories),
    Experiment("002-fig-2b", "002-fig-2.yaml", draw_errors),
)
