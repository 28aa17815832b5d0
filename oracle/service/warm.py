"""Goldens that a worker keeps at hand: reading one anew verifies every digit of it, which takes a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from oracle.goldens import fetch_or_compute
from oracle.records.golden import Golden
from oracle.service.file_mark import FileMark, mark_of
from oracle.spec import Spec
from oracle.store import Store

__all__ = ["WarmGoldens"]

MOST_NUMBERS = 2_000_000
Progress = Callable[[int, int], None]


class WarmGoldens:
    """The goldens used last, verified when they were read, bounded by the numbers they hold.

    One whose file changed or went away since then is not at hand any more: the store says what became of it.

    Parameters
    ----------
    store : Store
    most_numbers : int
        Values kept in all; the golden asked for last is kept however large.
    """

    def __init__(self, store: Store, most_numbers: int = MOST_NUMBERS) -> None:
        self._store, self._most = store, most_numbers
        self._objects = str(store.root / "objects")
        self._kept: OrderedDict[str, tuple[Golden, FileMark]] = OrderedDict()

    def golden(self, spec: Spec, progress: Progress | None = None) -> tuple[Golden, bool]:
        """Return the golden of a spec and whether it was there already; what `fetch_or_compute` raises."""
        kept = self._kept.pop(spec.digest, None)
        if kept is not None and kept[1] == mark_of(self._objects, kept[0].digest):
            self._kept[spec.digest] = kept
            return kept[0], True
        golden, stored = fetch_or_compute(spec, self._store, progress)
        self._keep(spec.digest, golden)
        return golden, stored

    def _keep(self, spec_digest: str, golden: Golden) -> None:
        mark = mark_of(self._objects, golden.digest)
        if mark is None:
            return
        self._kept[spec_digest] = golden, mark
        while len(self._kept) > 1 and sum(_numbers(golden) for golden, _ in self._kept.values()) > self._most:
            self._kept.popitem(last=False)


def _numbers(golden: Golden) -> int:
    return sum(len(row.integers) for grid in golden.arrays.values() for row in grid.rows)
