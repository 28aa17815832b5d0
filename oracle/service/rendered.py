"""Goldens ready to be sent: their JSON in memory, each verified when it was read, the least used dropped first."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from oracle.service.file_mark import FileMark, mark_of

__all__ = ["RenderedGolden", "RenderedGoldens"]

MOST_BYTES = 256 * 2**20
MOST_REQUESTS = 100_000


@dataclass(frozen=True)
class RenderedGolden:
    """The JSON of a golden, and what its file looked like when it was verified.

    Parameters
    ----------
    digest : str
    text : bytes
        What `oracle golden --json` prints.
    file : tuple
        Its mark, see `oracle.service.file_mark`.
    spec_digest : str
        Of the spec that it answers; empty where that was not said.
    """

    digest: str
    text: bytes
    file: FileMark
    spec_digest: str = ""


class RenderedGoldens:
    """A bounded cache. A golden whose file changed or went away is not in it any more: it has to be read anew.

    Parameters
    ----------
    objects : Path
        The store's folder of records.
    most_bytes : int
        Of all texts.
    """

    def __init__(self, objects: Path, most_bytes: int = MOST_BYTES) -> None:
        self._objects, self._most = str(objects), most_bytes
        self._kept: OrderedDict[str, RenderedGolden] = OrderedDict()
        self._asked: OrderedDict[bytes, str] = OrderedDict()
        self.bytes = 0

    def get(self, digest: str) -> RenderedGolden | None:
        """Return a golden whose file is as it was when it was verified."""
        found = self._kept.get(digest)
        if found is None:
            return None
        if mark_of(self._objects, digest) != found.file:
            self._drop(digest)
            return None
        self._kept.move_to_end(digest)
        return found

    def keep(self, digest: str, text: bytes, spec_digest: str = "") -> RenderedGolden | None:
        """Keep a text that was just verified; None where its file is gone by now."""
        file = mark_of(self._objects, digest)
        if file is None:
            return None
        self._drop(digest)
        found = self._kept[digest] = RenderedGolden(digest, text, file, spec_digest)
        self.bytes += len(text)
        while self.bytes > self._most and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))
        return found

    def asked(self, body: bytes) -> RenderedGolden | None:
        """Return the golden that answered this very request body before, so that it need not be parsed again."""
        digest = self._asked.get(sha256(body).digest())
        return None if digest is None else self.get(digest)

    def remember(self, body: bytes, digest: str) -> None:
        """Remember which golden answers a request body."""
        self._asked[sha256(body).digest()] = digest
        if len(self._asked) > MOST_REQUESTS:
            self._asked.popitem(last=False)

    def _drop(self, digest: str) -> None:
        found = self._kept.pop(digest, None)
        self.bytes -= 0 if found is None else len(found.text)
