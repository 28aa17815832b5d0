"""The command `python -m lightning_runs.figures`."""

# ruff: noqa: PLC0415, D301
# The rest is imported on use, so that `--help` answers at once without torch; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lightning_runs.figures.experiment import Experiment

__all__ = ["figures_command"]

DISAGREES, MISUSE, DAMAGED, INTERRUPTED = 1, 2, 4, 130  # as `oracle` leaves


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--only", multiple=True, metavar="ID", help="Draw this figure alone; may be given again.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("figures"), show_default=True, metavar="DIR",
    help="Where figures go, and in `runs` the runs behind them.",
)  # fmt: skip
@click.option(
    "--quick",
    is_flag=True,
    help="Fewer seeds and steps, into DIR/quick: seconds a figure, to see that it works.",
)
@click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, help="Of the trainer's kernel."
)
@click.option("--list", "listed", is_flag=True, help="Name the figures, and leave.")
def figures_command(only: tuple[str, ...], out: Path, quick: bool, threads: int, listed: bool) -> None:
    """Draw the papers' figures again: train their runs over many seeds, and say what is seen.

    Writes ID.json, which `oracle claims` reads, ID.svg and ID.png. A figure that is there is not made again; killed at
    any time, the same command goes on.

    \b
    Examples:
      python -m lightning_runs.figures --list
      python -m lightning_runs.figures --quick --out /tmp/figures
      python -m lightning_runs.figures --only 000-fig-1a --only 000-fig-1b --threads 2

    Leaves with 0 when all are drawn, 1 where the oracle refuses a step, 2 where something asked cannot be done, 4 where a
    file is damaged.
    """
    with _failures(out):
        from lightning_runs.figures.experiment import all_experiments

        experiments = all_experiments()
        if listed:
            click.echo("\n".join(experiments))
            return
        if unknown := sorted(set(only) - set(experiments)):
            raise click.BadParameter(
                f"there is no figure {', '.join(unknown)}; there are {', '.join(experiments)}",
                param_hint="--only",
            )
        for identifier, experiment in experiments.items():
            if not only or identifier in only:
                _draw(experiment, out / "quick" if quick else out, quick, threads)


def _draw(experiment: Experiment, out: Path, quick: bool, threads: int) -> None:
    """Make one figure, or say that it is there."""
    from lightning_runs.figures.making import made_figure

    figure, is_new = made_figure(experiment, out, quick, threads)
    click.echo(f"{experiment.identifier}: {figure.seen if is_new else f'is there already, in `{out}`'}")


@contextmanager
def _failures(directory: Path) -> Iterator[None]:
    """Turn expected failures into a message and an exit code; all others keep their traceback."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise _left("interrupted: the same command goes on", INTERRUPTED) from error
    except ModuleNotFoundError as error:
        advice = "on Python 3.11 run `pip install 'momentum-oracle[lightning]'`"
        raise _left(f"figures need `{error.name}`, which is not installed; {advice}", MISUSE) from error
    except OSError as error:
        place = error.filename or directory
        raise _left(
            f"`{place}`: {error.strerror or error}; free it, or name another `--out`", MISUSE
        ) from error
    except Exception as error:
        if not (code := _code(error)):
            raise
        raise _left(str(error), code) from error


def _code(error: Exception) -> int:
    """Return the exit code of a failure that the packages announce, 0 for any other."""
    from lightning_runs.callbacks import DisagreementError
    from lightning_runs.checkpoints import CheckpointError
    from lightning_runs.figures.figure_config import FigureRunsError
    from lightning_runs.kernels.interface import KernelError
    from lightning_runs.tasks import TaskError
    from oracle.records.figure import FigureError
    from oracle.records.record_errors import DamagedRecordError
    from oracle.spec_error import SpecError

    if isinstance(error, DisagreementError):
        return DISAGREES
    if isinstance(error, DamagedRecordError | CheckpointError | FigureError):
        return DAMAGED
    return MISUSE if isinstance(error, FigureRunsError | KernelError | TaskError | SpecError) else 0


def _left(message: str, code: int) -> click.exceptions.Exit:
    click.echo(f"figures: {message}", err=True)
    return click.exceptions.Exit(code)
