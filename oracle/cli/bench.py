"""`oracle bench`: the race of the update loops."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oracle.cli.progress import progress_stages

if TYPE_CHECKING:
    from oracle.bench.comparison import Change
    from oracle.bench.contest import Contest
    from oracle.report.race import Race

__all__ = ["bench"]

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@click.command(short_help="Race every update loop against its peers.")
@click.option("--runs", type=click.IntRange(1, 8192), multiple=True, help="Runs in a batch; may be repeated.")
@click.option(
    "--dtype", "dtypes", type=click.Choice(["float64", "float32"]), multiple=True, help="May be repeated."
)
@click.option("--only", multiple=True, metavar="NAME", help="Race this one alone; may be repeated.")
@click.option("--steps", type=click.IntRange(1, 10**9), help="Of one timed call. [default: what fills 0.1 s]")
@click.option("--rounds", type=click.IntRange(1, 1000), help="Interleaved rounds. [default: 7; quick: 3]")
@click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="Of every racer.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR",
    help="Where race.json and race.html go. [default: races/ in the store's directory, by time]",
)  # fmt: skip
@click.option("--quick", is_flag=True, help="1 and 16 runs, short calls: seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print the race as JSON and nothing else.")
@click.option(
    "--compare", "earlier", type=click.Path(path_type=Path), metavar="EARLIER.json",
    help="Print how the ratios changed; leave with 1 if one fell.",
)  # fmt: skip
@click.option(
    "--allow", type=click.FloatRange(0, 1), default=0.10, show_default=True, metavar="SHARE",
    help="By how much a ratio may fall, beyond the spread of both races.",
)  # fmt: skip
@click.pass_context
def bench(  # noqa: PLR0913, PLR0917 - a command has as many arguments as options
    ctx: click.Context,
    runs: tuple[int, ...],
    dtypes: tuple[str, ...],
    only: tuple[str, ...],
    steps: int | None,
    rounds: int | None,
    threads: int,
    out: Path | None,
    quick: bool,
    as_json: bool,
    earlier: Path | None,
    allow: float,
) -> None:
    """Race every candidate and every peer on the paper's problem, and judge the steps of each.

    Every racer makes batches of heavy-ball runs, in rounds A B C A B C …; the table shows medians, their
    spread, ratios to torch.optim.SGD and jax.lax.scan of the same rounds, and the error of the very kernel in
    units of its rounding bound.  Who disagrees with the mathematics never wins.

    \b
    Examples:
      oracle bench --quick
      oracle bench --out races/today
      oracle bench --runs 16 --dtype float32 --only fused --only jax_scan
      oracle bench --out races/now --compare races/today/race.json

    \b
    Exit codes:
      0  done                   1  a candidate disagrees, or a ratio fell
      2  misuse
    """
    _hold_numpy_to(threads)
    from oracle.bench.comparison import changes, lost
    from oracle.bench.contest import race
    from oracle.bench.racers import gather
    from oracle.findings import Outcome
    from oracle.report.race_json import read_race, render_race_json

    before = read_race(earlier) if earlier else None
    contest = _contest(quick, runs, dtypes)
    rules = replace(contest.rules, threads=threads, steps=steps, rounds=rounds or contest.rules.rounds)
    with progress_stages() as stage:
        found = race(gather(only), replace(contest, rules=rules), stage)
        stage("write the report")
        page = _written(found, out)
    if as_json:
        click.echo(render_race_json(found), nl=False)
    else:
        _tell(found, page)
    failed = any(row.outcome is Outcome.DISAGREES and row.role == "candidate" for row in found.rows)
    if before is not None:
        changed, gone = changes(before, found, allow), lost(before, found)
        _tell_changes(changed, gone, before.machine.cpu != found.machine.cpu, to_stderr=as_json)
        failed = failed or bool(gone) or any(change.fell for change in changed)
    ctx.exit(1 if failed else 0)


def _hold_numpy_to(threads: int) -> None:
    """Give numpy's BLAS as many threads as the racers: it counts them once, when numpy is imported."""
    if "numpy" not in sys.modules:
        for name in BLAS_THREADS:
            os.environ.setdefault(name, str(threads))


def _contest(quick: bool, runs: tuple[int, ...], dtypes: tuple[str, ...]) -> Contest:
    from oracle.bench.contest import FULL, QUICK

    size = QUICK if quick else FULL
    chosen_runs, chosen_dtypes = tuple(sorted(set(runs))), tuple(dict.fromkeys(dtypes))
    return replace(size, runs=chosen_runs or size.runs, dtypes=chosen_dtypes or size.dtypes)


def _written(found: Race, out: Path | None) -> Path:
    """Write the files, by default beside the store under the time of the race; return the page's path."""
    from oracle.report.race_files import write_race
    from oracle.store import default_root

    stamp = "".join(c if c.isalnum() else "-" for c in found.versions["made"])
    return write_race(found, default_root() / "races" / stamp if out is None else out)["race.html"]


def _tell(found: Race, page: Path) -> None:
    from oracle.report.race_html import race_headline
    from oracle.report.race_text import race_lines, target_lines

    click.echo("\n".join([*race_lines(found), "", *target_lines(found.targets, found.trial), ""]))
    click.secho(race_headline(found), bold=True)
    click.echo(f"report: {page}")


def _tell_changes(
    changed: tuple[Change, ...], gone: tuple[str, ...], other_machine: bool, to_stderr: bool
) -> None:
    """Print every ratio then and now, those that fell in red."""
    from oracle.report.race_text import times

    if other_machine:
        click.echo(
            "the earlier race was run on another processor: the ratios may differ for that alone", err=True
        )
    for change in changed:
        where = f"{change.racer}, {change.dtype}, {change.runs} runs, × {change.peer}"
        line = f"{where}: {times(change.then)} -> {times(change.now)}, × {change.factor:.3g}"
        click.secho(
            line + (": fell" if change.fell else ""), fg="red" if change.fell else None, err=to_stderr
        )
    for entry in gone:
        click.secho(f"{entry}: agreed then, and does not now", fg="red", err=to_stderr)
