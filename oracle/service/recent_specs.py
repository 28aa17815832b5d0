"""Specs that were read before: the same text need not be parsed again for each of the runs that is held against it."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256

from oracle.spec import Spec

__all__ = ["RecentSpecs"]

MOST_BYTES = 64 * 2**20


class RecentSpecs:
    """The specs read last, by the text they were sent as; only such as passed the limits.

    Parameters
    ----------
    most_bytes : int
        Of their canonical texts in all; the one read last is kept however long.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._bytes = most_bytes, 0
        self._kept: OrderedDict[bytes, Spec] = OrderedDict()

    def get(self, text: bytes) -> Spec | None:
        """Return the spec that a text states, if it was read before."""
        key = sha256(text).digest()
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, text: bytes, spec: Spec) -> None:
        """Keep a spec under its text."""
        key = sha256(text).digest()
        if key in self._kept:
            return
        self._kept[key] = spec
        self._bytes += len(spec.canonical_json)
        while self._bytes > self._most and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.canonical_json)
