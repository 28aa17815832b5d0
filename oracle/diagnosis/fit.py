"""The step size and momentum that a record shows by itself, by least squares.

With Δ_k = β_{k+1} − β_k a heavy-ball step is Δ_k = μ Δ_{k−1} − η g_k.  Over the failing steps that is a linear
model in (μ, η); its fit is told where it says more than the numbers asked for.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from oracle.diagnosis.evidence import Misses
from oracle.diagnosis.variant import Subject
from oracle.error_free import Floats
from oracle.replay import Moment, Recurrence, replay
from reference.state import State

__all__ = ["fitted_text"]

GOOD = 0.02  # of the movement may be left over
NEWS = 1e-3  # relative change of η or μ that is worth telling
MOST = 64  # steps


def fitted_text(subject: Subject, misses: Misses) -> str:
    """Return a sentence with the fitted η and μ, empty where they fit badly or are those asked for."""
    rows = misses.rows[misses.failed.any(axis=1) & (misses.rows > 1)][:MOST]
    plain = (
        subject.case.method.name in ("gradient_descent", "heavy_ball") and not subject.case.method.step_sizes
    )
    if not plain or not len(rows):
        return ""
    columns, moves = _design(subject, rows)
    with np.errstate(all="ignore"):
        solution, *_ = np.linalg.lstsq(columns, moves, rcond=None)
        left = moves - columns @ solution
        share = sqrt(float(left @ left) / max(float(moves @ moves), np.finfo(float).tiny))
    asked = np.array([float(subject.case.method.step_size), float(subject.case.method.momentum)])[
        : len(solution)
    ]
    news = np.abs(solution - asked) > NEWS * np.abs(asked)
    if not np.isfinite(share) or share > GOOD or not news.any():
        return ""
    found = ", ".join(f"{name} = {value:.4g}" for name, value in zip("ημ", solution, strict=False))
    wanted = ", ".join(f"{name} = {value:.4g}" for name, value in zip("ημ", asked, strict=False))
    return f"the steps look like {found} (asked: {wanted})"


def _design(subject: Subject, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[Floats, Floats]:
    """Return the columns −g and, with momentum, Δ_{k−1}; and Δ_k."""

    def gradient(moment: Moment) -> State:
        return State(moment.gradient(moment.state.position), moment.state.momentum)

    recurrence = Recurrence(gradient, shares_residual=False)
    shown = replay(subject.case, subject.declaration, subject.trace, recurrence, rows)
    positions = subject.trace.positions
    moves = positions[shown.rows] - positions[shown.rows - 1]
    columns = [-shown.position.expected.hi.ravel()]
    if subject.case.method.name == "heavy_ball":
        columns.append((positions[shown.rows - 1] - positions[shown.rows - 2]).ravel())
    finite = np.isfinite(np.stack(columns)).all(axis=0)
    return np.stack(columns, axis=1)[finite], moves.ravel()[finite]
