"""What the racer on trial is to reach on a CPU, and what it does reach, with the figures that say why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

from oracle.bench.growth import ThreadGain
from oracle.findings import Outcome
from oracle.report.race import JAX, SGD, GrowthPoint, Machine, RaceRow, Target

__all__ = ["Findings", "on_trial", "targets"]

PREFERRED = "fused"
DTYPES = ("float64", "float32")
LINEAR_WITHIN = 0.10
STATE_ARRAYS = 4  # u, v and their momenta, each read and written once a step at the least


@dataclass(frozen=True)
class Findings:
    """What the targets are read off.

    Parameters
    ----------
    trial : str
    rows : tuple of RaceRow
    machine : Machine
    d : int
    thread_gain : mapping of dtype to ThreadGain
    growth : tuple of GrowthPoint
    unmeasured : mapping of ``threads`` or ``growth`` to why not
    """

    trial: str
    rows: tuple[RaceRow, ...]
    machine: Machine
    d: int
    thread_gain: Mapping[str, ThreadGain]
    growth: tuple[GrowthPoint, ...]
    unmeasured: Mapping[str, str]


def on_trial(rows: Iterable[RaceRow]) -> str:
    """Return the candidate that the targets are about: `fused` if it ran and agrees, else the fastest.

    The fastest is raced at most sizes, and of those has the largest product of rates; one that
    DISAGREES anywhere is not considered.  Empty where there is none.
    """
    by_name: dict[str, list[RaceRow]] = {}
    for row in rows:
        if row.role == "candidate":
            by_name.setdefault(row.racer, []).append(row)
    agreeing = {
        name: own for name, own in by_name.items() if all(row.outcome is Outcome.AGREES for row in own)
    }
    if PREFERRED in agreeing or not agreeing:
        return PREFERRED if agreeing else ""
    return max(agreeing, key=lambda name: (len(agreeing[name]), sum(log(row.rate) for row in agreeing[name])))


def targets(found: Findings) -> tuple[Target, ...]:
    """Return the table, one row a statement."""
    statements = [
        _against(found, 1, "float64", SGD, 250.0),
        _against(found, 1, "float64", JAX, 1.3),
        *(_against(found, 16, dtype, JAX, 1.3) for dtype in DTYPES),
        *(_against(found, 256, dtype, "", 0.9) for dtype in DTYPES),
        *(_against(found, 256, dtype, JAX, 1.0) for dtype in DTYPES),
        *(_threads(found, dtype) for dtype in DTYPES),
        *(_growth(found, axis) for axis in ("steps", "runs", "n·d")),
    ]
    return tuple(statements)


def _against(found: Findings, runs: int, dtype: str, peer: str, target: float) -> Target:
    """Return the row of a ratio to a peer, or to the GEMM of the same shapes."""
    what = f"{runs} run{'s' if runs > 1 else ''}, {dtype}: times {peer or 'the GEMM rate of the same shapes'}"
    row = next((r for r in found.rows if (r.racer, r.runs, r.dtype) == (found.trial, runs, dtype)), None)
    if row is None:
        return Target(
            what, None, target, None, f"`{found.trial or 'no candidate'}` was not raced at this size"
        )
    ratio = row.ratios.get(peer) if peer else row.of_gemm
    if ratio is None:
        return Target(what, None, target, None, f"{peer or 'no GEMM'} was not raced at this size")
    reached = ratio.median >= target
    return Target(what, ratio.median, target, reached, "" if reached else _cause(found, row))


def _cause(found: Findings, row: RaceRow) -> str:
    """Return useful operations against the peak, traffic against bandwidth, microseconds a step."""
    peak, band = found.machine.peak.get(row.dtype), found.machine.copy_bandwidth
    traffic = 2 * STATE_ARRAYS * found.d * (8 if row.dtype == "float64" else 4) * row.rate
    of_peak = f" ({row.flops / peak:.0%} of the {peak / 1e9:.3g} GFLOP/s peak)" if peak else ""
    return (
        f"{row.flops / 1e9:.3g} useful GFLOP/s{of_peak}; state traffic {traffic / 1e9:.3g} GB/s "
        f"({traffic / band:.0%} of the copy bandwidth); {1e6 * row.step_seconds:.3g} µs a step of the batch, "
        f"{1e3 * row.seconds:.3g} ms a call, {row.fixed:.0%} of it fixed"
    )


def _threads(found: Findings, dtype: str) -> Target:
    what, gain = f"256 runs, {dtype}: two threads, times one", found.thread_gain.get(dtype)
    if gain is None:
        return Target(what, None, 1.8, None, found.unmeasured.get("threads", "not raced in this dtype"))
    found_gain, reached = gain.ratio.median, gain.ratio.median >= 1.8
    spread = f"the two kept {gain.cores:.2f} cores busy of {found.machine.cores}; ±{gain.ratio.spread:.0%} over the rounds"
    return Target(what, found_gain, 1.8, reached, "" if reached else spread)


def _growth(found: Findings, axis: str) -> Target:
    """Return the row of an axis: the cost of a unit that is farthest from the first point's."""
    what = f"time linear in {axis} over a decade: cost of a unit, times the first point's"
    points = [point for point in found.growth if point.axis == axis]
    if not points:
        return Target(what, None, 1.0, None, found.unmeasured.get("growth", "not measured"))
    farthest = max(points, key=lambda point: abs(point.relative_cost - 1))
    reached = abs(farthest.relative_cost - 1) <= LINEAR_WITHIN
    costs = ", ".join(f"{point.relative_cost:.3g} at {point.at:g}" for point in points)
    return Target(what, farthest.relative_cost, 1.0, reached, "" if reached else f"within 10 %: {costs}")
