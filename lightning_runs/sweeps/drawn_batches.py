"""Batches of stochastic gradient descent, drawn from SHA-256 so that a seed names the same ones on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

__all__ = ["DrawnBatches", "drawn"]

LABEL = "momentum-oracle/batches/1"  # a change to anything below needs a new label
BYTES = 8  # of a draw


@dataclass(frozen=True)
class DrawnBatches:
    """How many batches are drawn for each seed, and of how many samples; they are used cyclically.

    Parameters
    ----------
    size, count : int
        At least 1.  Samples of a batch are distinct; batches are independent of each other.
    """

    size: int
    count: int


@lru_cache(maxsize=256)
def drawn(batches: DrawnBatches, samples: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """Return the batches of a seed, each ascending.

    Parameters
    ----------
    batches : DrawnBatches
    samples : int
        n, at least the size of a batch.
    seed : int
    """
    numbers = _numbers(f"{LABEL} {samples} {batches.size} {seed}")
    return tuple(_batch(batches.size, samples, numbers) for _ in range(batches.count))


def _batch(size: int, samples: int, numbers: Iterator[int]) -> tuple[int, ...]:
    """Return `size` different indices, every set of them equally likely (Fisher-Yates)."""
    left = list(range(samples))
    for place in range(size):
        other = place + _below(samples - place, numbers)
        left[place], left[other] = left[other], left[place]
    return tuple(sorted(islice(left, size)))


def _below(bound: int, numbers: Iterator[int]) -> int:
    """Return a uniform integer below a bound: draws that would favour some are thrown away."""
    fair = 2 ** (8 * BYTES) // bound * bound
    return next(number for number in numbers if number < fair) % bound


def _numbers(label: str) -> Iterator[int]:
    """Yield uniform integers of `BYTES` bytes."""
    block = 0
    while True:
        bits = hashlib.sha256(f"{label} {block}".encode()).digest()
        yield from (int.from_bytes(bits[i : i + BYTES], "big") for i in range(0, len(bits), BYTES))
        block += 1
