"""The figures that claims speak of, as the trainer drew them: read, never recomputed here."""

from __future__ import annotations

from pathlib import Path

from oracle.claims.claim import Setting
from oracle.records.figure import Figure, read_figure

__all__ = ["SHIPPED", "all_figures", "figure"]

SHIPPED = Path(__file__).parent / "figures"


def figure(identifier: str, setting: Setting) -> Figure:
    """Return a figure's results from the asked folder, or those that come with the package.

    Raises
    ------
    oracle.records.figure.FigureError
        If it is missing, damaged or altered.
    """
    return read_figure(_folder(setting) / f"{identifier}.json")


def all_figures(setting: Setting) -> list[Figure]:
    """Return every figure of the folder, in the order of their identifiers."""
    return [read_figure(path) for path in sorted(_folder(setting).glob("*.json"))]


def _folder(setting: Setting) -> Path:
    return setting.figures or SHIPPED
