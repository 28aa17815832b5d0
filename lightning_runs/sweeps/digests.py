"""Digests of thousands of specs, without reading each anew."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from lightning_runs.sweeps.exact_text import exact_text
from lightning_runs.sweeps.grid import Grid, Point, spec_of, start_of

__all__ = ["Digests"]


class Digests:
    """Returns what `oracle.spec.Spec.digest` is of each run's spec.

    One canonical form a method is made by `spec_of`; the values that differ are put into it, in the
    canonical text that `exact_text` gives.

    Parameters
    ----------
    grid : Grid
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.forms: dict[str, dict[str, Any]] = {}

    def __call__(self, point: Point) -> str:
        """Return the digest of a run's spec."""
        if point.method not in self.forms:
            self.forms[point.method] = spec_of(self.grid, point).canonical
        form = self.forms[point.method]
        if point.seed is not None:
            form["problem"]["seed"] = point.seed
        form["method"] |= {"step_size": exact_text(point.step_size), "momentum": exact_text(point.momentum)}
        for name, value in start_of(self.grid.model, point.scale, point.biasedness).items():
            form["init"][name] = [exact_text(value)] * len(form["init"][name])
        text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()
