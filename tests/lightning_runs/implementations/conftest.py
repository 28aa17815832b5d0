"""Small random problems as specs, of every model, method and loss, with and without batches, p0 and schedules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracle.spec import Spec, spec_from

PARAMETERS = {
    "diagonal": ("u", "v"),
    "hadamard": ("u", "v"),
    "linear": ("beta",),
    "scalar_product": ("a1", "a2"),
}
LOSSES = ("half_mean_square", "mean_square", "half_sum_square", "sum_square")
STEPS = 20


class Drawn:
    """Decimals of three places from a seed."""

    def __init__(self, seed: int) -> None:
        self.source = np.random.default_rng(seed)

    def numbers(self, *size: int, scale: int = 1) -> Any:
        """Return texts of numbers in (−1, 1)/scale."""
        values = self.source.integers(-999, 1000, size)
        return np.vectorize(lambda k: f"{k}/{1000 * scale}", otypes=[object])(values).tolist()

    def chosen(self, *choices: Any) -> Any:
        """Return one of the choices."""
        return choices[int(self.source.integers(len(choices)))]

    def problem(self, model: str, n: int, d: int) -> dict[str, Any]:
        """Return data."""
        if model == "scalar_product":
            return {"kind": "scalar_product", "x": self.numbers(1)[0], "y": self.numbers(1)[0]}
        X, y = self.numbers(n, d), self.numbers(n)
        return {"kind": "regression", "X": X, "y": y, "loss": self.chosen(*LOSSES)}

    def method(self, name: str, model: str, n: int, d: int) -> dict[str, Any]:
        """Return a method's coefficients, batches and initial momentum."""
        method: dict[str, Any] = {"name": name, "step_size": self.chosen("0.05", "0.013", "1/64")}
        if name != "gradient_descent":
            method["momentum"] = self.chosen("0.9", "1/2", "7/8")
            if self.chosen(True, False):
                method["p0"] = {part: self.numbers(d, scale=8) for part in PARAMETERS[model]}
        if n > 2 and self.chosen(True, False):
            method["batches"] = [[0, 1], [n - 1], list(range(n))[::-1]]
        return method


def random_spec(seed: int, dtype: str, name: str, **more: Any) -> Spec:
    """Return the spec of a seed; `more` is added to its method."""
    drawn = Drawn(seed)
    model = drawn.chosen(*PARAMETERS)
    n, d = (1, 1) if model == "scalar_product" else (drawn.chosen(1, 3, 8), drawn.chosen(1, 7, 12))
    return spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": drawn.problem(model, n, d),
            "model": model,
            "init": {part: drawn.numbers(d) for part in PARAMETERS[model]},
            "method": {**drawn.method(name, model, n, d), **more},
            "inputs_as": dtype,
            "want": {"kind": "iterates", "steps": list(range(STEPS + 1))},
            "digits": 15,
        }
    )


@pytest.fixture
def spec_of() -> Callable[..., Spec]:
    """Return the function of seed, dtype and method's name that makes a random spec."""
    return random_spec
