"""Progress on standard error, and only to a terminal: silence otherwise."""

# ruff: noqa: PLC0415 - commands import on use, so that `oracle --help` answers at once

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Advance", "Stage", "progress_stages"]

Advance = Callable[[int, int], None]
Stage = Callable[[str], Advance]


@contextmanager
def progress_stages() -> Iterator[Stage]:
    """Yield a function that opens a stage by name and returns what to tell (done, total).

    A new stage ends the one before; an empty name leaves the terminal to whoever draws there.  Where less is done than
    before, the stage is in another pass.
    Nothing is written unless standard error is a terminal.
    """
    if not sys.stderr.isatty():
        yield lambda name: _ignore
        return
    from rich.console import Console  # here: only a terminal needs it
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)

        def stage(name: str) -> Advance:
            (shown.start if name else shown.stop)()
            shown.reset(task, description=name, total=None)
            last, passes = 0, 1

            def advance(done: int, total: int) -> None:
                nonlocal last, passes
                passes += done < last  # work starts over, with more bits
                last = done
                again = f", pass {passes}" if passes > 1 else ""
                shown.update(task, description=f"{name}{again}", completed=done, total=total)

            return advance

        yield stage


def _ignore(done: int, total: int) -> None:
    """Say nothing."""
