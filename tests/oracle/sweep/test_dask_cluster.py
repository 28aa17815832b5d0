"""A sweep on a local Dask cluster, its workers processes of their own; and what is said where there is none."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest

from oracle.store import Store
from oracle.sweep import dask_cluster as module
from oracle.sweep.coordinator import Places, run_sweep
from oracle.sweep.dask_cluster import dask_cluster
from oracle.sweep.failures import Failures
from oracle.sweep.sweep_error import SweepError
from oracle.sweep.sweep_file import Sweep
from tests.processes import ends

Lines = Callable[[list[Any]], Sweep]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Return a cluster of two workers on the loopback; no worker may be left of it."""
    distributed = pytest.importorskip("distributed", reason="the extra `sweep` is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as opened:  # fmt: skip
        pids = [worker.pid for worker in opened.workers.values()]
        yield opened
    assert [ends(pid) for pid in pids] == [True] * len(pids)


def test_worker_killed_in_the_middle_costs_no_golden(  # noqa: PLR0917 - the fixtures of one scene
    cluster: Any, store: Store, failures: Failures, lines: Lines, small_specs: Any, expected: Any, stored: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """SIGKILL by pid once some are stored: nothing missing, all sound, one record a spec, digests as without."""
    specs, killed = small_specs(24, steps=20), list[int]()

    def kill(_: int, __: int) -> None:
        if not killed and store.root.exists() and store.entries():
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    # fewer than the 64 that are kept back otherwise, so that some are stored before the last has come
    monkeypatch.setattr("oracle.sweep.coordinator.KEPT_RECORDS", 2)
    with dask_cluster(cluster.scheduler_address) as hands:
        done = run_sweep(lines(specs), Places(store, hands, failures), advance=kill)
    assert (len(killed), done.computed, done.lost, done.hands[:4]) == (1, 24, 0, "Dask")
    assert stored(store) == expected(specs)


def test_scheduler_that_ends_is_named_and_what_is_finished_is_stored(
    cluster: Any, store: Store, failures: Failures, lines: Lines, small_specs: Any, stored: Any
) -> None:
    """The coordinator neither hangs nor loses what came back."""

    def close() -> None:
        while not (store.root.exists() and store.entries()):
            time.sleep(0.01)
        cluster.close()

    thread = Thread(target=close, daemon=True)
    sweep = lines(small_specs(400, steps=40))
    thread.start()
    with (
        pytest.raises(
            SweepError, match=r"the scheduler at tcp://127.* or its workers are gone: everything finished"
        ),
        dask_cluster(cluster.scheduler_address) as hands,
    ):
        run_sweep(sweep, Places(store, hands, failures))
    thread.join(60)
    assert 0 < len(stored(store)) < 400


def test_worker_of_another_version_is_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: this machine claims to be newer."""
    monkeypatch.setattr(module, "worker_version", VersionHere())
    with (
        pytest.raises(SweepError, match=r"has momentum-oracle '\d.*', this machine has '99.0'"),
        dask_cluster(cluster.scheduler_address),
    ):
        pass


class VersionHere:
    """A version that is another one on this machine than on the workers."""

    def __call__(self) -> str:
        """Return this machine's."""
        return "99.0"

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (sys.modules["oracle.sweep.task"], "worker_version")


def test_cluster_without_workers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to start some."""
    distributed = pytest.importorskip("distributed", reason="the extra `sweep` is not installed")
    monkeypatch.setattr(module, "SECONDS_FOR_WORKERS", 0.2)
    with (
        distributed.LocalCluster(
            n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
        ) as empty,
        pytest.raises(SweepError, match=r"has no workers after 0.2 s: start some with `dask worker tcp://"),
        dask_cluster(empty.scheduler_address),
    ):
        pass


def test_address_where_nobody_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the time to connect."""
    pytest.importorskip("distributed", reason="the extra `sweep` is not installed")
    monkeypatch.setattr(module, "SECONDS_TO_CONNECT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with (
            pytest.raises(SweepError, match=f"no Dask scheduler answers at `{address}`"),
            dask_cluster(address),
        ):
            pass


def test_extra_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(SweepError, match=r"pip install 'momentum-oracle\[sweep\]'"),
        dask_cluster("tcp://127.0.0.1:1"),
    ):
        pass


def test_scheduler_is_asked_for_its_size_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for every task; and again after some seconds."""
    clock, answers = [0.0], iter((2, 7))
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    width = module._remembered(lambda: next(answers))
    first = [width(), width()]
    clock[0] = 60.0
    assert (first, width()) == ([2, 2], 7)


@pytest.mark.parametrize("address", ["nix", "nix://127.0.0.1:8786", "tcp://"])
def test_what_is_no_address_is_named_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """A client of no address would wait, and end in a traceback, when it is collected."""
    distributed = pytest.importorskip("distributed", reason="the extra `sweep` is not installed")
    monkeypatch.setattr(distributed, "Client", None)
    with pytest.raises(SweepError, match="no Dask scheduler answers at"), dask_cluster(address):
        pass


def test_scheduler_that_is_gone_leaves_its_last_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is what it was, and how many workers were lost is not known: neither is a fault of this program."""
    clock, calls = [0.0], iter((2,))

    def ask(*_: Any) -> Any:
        for answer in calls:
            return answer
        raise OSError("connection refused")

    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    width = module._remembered(ask)
    first, clock[0] = width(), 60.0
    client: Any = type("Client", (), {"nthreads": ask})()
    assert (first, width(), module._lost(client, {"tcp://127.0.0.1:1"})) == (2, 2, None)


def test_clients_own_logger_is_silent_while_the_cluster_is_used(cluster: Any) -> None:
    """And as loud as before afterwards: the tracebacks of its reconnecting told nobody anything."""
    log = logging.getLogger("distributed.client")
    with dask_cluster(cluster.scheduler_address):
        during = log.isEnabledFor(logging.CRITICAL)
    assert (during, log.isEnabledFor(logging.CRITICAL)) == (False, True)
