"""A bar of run-steps done and done per second, on standard error, and only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_of"]


@contextmanager
def progress_of(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield what to tell the run-steps done; silent unless standard error is a terminal.

    Parameters
    ----------
    label : str
    total : int
        Run-steps in all.
    """
    if not sys.stderr.isatty():
        yield lambda steps: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it

    class Rate(ProgressColumn):
        """Run-steps a second."""

        def render(self, task: Task) -> Text:
            """Return the rate as text."""
            return Text(f"{task.finished_speed or task.speed or 0:.3g} run-steps/s")

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, Rate(), TimeRemainingColumn(), console=Console(stderr=True)) as shown:
        task = shown.add_task(label, total=total)
        yield lambda steps: shown.advance(task, steps)
