"""What a discrete method carries from step to step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Coefficients", "Gradient", "State"]

Gradient = Callable[[Any], Any]


class State(NamedTuple):
    """Position β (or the look-ahead point y) and momentum p, vectors of one arithmetic."""

    position: Any
    momentum: Any


class Coefficients(NamedTuple):
    """Step size η and momentum μ, numbers of one arithmetic."""

    step_size: Any
    momentum: Any
