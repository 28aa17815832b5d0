"""Where a run went wrong: which steps make an error, which merely carry it on, in which coordinates.

A step that misses the exact step from the candidate's *own* state makes an error there and then.  A later step
that is right from its own state, yet far from the golden, has inherited it.  Where states were left out, the error
is made somewhere between the last state that rounding explains and the first that it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oracle.compare import Distance
from oracle.residuals import Replay
from oracle.trace import Trace

__all__ = ["Localisation", "localise", "localise_between"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Localisation:
    """Where the errors of a run are made.

    Parameters
    ----------
    step : int
        The first divergent one.
    observable, coordinate : str and int
        Where that step errs most.
    made_here : tuple of int
        Steps that are wrong from the candidate's own state.
    inherited : tuple of int
        Steps that are right from their own state, and further from the golden than one step's rounding.
    pattern : str
        Steps and coordinates in which errors are made.
    sentence : str
        For a person.
    """

    step: int
    observable: str
    coordinate: int
    made_here: tuple[int, ...]
    inherited: tuple[int, ...]
    pattern: str
    sentence: str


def localise(trace: Trace, replayed: Replay, found: Mapping[str, Distance]) -> Localisation | None:
    """Return where the replayed steps err; None where none of them does.

    Parameters
    ----------
    trace : Trace
    replayed : Replay
        Of all its steps that can be replayed.
    found : mapping of observable to Distance
        The record against the golden.
    """
    ratio = replayed.position.ratio
    if replayed.momentum is not None:
        ratio = np.maximum(ratio, replayed.momentum.ratio)
    failed = (ratio > 1) & np.isfinite(ratio)
    wrong: Mask = np.any(failed, axis=1)
    if not wrong.any():
        return None
    at = int(np.argmax(wrong))
    name, coordinate = trace.coordinate(int(np.argmax(np.where(failed[at], ratio[at], 0.0))))
    steps = trace.steps[replayed.rows]
    far = _far(trace, replayed, found) & ~wrong & (steps > steps[at])
    made, inherited = (tuple(int(step) for step in steps[mask]) for mask in (wrong, far))
    pattern = f"{_steps_text(steps, wrong)}, {_coordinates_text(trace, failed)}"
    return Localisation(
        made[0],
        name,
        coordinate,
        made,
        inherited,
        pattern,
        _sentence(pattern, inherited, name, coordinate),
    )


def localise_between(
    trace: Trace, found: Mapping[str, Distance], worst: Mapping[str, NDArray[np.float64]]
) -> Localisation | None:
    """Return between which recorded states a run left what rounding explains; None where it never does.

    Parameters
    ----------
    trace : Trace
    found : mapping of observable to Distance
        The record against the golden.
    worst : mapping of observable to float64, shape (K, m)
        How far rounding may carry it, at the rows of `found`; infinite where nothing is known.
    """
    names = [name for name, _ in trace.names if name in found and name in worst]
    if not names:
        return None
    gaps = np.concatenate([np.abs(found[name].difference) - found[name].error for name in names], axis=1)
    outside = gaps > np.concatenate([worst[name] for name in names], axis=1)
    wrong = np.flatnonzero(outside.any(axis=1) & (found[names[0]].rows < len(trace)))
    if not len(wrong):
        return None
    at, steps = int(wrong[0]), [int(trace.steps[row]) for row in found[names[0]].rows[: wrong[0] + 1]]
    name, coordinate = trace.coordinate(int(np.argmax(np.where(outside[at], gaps[at], 0.0))))
    pattern = (
        f"after step {steps[-2]} and by step {steps[-1]}"
        if len(steps) > 1
        else f"by step {steps[-1]}, the first recorded"
    )
    text = f"an error is made {pattern}; it is largest in {name}[{coordinate}]: record every step to see which makes it"
    return Localisation(steps[-1], name, coordinate, (), (), pattern, text)


def _far(trace: Trace, replayed: Replay, found: Mapping[str, Distance]) -> Mask:
    """Return which replayed steps end further from the golden than one step's rounding reaches."""
    far = np.zeros(len(replayed.rows), dtype=bool)
    start = 0
    for name, size in trace.names:
        columns = slice(start, start + size)
        start += size
        if name not in found:
            continue
        place = {int(row): i for i, row in enumerate(found[name].rows)}
        for i, row in enumerate(replayed.rows):
            if int(row) in place:
                gap = np.abs(found[name].difference[place[int(row)]])
                far[i] |= bool((gap > replayed.position.bound[i, columns]).any())
    return far


def _steps_text(steps: NDArray[np.int64], wrong: Mask) -> str:
    count, first, last = int(wrong.sum()), int(steps[wrong][0]), int(steps[wrong][-1])
    if count == 1:
        return f"at step {first} alone"
    if count == len(steps):
        return f"at every one of {count} steps"
    if wrong[int(np.argmax(wrong)) :].all():
        return f"at every step from {first} on"
    if count == last - first + 1:
        return f"at steps {first} to {last}"
    return f"at {count} of {len(steps)} steps, from {first} to {last}"


def _coordinates_text(trace: Trace, failed: Mask) -> str:
    """Say which coordinates ever fail."""
    parts = np.split(failed.any(axis=0), np.cumsum([size for _, size in trace.names])[:-1])
    texts = [
        _one_parameter(name, part) for (name, _), part in zip(trace.names, parts, strict=True) if part.any()
    ]
    if all(part.all() for part in parts):
        return "in every coordinate"
    return "in " + " and ".join(texts) + (" alone" if len(texts) < len(parts) or len(texts) == 1 else "")


def _one_parameter(name: str, part: Mask) -> str:
    count = int(part.sum())
    if part.all():
        return f"all of {name}"
    if count == 1:
        return f"{name}[{int(np.argmax(part))}]"
    if part[len(part) - count :].all():
        return f"the last {count} coordinates of {name}"
    return f"{count} of {len(part)} coordinates of {name}"


def _sentence(pattern: str, inherited: Sequence[int], name: str, coordinate: int) -> str:
    first = f"errors are made {pattern}; the first is largest in {name}[{coordinate}]"
    if not inherited:
        return first
    steps = "1 step after it is" if len(inherited) == 1 else f"{len(inherited)} steps after it are"
    return (
        f"{first}; {steps} right from the candidate's own state, and only inherit the distance to the golden"
    )
