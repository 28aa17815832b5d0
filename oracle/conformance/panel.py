"""The problems on which faults are planted: few, small, and together such that every fault has somewhere to show.

Data, starts and momenta are random numbers with all the bits that float64 has, so that a rounding too early is
seen; step size and momentum are decimals that no binary format holds; batches have different sizes; losses
differ, so that no two scalings coincide everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from oracle.conformance.random_problems import Draw
from reference.exact import number_text
from reference.models import MODELS

__all__ = ["PANEL", "PanelProblem", "panel_spec"]

SAMPLES, COORDINATES, STEPS = 5, 7, 40
TALL, LONG = (7, 3), 150  # samples, coordinates and steps of a problem whose run comes to rest
BATCHES = [[0, 1], [2, 3, 4], [1, 4]]
SCHEDULE = ["1", "1/2", "3/4", "5/4", "1/3"]
BITS = 53
DIGITS = 30


@dataclass(frozen=True)
class PanelProblem:
    """What kind of problem it is.

    Parameters
    ----------
    method, model, loss, step_size, momentum : str
    moving : bool
        Whether it starts with a momentum.
    batches : bool
    scales : str
        What the step sizes of its schedule scale; empty means that it has no schedule.
    settles : bool
        Whether it has one minimiser and time to come to rest there, where a final iterate says least.
    """

    method: str
    model: str
    loss: str
    step_size: str
    momentum: str = "0"
    moving: bool = False
    batches: bool = False
    scales: str = ""
    settles: bool = False

    @property
    def name(self) -> str:
        """What tells it from the others, in words."""
        more = [
            "batches" * self.batches,
            "moving start" * self.moving,
            f"schedule of the {self.scales}" * bool(self.scales),
            "to rest" * self.settles,
        ]
        return ", ".join([f"{self.method} on {self.model}", *(word for word in more if word)])


PANEL = (
    PanelProblem("heavy_ball", "diagonal", "half_mean_square", "0.05", "0.9", moving=True, batches=True),
    PanelProblem("nesterov", "hadamard", "sum_square", "0.01", "0.8", moving=True),
    PanelProblem("nesterov_lookahead", "diagonal", "mean_square", "0.03", "0.9", batches=True),
    PanelProblem("gradient_descent", "diagonal", "half_mean_square", "0.1"),
    PanelProblem("heavy_ball", "linear", "mean_square", "0.1", "0.9"),
    PanelProblem("nesterov", "linear", "half_sum_square", "0.02", "0.9", moving=True, batches=True),
    PanelProblem("nesterov_lookahead", "hadamard", "half_mean_square", "0.1", "0.85", moving=True),
    PanelProblem("heavy_ball", "scalar_product", "half_sum_square", "0.1", "0.7"),
    PanelProblem("nesterov", "diagonal", "half_mean_square", "0.05", "0.9"),
    PanelProblem("heavy_ball", "hadamard", "half_sum_square", "0.02", "0.95"),
    PanelProblem("gradient_descent", "hadamard", "mean_square", "0.05", batches=True),
    PanelProblem("heavy_ball", "linear", "half_mean_square", "0.3", "0.8", settles=True),
    PanelProblem("nesterov", "diagonal", "half_mean_square", "0.2", "0.7", settles=True),
    PanelProblem("nesterov_lookahead", "linear", "mean_square", "0.15", "0.8", moving=True, settles=True),
    PanelProblem("heavy_ball", "diagonal", "half_mean_square", "0.05", "0.9", scales="gradient"),
    PanelProblem("nesterov_lookahead", "linear", "half_sum_square", "0.02", "0.9", scales="update"),
)


def panel_spec(index: int, seed: int, dtype: str) -> dict[str, Any]:
    """Return problem `index` of `PANEL` as a canonical spec, its inputs seen in `dtype`.

    Parameters
    ----------
    index, seed : int
    dtype : str
        ``float64``, ``float32`` or ``bfloat16``.
    """
    kind, draw = PANEL[index], Draw(seed, index)
    scalar = kind.model == "scalar_product"
    n, d = (1, 1) if scalar else TALL if kind.settles else (SAMPLES, COORDINATES)
    names = MODELS[kind.model].names
    X, y = [_numbers(draw, d, 0) for _ in range(n)], _numbers(draw, n, 1)
    return {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "scalar_product", "x": X[0][0], "y": y[0]}
        if scalar
        else {"kind": "regression", "X": X, "y": y, "loss": kind.loss},
        "model": kind.model,
        "init": {name: _numbers(draw, d, 0) for name in names},
        "method": _method(kind, {name: _numbers(draw, d, -3) for name in names}),
        "inputs_as": dtype,
        "want": {"kind": "iterates", "steps": list(range((LONG if kind.settles else STEPS) + 1))},
        "digits": DIGITS,
    }


def _method(kind: PanelProblem, p0: Mapping[str, list[str]]) -> dict[str, Any]:
    still = {name: ["0"] * len(values) for name, values in p0.items()}
    method: dict[str, Any] = {
        "name": kind.method,
        "step_size": kind.step_size,
        "momentum": kind.momentum,
        "p0": dict(p0) if kind.moving else still,
        "batches": BATCHES if kind.batches else [],
    }
    if kind.scales:
        method["schedule"] = [number_text(Fraction(factor)) for factor in SCHEDULE]
    if kind.scales == "update":
        method["schedule_scales"] = "update"
    return method


def _numbers(draw: Draw, count: int, exponent: int) -> list[str]:
    """Return numbers ±m 2^(exponent − bits) from half their largest size up: none is near zero."""
    half = Fraction(2) ** (exponent - 1)
    drawn = [draw.number(BITS, exponent - 1, zeros=2**60) for _ in range(count)]
    return [number_text(value + (half if value > 0 else -half)) for value in drawn]
