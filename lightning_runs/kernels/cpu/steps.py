"""What the generated loops share: step after step, the batch that each takes, and the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lightning_runs.kernels.cpu.emitter import Emitter

__all__ = ["INTEGERS", "every_step"]

INTEGERS = ("first", "stop", "cycle")


def every_step(code: Emitter, step: Callable[[Any], None], size: int) -> None:
    """Write the loop over steps.

    Parameters
    ----------
    code : Emitter
        Of a function with the integers above and the pointers ``state``, ``wanted`` and ``record``.
    step : callable
        Writes one step, given the number of its batch in the cycle.
    size : int
        Numbers of a state, a multiple of the lanes.
    """
    at = code.arguments

    def body(index: Any, carried: list[Any]) -> list[Any]:
        batch, slot = carried
        step(batch)
        hit = code.builder.icmp_signed("==", code.add(index, 1), code.integer(at["wanted"], slot))
        code.when(hit, lambda: _copy(code, slot, size))
        following = code.add(batch, 1)
        around = code.builder.icmp_signed("==", following, at["cycle"])
        return [
            code.builder.select(around, code.index(0), following),
            code.builder.select(hit, code.add(slot, 1), slot),
        ]

    batch = code.builder.srem(at["first"], at["cycle"])
    code.loop(at["first"], at["stop"], body, [batch, code.index(0)])


def _copy(code: Emitter, slot: Any, size: int) -> None:
    """Copy the state to its slot of the record."""
    state, record, base = code.arguments["state"], code.arguments["record"], code.times(slot, size)

    def move(place: Any) -> None:
        code.store(code.load(state, place), record, code.add(base, place))

    code.each(0, size, move, code.lanes)
