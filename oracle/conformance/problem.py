"""One problem of the suite, and the sketches that problems are drawn from.

Numbers are text, exact, and depend on nothing but a problem's name.  Those called rough are decimals that no
binary format holds, so that data, η and μ rounded too far are seen; the others are dyadic with at most five
bits, exact in every dtype, so that what fails is what the problem is about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from reference.exact import number_text
from reference.models import MODELS

__all__ = ["DTYPES", "WIDE", "Json", "Problem", "Sketch", "dyadic", "fixed", "rough"]

DTYPES = ("float64", "float32", "bfloat16")
WIDE = ("float64", "float32")

Json = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """One problem of the suite.

    Parameters
    ----------
    name : str
        In kebab case.
    theme : str
        What it is one of.
    why : str
        One sentence: what a candidate may get wrong here.
    parts : callable
        From a dtype to ``problem``, ``model``, ``init`` and ``method`` of its spec.
    last : int
        The last step.
    kept : tuple of int
        Steps that the golden holds; empty means a few from 0 to the last.
    sparse : bool
        Whether a candidate records the golden's steps alone, not every one.
    dtypes : tuple of str
    quick : bool
        Whether it belongs to the short suite.
    """

    name: str
    theme: str
    why: str
    parts: Callable[[str], Json]
    last: int
    kept: tuple[int, ...] = ()
    sparse: bool = False
    dtypes: tuple[str, ...] = DTYPES
    quick: bool = False

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that the golden holds."""
        return self.kept or tuple(sorted({0, 1, 2, 3, self.last // 2, self.last}))


def dyadic(name: str, count: int) -> list[str]:
    """Return multiples of 1/8 in [−1, 1], none of them zero."""
    return [number_text(Fraction(k, 8)) for k in _integers(name, count, 8)]


def rough(name: str, count: int) -> list[str]:
    """Return decimals of three places in (−1, 1), none of them zero."""
    return [number_text(Fraction(k, 1000)) for k in _integers(name, count, 999)]


def _integers(name: str, count: int, most: int) -> list[int]:
    """Return integers from 1 to `most`, of either sign, that depend on the name alone."""
    values = [
        int.from_bytes(hashlib.sha256(f"{name}/{i}".encode()).digest()[:8], "big") for i in range(count)
    ]
    return [(value // 2 % most + 1) * (-1) ** (value % 2) for value in values]


@dataclass(frozen=True)
class Sketch:
    """A regression to be filled with numbers.

    Parameters
    ----------
    n, d : int
    model, method, loss : str
    eta, mu : str
    numbers : callable
        `dyadic` or `rough`.
    """

    n: int = 3
    d: int = 4
    model: str = "diagonal"
    method: str = "heavy_ball"
    loss: str = "half_mean_square"
    eta: str = "1/16"
    mu: str = "7/8"
    numbers: Callable[[str, int], list[str]] = dyadic

    def parts(self, name: str, **changes: Any) -> Json:
        """Return the parts of the spec; `changes` replace parts, `method` is added to."""
        X = [self.numbers(f"{name}/X{i}", self.d) for i in range(self.n)]
        y = self.numbers(f"{name}/y", self.n)
        problem: Json = {"kind": "regression", "X": X, "y": y, "loss": self.loss}
        if self.model == "scalar_product":
            problem = {"kind": "scalar_product", "x": X[0][0], "y": y[0]}
        init = {p: self.numbers(f"{name}/{p}", self.d) for p in MODELS[self.model].names}
        momentum = {} if self.method == "gradient_descent" else {"momentum": self.mu}
        method = {"name": self.method, "step_size": self.eta, **momentum, **changes.pop("method", {})}
        return {"problem": problem, "model": self.model, "init": init, "method": method, **changes}


def fixed(parts: Json) -> Callable[[str], Json]:
    """Return parts that do not depend on the dtype."""
    return lambda dtype: parts
