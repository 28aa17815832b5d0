"""What a long self-test has finished, a line of JSON for each piece of work: one that was interrupted goes on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oracle.candidate_file import CandidateError

__all__ = ["SCHEMA", "FinishedWork"]

SCHEMA = "momentum-oracle/self-test-work/1"


class FinishedWork:
    """A file that grows by one line for each piece of finished work; without a path, nothing is kept.

    Parameters
    ----------
    path : Path or None
        Made where there is none.
    settings : mapping of str to str
        What results depend on, other than the work itself.

    Raises
    ------
    CandidateError
        If the file holds the work of other settings, or something else altogether.
    OSError
        If it can be neither read nor made.
    """

    def __init__(self, path: Path | None, settings: Mapping[str, str]) -> None:
        self.path, self.found = path, {}
        self.header: dict[str, Any] = {"schema": SCHEMA, "settings": dict(settings)}
        if path is None:
            return
        if path.exists() and path.stat().st_size:
            self.found = self._read(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _append(path, self.header)

    def get(self, work: Any) -> Any:
        """Return what was found earlier, or None."""
        return self.found.get(_key(work))

    def put(self, work: Any, result: Any) -> None:
        """Keep what was found; it is on disk when this returns."""
        self.found[_key(work)] = result
        if self.path is not None:
            _append(self.path, {"work": _key(work), "found": result})

    def _read(self, path: Path) -> dict[str, Any]:
        """Return what a file holds; a last line that was cut short is cut off."""
        text = path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        try:
            lines = [json.loads(line) for line in whole.splitlines()]
            header, found = lines[0], {line["work"]: line["found"] for line in lines[1:]}
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise CandidateError(
                f"`{path}` cannot be read as the work of a self-test ({type(error).__name__}: {error}); name another "
                "file, or remove it to begin anew"
            ) from error
        if header != self.header:
            raise CandidateError(
                f"`{path}` holds the work of another self-test: it says {_brief(header)}, expected "
                f"{_brief(self.header)}; name another file, or the same settings"
            )
        if len(whole) < len(text):
            os.truncate(path, len(whole))
        return found


def _key(work: Any) -> str:
    text = json.dumps(work, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _append(path: Path, line: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, separators=(",", ":")) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _brief(header: Any) -> str:
    text = json.dumps(header, sort_keys=True)
    return text if len(text) <= 200 else text[:197] + "..."
