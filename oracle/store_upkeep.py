"""Upkeep of a store: verifying all of it, rebuilding its index, clearing away what is left over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from oracle.records.atomic_files import TEMPORARY_SUFFIX
from oracle.records.record_errors import DamagedRecordError, StoreError
from oracle.store_files import StoreFiles, entry_of
from oracle.store_index import StoreIndex
from oracle.store_rows import StoreEntry

__all__ = ["RecordCheck", "RecordState", "Removal", "check_records", "clear_away", "rebuild_index"]

Progress = Callable[[int, int], None]


class RecordState(StrEnum):
    """What was found of one file or one row of the index."""

    SOUND = "sound"
    DAMAGED = "damaged"
    MISSING = "missing"
    UNINDEXED = "unindexed"
    LEFTOVER = "leftover"
    STRANGE = "strange"


@dataclass(frozen=True)
class RecordCheck:
    """A finding of `Store.verify`.

    Parameters
    ----------
    path : Path
        The file, or where it should be.
    state : RecordState
        ``sound`` · ``damaged`` · ``missing`` (in the index only) · ``unindexed`` (sound, but not in the
        index) · ``leftover`` (of a killed or still running writer) · ``strange`` (not of this program).
    reason : str
        What is wrong and what to do; empty for sound records.
    digest : str or None
        The golden that the file is named after.
    """

    path: Path
    state: RecordState
    reason: str = ""
    digest: str | None = None

    @property
    def is_failure(self) -> bool:
        """Tell whether something stored was lost or altered."""
        return self.state in (RecordState.DAMAGED, RecordState.MISSING)


@dataclass(frozen=True)
class Removal:
    """One thing that `Store.gc` removed, or would remove."""

    path: Path
    bytes: int
    reason: str


def check_records(files: StoreFiles, index: StoreIndex, progress: Progress | None) -> list[RecordCheck]:
    """Return a finding for every file and every row; see `Store.verify`."""
    entries, found = _indexed(files, index)
    paths = files.everything()
    for done, path in enumerate(paths):
        found.append(_check_file(files, path, entries))
        if progress is not None:
            progress(done + 1, len(paths))
    return found + _rows_without_file(files, entries)


def rebuild_index(files: StoreFiles, index: StoreIndex, progress: Progress | None) -> list[RecordCheck]:
    """Make rows of the sound records and strike the others; see `Store.rebuild`."""
    if not files.root.is_dir():
        return []
    _set_damaged_index_aside(files, index)
    paths, found, sound = files.records(), [], []
    for done, path in enumerate(paths):
        finding, entry = _entry_of_file(files, path)
        found.append(finding)
        sound += [entry] if entry else []
        if progress is not None:
            progress(done + 1, len(paths))
    _refuse_contradictions(files, sound)
    with index.writing(may_be_new=True) as rows:
        for known in rows.all():
            if not files.path_of(known.digest).exists():
                rows.remove(known.digest)
        for entry in sound:
            rows.replace(entry)
    return found


def clear_away(files: StoreFiles, index: StoreIndex, dry_run: bool, set_aside: bool) -> list[Removal]:
    """Remove leftovers, and set damaged records aside if asked; see `Store.gc`."""
    _read_index(files, index)
    if dry_run:
        return [_leftover(path) for path in files.leftovers()] + (_lost(files, index) if set_aside else [])
    with index.writing(not files.has_records()) as rows:  # the lock: no writer is at work
        done = [_leftover(path) for path in files.leftovers()]
        for removal in done:
            removal.path.unlink()
        lost = _lost(files, index) if set_aside else []
        for removal in lost:
            if removal.path.exists():
                files.set_aside(removal.path)
            rows.remove(files.digest_of(removal.path) or "")
    return done + lost


def _indexed(files: StoreFiles, index: StoreIndex) -> tuple[dict[str, StoreEntry], list[RecordCheck]]:
    """Return the rows by digest, and a finding if the index is missing or damaged."""
    may_be_new = not files.has_records()
    if not index.path.exists():
        reason = "the index is missing: rebuild it with `oracle store verify --rebuild`."
        return {}, [] if may_be_new else [RecordCheck(index.path, RecordState.MISSING, reason)]
    try:
        with index.reading(may_be_new) as rows:
            return {entry.digest: entry for entry in rows.all()}, []
    except DamagedRecordError as error:
        return {}, [RecordCheck(index.path, RecordState.DAMAGED, str(error))]


def _check_file(files: StoreFiles, path: Path, entries: dict[str, StoreEntry]) -> RecordCheck:
    """Return what is to be said of one file among the records."""
    digest = files.digest_of(path)
    if path.name.endswith(TEMPORARY_SUFFIX):
        reason = "a writer was killed, or is at work; `oracle store gc` removes it in the first case."
        return RecordCheck(path, RecordState.LEFTOVER, reason)
    if digest is None:
        return RecordCheck(path, RecordState.STRANGE, "not a file of this store; move it away.")
    finding, entry = _entry_of_file(files, path)
    if entry is None:
        return finding
    known = entries.get(digest)
    if known is None:
        reason = "sound, but not in the index; `oracle store verify --rebuild` takes it in."
        return RecordCheck(path, RecordState.UNINDEXED, reason, digest)
    return _compare_with_row(finding, entry, known)


def _compare_with_row(finding: RecordCheck, entry: StoreEntry, known: StoreEntry) -> RecordCheck:
    names = [
        name for name in vars(entry) if name != "created" and getattr(entry, name) != getattr(known, name)
    ]
    if not names:
        return finding
    name = names[0]
    reason = (
        f"file and index disagree: `{name}` is {getattr(entry, name)!r} in the file, but "
        f"{getattr(known, name)!r} in the index. Restore the file from a copy, or accept it with "
        "`oracle store verify --rebuild`."
    )
    return RecordCheck(finding.path, RecordState.DAMAGED, reason, entry.digest)


def _entry_of_file(files: StoreFiles, path: Path) -> tuple[RecordCheck, StoreEntry | None]:
    """Read one record; return the finding, and its index entry if it is sound."""
    digest = files.digest_of(path) or ""
    try:
        golden, data = files.read(digest)
    except DamagedRecordError as error:
        return RecordCheck(path, RecordState.DAMAGED, str(error), digest), None
    return RecordCheck(path, RecordState.SOUND, "", digest), entry_of(golden, data, path.stat().st_mtime)


def _rows_without_file(files: StoreFiles, entries: dict[str, StoreEntry]) -> list[RecordCheck]:
    reason = (
        "in the index, but the file is missing: put it back from a copy, or run "
        "`oracle store gc --set-aside` and compute it anew."
    )
    paths = {digest: files.path_of(digest) for digest in entries}
    return [
        RecordCheck(path, RecordState.MISSING, reason, digest)
        for digest, path in paths.items()
        if not path.exists()
    ]


def _read_index(files: StoreFiles, index: StoreIndex) -> None:
    """Read every row, so that a damaged index stops what comes next."""
    if index.path.exists():
        with index.reading(not files.has_records()) as rows:
            rows.all()


def _set_damaged_index_aside(files: StoreFiles, index: StoreIndex) -> None:
    try:
        _read_index(files, index)
    except DamagedRecordError:
        for file in index.files():
            files.set_aside(file)


def _refuse_contradictions(files: StoreFiles, sound: list[StoreEntry]) -> None:
    by_spec: dict[str, StoreEntry] = {}
    for entry in sound:
        other = by_spec.setdefault(entry.spec_digest, entry)
        if other is not entry:
            raise StoreError(
                f"`{files.path_of(other.digest)}` and `{files.path_of(entry.digest)}` are both sound and "
                f"answer the same spec ({entry.spec_digest}): one of them is wrong. "
                "The index was not changed. Report it, and move one of them away."
            )


def _leftover(path: Path) -> Removal:
    return Removal(path, path.stat().st_size, "unfinished file of a writer that was killed")


def _lost(files: StoreFiles, index: StoreIndex) -> list[Removal]:
    """Return the damaged and missing records."""
    findings = [
        finding for finding in check_records(files, index, None) if finding.is_failure and finding.digest
    ]
    return [
        Removal(f.path, f.path.stat().st_size if f.path.exists() else 0, f"{f.state}: {f.reason}")
        for f in findings
    ]
