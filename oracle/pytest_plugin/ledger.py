"""What was judged in a session: written down where it happens, read where the session is reported.

Under pytest-xdist these are two processes.  Entries travel on the test's own report, so that those of every test
that ended arrive, whatever becomes of the worker or of the session afterwards.
"""

# ruff: noqa: PLC0415 - the ledger of a session that judges nothing imports nothing

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oracle.pytest_plugin.judged import Judged
    from oracle.pytest_plugin.parcels import Packer

__all__ = ["FAILED", "Entry", "Ledger", "properties"]

FAILED = "FAILED"  # in place of a verdict: the candidate raised


@dataclass(frozen=True)
class Entry:
    """One run, as plain values.

    Parameters
    ----------
    test : str
        Node id.
    candidate, method, dtype : str
    verdict : str
        An outcome, or `FAILED`.
    sentence : str
        Where and by how much it departs, or what it raised.
    in_bounds : float or None
        Largest local error in units of its bound.
    declaration : dict
    golden : str
        Digest.
    source : str
        Where the golden came from.
    note : str
        What else the summary is to say of it.
    parcel : dict of str
        The comparison itself where a report is wanted, see `oracle.pytest_plugin.parcels`.
    """

    test: str
    candidate: str
    verdict: str
    method: str = ""
    dtype: str = ""
    sentence: str = ""
    in_bounds: float | None = None
    declaration: dict[str, Any] | None = None
    golden: str = ""
    source: str = ""
    note: str = ""
    parcel: dict[str, str] | None = None


class Ledger:
    """The entries of one process.

    Parameters
    ----------
    pack : bool
        Whether a report is wanted, so that comparisons are kept and not their figures alone.
    """

    def __init__(self, *, pack: bool) -> None:
        self.test = ""
        self._pack = pack
        self._packer: Packer | None = None
        self._fresh: list[Entry] = []

    def add(self, judged: Judged, note: str = "") -> None:
        """Write down a verdict, with a note for the summary."""
        from oracle.pytest_plugin.failure_text import sentence
        from oracle.report.facts import facts_of

        comparison, verdict = judged.comparison, judged.verdict
        self._fresh.append(
            Entry(
                test=self.test,
                candidate=comparison.candidate,
                verdict=str(verdict.outcome),
                method=comparison.method,
                dtype=comparison.dtype,
                sentence=sentence(judged),
                in_bounds=facts_of(comparison).local_ratio,
                declaration=asdict(verdict.declaration),
                golden=comparison.golden.digest,
                source=judged.source,
                note=note,
                parcel=self._parcel(judged),
            )
        )

    def failed(self, candidate: str, error: Exception) -> None:
        """Write down that a candidate raised."""
        self._fresh.append(Entry(self.test, candidate, FAILED, sentence=f"{type(error).__name__}: {error}"))

    def drain(self) -> list[Entry]:
        """Return what was written since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def _parcel(self, judged: Judged) -> dict[str, str] | None:
        if not self._pack:
            return None
        if self._packer is None:
            from oracle.pytest_plugin.parcels import Packer

            self._packer = Packer()
        return self._packer.pack(judged.comparison)


def properties(entries: Iterable[Entry], already: int = 0) -> list[tuple[str, object]]:
    """Return what a JUnit file holds of the runs of a test.

    Parameters
    ----------
    entries : iterable of Entry
    already : int
        How many runs of this test were written before: the first run's names bear no number.
    """
    found: list[tuple[str, object]] = []
    for i, entry in enumerate(entries, already + 1):
        prefix = "oracle" if i == 1 else f"oracle.{i}"
        figures = {
            "verdict": entry.verdict,
            "candidate": entry.candidate,
            "method": entry.method,
            "dtype": entry.dtype,
            "in_bounds": entry.in_bounds,
            "where": entry.sentence,
            "declaration": _words(entry.declaration),
            "golden": entry.golden,
        }
        found += [(f"{prefix}.{name}", value) for name, value in figures.items() if value not in ("", None)]
    return found


def _words(declaration: dict[str, Any] | None) -> str:
    return " ".join(f"{name}={value}" for name, value in (declaration or {}).items() if value != "")
