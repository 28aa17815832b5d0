"""Global envelope: how far rounding may carry a whole run from the golden.

Where states between two recorded ones are missing, no single step can be replayed.  What every step may add to the
error of a state (`oracle.step_bounds`) is carried along the golden trajectory by the tangent map instead.

Proved, where that takes about two seconds at most (`oracle.zonotope`)
    E = Σ_k |M_{K,k+1}| l_k, the worst case, curvature included.  A run outside is not explained by any
    roundings; a run inside is, by some.
By samples, for larger problems and past the horizon of the proof (`oracle.sampled_envelope`)
    T, what independent roundings make of the right method, and W, which no roundings exceed, both to a
    probability of 10⁻⁹.  Between the two nothing is decided.

Horizon: the first step at which the bound exceeds the position, each in its largest coordinate, or at which, by
samples, curvature adds more than first order does.  From there on nothing is decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oracle.error_free import Floats
from oracle.records.candidate import Declaration
from oracle.sampled_envelope import FALSE_ALARM, MEMBERS, SampledEnvelope, Widths, smallest_share
from oracle.zonotope import affordable, zonotopes
from reference.case import Case
from reference.models import MODELS

__all__ = ["FALSE_ALARM", "MEMBERS", "MOST_STEPS", "Envelope", "envelope", "smallest_share", "too_long"]

MOST_STEPS = 20_000
MOST_WORK = 8_000_000  # steps times coordinates: about two minutes


@dataclass(frozen=True)
class Envelope:
    """How far a run may lie from the golden at the given steps.

    Parameters
    ----------
    typical, worst : mapping of observable name to float64, shape (K, m)
        T and W of the module docstring, both E where that is proved; infinite where nothing is decided; m = 1 for
        ``loss``.
    rigorous : bool, shape (K,)
        Whether the step's bounds are proved; if not, they are statistical.
    horizon : int or None
        First step at which nothing is decided; None where there is none up to the last step asked for.
    """

    typical: Mapping[str, Floats]
    worst: Mapping[str, Floats]
    rigorous: NDArray[np.bool_]
    horizon: int | None


def too_long(case: Case, last_step: int) -> str:
    """Return why an envelope up to `last_step` is not computed, or an empty string."""
    size = sum(len(values) for values in case.init.values())
    if last_step > MOST_STEPS or last_step * size > MOST_WORK:
        return (
            f"an envelope over {last_step} steps of {size} coordinates takes too long "
            f"(at most {MOST_STEPS} steps and {MOST_WORK} steps × coordinates); record successive steps"
        )
    return ""


def envelope(
    case: Case, declaration: Declaration, steps: Sequence[int], observables: Sequence[str]
) -> Envelope:
    """Return the envelope at the given steps.

    Parameters
    ----------
    case : Case
    declaration : Declaration
    steps : sequence of int, shape (K,)
        Ascending.
    observables : sequence of str
        Parameters of the model, ``theta`` and ``loss``.
    """
    with np.errstate(all="ignore"):
        proved, horizon = _proved(case, declaration, steps, observables)
        sampled: dict[int, Widths] = {}
        if len(proved) < len(steps):
            later, sampled = SampledEnvelope(case, declaration, steps, observables).run()
            horizon = None if later is None else max(later, horizon or 0)
    sizes = [len(case.init[name]) for name in MODELS[case.model].names]
    nothing = {name: np.full(1 if name == "loss" else max(sizes), np.inf) for name in observables}
    found = dict.fromkeys(steps, Widths(nothing, nothing)) | sampled
    found |= {step: Widths(bound, bound) for step, bound in proved.items()}
    typical, worst = (
        {name: np.stack([found[step][i][name] for step in steps]) for name in observables} for i in range(2)
    )
    rigorous = np.array([step in proved for step in steps], dtype=np.bool_)
    return Envelope(typical, worst, rigorous, horizon)


def _proved(
    case: Case, declaration: Declaration, steps: Sequence[int], observables: Sequence[str]
) -> tuple[dict[int, Mapping[str, Floats]], int | None]:
    """Return the proved bounds at those of the steps that come before their horizon, and that."""
    bounds: dict[int, Mapping[str, Floats]] = {}
    if not affordable(case, steps[-1]):
        return bounds, None
    for step, state, reach, found in zonotopes(case, declaration, observables, steps):
        if not reach.position.max() <= np.abs(state.position).max():
            return bounds, step
        if found:
            bounds[step] = found
    return bounds, None
