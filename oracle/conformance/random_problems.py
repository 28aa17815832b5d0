"""Random small problems, the same on every machine: what correct implementations are tried on.

Sizes up to n = 8 and d = 12; every model, method and loss; with and without batches, initial momentum and schedule;
data and starts from 2^−10 to 2^10; zeros in data, targets and starts; step sizes from tame to
divergent.  With the curvature bound

    L = 2 f ‖X‖_F² · κ s²,    s² = max(max|β0|², max|y| / max|X|),

where f is the largest factor in front of Σ r², κ = 12 for u⊙u − v⊙v and 4 for products, κ s² = 1 for the
linear model, the step size is c/L with c from 2^−6 to 8 (1 + μ).  ‖X‖_F² is more than the largest eigenvalue of
XᵀX, so that c = 2(1 + μ), where a quadratic diverges, is not yet divergence.

Only raw bits of numpy's PCG64 are used, whose stream numpy promises not to change, and exact rationals: no
library's distribution takes part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import frexp, ldexp
from typing import Any, TypeVar

import numpy as np

from reference.exact import number_text
from reference.losses import batch_loss_factor, loss_factor
from reference.models import MODELS

__all__ = ["RandomProblem", "random_problem"]

METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
CHOSEN_MODELS = ("diagonal", "hadamard", "linear") * 2 + ("scalar_product",)
LOSSES = ("half_mean_square", "mean_square", "half_sum_square", "sum_square")
MOMENTA = ("0", "1/2", "7/8", "0.9", "0.95", "0.99")
MOST_SAMPLES, MOST_COORDINATES, MOST_BATCHES = 8, 12, 4
BITS = {"float64": 53, "float32": 24, "bfloat16": 8}
MOST_FACTORS = 5  # of a schedule
SCHEDULED = 8  # one problem in so many has one
COARSE = 6  # bits of numbers whose products are exact
CURVATURE = {"diagonal": 12, "hadamard": 4, "scalar_product": 4}
DIGITS = 30
TAME, WILD = -6, 3  # c from 2^TAME to 2^WILD (1 + μ)

T = TypeVar("T")


@dataclass(frozen=True)
class RandomProblem:
    """One problem, and how to make it again.

    Parameters
    ----------
    seed, index : int
    dtype : str
    canonical : mapping
        The spec in its canonical form.
    """

    seed: int
    index: int
    dtype: str
    canonical: Mapping[str, Any]

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps to record."""
        return tuple(self.canonical["want"]["steps"])


def random_problem(seed: int, index: int, dtype: str, stride: int = 1) -> RandomProblem:
    """Return problem `index` of a seed.

    Parameters
    ----------
    seed, index : int
        At least 0.
    dtype : str
        ``float64``, ``float32`` or ``bfloat16``; the data fit it, or are rounded to it, or are left for the
        implementation to round.
    stride : int
        Every so many steps are recorded.
    """
    draw = Draw(seed, index)
    model = draw.one_of(CHOSEN_MODELS)
    n, d = (1, 1) if model == "scalar_product" else (draw.upto(MOST_SAMPLES), draw.upto(MOST_COORDINATES))
    sketch = _Sketch(draw, model, n, d, draw.one_of((COARSE, BITS[dtype], BITS[dtype])))
    method = _method(draw, sketch)
    steps = list(range(0, 20 + draw.below(21), stride))
    canonical = {
        "schema": "momentum-oracle/spec/1",
        "problem": sketch.problem(),
        "model": model,
        "init": {name: _texts(values) for name, values in sketch.init.items()},
        "method": method,
        "inputs_as": draw.one_of((dtype, dtype, dtype, "exact")),
        "want": {"kind": "iterates", "steps": steps},
        "digits": DIGITS,
    }
    return RandomProblem(seed, index, dtype, canonical)


class Draw:
    """Numbers from raw bits.

    Parameters
    ----------
    seed, index : int
    """

    def __init__(self, seed: int, index: int) -> None:
        self.bits = np.random.PCG64([seed, index])

    def below(self, end: int) -> int:
        """Return an integer from 0 to end − 1."""
        return int(self.bits.random_raw()) % end

    def upto(self, last: int) -> int:
        """Return an integer from 1 to last."""
        return 1 + self.below(last)

    def chance(self, one_in: int) -> bool:
        """Return true once in so many times."""
        return self.below(one_in) == 0

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.below(len(choices))]

    def number(self, bits: int, exponent: int, zeros: int) -> Fraction:
        """Return ±m 2^(exponent − bits) with 0 < m < 2^bits, or zero once in `zeros` times."""
        magnitude, negative, zero = self.upto(2**bits - 1), self.chance(2), self.chance(zeros)
        return Fraction(0) if zero else (-1 if negative else 1) * magnitude * Fraction(2) ** (exponent - bits)


