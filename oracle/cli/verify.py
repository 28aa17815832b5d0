"""`oracle verify`: the main job."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oracle.cli.exit_codes import exit_code_of
from oracle.cli.options import store_option
from oracle.cli.progress import progress_stages

if TYPE_CHECKING:
    from oracle.report.comparison import Report

__all__ = ["verify"]

COLOURS = {"AGREES": "green", "DISAGREES": "red", "UNDECIDED": "yellow"}
HEADER = ("candidate", "method", "arithmetic", "verdict", "local error / bound", "final error", "run")


@click.command(short_help="Run the main job: goldens, every candidate, a report.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", default=Path("reports"), show_default=True,
    help="Where report.html, report.json and junit.xml go.",
)  # fmt: skip
@click.option("--quick", is_flag=True, help="A small problem and few steps: seconds.")
@click.option("--steps", type=click.IntRange(1, 1_000_000), help="Compare every state up to this step.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the generated problem."
)
@click.option(
    "--candidate", "only", multiple=True, metavar="NAME", help="Run this one alone; may be repeated."
)
@store_option
@click.pass_context
def verify(  # noqa: PLR0913, PLR0917 - a command has as many arguments as options
    ctx: click.Context,
    out: Path,
    quick: bool,
    steps: int | None,
    seed: int,
    only: tuple[str, ...],
    store: Path | None,
) -> None:
    """Certify goldens of the paper's problem, run every candidate on it, compare, report.

    Goldens are stored as they are finished, so an interrupted run goes on where it stopped.

    \b
    Examples:
      oracle verify --quick
      oracle verify --out reports --candidate lightning

    Leaves with 0 if everything agrees, 1 if anything disagrees, 3 if anything is undecided.
    """
    from oracle.report.files import write_report
    from oracle.verify import FULL, QUICK, Settings
    from oracle.verify import verify as run

    size = QUICK if quick else FULL
    size = replace(size, steps=steps or size.steps)
    with progress_stages() as stage:
        report = run(Settings(store, size, seed, only), stage)
        stage("write the report")
        written = write_report(report, out)
    click.echo("\n".join(_table(report)))
    for section in report.theory:
        agreeing = sum(row.outcome == "AGREES" for row in section.rows)
        click.echo(f"{section.title}: {agreeing} of {len(section.rows)} statements hold")
    _tell(report)
    click.echo(f"report: {written['report.html']}")
    ctx.exit(exit_code_of(report.outcome))


def _tell(report: Report) -> None:
    """Print what did not run, and the one sentence."""
    from oracle.report.facts import headline

    for entry in report.not_run:
        click.echo(f"not run: {entry.candidate}: {entry.reason}; {entry.remedy}")
    click.secho(f"{report.outcome}: {headline(report)}", fg=COLOURS[report.outcome], bold=True)


def _table(report: Report) -> list[str]:
    """Return the comparisons as aligned columns; the verdict in colour where there is a terminal."""
    rows = [HEADER, *(_cells(report, i) for i in range(len(report.comparisons)))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return [
        "  ".join(_painted(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _cells(report: Report, index: int) -> tuple[str, ...]:
    from oracle.report.facts import facts_of
    from oracle.report.figures import bounds, duration, short

    comparison = report.comparisons[index]
    facts = facts_of(comparison)
    final = facts.final_error.relative if facts.final_error else None
    return (
        comparison.candidate,
        comparison.method,
        comparison.dtype,
        str(comparison.verdict.outcome),
        bounds(facts.local_ratio),
        short(final),
        duration(comparison.run_seconds),
    )


def _painted(cell: str, width: int) -> str:
    padded = cell.ljust(width)
    return click.style(padded, fg=COLOURS[cell]) if cell in COLOURS else padded
