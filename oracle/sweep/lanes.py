"""The executor of one machine: worker processes side by side, each with a thread that feeds it.

`concurrent.futures.ProcessPoolExecutor` breaks as a whole when one worker dies, names no culprit, and waits
for ever for a worker that was killed in the middle of sending a long result.  Here each worker has a pipe
of its own: its end tells of its death at once, and the task it had is the one that is asked again.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from oracle.child_process import live_with_parent
from oracle.sweep.sweep_error import SweepError, WorkerLostError

__all__ = ["MOST_DEATHS", "Lanes"]

MOST_DEATHS = 3  # of workers that had the same task, and of processes that end before they begin
SECONDS_TO_END = 5
Result = TypeVar("Result")


@dataclass
class _Task:
    call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
    future: Future[Any]
    deaths: int = 0


class Lanes(Executor):
    """An executor of `count` worker processes, started when there is work for them.

    A worker that dies costs its task alone, which is asked again of a new worker; one that has cost
    `MOST_DEATHS` workers fails with `WorkerLostError`.  Workers leave Ctrl-C to this process, and end
    with it, however it ends.

    Parameters
    ----------
    count : int
        At least 1.
    """

    def __init__(self, count: int) -> None:
        self.lost = 0
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._lock = Lock()  # over `lost`, the lanes and the starting of processes
        self._count, self._lanes = count, list[_Lane]()
        self._closing, self.killed = False, False

    def submit(self, function: Callable[..., Result], /, *arguments: Any, **named: Any) -> Future[Result]:
        """Queue a call; function, arguments and result must pickle.

        Raises
        ------
        RuntimeError
            If the executor was shut down.
        """
        if self._closing:
            raise RuntimeError("this executor was shut down; make another")
        task = _Task((function, arguments, named), Future())
        self._tasks.put(task)
        with self._lock:
            if len(self._lanes) < self._count:
                self._lanes.append(_Lane(self))
                self._lanes[-1].start()
        return task.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers: with `wait` once all is done, otherwise at once, whatever they have in hand."""
        self._closing = True
        if cancel_futures or not wait:
            with suppress(Empty):
                while True:
                    task = self._tasks.get_nowait()
                    if task is not None and task.future.cancel():
                        task.future.set_running_or_notify_cancel()
        for _ in self._lanes:
            self._tasks.put(None)
        if not wait:
            self.killed = True  # before the look at the lanes: one that is just starting its worker sees it
            for lane in self._lanes:
                lane.kill()
        for lane in self._lanes:
            lane.join()

    def died_with(self, task: _Task) -> None:
        """Ask a task again whose worker died, or give it up."""
        with self._lock:
            self.lost += 1
        task.deaths += 1
        if self._closing:
            task.future.set_exception(WorkerLostError("its worker died as the sweep was ending"))
        elif task.deaths < MOST_DEATHS:
            self._tasks.put(task)
        else:
            reason = f"its worker process died {task.deaths} times in a row (killed, or out of memory)"
            task.future.set_exception(WorkerLostError(reason))


class _Lane(Thread):
    """One worker process and the thread that feeds it."""

    def __init__(self, lanes: Lanes) -> None:
        super().__init__(name="sweep lane", daemon=True)
        self._lanes = lanes
        self._worker: tuple[multiprocessing.process.BaseProcess, Connection] | None = None

    def run(self) -> None:
        """Hand over one task after another until there is none."""
        while (task := self._lanes._tasks.get()) is not None:
            if task.deaths == 0 and not task.future.set_running_or_notify_cancel():
                continue
            try:
                self._finish(task)
            except SweepError as error:
                task.future.set_exception(error)
        self._end()

    def kill(self) -> None:
        """End the worker at once."""
        worker = self._worker
        if worker is not None:
            worker[0].kill()

    def _finish(self, task: _Task) -> None:
        connection = self._ready_worker()
        try:
            connection.send(task.call)
            done, result = connection.recv()
        except (EOFError, OSError):  # the other end is closed: its process is no more
            self._end()
            self._lanes.died_with(task)
            return
        except Exception as error:  # a call that does not pickle, or a result that cannot be read
            task.future.set_exception(error)
            return
        (task.future.set_result if done else task.future.set_exception)(result)

    def _ready_worker(self) -> Connection:
        """Return the pipe to a worker that has said that it is ready."""
        code: int | None = None
        for _ in range(MOST_DEATHS):
            process, connection = self._worker = self._worker or self._start()
            if self._lanes.killed:
                process.kill()
            if process.is_alive():
                return connection
            code = self._end()
        raise SweepError(
            f"no worker process can be started: {MOST_DEATHS} ended before they were ready (exit code {code}). "
            "See that there is memory for another process, or use `--serial`."
        )

    def _start(self) -> tuple[multiprocessing.process.BaseProcess, Connection]:
        context = multiprocessing.get_context("spawn")  # precision and threads of this process are not copied
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there,), name="sweep worker", daemon=True)
        with self._lanes._lock:
            process.start()
        there.close()
        try:
            here.recv()  # that it is ready
        except (EOFError, OSError):
            process.join(SECONDS_TO_END)
        return process, here

    def _end(self) -> int | None:
        """Let the worker go; return its exit code."""
        if self._worker is None:
            return None
        (process, connection), self._worker = self._worker, None
        connection.close()  # which it takes for its end
        process.join(SECONDS_TO_END)
        process.kill()
        process.join()
        return process.exitcode


def _serve(connection: Connection) -> None:
    """Work off calls until the pipe is closed; runs in the worker."""
    live_with_parent()
    with suppress(EOFError, OSError):
        connection.send("ready")
        while True:
            connection.send(_outcome(connection))


def _outcome(connection: Connection) -> tuple[bool, Any]:
    """Receive a call; return whether it succeeded, with its result or exception."""
    try:
        function, arguments, named = connection.recv()
        return True, function(*arguments, **named)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:  # whatever a task raises is its submitter's to see
        return False, error
