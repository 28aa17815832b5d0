"""JAX on so many threads, and in so many bits, without leaving either changed.

XLA reads ``XLA_FLAGS`` and counts the processor's cores once, when its client starts; afterwards neither
can be changed.  ``--xla_cpu_multi_thread_eigen=false`` no longer holds it to one core: its thunks
run beside each other all the same (1.6 cores busy at 256 runs with jaxlib 0.10).  What does hold it
is the affinity of the process at that moment, so the client is started with as few cores as threads are
asked for, and the caller's affinity is put back.  A client that someone else has started stays as it is:
then look at the cores that the race counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lightning_runs.kernels.interface import KernelError

__all__ = ["bits_of", "start_jax"]

_started: dict[str, int] = {}


def start_jax(threads: int) -> Any:
    """Return the module `jax`, its client started on `threads` threads if nobody had started it.

    Raises
    ------
    KernelError
        If this process has started it with another number.
    """
    if _started.setdefault("threads", threads) != threads:
        raise KernelError(
            f"XLA was started with {_started['threads']} thread(s) in this process and cannot change to "
            f"{threads}: use a new process"
        )
    with _few_cores(threads):
        import jax  # noqa: PLC0415 - on use

        jax.devices()
    return jax


def bits_of(dtype: str) -> Any:
    """Return a context in which JAX computes in this dtype; JAX's own setting is put back after it."""
    import jax  # noqa: PLC0415 - on use

    return jax.enable_x64(dtype == "float64")


@contextmanager
def _few_cores(threads: int) -> Iterator[None]:
    """Run on the first few cores, where the system lets a process say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
