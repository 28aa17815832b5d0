"""A figure of a paper, drawn again: the numbers behind it, seed by seed, sealed against alteration.

What the trainer writes and what the ledger of claims reads; both know a figure by this record alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from oracle.records.atomic_files import write_atomically

__all__ = ["SCHEMA", "Curve", "Figure", "FigureError", "read_figure", "write_figure"]

SCHEMA = "momentum-oracle/figure/1"
BETWEEN = " · "  # a trajectory's name and which of its coordinates a curve is


class FigureError(ValueError):
    """A figure's file is missing, damaged, or of another schema."""


@dataclass(frozen=True)
class Curve:
    """One line of a figure for every seed.

    Parameters
    ----------
    name : str
        What is drawn, as ``heavy ball``.
    x : tuple of float, shape (points,)
    values : tuple of tuples of float, shape (seeds, points)
        In the order of the figure's seeds; NaN never: what did not converge is left out by its figure and said so.
    """

    name: str
    x: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Figure:
    """One figure.

    Parameters
    ----------
    identifier : str
        Paper and figure, as ``000-fig-1a``: the name of its file.
    paper, place : str
        ``000``; ``Fig. 1(a)``.
    claimed : str
        What the paper says that it shows.
    seen : str
        What these numbers show.
    robustness : str
        Over how many seeds and settings, and in how many of them.
    x_label, y_label : str
    curves : tuple of Curve
    seeds : tuple of int
    x_log, y_log : bool
    numbers : mapping of str to float or list of float
        Summaries that the sentences quote.
    setting : mapping of str to str
        Everything that was chosen: n, d, η, μ, starts, steps, loss, as exact text.
    made : mapping of str to str
        The configuration, kernel, dtype, versions, and what the oracle said of the runs.
    seeds_are : str
        What the seeds number, where it is not the data: ``starts``.
    plane : bool
        Whether curves come in pairs, ``<name> · <coordinate>``, to be drawn against each other.
    """

    identifier: str
    paper: str
    place: str
    claimed: str
    seen: str
    robustness: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    seeds: tuple[int, ...]
    x_log: bool = False
    y_log: bool = False
    numbers: Mapping[str, Any] = field(default_factory=dict)
    setting: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)
    seeds_are: str = "data seeds"
    plane: bool = False

    def curve(self, name: str) -> Curve:
        """Return a curve by its name.

        Raises
        ------
        FigureError
            With the names that there are.
        """
        for curve in self.curves:
            if curve.name == name:
                return curve
        names = ", ".join(f"`{curve.name}`" for curve in self.curves)
        raise FigureError(f"figure `{self.identifier}` has no curve {name!r}; it has {names}")

    def pairs(self) -> list[tuple[str, Curve, Curve]]:
        """Return name, first and second coordinate of each trajectory of a figure in the plane.

        The two curves of a trajectory are called ``name · first`` and ``name · second``.
        """
        halves = [curve.name.rpartition(BETWEEN)[0] for curve in self.curves]
        return [
            (halves[i], self.curves[i], self.curves[i + 1])
            for i in range(0, len(self.curves) - 1, 2)
            if halves[i] == halves[i + 1]
        ]


def write_figure(figure: Figure, folder: Path) -> Path:
    """Write a figure as ``<identifier>.json`` with the SHA-256 of its content, whole or not at all."""
    content = asdict(figure)
    text = json.dumps(
        {"schema": SCHEMA, "sha256": _seal(content), **content}, indent=1, ensure_ascii=False, allow_nan=False
    )
    path = folder / f"{figure.identifier}.json"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (_curves_on_lines(text) + "\n").encode())
    return path


def read_figure(path: Path) -> Figure:
    """Return the figure in a file.

    Raises
    ------
    FigureError
        If the file is missing, is no figure, or was altered since it was written.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FigureError(
            f"there is no figure at {path}; draw it with `python -m lightning_runs.figures`"
        ) from error
    except ValueError as error:
        raise FigureError(f"{path} is no JSON: {error}") from error
    if not isinstance(content, dict) or content.pop("schema", None) != SCHEMA:
        raise FigureError(f"{path} is no figure; expected `schema` to be {SCHEMA!r}")
    if content.pop("sha256", None) != _seal(content):
        raise FigureError(f"{path} was altered after it was written: its seal does not fit; draw it again")
    curves = tuple(
        Curve(c["name"], tuple(c["x"]), tuple(tuple(row) for row in c["values"]))
        for c in content.pop("curves")
    )
    return Figure(**content | {"curves": curves, "seeds": tuple(content["seeds"])})


def _seal(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON of a figure's fields."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _curves_on_lines(text: str) -> str:
    """Put every list of numbers on one line: small files, and differences that can be read."""
    lines: list[str] = []
    for line in text.splitlines():
        bare = line.strip()
        if (
            lines
            and (lines[-1].endswith("[") or _in_list(lines[-1]))
            and (_number(bare) or bare in {"]", "],"})
        ):
            lines[-1] += bare if lines[-1].endswith("[") or bare[0] == "]" else f" {bare}"
        else:
            lines.append(line)
    return "\n".join(lines)


def _number(text: str) -> bool:
    return bool(text) and text.rstrip(",").lstrip("-")[:1].isdigit()


def _in_list(line: str) -> bool:
    """Return whether a line is an open list of numbers."""
    return "[" in line and not line.endswith(("]", "],", "["))
