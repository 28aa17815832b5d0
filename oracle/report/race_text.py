"""A race as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.report.figures import bounds, duration, short
from oracle.report.race import JAX, SGD, Race, RaceRow, Ratio, Target

__all__ = ["HEADER", "cells_of", "machine_line", "race_lines", "target_lines", "times"]

HEADER = (
    "", "racer", "dtype", "runs", "run-steps/s", "±", "µs/step", "fixed", "GFLOP/s", "of GEMM", "× torch SGD", "× JAX",
    "cores", "error / bound", "verdict",
)  # fmt: skip


def race_lines(race: Race) -> list[str]:
    """Return the heading, the table of all rows and who was not raced."""
    problem = race.problem
    lines = [
        f"{problem['method']} on the {problem['model']} network, n = {problem['n']}, d = {problem['d']}; "
        f"{race.threads} thread(s), medians of {race.rounds} interleaved rounds, {duration(race.seconds)}",
        machine_line(race),
        "",
        *_aligned([HEADER, *(cells_of(race, row) for row in race.rows)]),
        "",
        "* wins: the fastest whose steps agree.  GFLOP/s counts 4 n d operations a run-step, the two products;",
        "of GEMM: against the fastest library product of the same shapes in the same rounds.  fixed: share of a call",
        "that does not grow with its steps.",
    ]
    missing = [
        f"not raced: {entry.racer}{f' ({entry.where})' if entry.where else ''}: {entry.reason}"
        for entry in race.not_raced
    ]
    return [*lines, *_sharing(race), *missing]


def _sharing(race: Race) -> list[str]:
    """Return a warning where racers did not get the processor to themselves."""
    starved = [row.cores for row in race.rows if row.cores < 0.85]
    if not starved:
        return []
    return [
        f"the processor was shared: {len(starved)} of {len(race.rows)} rows had less than 0.85 of a core, down to "
        f"{min(starved):.2f}; their rates are too low, and their ratios spread."
    ]


def machine_line(race: Race) -> str:
    """Return the machine and what it was found to do, in one line."""
    machine = race.machine
    peaks = ", ".join(f"{flops / 1e9:.3g} GFLOP/s {dtype}" for dtype, flops in machine.peak.items())
    return f"{machine.cpu}, {machine.cores} core(s); GEMM peak {peaks}; copy {machine.copy_bandwidth / 1e9:.3g} GB/s"


def cells_of(race: Race, row: RaceRow) -> tuple[str, ...]:
    """Return the cells of one row, as in `HEADER`."""
    return (
        "*" if race.winner(row.dtype, row.runs) == row.racer else "",
        row.racer,
        row.dtype,
        str(row.runs),
        short(row.rate, 3),
        f"{row.spread:.0%}",
        short(1e6 * row.step_seconds, 3),
        f"{row.fixed:.0%}",
        short(row.flops / 1e9),
        "–" if row.of_gemm is None else f"{row.of_gemm.median:.0%}",
        times(row.ratios.get(SGD)),
        times(row.ratios.get(JAX)),
        f"{row.cores:.1f}",
        bounds(row.error),
        str(row.outcome),
    )


def target_lines(targets: Sequence[Target], trial: str) -> list[str]:
    """Return the table of targets, and under each that falls short the figures that say why."""
    lines = [f"targets, for `{trial}`" if trial else "targets: no candidate agrees"]
    for target in targets:
        word = {True: "reached", False: "short", None: "not measured"}[target.reached]
        lines.append(
            f"  {word:<12}  {short(target.found, 3):>7}  of {short(target.target, 3):<5} {target.what}"
        )
        if target.cause:
            lines.append(f"  {'':<12}  {target.cause}")
    return lines


def times(ratio: Ratio | None) -> str:
    """Return a ratio with its spread."""
    return "–" if ratio is None else f"{short(ratio.median, 2)} ± {ratio.spread:.0%}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    left = (0, 1, 2, len(widths) - 1)
    return [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
