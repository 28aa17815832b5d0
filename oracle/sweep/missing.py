"""Which specs of a sweep still have to be computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from oracle.spec import Spec
from oracle.store import Store
from oracle.sweep.sweep_file import Asked
from oracle.sweep.task import Outcome

__all__ = ["Missing"]

LOOKED_UP = 32  # specs that are looked up in the index in one go


@dataclass(frozen=True)
class Missing:
    """Tells the missing specs from those that are stored, refused, asked before in the same sweep, or none.

    Parameters
    ----------
    store : Store
    refused : collection of str
        Digests of specs that need not be asked.
    counts : Counter
        Grows while `among` goes on: ``asked``, ``duplicates``, ``stored_before``, ``refused``.
    """

    store: Store
    refused: Collection[str] = ()
    counts: Counter[str] = field(default_factory=Counter)
    _seen: set[bytes] = field(default_factory=set)  # some 100 MB for a million specs

    def among(self, asked: Iterable[Asked]) -> Iterator[tuple[Asked, Spec | None]]:
        """Yield what is missing, in order, and what is no spec, as it comes."""
        entries = iter(asked)
        while part := list(islice(entries, LOOKED_UP)):
            self.counts["asked"] += len(part)
            fresh = [entry for entry in part if entry.spec is None or self._is_fresh(entry.spec)]
            stored = self.store.answered([entry.spec.digest for entry in fresh if entry.spec is not None])
            self.counts["stored_before"] += len(stored)
            for entry in fresh:
                if entry.spec is None or entry.spec.digest not in stored:
                    yield entry, entry.spec

    def _is_fresh(self, spec: Spec) -> bool:
        """Count and leave out what was asked before in this sweep or refused in an earlier one."""
        key = bytes.fromhex(spec.digest.removeprefix("sha256:"))
        if key in self._seen:
            self.counts["duplicates"] += 1
        elif spec.digest in self.refused:
            self.counts[Outcome.REFUSED] += 1
        else:
            self._seen.add(key)
            return True
        return False
