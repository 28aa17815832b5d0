"""The works of a server with faults planted by files beside its store; a worker process imports this by name.

``hold-WORK`` holds a work up as long as it is there, ``again-WORK`` has it start over meanwhile, ``die-WORK`` kills
the worker, ``once-WORK`` kills it and goes away, ``grow-WORK`` has it ask for more memory than there is,
``raise-WORK`` raises what it names. Every work that was begun leaves a line in ``begun``.
"""

from __future__ import annotations

import importlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from oracle.service.works import works as real_works

Work = Callable[[Any, Any], Any]


def works(store: str, **others: Any) -> Mapping[str, Work]:
    """Return the real table, each work with its faults."""
    folder = Path(store).parent
    return {name: _planted(name, work, folder) for name, work in real_works(store, **others).items()}


def _planted(name: str, work: Work, folder: Path) -> Work:
    def planted(task: Any, advance: Any) -> Any:
        with (folder / "begun").open("a") as file:
            file.write(f"{name} {os.getpid()}\n")
        _fail(name, folder)
        count = 0
        while (folder / f"hold-{name}").exists():
            count += 1
            if (folder / f"again-{name}").exists():
                (folder / f"again-{name}").unlink()
                count = 0
            advance(min(count, 999), 1000)
            time.sleep(0.02)
        return work(task, advance)

    return planted


def _fail(name: str, folder: Path) -> None:
    once = folder / f"once-{name}"
    if once.exists() or (folder / f"die-{name}").exists():
        once.unlink(missing_ok=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if (folder / f"grow-{name}").exists():
        bytearray(2**42)
    wanted = folder / f"raise-{name}"
    if wanted.exists():
        module, _, kind = wanted.read_text().partition(":")
        raise getattr(importlib.import_module(module), kind)("planted")
