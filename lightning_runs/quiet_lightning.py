"""Lightning without its notes, and with the caller's loggers, warning filters and signals put back."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pytorch_lightning.utilities.exceptions import SIGTERMException

__all__ = ["quiet_lightning"]

_LOGGERS = ("pytorch_lightning", "lightning_fabric", "pytorch_lightning.utilities.rank_zero")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

# What Lightning says of every run like ours, and why it does not matter here.
_EXPECTED_WARNINGS = (
    r"`LightningModule.configure_optimizers` returned `None`",  # the kernel updates
    r"LightningCLI's args parameter is intended",  # and meant: a test or a caller has its own
    r"Total length of `Chunks` across ranks is zero",  # a finished run is asked for again
    r".*GPU available but not used",  # the runs are on the CPU on purpose
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # Lightning's own use of torch's pytree
)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep Lightning's notes off the terminal, and undo what it does to loggers and signals.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, where Lightning raises SystemExit and ignores SIGINT for good.
    SystemExit
        With code 143 after SIGTERM, where Lightning's own has code 0; without a handler of the
        caller's, the signal is sent again instead, now that the default one is back.
    """
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        for message in _EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        for name in _LOGGERS:
            stack.enter_context(_level(logging.getLogger(name), logging.ERROR))
        stack.enter_context(_exits())
        stack.enter_context(_signal_handlers())
        yield


@contextmanager
def _exits() -> Iterator[None]:
    """Say in Python's own terms why Lightning stopped."""
    try:
        yield
    except SIGTERMException as error:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.raise_signal(signal.SIGTERM)
        raise SystemExit(128 + signal.SIGTERM) from error
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise


@contextmanager
def _level(logger: logging.Logger, level: int) -> Iterator[None]:
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _signal_handlers() -> Iterator[None]:
    """Put the handlers of SIGINT and SIGTERM back; only the main thread may set them."""
    handlers: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                signal.signal(number, handler)
