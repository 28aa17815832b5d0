"""Workers of a Dask cluster, reached by the address of its scheduler."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from time import monotonic
from typing import Any

from oracle.sweep.hands import Hands
from oracle.sweep.sweep_error import SweepError, WorkerLostError
from oracle.sweep.task import worker_version

__all__ = ["dask_cluster"]

SECONDS_TO_CONNECT = 10
SECONDS_FOR_WORKERS = 30
SECONDS_REMEMBERED = 5.0


@contextmanager
def dask_cluster(address: str) -> Iterator[Hands]:
    """Yield the workers of a cluster.

    Every worker must have this package in this very version.  Goldens of one worker process take turns
    whatever its threads, so that ``dask worker --nthreads 1 --nworkers N`` uses N cores.

    Parameters
    ----------
    address : str
        Of the scheduler, as in ``tcp://10.0.0.1:8786``.

    Raises
    ------
    SweepError
        If `distributed` is not installed, the scheduler does not answer, there are no workers, or one of
        them cannot compute the same goldens.
    """
    distributed = _distributed()
    with _quiet(), _connected(distributed, address) as client:
        _check_workers(client, address)
        executor = client.get_executor(pure=False)
        began_with = set(client.nthreads())
        hands = Hands(
            f"Dask at {address}",
            executor,
            _remembered(lambda: sum(client.nthreads().values())),
            lambda: _lost(client, began_with),
            (WorkerLostError, distributed.KilledWorker),
            f"the scheduler at {address} or its workers",
        )
        try:
            yield hands
        finally:
            executor.shutdown(wait=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client's own words off standard error: that the scheduler is gone is ours to tell, in one line."""
    log = logging.getLogger("distributed.client")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)


def _remembered(ask: Callable[[], int]) -> Callable[[], int]:
    """Return a question that bothers the scheduler once in a while only; one that is gone leaves its last answer."""
    answers: list[tuple[float, int]] = []

    def reply() -> int:
        if not answers or monotonic() - answers[-1][0] > SECONDS_REMEMBERED:
            try:
                answers[:] = [(monotonic(), ask())]
            except OSError:
                if not answers:
                    raise
        return answers[-1][1]

    return reply


def _lost(client: Any, began_with: set[str]) -> int | None:
    """Return how many of the first workers are there no more; None where there is nobody to ask."""
    try:
        return len(began_with - set(client.nthreads()))
    except OSError:
        return None


def _distributed() -> Any:
    try:
        return import_module("distributed")  # on use: a sweep on one machine does without
    except ModuleNotFoundError as error:
        raise SweepError(
            "`--dask` needs the package `distributed`, which is not installed: "
            "`pip install 'momentum-oracle[sweep]'`, or sweep on this machine without `--dask`."
        ) from error


@contextmanager
def _connected(distributed: Any, address: str) -> Iterator[Any]:
    try:
        distributed.comm.resolve_address(
            address
        )  # a client of no address complains for long when it is collected
        client = distributed.Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        raise SweepError(
            f"no Dask scheduler answers at `{address}` ({error}). Give the address that `dask scheduler` "
            "prints, as in `tcp://10.0.0.1:8786`."
        ) from error
    with client:
        yield client


def _check_workers(client: Any, address: str) -> None:
    """Refuse a cluster without workers, or with one that has another version of this package or none."""
    try:
        client.wait_for_workers(1, timeout=SECONDS_FOR_WORKERS)
    except TimeoutError as error:
        raise SweepError(
            f"the scheduler at `{address}` has no workers after {SECONDS_FOR_WORKERS} s: start some with "
            f"`dask worker {address} --nthreads 1 --nworkers 8`."
        ) from error
    here = worker_version()
    found: dict[str, Any] = client.run(worker_version, on_error="return")
    for worker, there in found.items():
        if there != here:
            raise SweepError(
                f"the worker at `{worker}` has momentum-oracle {there!r}, this machine has {here!r}: install the "
                "same version on every worker."
            )
