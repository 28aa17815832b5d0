"""Time many callables in turn, so that whatever slows the machine slows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from oracle.report.race import Ratio

__all__ = ["Timing", "interleaved", "middle", "ratio_of"]


@dataclass(frozen=True)
class Timing:
    """The calls of one callable.

    Parameters
    ----------
    seconds : tuple of float
        Wall time by round.
    cores : float
        Processor time over wall time, of all calls together.
    """

    seconds: tuple[float, ...]
    cores: float


def interleaved(calls: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Timing]:
    """Call A B C … A B C … and return each one's timing.

    Parameters
    ----------
    calls : mapping of name to callable
    rounds : int
        At least 1.
    """
    walls: dict[str, list[float]] = {name: [] for name in calls}
    busy = dict.fromkeys(calls, 0.0)
    for _ in range(rounds):
        for name, call in calls.items():
            began, worked = perf_counter(), process_time()
            call()
            walls[name].append(perf_counter() - began)
            busy[name] += process_time() - worked
    return {name: Timing(tuple(wall), busy[name] / sum(wall)) for name, wall in walls.items()}


def middle(values: Sequence[float]) -> Ratio:
    """Return the median with half the interquartile range as a share of it; no spread from one value."""
    centre = median(values)
    if len(values) < 2:
        return Ratio(centre, 0.0)
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Ratio(centre, (high - low) / 2 / centre)


def ratio_of(faster: Timing, slower: Timing, work: float) -> Ratio:
    """Return by round how many times as fast the first is, `work` its share of work over the second's."""
    pairs = zip(faster.seconds, slower.seconds, strict=True)
    return middle([work * other / own for own, other in pairs])
