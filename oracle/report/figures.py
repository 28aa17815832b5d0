"""Figures and times as a report prints them."""

from __future__ import annotations

from math import floor

__all__ = ["bounds", "duration", "short"]


def bounds(ratio: float | None) -> str:
    """Return an error in units of its bound, never rounded up to the bound: 0.9996 and not 1."""
    if ratio is not None and 0.999 < ratio < 1:
        return f"{floor(ratio * 10_000) / 10_000:.4f}"
    return short(ratio)


def short(value: float | None, digits: int = 2) -> str:
    """Return a figure for people: 0.52, 3.1e-15, and a dash for what is not there."""
    if value is None:
        return "–"
    if value == 0 or 1e-2 <= abs(value) < 1e4:
        return f"{value:.{digits + 1}g}"
    return f"{value:.{digits - 1}e}"


def duration(seconds: float | None) -> str:
    """Return a time for people: 3 ms, 2.4 s, 1 min 20 s."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.1 else f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s"
