"""Works that do what they are told, for tests of slots and pools; a worker process imports this by name."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oracle.spec_error import SpecError

Answer = tuple[dict[str, Any], bytes]


def works(**_: Any) -> Mapping[str, Any]:
    """Return the table."""
    return {
        "echo": lambda task, _: ({"pid": os.getpid(), **task.fields}, task.body),
        "die": _die,
        "refuse": _refuse,
        "fault": lambda task, _: 1 // 0,
        "sleep": _sleep,
        "power": _power,
        "count": _count,
        "has": lambda task, _: ({"has": task.fields["module"] in sys.modules}, b""),
        "keep": _keep,
        "grow": lambda task, _: ({}, bytes(bytearray(task.fields["bytes"]))[:1]),
        "large": lambda task, _: ({}, bytes(task.fields["bytes"])),
    }


def _power(task: Any, _: Any) -> Answer:
    Path(task.fields["begun"]).touch()
    return {"bits": (10 ** task.fields["exponent"]).bit_length()}, b""


KEPT: list[bytearray] = []


def _keep(task: Any, _: Any) -> Answer:
    """Leave the next task less memory than a fresh worker has."""
    KEPT.append(bytearray(task.fields["bytes"]))
    return {}, b""


def _die(task: Any, _: Any) -> Answer:
    """Be killed, as often as the file lasts."""
    path = Path(task.fields["file"])
    lives = int(path.read_text()) - 1
    path.write_text(str(lives))
    if lives >= 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"lives": lives}, b""


def _refuse(task: Any, _: Any) -> Answer:
    raise SpecError("planted")


def _sleep(task: Any, _: Any) -> Answer:
    """Begin, then take as long as the file is there."""
    Path(task.fields["begun"]).write_text(str(os.getpid()))
    while not Path(task.fields["until"]).exists():
        time.sleep(0.01)
    return {}, b""


def _count(task: Any, advance: Any) -> Answer:
    for done in range(task.fields["to"]):
        advance(done + 1, task.fields["to"])
    return {}, b""
