"""The figures that claims speak of, as the trainer drew them: read, never recomputed here."""

from __future__ import annotations

from pathlib import Path

from oracle.claims.claim import Setting
from oracle.records.figure import Figure, read_figure

__all__ = ["SHIPPED", "figure"]

SHIPPED = Path(__file__).parent / "figures"


def figure(identifier: str, setting: Setting) -> Figure:
    """Return a figure's results from the asked folder, or those that come with the package.

    Raises
    ------
    oracle.records.figure.FigureError
        If it is missing, damaged or altered.
    """
    return read_figure((setting.figures or SHIPPED) / f"{identifier}.json")
