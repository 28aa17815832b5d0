"""What a sweep will cost, extrapolated from a few of its goldens that are computed and not stored."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable
from concurrent.futures import CancelledError, as_completed
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter

from oracle.store import Store, StoreError
from oracle.sweep.hands import Hands
from oracle.sweep.missing import Missing
from oracle.sweep.sweep_file import Asked, Sweep
from oracle.sweep.task import Answer, Outcome, answer

__all__ = ["INDEX_BYTES", "SAMPLE", "Estimate", "Plan", "plan_sweep"]

Advance = Callable[[int, int], None]

SAMPLE = 12  # goldens computed for the plan
INDEX_BYTES = 540  # of the index for one record; measured at a million rows
SHORT = 1.0  # seconds
BLOCK = 4096  # bytes that a file system gives out at once, where it does not say


@dataclass(frozen=True)
class Estimate:
    """A total that is extrapolated from a sample.

    Parameters
    ----------
    total : float
        The sample's mean times the number of goldens.
    low, high : float or None
        Two standard errors of the mean either side, `low` at least 0; None where one value was measured.
    smallest, largest : float
        In the sample, of one golden.
    """

    total: float
    low: float | None
    high: float | None
    smallest: float
    largest: float


@dataclass(frozen=True)
class Plan:
    """What a sweep asks for and what that costs.

    Parameters
    ----------
    asked, duplicates, malformed, stored, missing : int
        As they are now; `missing` have to be computed.
    sampled, refused : int
        How many were computed for the plan, and how many of those have no golden.
    malformed_first, refused_first : str
        Place and reason of the first that is no spec, and of the first computed that has no golden; empty where
        there is none.
    workers : int
    hands : str
    core_seconds : Estimate or None
        None where nothing is missing.
    bytes, allocated : Estimate or None
        Of the records, and on the disk in whole blocks; None where the sample gave no golden.
    store_seconds : float or None
        What the coordinator takes for one record.
    reading_seconds : float
        What reading the sweep and looking it up in the index took.
    index_bytes : int
        Growth of the index.
    """

    asked: int
    duplicates: int
    malformed: int
    stored: int
    missing: int
    sampled: int
    refused: int
    workers: int
    hands: str
    core_seconds: Estimate | None
    bytes: Estimate | None
    allocated: Estimate | None
    store_seconds: float | None
    reading_seconds: float
    index_bytes: int
    malformed_first: str = ""
    refused_first: str = ""

    def wall_seconds(self, workers: int) -> float | None:
        """Return how long `workers` take; the coordinator, which stores one record after another, may take longer."""
        if self.core_seconds is None:
            return None
        coordinator = self.reading_seconds + (self.store_seconds or 0.0) * self.missing
        return max(self.core_seconds.total / workers, coordinator)

    @property
    def most_useful_workers(self) -> int | None:
        """Beyond how many workers the coordinator is what is waited for."""
        if not self.store_seconds or self.core_seconds is None or not self.missing:
            return None
        return max(1, round(self.core_seconds.total / self.missing / self.store_seconds))


def plan_sweep(sweep: Sweep, store: Store, hands: Hands, advance: Advance | None = None) -> Plan:
    """Read all of a sweep, compute a few of what is missing, and extrapolate.

    The sample is drawn at random from all that is missing, always the same one; with as many workers as the sweep
    will have, so that what they take from each other is measured too.  Nothing is stored.

    Raises
    ------
    StoreError
        If no file can be made beside the store.
    SweepError
        If there are no workers any more.
    """
    began = perf_counter()
    missing = Missing(store)
    chosen, count, malformed_first = _chosen(sweep, missing, advance)
    reading = perf_counter() - began
    answers = _answers(chosen, hands)
    goldens = {digest: found for digest, found in answers.items() if found.outcome == Outcome.GOLDEN}
    sizes = [len(found.record) for found in goldens.values()]
    block, per_record = _store_cost(store.root, {digest: found.record for digest, found in goldens.items()})
    kept = round(count * len(goldens) / len(answers)) if answers else 0
    return Plan(
        asked=sweep.total,
        duplicates=missing.counts["duplicates"],
        malformed=missing.counts[Outcome.MALFORMED],
        stored=missing.counts["stored_before"],
        missing=count,
        sampled=len(answers),
        refused=len(answers) - len(goldens),
        workers=hands.width(),
        hands=hands.name,
        core_seconds=_estimate([found.seconds for found in answers.values()], count),
        bytes=_estimate(sizes, kept),
        allocated=_estimate([-(-size // block) * block for size in sizes], kept),
        store_seconds=per_record,
        reading_seconds=reading,
        index_bytes=kept * INDEX_BYTES,
        malformed_first=malformed_first,
        refused_first=_first_refused(chosen, answers),
    )


def _chosen(sweep: Sweep, missing: Missing, advance: Advance | None) -> tuple[list[Asked], int, str]:
    """Return a random sample of what is missing, how many are missing, and why the first is none that is no spec."""
    source, sample = random.Random("momentum-oracle"), list[Asked]()
    count, malformed_first = 0, ""
    for asked, spec in missing.among(sweep.asked()):
        if spec is None:
            missing.counts[Outcome.MALFORMED] += 1
            malformed_first = malformed_first or f"{asked.place}: {asked.reason}"
            continue
        count += 1
        if len(sample) < SAMPLE:
            sample.append(asked)
        elif (
            place := source.randrange(count)
        ) < SAMPLE:  # each of those so far is in it with the same chance
            sample[place] = asked
        if advance is not None:
            advance(missing.counts["asked"], sweep.total)
    return sample, count, malformed_first


def _answers(sample: list[Asked], hands: Hands) -> dict[str, Answer]:
    """Compute the sample; a spec whose worker dies again and again counts as one without a golden."""
    specs, found = [asked.spec for asked in sample if asked.spec is not None], {}
    try:
        tasks = {hands.executor.submit(measured, spec.canonical_json): spec.digest for spec in specs}
        for future in as_completed(tasks):
            try:
                found[tasks[future]] = future.result()
            except hands.losses as error:
                found[tasks[future]] = Answer(Outcome.LOST, b"", str(error), 0.0)
    except (CancelledError, OSError, RuntimeError) as error:
        raise hands.gone(error, "a plan stores nothing") from error
    return found


def _first_refused(sample: list[Asked], answers: dict[str, Answer]) -> str:
    """Return place and reason of the first of the sample that has no golden; of a traceback its last line."""
    for asked in sample:
        found = None if asked.spec is None else answers[asked.spec.digest]
        if found is not None and found.outcome != Outcome.GOLDEN:
            fault = found.outcome == Outcome.FAULT
            reason = found.reason.strip().splitlines()[-1] if fault else found.reason
            return f"{asked.place}: {reason}"
    return ""


def measured(canonical_json: str) -> Answer:
    """Compute a golden, and a short one a second time: what a process does once is not what many goldens cost."""
    first = answer(canonical_json)
    return answer(canonical_json) if first.seconds < SHORT else first


def _store_cost(root: Path, records: dict[str, bytes]) -> tuple[int, float | None]:
    """Return the file system's block size, and what one record takes in a store that is thrown away again."""
    beside = next(parent for parent in (root, *root.absolute().parents) if parent.is_dir())
    block = _block_size(beside)
    if not records:
        return block, None
    try:
        with tempfile.TemporaryDirectory(prefix=".oracle-sweep-plan-", dir=beside) as directory:
            began = perf_counter()
            Store(directory).put_sealed(records)
            return block, (perf_counter() - began) / len(records)
    except OSError as error:
        raise StoreError(
            f"the store `{root}` cannot be used: no file can be made in `{beside}` ({error.strerror}). "
            "Name another `--store`."
        ) from error


def _block_size(directory: Path) -> int:
    """Return what a file system gives out at once."""
    return os.statvfs(directory).f_frsize if hasattr(os, "statvfs") else BLOCK


def _estimate(values: list[float] | list[int], count: int) -> Estimate | None:
    """Return the total of `count` goldens of which some were measured."""
    if not values:
        return None
    middle = mean(values)
    if len(values) == 1:
        return Estimate(middle * count, None, None, middle, middle)
    error = 2 * stdev(values) / sqrt(len(values))
    low, high = max(0.0, middle - error), middle + error
    return Estimate(middle * count, low * count, high * count, min(values), max(values))
