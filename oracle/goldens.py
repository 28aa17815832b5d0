"""From a spec to its golden: computed by the reference, or fetched from the store.

This is where the clock, the versions and the store meet the mathematics; it does no arithmetic.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from time import perf_counter
from typing import Any

from oracle.case import case_of, steps_of
from oracle.records.golden import Golden
from oracle.spec import Spec
from oracle.store import Store, StoreError
from reference.iterates import CertifiedIterates, certified_iterates
from reference.methods import METHODS

__all__ = ["UnstoredGoldenError", "UnsupportedWantError", "compute_golden", "fetch_or_compute"]

Progress = Callable[[int, int], None]


class UnstoredGoldenError(StoreError):
    """A golden was computed and could not be stored; it travels with the error, so that it is not lost."""

    def __init__(self, golden: Golden, cause: StoreError) -> None:
        super().__init__(f"the golden was computed, but not stored: {cause}")
        self.golden = golden


class UnsupportedWantError(ValueError):
    """The spec is valid, but this version of the oracle does not compute what it wants."""


def compute_golden(spec: Spec, progress: Progress | None = None, *, cross_check: bool = True) -> Golden:
    """Return the golden of a spec, certified by balls and confirmed by mpmath.

    Parameters
    ----------
    spec : Spec
    progress : callable, optional
        Called with (steps done, steps in all) of the pass under way.
    cross_check : bool
        Whether mpmath must confirm every value; without it the grade is still ``certified``.

    Raises
    ------
    UnsupportedWantError
        If the spec wants a flow, a limit, integrals or a KKT point.
    SpecError
        If a number does not fit `inputs_as`.
    reference.iterates.DivergedError
        If the run diverges before the last asked step.
    reference.iterates.CertificateViolationError
        If mpmath and the balls disagree.
    """
    _require_iterates(spec)
    began = perf_counter()
    result = certified_iterates(
        case_of(spec.canonical),
        steps_of(spec.canonical),
        spec.canonical["digits"],
        cross_check=cross_check,
        progress=progress,
    )
    seconds = round(perf_counter() - began, 3)
    return Golden(
        spec=spec.canonical,
        arrays=result.arrays,
        steps=result.steps,
        grade="certified",
        digits=result.digits,
        provenance=_provenance(result, seconds),
    )


def fetch_or_compute(
    spec: Spec, store: Store, progress: Progress | None = None, *, cross_check: bool = True
) -> tuple[Golden, bool]:
    """Return the golden and whether it was in the store; what is computed is stored.

    Raises
    ------
    DamagedRecordError
        If the store has a record of this spec that cannot be trusted; it is not computed anew.
    StoreError
        If the store cannot be read, or no file can be made in it; nothing was computed then.
    UnstoredGoldenError
        If the golden was computed and then could not be stored; the error carries it.

    Notes
    -----
    And everything that `compute_golden` raises.
    """
    found = store.find(spec.digest)
    if found is not None:
        return found, True
    _require_iterates(spec)
    store.require_writable()
    golden = compute_golden(spec, progress, cross_check=cross_check)
    try:
        store.put(golden)
    except StoreError as error:
        raise UnstoredGoldenError(golden, error) from error
    return golden, False


def _require_iterates(spec: Spec) -> None:
    """Refuse what this version cannot compute, by name."""
    want = spec.canonical["want"]["kind"]
    method = spec.canonical.get("method", {}).get("name", "none")
    if want != "iterates" or method not in METHODS:
        raise UnsupportedWantError(
            f"`want.kind` {want!r} with `method.name` {method!r} is a valid spec that this version does not "
            f"compute yet; it computes 'iterates' of {', '.join(METHODS)}. Ask for those, or upgrade"
        )


def _provenance(result: CertifiedIterates, seconds: float) -> dict[str, Any]:
    """Return who computed the golden, with what, how, and how long it took."""
    last = max(result.steps)
    return {
        "momentum_oracle": version("momentum-oracle"),
        "mpmath": version("mpmath"),
        "python_flint": version("python-flint"),
        "python": platform.python_version(),
        "seconds": seconds,
        "enclosure": result.way,
        "precision_bits": result.bits,
        "bits_lost": round(result.bits_lost, 2),
        "bits_lost_per_step": round(result.bits_lost / last, 5) if last else 0.0,
        "cross_checked_by_mpmath": result.cross_checked,
    }
