"""The executor that computes here and now, in this process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

__all__ = ["SerialExecutor"]

Result = TypeVar("Result")


class SerialExecutor(Executor):
    """`submit` returns when the call has; an interrupt goes to whoever submitted."""

    def submit(self, function: Callable[..., Result], /, *arguments: Any, **named: Any) -> Future[Result]:
        """Call a function and return its future, which is done."""
        future: Future[Result] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:  # the boundary of a task: its submitter reads it off the future
            future.set_exception(error)
        return future
