"""What `oracle sweep` says for people: what a sweep did, and what one will cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oracle.sweep.plan import Estimate, Plan
    from oracle.sweep.summary import Summary

__all__ = ["plan_lines", "summary_lines"]

COLUMN = " " * 15  # under which what a line says goes on


def summary_lines(done: Summary, root: Path, reasons: Path) -> list[str]:
    """Return what a sweep did, for people."""
    failures = {
        "malformed": done.malformed,
        "refused": done.refused,
        "contradicted by mpmath": done.violated,
        "fault of this program" if done.faults == 1 else "faults of this program": done.faults,
        "lost with their workers": done.lost,
    }
    so_far = " so far" if done.left else ""
    died = "" if not done.lost_workers else f", {_counted(done.lost_workers, 'worker')} died"
    lines = [
        f"{done.asked} asked{so_far}: {done.stored_before} stored before, {done.computed} computed, "
        f"{_counted(done.duplicates, 'duplicate')}, {done.failed} without a golden",
        f"  store    {root}, {_size(done.bytes)} added",
        f"  time     {_time(done.seconds)} on {done.workers} ({done.hands}), {_time(done.core_seconds)} of cores{died}",
    ]
    if done.failed:
        named = ", ".join(f"{count} {name}" for name, count in failures.items() if count)
        lines.append(f"  reasons  {reasons}: {named}")
    if done.left:
        lines.append("  left     some, for the limit was reached; ask again to go on")
    return lines


def plan_lines(plan: Plan, path: Path) -> list[str]:
    """Return a plan for people."""
    lines = [
        f"{path}: {plan.asked} asked, {_counted(plan.duplicates, 'duplicate')}, {plan.malformed} malformed, "
        f"{plan.stored} stored, {plan.missing} to compute",
    ]
    lines += _first("malformed", plan.malformed_first, plan.malformed)
    if plan.core_seconds is None:
        return lines
    without = f", {plan.refused} of them without a golden" if plan.refused else ""
    lines.append(f"  measured     {plan.sampled} of them on {plan.workers} ({plan.hands}){without}")
    lines += _first("no golden", plan.refused_first, plan.refused)
    lines.append(f"  core time    {_spread(plan.core_seconds, _time)}")
    wall = plan.wall_seconds(plan.workers)
    lines.append(
        f"  wall time    {_time(wall or 0)} with {plan.workers}; reading it took {_time(plan.reading_seconds)}"
    )
    if plan.bytes is not None and plan.allocated is not None and plan.store_seconds is not None:
        lines += [
            f"  records      {_spread(plan.bytes, _size)}",
            f"  on disk      {_size(plan.allocated.total)} in whole blocks, and {_size(plan.index_bytes)} of index",
            f"  coordinator  {_time(plan.store_seconds)} a record to store: more than {plan.most_useful_workers} "
            "workers would wait for it",
        ]
    return lines


def _first(name: str, reason: str, count: int) -> list[str]:
    """Return the line with the first of so many reasons; none where there is none."""
    if not count:
        return []
    more = f" ({count - 1} more)" if count > 1 else ""
    return [f"  {name:<12} {indent(reason, COLUMN).lstrip()}{more}"]


def _counted(count: int, noun: str) -> str:
    """Return a number of things, in the singular where it is one."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _spread(estimate: Estimate, text: Callable[[float], str]) -> str:
    """Return an estimate with how far it may be off."""
    each = f"one takes {text(estimate.smallest)} to {text(estimate.largest)}"
    if estimate.low is None or estimate.high is None:
        return f"{text(estimate.total)} (one was measured: no spread is known)"
    return f"{text(estimate.total)} ({text(estimate.low)} to {text(estimate.high)} at two standard errors; {each})"


def _time(seconds: float) -> str:
    """Return a duration for people."""
    for unit, length in (("days", 172_800.0), ("h", 7200.0), ("min", 120.0), ("s", 1.0)):
        if seconds >= length:
            return f"{seconds / {'days': 86_400, 'h': 3600, 'min': 60, 's': 1}[unit]:.3g} {unit}"
    return f"{seconds * 1000:.3g} ms"


def _size(count: float) -> str:
    """Return a number of bytes for people."""
    for unit, length in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= length:
            return f"{count / length:.3g} {unit}"
    return f"{count:.0f} B"
