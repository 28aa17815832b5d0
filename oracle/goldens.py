"""From a spec to its golden: computed by the reference, or fetched from the store.

This is where the clock, the versions and the store meet the mathematics; it does no arithmetic.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from time import perf_counter
from typing import Any

from oracle.computations import Request, computation_of
from oracle.records.golden import Golden, UnrecordableError
from oracle.spec import Spec
from oracle.store import Store, StoreError
from reference.bias_identities import VanishingWeightError
from reference.discrete_integrals import UnboundedTailError
from reference.error_bound import LostError
from reference.flows.errors import (
    BlowUpError,
    LostFlowError,
    TooManyDigitsError,
    UnsettledFlowError,
)
from reference.flows.integrals import NoIntegralsError
from reference.iterates import DivergedError
from reference.kkt import KktError, UnprovedMinimiserError
from reference.settled_run import UnsettledRunError

__all__ = ["REFUSALS", "UnstoredGoldenError", "compute_golden", "fetch_or_compute"]

Progress = Callable[[int, int], None]

# what the reference says it cannot give, each with its reason: misuse, not a fault
REFUSALS: tuple[type[Exception], ...] = (
    BlowUpError,
    DivergedError,
    KktError,
    LostError,
    LostFlowError,
    NoIntegralsError,
    TooManyDigitsError,
    UnboundedTailError,
    UnrecordableError,
    UnprovedMinimiserError,
    UnsettledFlowError,
    UnsettledRunError,
    VanishingWeightError,
)


class UnstoredGoldenError(StoreError):
    """A golden was computed and could not be stored; it travels with the error, so that it is not lost."""

    def __init__(self, golden: Golden, cause: StoreError) -> None:
        super().__init__(f"the golden was computed, but not stored: {cause}")
        self.golden = golden


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
    SpecError
        If a number does not fit `inputs_as`.
    reference.iterates.DivergedError, reference.flows.errors.BlowUpError
        If the run or the flow leaves every bound before the last asked step or time.
    reference.kkt.KktError
        If the minimiser asked for is not defined.
    reference.iterates.CertificateViolationError
        If mpmath and the balls disagree.
    ArithmeticError, ValueError
        Of `REFUSALS`: what the reference cannot decide, with the reason.
    """
    began = perf_counter()
    found = computation_of(spec.canonical)(Request(spec.canonical, progress, cross_check))
    provenance = _versions(round(perf_counter() - began, 3)) | found.facts
    return Golden(
        spec=spec.canonical,
        arrays=found.arrays,
        steps=found.steps,
        grade=found.grade,
        digits=found.digits,
        provenance=dict(sorted(provenance.items())),  # as a record gives it back: one golden has one text
        times=found.times,
        used=found.used,
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
    store.require_writable()
    golden = compute_golden(spec, progress, cross_check=cross_check)
    try:
        store.put(golden)
    except StoreError as error:
        raise UnstoredGoldenError(golden, error) from error
    return golden, False


def _versions(seconds: float) -> dict[str, Any]:
    """Return with what a golden was computed, and how long it took."""
    return {
        "momentum_oracle": version("momentum-oracle"),
        "mpmath": version("mpmath"),
        "python_flint": version("python-flint"),
        "python": platform.python_version(),
        "seconds": seconds,
    }
