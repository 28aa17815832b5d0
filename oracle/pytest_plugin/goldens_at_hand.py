"""Where a golden comes from: the store, a server, a computation where its libraries are, or the spec's start alone."""

# ruff: noqa: PLC0415 - a box that has numpy alone gets as far as it can

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from oracle.candidate_file import CandidateError
from oracle.pytest_plugin.server_goldens import ServerGoldens
from oracle.pytest_plugin.start_golden import start_golden
from oracle.records.golden import Golden
from oracle.records.npz import read_npz
from oracle.records.record_errors import StoreError

__all__ = ["AtHand", "Goldens", "golden_given"]

KEPT = 8  # in memory, for parametrised tests that share a spec


@dataclass(frozen=True)
class AtHand:
    """A golden, and a phrase that says where it came from."""

    golden: Golden
    source: str


class Goldens:
    """Finds goldens for one session.

    Parameters
    ----------
    root : Path or None
        The store; None stands for the default one, which need not be writable.
    server : ServerGoldens, optional
        Asked for what the store lacks.
    """

    def __init__(self, root: Path | None, server: ServerGoldens | None = None) -> None:
        self.root = root
        self.server = server
        self._kept: OrderedDict[str, AtHand] = OrderedDict()

    def of(self, canonical: Mapping[str, Any], digest: str) -> AtHand:
        """Return the golden of a spec.

        Parameters
        ----------
        canonical : mapping
        digest : str
            Of the canonical text.

        Raises
        ------
        oracle.records.record_errors.DamagedRecordError
            If the store has a record of this spec that cannot be trusted.
        StoreError
            If the store that was named cannot be used, or the server contradicts it.
        oracle.client.errors.WrongGoldenError
            If the server gives a golden that is damaged, altered or of another spec.

        Notes
        -----
        And what `oracle.goldens.compute_golden` raises.
        """
        if digest not in self._kept:
            self._kept[digest] = self._found(canonical, digest)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._kept[digest]

    def _found(self, canonical: Mapping[str, Any], digest: str) -> AtHand:
        stored = self._stored(digest)
        if stored is not None:
            return AtHand(stored, "from the store")
        served = None if self.server is None else self._served(self.server, canonical, digest)
        if served is not None:
            return served
        try:
            return self._computed(canonical)
        except ModuleNotFoundError as error:
            missing = error.name or "what computes goldens"
            reason = f"the store holds none, and `{missing}`, which it takes to compute one, is not installed"
        return AtHand(start_golden(canonical), f"none: local replay alone decided, because {reason}")

    def _stored(self, digest: str) -> Golden | None:
        from oracle.store import Store

        try:
            return Store(self.root).find(digest)
        except ModuleNotFoundError:  # what knows the default place is not installed
            return None
        except StoreError:
            if self.root is not None:
                raise
            return None

    def _served(self, server: ServerGoldens, canonical: Mapping[str, Any], digest: str) -> AtHand | None:
        """Ask the server, and keep what it gives where that can be done."""
        golden = server.of(canonical, digest)
        if golden is None:
            return None
        kept = "" if self._keep(golden, server.url) else ", and not stored"
        return AtHand(golden, f"from the server {server.url}{kept}")

    def _keep(self, golden: Golden, url: str) -> bool:
        """Keep a server's golden; refuse one that contradicts the store, forgive a store out of reach."""
        from oracle.store import Store

        try:
            Store(self.root).put(golden)
        except ModuleNotFoundError:  # what knows the default place is not installed
            return False
        except StoreError as error:
            there = self._stored(golden.spec_digest)
            if there is not None and there.digest != golden.digest:
                raise StoreError(f"the server {url} contradicts the store: {error}") from error
            return False
        return True

    def _computed(self, canonical: Mapping[str, Any]) -> AtHand:
        """Compute a golden and keep it in the store; the default store may be out of reach."""
        from oracle.goldens import UnstoredGoldenError, compute_golden, fetch_or_compute
        from oracle.spec import spec_from
        from oracle.store import Store

        spec = spec_from(dict(canonical))
        try:
            return AtHand(fetch_or_compute(spec, Store(self.root))[0], "computed here, and stored")
        except UnstoredGoldenError as error:
            if self.root is not None:
                raise
            golden = error.golden
        except StoreError:
            if self.root is not None:
                raise
            golden = compute_golden(spec, cross_check=False)
        return AtHand(golden, "computed here, and not stored")


def golden_given(golden: Golden | str | PathLike[str]) -> AtHand:
    """Return a golden that came with the question, or in the `.npz` that it names.

    Raises
    ------
    CandidateError
        If it is neither.

    Notes
    -----
    And what `oracle.records.npz.read_npz` raises.
    """
    if isinstance(golden, Golden):
        return AtHand(golden, "given")
    if isinstance(golden, str | PathLike):
        return AtHand(read_npz(golden), f"from `{Path(golden).name}`")
    raise CandidateError(
        f"`golden` is a `{type(golden).__name__}`; expected a `Golden` (`oracle.golden(spec)` gives one) "
        "or the path of the `.npz` that holds it"
    )
