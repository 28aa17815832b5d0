"""XLA on so many threads, and the caller's cores given back."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("jax")

from lightning_runs.kernels.interface import KernelError
from lightning_runs.peers.jax_start import start_jax


def test_another_number_of_threads_is_refused() -> None:
    """XLA counts once: who asks for another number later is told to use a new process."""
    start_jax(1)
    with pytest.raises(KernelError, match=r"XLA was started with 1 thread.* cannot change to 2"):
        start_jax(2)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system has no affinity")
def test_affinity_is_given_back() -> None:
    """The process may use the cores it could use before."""
    before = os.sched_getaffinity(0)
    start_jax(1)
    assert os.sched_getaffinity(0) == before
