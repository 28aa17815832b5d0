"""How long work tells a caller where it is; the caller decides what to show."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress", "tell"]

Progress = Callable[[int, int], None]

EVERY = 32  # steps between two calls


def tell(progress: Progress | None, step: int, last: int) -> None:
    """Report progress every so often."""
    if progress is not None and (step % EVERY == 0 or step == last):
        progress(step, last)
