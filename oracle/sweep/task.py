"""What a worker does: one spec in, one sealed golden or the reason for there being none out."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from threading import Lock
from time import thread_time

from oracle.goldens import REFUSALS, compute_golden
from oracle.records.npz import npz_bytes
from oracle.spec import Spec, SpecError
from reference.iterates import CertificateViolationError

__all__ = ["Answer", "Outcome", "answer", "worker_version"]

_REFUSED: tuple[type[Exception], ...] = (*REFUSALS, SpecError)
# the working precisions of flint and mpmath belong to the process: its threads take turns
_ONE_AT_A_TIME = Lock()


class Outcome(StrEnum):
    """What became of a spec."""

    GOLDEN = "golden"
    REFUSED = "refused"  # by the reference, with its reason; it would refuse it again
    VIOLATED = "violated"  # mpmath and the balls disagree
    FAULT = "fault"  # of this program, with its traceback
    LOST = "lost"  # its worker died, again and again
    MALFORMED = "malformed"  # no spec at all


@dataclass(frozen=True)
class Answer:
    """What a worker returns.

    Parameters
    ----------
    outcome : Outcome
    record : bytes
        The golden as `oracle.records.npz.npz_bytes` seals it; empty if there is none.
    reason : str
        Why there is none.
    seconds : float
        Processor time of the computation.
    """

    outcome: Outcome
    record: bytes
    reason: str
    seconds: float


def answer(canonical_json: str) -> Answer:
    """Compute the golden of a spec in canonical JSON; whatever stands against it comes back as a reason."""
    with _ONE_AT_A_TIME:
        began = thread_time()
        outcome, record, reason = _computed(Spec(canonical_json))
        return Answer(outcome, record, reason, thread_time() - began)


def worker_version() -> str:
    """Return the version of this package where it is called."""
    return version("momentum-oracle")


def _computed(spec: Spec) -> tuple[Outcome, bytes, str]:
    try:
        return Outcome.GOLDEN, npz_bytes(compute_golden(spec)), ""
    except _REFUSED as error:
        return Outcome.REFUSED, b"", str(error)
    except CertificateViolationError as error:
        return Outcome.VIOLATED, b"", str(error)
    except Exception:  # the boundary between one spec's fault and the others' goldens
        return Outcome.FAULT, b"", traceback.format_exc()
