"""Comparisons packed as text for the way from the process that judged to the one that reports.

The two are processes of one session, so pickle may carry them.  A golden goes once, with the first comparison that
needs it; later ones name it.
"""

from __future__ import annotations

import base64
import io
import pickle
import zlib
from dataclasses import replace
from typing import Any

from oracle.records.golden import Golden
from oracle.report.comparison import Comparison

__all__ = ["Packer", "Unpacker"]


class Packer:
    """Packs the comparisons of one process."""

    def __init__(self) -> None:
        self._sent: set[str] = set()

    def pack(self, comparison: Comparison) -> dict[str, str]:
        """Return the comparison as text, and with it, by digest, any golden that was not sent yet."""
        digest, parcel = comparison.golden.digest, {}
        if digest not in self._sent:
            self._sent.add(digest)
            # a fresh copy, without what the golden has cached for comparing
            parcel[digest] = _text(pickle.dumps(replace(comparison.golden)))
        buffer = io.BytesIO()
        _Pickler(buffer).dump(comparison)
        return {**parcel, "comparison": _text(buffer.getvalue())}


class Unpacker:
    """Unpacks parcels in the order in which each process sent its own."""

    def __init__(self) -> None:
        self._goldens: dict[str, Golden] = {}

    def unpack(self, parcel: dict[str, str]) -> Comparison:
        """Return the comparison."""
        for name, text in parcel.items():
            if name != "comparison" and name not in self._goldens:
                self._goldens[name] = pickle.loads(_data(text))
        comparison: Comparison = _Unpickler(_data(parcel["comparison"]), self._goldens).load()
        return comparison


class _Pickler(pickle.Pickler):
    """Writes a golden's digest in its place."""

    def persistent_id(self, value: Any) -> str | None:
        return value.digest if isinstance(value, Golden) else None


class _Unpickler(pickle.Unpickler):
    """Puts goldens in the place of their digests."""

    def __init__(self, data: bytes, goldens: dict[str, Golden]) -> None:
        super().__init__(io.BytesIO(data))
        self._goldens = goldens

    def persistent_load(self, digest: Any) -> Golden:
        return self._goldens[digest]


def _text(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode("ascii")


def _data(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
