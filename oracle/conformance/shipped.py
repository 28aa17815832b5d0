"""The suite as it is shipped: an index and certified goldens, read with numpy alone.

Nothing is trusted: every golden is verified when it is read (seal, digest, limbs against values), and its
digest is the one that the index names; the suite's own digest is that of names and digests together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from oracle.records.golden import Golden, canonical_text, sha256_name
from oracle.records.npz import read_npz_bytes
from oracle.records.record_errors import DamagedRecordError, MissingRecordError

__all__ = ["INDEX", "SCHEMA", "VERSION", "Entry", "Suite", "load_suite", "suite_digest"]

SCHEMA = "momentum-oracle/conformance-suite/1"
VERSION = "1.0"
INDEX = "index.json"
REMEDY = "Install the package anew, or make the suite with `python -m oracle.conformance.make_suite DIR`."


@dataclass(frozen=True)
class Entry:
    """One problem as the index has it.

    Parameters
    ----------
    name, theme, why : str
    method, model : str
    schedule : str
        What the step sizes of a schedule scale; empty where η is constant.
    sparse : bool
        Whether a candidate records the golden's steps alone, not every one up to the last.
    quick : bool
    goldens : mapping of dtype to mapping
        ``file`` and ``digest``.
    """

    name: str
    theme: str
    why: str
    method: str
    model: str
    schedule: str
    sparse: bool
    quick: bool
    goldens: Mapping[str, Mapping[str, str]]

    def steps_to_record(self, golden: Golden) -> tuple[int, ...]:
        """Return the steps that a candidate is asked for."""
        return golden.steps if self.sparse else tuple(range(golden.steps[-1] + 1))


@dataclass(frozen=True)
class Suite:
    """The index, and where the goldens lie.

    Parameters
    ----------
    version, digest : str
    entries : tuple of Entry
        In the order in which they are run.
    """

    version: str
    digest: str
    entries: tuple[Entry, ...]
    place: Traversable = field(repr=False, compare=False, default=Path())

    def __len__(self) -> int:
        """Return how many comparisons the suite has: problems times dtypes."""
        return sum(len(entry.goldens) for entry in self.entries)

    def golden(self, entry: Entry, dtype: str) -> Golden:
        """Return one golden, verified.

        Raises
        ------
        MissingRecordError
            If its file is not there.
        DamagedRecordError
            If it is not as it was made, or is not the one that the index names.
        """
        file, digest = entry.goldens[dtype]["file"], entry.goldens[dtype]["digest"]
        golden = read_npz_bytes(_bytes(self.place, file), file)
        if golden.digest != digest:
            raise DamagedRecordError(
                f"`{file}` of the conformance suite holds {golden.digest}, but its index names {digest}. {REMEDY}"
            )
        return golden


def load_suite(directory: Path | None = None) -> Suite:
    """Return the shipped suite, or the one in a directory.

    Raises
    ------
    MissingRecordError
        If there is no index.
    DamagedRecordError
        If the index is none of this schema, or does not fit its own digest.
    """
    place = files("oracle.conformance").joinpath("suite") if directory is None else directory
    try:
        index = json.loads(_bytes(place, INDEX))
        problem = _problem_of(index)
        entries = tuple(Entry(**entry) for entry in index["problems"])
        version, digest = str(index["version"]), str(index["digest"])
    except (KeyError, TypeError, ValueError) as error:
        reason = f"is no index ({type(error).__name__}: {error})"
        raise DamagedRecordError(f"`{INDEX}` of the conformance suite {reason}. {REMEDY}") from error
    if problem:
        raise DamagedRecordError(f"`{INDEX}` of the conformance suite {problem}. {REMEDY}")
    return Suite(version, digest, entries, place)


def suite_digest(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the digest of a suite: of what is asked, how, and with which goldens."""
    asked = [
        [entry["name"], entry["sparse"], sorted((d, g["digest"]) for d, g in entry["goldens"].items())]
        for entry in entries
    ]
    return sha256_name(canonical_text(asked).encode())


def _problem_of(index: Mapping[str, Any]) -> str:
    """Return what is wrong with an index, empty for nothing."""
    if index["schema"] != SCHEMA:
        return f"has schema {index['schema']!r}; this version reads {SCHEMA!r}"
    found = suite_digest(index["problems"])
    return "" if index["digest"] == found else f"names {index['digest']!r}, but its problems give {found!r}"


def _bytes(place: Traversable, name: str) -> bytes:
    try:
        return place.joinpath(name).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingRecordError(f"`{name}` of the conformance suite is not there. {REMEDY}") from error
