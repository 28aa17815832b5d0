"""`oracle sweep`: many goldens in one go."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oracle.cli.errors import interrupted_as
from oracle.cli.exit_codes import DAMAGED, MISUSE
from oracle.cli.options import store_option
from oracle.cli.progress import progress_stages
from oracle.cli.sweep_text import plan_lines, summary_lines

if TYPE_CHECKING:
    from oracle.store import Store
    from oracle.sweep.hands import Hands
    from oracle.sweep.sweep_file import Sweep

__all__ = ["sweep"]

UNFINISHED = 3  # some spec has no golden
GOES_ON = "everything finished is stored; run it again to go on"
NOTHING_KEPT = "a plan stores nothing; run it again"


@click.command(short_help="Compute many goldens.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--workers", type=click.IntRange(1, 4096), metavar="N", help="Worker processes. [default: one a core]"
)
@click.option("--serial", is_flag=True, help="Compute here, in this process.")
@click.option("--dask", metavar="ADDRESS", help="Compute on the Dask cluster with this scheduler.")
@click.option(
    "--plan", "plan_only", is_flag=True, help="Say what it will cost, measured on a few; store nothing."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Compute at most N this time.")
@click.option(
    "--work", type=click.Path(path_type=Path), metavar="DIR",
    help="Where reasons are written. [default: FILE with `.work` behind it]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else.")
@store_option
@click.pass_context
def sweep(  # noqa: PLR0913, PLR0917 - a command has as many arguments as options
    ctx: click.Context,
    file: Path,
    workers: int | None,
    serial: bool,
    dask: str | None,
    plan_only: bool,
    limit: int | None,
    work: Path | None,
    as_json: bool,
    store: Path | None,
) -> None:
    """Compute and store the golden of every spec in FILE that the store has not.

    FILE holds specs, one a line, if its name ends in `.jsonl`; otherwise a base spec and a grid, every
    combination of which is asked for, the last axis fastest.  What is interrupted goes on when it is
    asked again.

    \b
    Examples:
      oracle sweep specs.jsonl
      oracle sweep grid.json --plan
      oracle sweep grid.json --workers 8 --store goldens
      oracle sweep grid.json --dask tcp://10.0.0.1:8786

    \b
    A grid:
      {"schema": "momentum-oracle/golden-sweep/1",
       "spec": {"schema": "momentum-oracle/spec/1",
                "problem": {"kind": "sparse_regression", "n": 5, "d": 8, "nonzeros": 2, "seed": 0},
                "model": "diagonal",
                "init": {"u": "0.25", "v": "0.25"},
                "method": {"name": "heavy_ball", "step_size": "0.01", "momentum": "0.9"},
                "inputs_as": "float64",
                "want": {"kind": "iterates", "steps": [0, 1, 100]},
                "digits": 20},
       "grid": {"method.step_size": ["0.01", "1/50"],
                "problem.seed": {"from": 0, "count": 100}}}

    \b
    A cluster (every worker needs this version of momentum-oracle):
      pip install 'momentum-oracle[sweep]'
      dask scheduler
      dask worker tcp://10.0.0.1:8786 --nthreads 1 --nworkers 8

    Leaves with 0 if every spec has its golden, with 3 if some has none: DIR/failures.jsonl says why.
    """
    from oracle.store import Store
    from oracle.sweep.sweep_error import SweepError
    from oracle.sweep.sweep_file import read_sweep

    if sum((workers is not None, serial, dask is not None)) > 1:
        raise click.UsageError("`--workers`, `--serial` and `--dask` exclude each other; give one of them.")
    kept = Store(store)
    try:
        asked = read_sweep(file)
        folder = work or file.with_name(file.name + ".work")  # of a file: `.` and `/` have no name
        with interrupted_as(NOTHING_KEPT if plan_only else GOES_ON), _hands(workers, serial, dask) as hands:
            if plan_only:
                code = _print_plan(asked, kept, hands, as_json)
            else:
                code = _run(asked, kept, hands, folder, limit, as_json)
    except SweepError as error:
        click.echo(f"oracle: {error}", err=True)
        code = MISUSE
    ctx.exit(code)


def _hands(workers: int | None, serial: bool, dask: str | None) -> AbstractContextManager[Hands]:
    """Return who computes."""
    from oracle.sweep import hands

    if dask is not None:
        from oracle.sweep.dask_cluster import dask_cluster

        return dask_cluster(dask)
    return nullcontext(hands.serial()) if serial else hands.processes(workers or os.cpu_count() or 1)


def _run(asked: Sweep, store: Store, hands: Hands, folder: Path, limit: int | None, as_json: bool) -> int:
    """Run a sweep, say what it did, and return the exit code."""
    from oracle.sweep.coordinator import Places, run_sweep
    from oracle.sweep.failures import open_failures

    with open_failures(folder) as failures:
        places = Places(store, hands, failures)
        with progress_stages() as stage:
            done = run_sweep(asked, places, limit=limit, advance=stage("sweep"))
        reasons = failures.path
    if as_json:
        told = {"complete": done.is_complete, "store": str(store.root), "failures": str(reasons)}
        click.echo(json.dumps(asdict(done) | told))
    else:
        click.echo("\n".join(summary_lines(done, store.root, reasons)))
    if done.violated:
        return DAMAGED
    return 0 if done.is_complete else UNFINISHED


def _print_plan(asked: Sweep, store: Store, hands: Hands, as_json: bool) -> int:
    """Print what a sweep will cost, and return the exit code."""
    from oracle.sweep.plan import plan_sweep

    with progress_stages() as stage:
        plan = plan_sweep(asked, store, hands, stage("plan"))
    if as_json:
        told = {
            "wall_seconds": plan.wall_seconds(plan.workers),
            "most_useful_workers": plan.most_useful_workers,
        }
        click.echo(json.dumps(asdict(plan) | told))
    else:
        click.echo("\n".join(plan_lines(plan, asked.path)))
    return 0
