"""Stores with goldens in them, made before a server starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from oracle.goldens import compute_golden
from oracle.records.npz import npz_bytes
from oracle.spec import parse_spec
from oracle.store import Store

__all__ = ["fill"]


def fill(store: Path, specs: Sequence[bytes], processes: int, tell: Callable[[str], None]) -> list[str]:
    """Compute the goldens of some specs in processes, store them, and return their digests in that order.

    mpmath does not confirm them: what is measured with them is how they are served, not how they are made.
    """
    kept = Store(store)
    with ProcessPoolExecutor(processes) as pool:
        sealed = dict(_told(pool.map(_sealed, specs, chunksize=8), len(specs), tell))
    kept.put_sealed(sealed)
    found = kept.answered(list(sealed))
    return [found[digest].digest for digest in sealed]


def _told(
    made: Iterable[tuple[str, bytes]], count: int, tell: Callable[[str], None]
) -> Iterable[tuple[str, bytes]]:
    for done, pair in enumerate(made):
        tell(f"{done + 1} of {count} goldens made")
        yield pair


def _sealed(body: bytes) -> tuple[str, bytes]:
    """Return the spec digest and the sealed record of a spec."""
    spec = parse_spec(body)
    return spec.digest, npz_bytes(compute_golden(spec, cross_check=False))
