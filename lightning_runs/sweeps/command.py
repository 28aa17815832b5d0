"""The command `python -m lightning_runs.sweeps`."""

# ruff: noqa: PLC0415, D301
# The rest is imported on use, so that `--help` answers at once without torch; and the backspace in a
# docstring is click's mark for lines to be left as they are.

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lightning_runs.sweeps.sweep import Sweep

__all__ = ["sweep_command"]

MISUSE, DAMAGED, INTERRUPTED = 2, 4, 130  # as `oracle` leaves
UNITS = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
UNITS |= {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


def _bytes(ctx: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """Return the bytes of a size with its unit."""
    match = None if text is None else re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([A-Za-z]*)", text)
    if text is not None and (match is None or match[2] not in UNITS or float(match[1]) <= 0):
        units = ", ".join(filter(None, UNITS))
        raise click.BadParameter(f"{text!r} is no size; expected a number and one of {units}, as in 4GiB")
    return None if match is None else int(float(match[1]) * UNITS[match[2]])


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where it goes. [default: CONFIG.sweep]"
)
@click.option("--dry-run", is_flag=True, help="State memory, files and parts, and leave.")
@click.option(
    "--kernel", metavar="NAME", help="What makes the steps. [default: fused where it runs, else eager]"
)
@click.option("--threads", type=click.IntRange(1), help="Of the kernel. [default: 1]")
@click.option(
    "--memory",
    callback=_bytes,
    metavar="SIZE",
    help="Most to allocate, as in 4GiB. [default: half of what is available]",
)
@click.option(
    "--table", type=click.Choice(("final", "steps", "none")), default="final", show_default=True,
    help="A row a run, a row a run and recorded step, or no table.",
)  # fmt: skip
@click.option(
    "--extract", type=click.IntRange(0), multiple=True, metavar="RUN", help="Write a run's spec and record."
)
def sweep_command(  # noqa: PLR0913, PLR0917 - a command has as many arguments as options
    config: Path,
    out: Path | None,
    dry_run: bool,
    kernel: str | None,
    threads: int | None,
    memory: int | None,
    table: str,
    extract: tuple[int, ...],
) -> None:
    """Make every run of the grid in CONFIG (.yaml or .json) as one batch, or go on with it.

    States the memory first. Interrupted at any time, the same command goes on to the same bits.

    \b
    Examples:
      python -m lightning_runs.sweeps sweep.yaml --dry-run
      python -m lightning_runs.sweeps sweep.yaml --out results --threads 2 --memory 4GiB
      python -m lightning_runs.sweeps sweep.yaml --out results --extract 17
      oracle check results/extracted/run-000017.json results/extracted/run-000017.npz

    Leaves with 0 when all is done, 2 where something asked cannot be done, 4 where a file is damaged.
    """
    directory = out or config.with_suffix(".sweep")
    with _failures(directory):
        from lightning_runs.sweeps.grid_file import read_grid
        from lightning_runs.sweeps.sweep import Options, opened

        sweep = opened(read_grid(config), directory, Options(kernel, threads, memory))
        if extract:
            _extract(sweep, extract)
        else:
            _make(sweep, dry_run, table)


def _make(sweep: Sweep, dry_run: bool, table: str) -> None:
    """State, make, tabulate."""
    from lightning_runs.sweeps.kernel_choice import chosen_kernel
    from lightning_runs.sweeps.making import make
    from lightning_runs.sweeps.memory import check_needs, needs_of, statement
    from lightning_runs.sweeps.progress import progress_of
    from lightning_runs.sweeps.table import check_pyarrow, write_table

    directory = sweep.directory.path
    chosen_kernel(sweep.kernel, sweep.grid)  # loads its libraries, whose memory the statement counts
    click.echo(statement(sweep.grid, sweep.points, sweep.plan, directory))
    check_needs(needs_of(sweep.grid, sweep.points, sweep.plan), directory)
    if table != "none":
        check_pyarrow()  # before hours of steps, not after
    if dry_run:
        return
    with progress_of(
        f"{len(sweep.points)} runs, {sweep.kernel}", len(sweep.points) * sweep.grid.steps[-1]
    ) as advanced:
        make(sweep, advanced)
    click.echo(f"made by the kernel `{sweep.kernel}`: records in `{directory}`")
    if table != "none":
        click.echo(f"table: `{write_table(sweep, table == 'steps')}`")


def _extract(sweep: Sweep, runs: tuple[int, ...]) -> None:
    from lightning_runs.sweeps.run_record import write_extract

    dtype = " --dtype bfloat16" if sweep.grid.dtype == "bfloat16" else ""
    for run in runs:
        spec, record = write_extract(sweep, run, sweep.directory.path / "extracted")
        click.echo(f"oracle check {spec} {record}{dtype}")


@contextmanager
def _failures(directory: Path) -> Iterator[None]:
    """Turn expected failures into a message and an exit code; all others keep their traceback."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise _left("interrupted: the same command goes on from the last saved state", INTERRUPTED) from error
    except ModuleNotFoundError as error:
        advice = "on Python 3.11 run `pip install 'momentum-oracle[lightning]'`"
        raise _left(f"sweeps need `{error.name}`, which is not installed; {advice}", MISUSE) from error
    except OSError as error:
        if error.errno not in DISK:
            raise
        raise _left(
            f"`{error.filename or directory}`: {error.strerror}; free it, or name another `--out`", MISUSE
        ) from error
    except Exception as error:
        if not (code := _code(error)):
            raise
        raise _left(str(error), code) from error


def _code(error: Exception) -> int:
    """Return the exit code of a failure that the packages announce, 0 for any other."""
    from lightning_runs.kernels.interface import KernelError
    from lightning_runs.sweeps.sweep_error import SweepError
    from lightning_runs.tasks import TaskError
    from oracle.records.record_errors import DamagedRecordError, MissingRecordError
    from oracle.spec import SpecError

    if isinstance(error, DamagedRecordError | MissingRecordError):
        return DAMAGED
    return MISUSE if isinstance(error, SweepError | KernelError | TaskError | SpecError) else 0


def _left(message: str, code: int) -> click.exceptions.Exit:
    click.echo(f"sweeps: {message}", err=True)
    return click.exceptions.Exit(code)
