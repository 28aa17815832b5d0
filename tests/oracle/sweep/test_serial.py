"""The executor that computes in this process."""

from __future__ import annotations

import pytest

from oracle.sweep.serial import SerialExecutor


def test_call_is_done_when_it_is_submitted() -> None:
    """Arguments by place and by name."""
    future = SerialExecutor().submit(int, "ff", base=16)
    assert (future.done(), future.result()) == (True, 255)


def test_exception_is_the_futures() -> None:
    """The submitter goes on."""
    assert isinstance(SerialExecutor().submit(int, "x").exception(), ValueError)


def test_interrupt_is_the_submitters() -> None:
    """Nobody else is there to end."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SerialExecutor().submit(interrupt)