class _Sketch:
    """Data, start and loss of a problem that is being drawn."""

    def __init__(self, draw: Draw, model: str, n: int, d: int, bits: int) -> None:
        self.model, self.n = model, n
        self.loss = "half_sum_square" if model == "scalar_product" else draw.one_of(LOSSES)
        wide = draw.chance(2)
        scale, size = (draw.below(21) - 10, draw.below(21) - 10) if wide else (0, 0)
        if model != "linear":
            size //= 2  # θ is of second degree in the parameters
        zeros = draw.one_of((4, 50, 1000))
        self.X = [[draw.number(bits, scale, zeros) for _ in range(d)] for _ in range(n)]
        height = scale + (size if model == "linear" else 2 * size) + draw.below(7) - 3
        y_zeros = draw.one_of((1, 4, 1000, 1000))
        self.y = [draw.number(bits, height, y_zeros) for _ in range(n)]
        self.init = {name: self._start(draw, d, bits, size) for name in MODELS[model].names}
        self.p0 = self._momenta(draw, d, bits, size)
        self.batches = self._batches(draw) if draw.chance(3) else []

    def problem(self) -> dict[str, Any]:
        """Return the field of the spec."""
        if self.model == "scalar_product":
            return {
                "kind": "scalar_product",
                "x": number_text(self.X[0][0]),
                "y": number_text(self.y[0]),
            }
        rows = [_texts(row) for row in self.X]
        return {"kind": "regression", "X": rows, "y": _texts(self.y), "loss": self.loss}

    def curvature(self) -> Fraction:
        """Return L of the module docstring; 1 where the data are zero."""
        every = [(list(range(self.n)), loss_factor(self.loss, self.n))]
        every += [(batch, batch_loss_factor(self.loss, len(batch))) for batch in self.batches]
        largest = max(2 * factor * sum(x * x for i in rows for x in self.X[i]) for rows, factor in every)
        if self.model == "linear":
            return largest or Fraction(1)
        squares = [value * value for values in self.init.values() for value in values]
        data = max(abs(x) for row in self.X for x in row)
        fitted = max(abs(value) for value in self.y) / data if data else Fraction(0)
        return CURVATURE[self.model] * max(*squares, fitted) * largest or Fraction(1)

    @staticmethod
    def _start(draw: Draw, d: int, bits: int, size: int) -> list[Fraction]:
        zeros = draw.one_of((1, 5, 1000, 1000, 1000, 1000))  # 1: the whole parameter starts from zero
        return [draw.number(bits, size, zeros) for _ in range(d)]

    def _momenta(self, draw: Draw, d: int, bits: int, size: int) -> dict[str, list[Fraction]]:
        zeros = draw.one_of((1, 1, 3, 1000))
        below = draw.below(7)  # an initial momentum up to as large as the start
        return {
            name: [draw.number(bits, size - below, zeros) for _ in range(d)]
            for name in MODELS[self.model].names
        }

    def _batches(self, draw: Draw) -> list[list[int]]:
        """Return batches of distinct samples, in any order."""
        batches = []
        for _ in range(draw.upto(MOST_BATCHES)):
            left = list(range(self.n))
            batches.append([left.pop(draw.below(len(left))) for _ in range(draw.upto(self.n))])
        return batches


def _method(draw: Draw, sketch: _Sketch) -> dict[str, Any]:
    """Return the field of the spec; gradient descent has no momentum."""
    name = draw.one_of(METHODS)
    plain = name == "gradient_descent"
    momentum = Fraction(0) if plain else Fraction(draw.one_of(MOMENTA))
    share = ldexp(256 + draw.below(256), TAME - 9 + draw.below(WILD - TAME + 1))
    scales = (
        draw.one_of(("gradient", "gradient" if name == "nesterov" else "update"))
        if draw.chance(SCHEDULED)
        else ""
    )
    step_size = _few_digits(Fraction(share) * (1 + momentum) / sketch.curvature(), draw.chance(2))
    still = plain or scales == "update"
    p0 = {key: [Fraction(0)] * len(values) if still else values for key, values in sketch.p0.items()}
    method: dict[str, Any] = {
        "name": name,
        "step_size": number_text(step_size),
        "momentum": number_text(momentum),
        "p0": {key: _texts(values) for key, values in p0.items()},
        "batches": sketch.batches,
    }
    if scales:
        method["schedule"] = _texts(
            [draw.number(COARSE, 0, zeros=2**60) ** 2 for _ in range(draw.upto(MOST_FACTORS))]
        )
    if scales == "update" and not plain:
        method["schedule_scales"] = scales
    return method


def _few_digits(value: Fraction, dyadic: bool) -> Fraction:
    """Return a number near `value` that every format holds, or one that none does."""
    mantissa, exponent = frexp(float(value))
    steps = 128 if dyadic else 1000
    return Fraction(max(1, int(mantissa * steps)), steps) * Fraction(2) ** exponent


def _texts(values: Sequence[Fraction]) -> list[str]:
    return [number_text(value) for value in values]
