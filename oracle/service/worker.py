"""One worker: the slot that starts its process, hands it tasks, and looks after it.

The two talk through a pipe of their own, in length-prefixed messages that are JSON with raw bytes behind: nothing
is unpickled. A worker that is killed, runs out of memory or takes too long costs its task alone: the slot says
how it ended, and starts another for the next task.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any

from oracle.service.problems import Problem, problem_of
from oracle.service.task import Advance, Ending, Outcome, Task, head, trace_of_ours
from oracle.service.worker_process import WHERE, serve_tasks

__all__ = ["WorkerSlot"]

PAUSES = (0.05, 0.2, 1.0)  # seconds after each vain try to start a worker
SECONDS_TO_START = 30.0  # a worker; the process that forks them may have to begin itself
SECONDS_TO_TELL = 2.0  # that a worker has to begin to tell where it is, where others keep the processors busy
SECONDS_TO_WRITE = 0.2  # the rest of it; a stack is written in a millisecond
LONGEST_TRACE = 2**16

_Worker = tuple[BaseProcess, Connection, Connection]  # with the pipes of its tasks and of its trace


class WorkerSlot:
    """A place for one worker process; `run` is called by one thread at a time.

    Parameters
    ----------
    works : str
        ``module:name`` of the table of works, which the process imports.
    arguments : mapping
        Handed to that table's function, JSON.
    memory_bytes : int
        What a worker may allocate beyond what it starts with.
    """

    def __init__(self, works: str, arguments: Mapping[str, Any], memory_bytes: int) -> None:
        self._works, self._arguments, self._memory = works, dict(arguments), memory_bytes
        self._context = _context(works)
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._trace: Connection | None = None  # where the worker says where it is, when its time is up
        self._lock = threading.Lock()
        self._task: Task | None = None  # under way
        self._cut: Ending | None = None  # how we ended it, if we did
        self._starting = False  # a worker, which the process that forks them has yet to answer
        self._unwanted: Task | None = None  # stopped last, perhaps before `run` came to it
        self._answered = 0  # tasks of the process there is
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The worker's process, None where there is none."""
        process = self._process
        return None if process is None else process.pid

    def run(self, task: Task, advance: Advance, seconds: float) -> Outcome:
        """Do a task and return what became of it; never raises for what the task does.

        Parameters
        ----------
        task : Task
        advance : callable
            Told (done, total), in this thread.
        seconds : float
            After which the worker is ended.
        """
        with self._lock:
            if self._closed or self._unwanted is task:
                return Outcome(Ending.STOPPED)
            self._task, self._cut = task, None
        clock = threading.Timer(seconds, self._expire, (task,))  # holds wherever the thread may be stuck
        clock.daemon = True
        clock.start()
        try:
            return self._asked(task, advance)
        finally:
            clock.cancel()
            with self._lock:
                self._task, was_cut = None, self._cut is not None
            if was_cut:  # it may be dying still: the next task must not meet it
                self._end_process()

    def stop(self, task: Task) -> None:
        """End a task, from any thread; the `run` of it then returns ``stopped``, also one that has yet to begin."""
        with self._lock:
            self._unwanted = task
            self._end(task, Ending.STOPPED)

    def start(self) -> None:
        """Have a worker ready before the first task."""
        self._ready()

    def close(self) -> None:
        """End the worker for good."""
        with self._lock:
            self._closed = True
            if self._task is not None:
                self._end(self._task, Ending.STOPPED)
            self._kill()
        self._await_start()
        process = self._process
        if process is not None:
            process.join(5)

    def _expire(self, task: Task) -> None:
        """End a task whose time is up, and have its worker tell where it was."""
        with self._lock:
            if self._task is not task or self._cut is not None:
                return
            self._cut = Ending.TIMED_OUT
            trace = None
            if WHERE is not None and self._process is not None and self._process.is_alive():
                with suppress(ProcessLookupError):  # it has just ended
                    os.kill(self._process.pid or 0, WHERE)
                    trace = self._trace
        if trace is not None:
            with suppress(OSError, ValueError):  # closed, since the task has ended meanwhile
                trace.poll(SECONDS_TO_TELL)
            time.sleep(SECONDS_TO_WRITE)
        self._await_start()
        with self._lock:
            self._end(task, Ending.TIMED_OUT)

    def _end(self, task: Task, ending: Ending) -> None:
        """End a task if it is the one under way; under the lock."""
        if self._task is task:
            self._cut = self._cut or ending
            self._kill()

    def _asked(self, task: Task, advance: Advance) -> Outcome:
        try:
            body = task.body if task.load is None else task.load()
        except Exception as error:  # a file that is gone or altered is the task's end, not the thread's
            problem = problem_of(error)
            return Outcome(Ending.REFUSED, problem=problem, traceback=trace_of_ours(problem, error))
        pipe = self._ready()
        if pipe is None:
            return self._lost("it could not be started")
        try:
            pipe.send_bytes(head(name=task.name, fields=dict(task.fields)))
            pipe.send_bytes(body)
        except OSError:
            return self._lost("it ended before it was asked")
        return self._conversation(pipe, advance)

    def _conversation(self, pipe: Connection, advance: Advance) -> Outcome:
        """Listen until the task has an end."""
        process = self._process
        assert process is not None
        while True:
            if pipe not in wait([pipe, process.sentinel]):  # what it said before its end is heard first
                return self._lost(_how_it_ended(process))
            try:
                told = json.loads(pipe.recv_bytes())
                body = pipe.recv_bytes() if told.get("body") else b""
            except (EOFError, OSError, ValueError):
                return self._lost(_how_it_ended(process))
            if told["kind"] == "progress":
                advance(told["done"], told["total"])
            else:
                return self._outcome(told, body)

    def _outcome(self, told: Mapping[str, Any], body: bytes) -> Outcome:
        first, self._answered = self._answered == 0, self._answered + 1
        if told["kind"] == "answer":
            return Outcome(Ending.ANSWERED, told["fields"], body)
        problem = Problem(told["problem"], told["detail"])
        if told["leaves"]:  # out of memory, or faulty: what is left of it is not to be trusted
            self._end_process()
            if not first:  # it may be what the tasks before left behind
                return Outcome(Ending.LOST, problem=problem)
        return Outcome(Ending.REFUSED, problem=problem, traceback=told["traceback"])

    def _lost(self, how: str) -> Outcome:
        where = self._end_process()
        with self._lock:
            if self._cut is not None:
                return Outcome(self._cut, traceback=where)
        detail = f"the process that computed this is gone ({how}); nothing else was touched"
        return Outcome(Ending.LOST, problem=Problem("worker-lost", detail))

    def _ready(self) -> Connection | None:
        """Return the pipe of a living worker, started if need be."""
        if self._process is not None and self._process.is_alive() and self._pipe is not None:
            return self._pipe
        self._end_process()
        started = self._started_in_the_end()
        if started is None:
            return None
        process, pipe, trace = started
        with self._lock:
            self._process, self._pipe, self._trace, self._answered = process, pipe, trace, 0
            if self._closed or self._cut is not None:
                self._kill()
        return pipe

    def _started_in_the_end(self) -> _Worker | None:
        """Start a worker, with some patience: the process that forks it may just have been killed itself."""
        for pause in PAUSES:
            try:
                self._starting = True
                return self._started()
            except (OSError, EOFError):  # no file handles, no memory, or nobody who forks
                time.sleep(pause)
            finally:
                self._starting = False
        return None

    def _started(self) -> _Worker:
        with ExitStack() as theirs, ExitStack() as ours:
            here, there = self._context.Pipe()
            theirs.enter_context(there)
            ours.enter_context(here)
            trace, told = self._context.Pipe(duplex=False)
            theirs.enter_context(told)
            ours.enter_context(trace)
            arguments = (there, told, self._works, self._arguments, self._memory)
            process = self._context.Process(target=serve_tasks, args=arguments, daemon=True)
            process.start()
            ours.pop_all()
        return process, here, trace

    def _end_process(self) -> str:
        """End the process, and return where it said it was."""
        with self._lock:
            self._kill()
            process, self._process = self._process, None
            pipe, self._pipe = self._pipe, None
            trace, self._trace = self._trace, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.join(5)
        if trace is None:
            return ""
        with trace:
            return _written(trace)

    def _kill(self) -> None:
        if self._process is not None and self._process.is_alive():
            self._process.kill()

    def _await_start(self) -> None:
        """Wait for a start that is under way, and kill what holds it up if that takes too long; not under the lock."""
        end = time.monotonic() + SECONDS_TO_START
        while self._starting and time.monotonic() < end:
            time.sleep(0.02)
        if self._starting:
            _end_forking()


def _context(works: str) -> ForkServerContext | SpawnContext:
    """Return a way to start processes that inherits no threads and no open connections."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # a lost worker is replaced in milliseconds
    context.set_forkserver_preload(["__main__", works.partition(":")[0], "oracle.service.preloaded"])
    return context


def _end_forking() -> None:
    """Kill the process that forks workers: one that does not answer holds up every start. The next start makes another."""
    about: Any = forkserver
    pid = getattr(getattr(about, "_forkserver", None), "_forkserver_pid", None)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _written(trace: Connection) -> str:
    """Return what there is in a pipe, waiting for nothing."""
    os.set_blocking(trace.fileno(), False)
    try:
        return os.read(trace.fileno(), LONGEST_TRACE).decode("utf-8", "replace")
    except OSError:  # nothing was written
        return ""


def _how_it_ended(process: BaseProcess) -> str:
    process.join(5)
    code = process.exitcode
    if code is not None and code < 0:
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"
    return "it left by itself" if code is None else f"exit code {code}"
