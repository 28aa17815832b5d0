"""Who computes: named, counted, and ended when the sweep breaks off."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.process import BaseProcess

import pytest

from oracle.sweep.hands import Hands, processes, serial

Born = Callable[[], list[BaseProcess]]


def break_off(hands: Hands) -> None:
    """Begin ten minutes' work, and be interrupted."""
    hands.executor.submit(time.sleep, 600)
    raise KeyboardInterrupt


def test_serial_hands_are_one() -> None:
    """They compute where they are asked."""
    hands = serial()
    assert (hands.name, hands.width(), hands.lost(), hands.executor.submit(pow, 2, 5).result()) == (
        "serial", 1, 0, 32,
    )  # fmt: skip


def test_processes_are_started_when_there_is_work_and_ended_after_it(born: Born) -> None:
    """None before the first task, none afterwards."""
    with processes(3) as hands:
        before = born()
        found = hands.executor.submit(pow, 2, 5).result()
    assert (before, found, hands.width(), born()) == ([], 32, 3, [])


def test_processes_end_at_once_when_the_sweep_breaks_off(born: Born) -> None:
    """In the middle of ten minutes' work."""
    with pytest.raises(KeyboardInterrupt), processes(1) as hands:
        break_off(hands)
    assert born() == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError("refused"), "the cluster are gone (OSError: refused): all"),
        (OSError(), "the cluster are gone: all"),
    ],
)
def test_who_is_gone_is_named_and_the_cause_where_it_has_words(error: OSError, told: str) -> None:
    """An exception without words adds no empty pair of brackets."""
    hands = replace(serial(), missed="the cluster")
    assert str(hands.gone(error, "all is stored")).startswith(told)
