"""No test may leave the process computing differently from how it found it, and none draws other examples each time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# a busy machine is no fault: no deadline, and the same examples everywhere
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

READINGS: dict[str, Callable[[], Any]] = {
    "mpmath precision": lambda: mpmath.mp.prec,
    "mpmath interval precision": lambda: mpmath.iv.prec,
    "flint precision": lambda: flint.ctx.prec,
    "flint series length": lambda: flint.ctx.cap,
    "numpy error handling": np.geterr,
    "torch default dtype": lambda: _torch("get_default_dtype"),
    "torch deterministic algorithms": lambda: _torch("are_deterministic_algorithms_enabled"),
}


@pytest.fixture(autouse=True)
def settings_as_found() -> Iterator[None]:
    """Fail any test that leaves precision, error handling or default dtype changed."""
    before = _state()
    yield
    after = _state()
    _restore(before)
    changed = [f"{name}: {before[name]} -> {after[name]}" for name in READINGS if _moved(name, before, after)]
    if changed:
        pytest.fail("the test left a setting of the whole process changed: " + "; ".join(changed))


def _state() -> dict[str, Any]:
    return {name: read() for name, read in READINGS.items()}


def _moved(name: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Tell whether a setting changed; torch's first import inside the test is no change."""
    return bool(before[name] != after[name]) and before[name] is not None


def _restore(before: dict[str, Any]) -> None:
    mpmath.mp.prec = before["mpmath precision"]
    mpmath.iv.prec = before["mpmath interval precision"]
    flint.ctx.prec = before["flint precision"]
    flint.ctx.cap = before["flint series length"]
    np.seterr(**before["numpy error handling"])
    if before["torch default dtype"] is not None:
        _torch("set_default_dtype", before["torch default dtype"])
        _torch("use_deterministic_algorithms", before["torch deterministic algorithms"])


def _torch(function: str, *arguments: Any) -> Any:
    """Call a function of torch if some test has imported it already; never import it here."""
    torch = sys.modules.get("torch")
    return None if torch is None else getattr(torch, function)(*arguments)
