"""What a worker returns for a spec: the sealed golden, or the reason for there being none."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from typing import Any

import pytest

from oracle.goldens import compute_golden
from oracle.records.npz import read_npz_bytes
from oracle.spec import spec_from
from oracle.sweep import task
from oracle.sweep.task import Outcome, answer, worker_version
from reference.iterates import CertificateViolationError


def text_of(spec: dict[str, Any]) -> str:
    """Return the canonical JSON of a spec."""
    return spec_from(spec).canonical_json


def test_answer_is_the_sealed_golden(small_specs: Any) -> None:
    """The one that is computed without a sweep."""
    (spec,) = small_specs(1)
    found = answer(text_of(spec))
    digest = read_npz_bytes(found.record, "the answer").digest
    assert (found.outcome, found.reason, found.seconds > 0) == (Outcome.GOLDEN, "", True)
    assert digest == compute_golden(spec_from(spec)).digest


def test_refusal_of_the_reference_is_a_reason(small_specs: Any) -> None:
    """A step size of 10⁶ diverges."""
    (spec,) = small_specs(1, steps=50)
    spec["method"]["step_size"] = "1000000"
    found = answer(text_of(spec))
    assert (found.outcome, found.record) == (Outcome.REFUSED, b"")
    assert "the run diverges" in found.reason


@pytest.mark.parametrize(
    ("error", "outcome", "words"),
    [
        (CertificateViolationError("they disagree"), Outcome.VIOLATED, "they disagree"),
        (ZeroDivisionError("oops"), Outcome.FAULT, "Traceback"),
        (MemoryError(), Outcome.FAULT, "MemoryError"),
    ],
)
def test_failure_is_named_by_what_it_is(
    small_specs: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: Outcome, words: str
) -> None:
    """Planted faults in the computation."""

    def fail(_: Any) -> None:
        raise error

    monkeypatch.setattr(task, "compute_golden", fail)
    found = answer(text_of(small_specs(1)[0]))
    assert (found.outcome, words in found.reason) == (outcome, True)


@pytest.mark.parametrize(("lock", "most"), [(None, 1), (nullcontext(), 2)])
def test_threads_of_one_process_take_turns(
    small_specs: Any, monkeypatch: pytest.MonkeyPatch, lock: Any, most: int
) -> None:
    """Working precisions belong to the process; planted fault: without the lock two compute at once."""
    inside, seen, met, both = [0], [0], threading.Barrier(2), threading.Barrier(2)

    def overlap(_: Any) -> None:
        inside[0] += 1
        with suppress(threading.BrokenBarrierError):  # where they take turns, the other does not come
            both.wait(0.05 if most == 1 else 60)
        seen[0] = max(seen[0], inside[0])
        inside[0] -= 1
        raise ZeroDivisionError

    monkeypatch.setattr(task, "compute_golden", overlap)
    if lock is not None:
        monkeypatch.setattr(task, "_ONE_AT_A_TIME", lock)
    text = text_of(small_specs(1)[0])
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: (met.wait(60), answer(text)), range(2)))
    assert seen[0] == most


def test_version_is_that_of_the_package() -> None:
    """As the records say."""
    assert worker_version().count(".") == 2
