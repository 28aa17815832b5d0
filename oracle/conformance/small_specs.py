"""Seeded small specs whose every number is a number of one dtype."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from reference.exact import BINARY_FORMATS, number_text
from reference.methods import METHODS
from reference.models import MODELS

__all__ = ["Search", "small_specs"]


@dataclass(frozen=True)
class Search:
    """Where to look.

    Parameters
    ----------
    method, model : str
        Of the specs.
    tries : int
        How many specs are looked at.
    samples, coordinates, steps : int
        The most of each.
    seed : str
        Another seed gives another spec.
    batches, moving : bool
        Whether the specs have batches, and an initial momentum.
    """

    method: str = "heavy_ball"
    model: str = "diagonal"
    tries: int = 120
    samples: int = 6
    coordinates: int = 8
    steps: int = 40
    seed: str = "0"
    batches: bool = False
    moving: bool = False


@dataclass(frozen=True)
class Draw:
    """Numbers that depend on a seed alone, whatever the library: SHA-256 of a counter."""

    seed: str
    count: list[int] = field(default_factory=lambda: [0])

    def integer(self, low: int, high: int) -> int:
        """Return an integer from low to high, both included."""
        self.count[0] += 1
        digest = hashlib.sha256(f"{self.seed}/{self.count[0]}".encode()).digest()
        return low + int.from_bytes(digest[:16], "big") % (high - low + 1)

    def dyadic(self, bits: int) -> Fraction:
        """Return an odd multiple of 2^−bits in (−1, 1): `bits` of them are significant."""
        return Fraction(2 * self.integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) + 1, 2**bits)


def small_specs(search: Search, dtype: str) -> Iterator[dict[str, Any]]:
    """Yield seeded specs whose numbers are all numbers of the dtype."""
    for trial in range(search.tries):
        yield _spec(search, dtype, Draw(f"{search.seed}/{search.method}/{search.model}/{dtype}/{trial}"))


def _spec(search: Search, dtype: str, draw: Draw) -> dict[str, Any]:
    """Return one spec: data of few bits or of all that the dtype has, η and μ of all."""
    precision = BINARY_FORMATS[dtype].precision
    scalar = search.model == "scalar_product"
    n = 1 if scalar else draw.integer(2 if search.batches else 1, search.samples)
    d = 1 if scalar else draw.integer(1, search.coordinates)
    bits = (3, precision)[draw.integer(0, 1)]

    def vector(count: int, width: int) -> list[str]:
        return [number_text(draw.dyadic(width)) for _ in range(count)]

    X, y = [vector(d, bits) for _ in range(n)], vector(n, bits)
    loss = ("half_mean_square", "mean_square", "half_sum_square")[draw.integer(0, 2)]
    return {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "scalar_product", "x": X[0][0], "y": y[0]}
        if scalar
        else {"kind": "regression", "X": X, "y": y, "loss": loss},
        "model": search.model,
        "init": {name: vector(d, bits) for name in MODELS[search.model].names},
        "method": _method(search, draw, precision, (n, d)),
        "inputs_as": dtype,
        "want": {"kind": "iterates", "steps": [0]},
        "digits": 15,
    }


def _method(search: Search, draw: Draw, precision: int, size: tuple[int, int]) -> Mapping[str, Any]:
    assert search.method in METHODS
    n, d = size
    scale = Fraction(1, 2 ** draw.integer(0, 5))
    method: dict[str, Any] = {
        "name": search.method,
        "step_size": number_text(abs(draw.dyadic(precision)) * scale),
    }
    if search.method == "gradient_descent":
        return method
    method["momentum"] = number_text(abs(draw.dyadic(precision)))
    if search.moving:
        names = MODELS[search.model].names
        method["p0"] = {name: [number_text(draw.dyadic(3)) for _ in range(d)] for name in names}
    if search.batches:
        cut = draw.integer(1, n - 1)
        method["batches"] = [list(range(cut)), list(range(cut, n)), [draw.integer(0, n - 1)]]
    return method
