"""Did a fault move the trajectory above rounding?  Decided without the judge and without its bounds.

The truth is the right recurrence in double-double arithmetic.  What rounding makes of it in the kernel's own
arithmetic is seen by running the kernel, with no fault in it, on the same problem told in other orders: samples
and coordinates permuted, which changes nothing but the order of sums.  With ‖·‖ the largest coordinate of one
parameter, the yardstick at step k is

    Y_k = max_{j ≤ k} max( max_r ‖β_j^(r) − β_j*‖,  ½ unit of ‖β_j*‖ in the format of the record ),

over `ORDERS` runs r.  A fault moves the trajectory above rounding where its run lies more than `FACTOR` Y_k from the
truth in some parameter at some step k, further than right runs whose roundings all lean one way, and as far from the
right run that shadows it (`oracle.conformance.leaning`): what those do, the declared format allows.  The factor
leaves room for what such runs are too few to show: over K steps leaning errors add up to some sqrt(K) times what
independent ones do, 6 for the 40 steps of most problems.  Whether it is fair is measured, not assumed: a correct
run in one more order, `Yardstick.strayed`, must stay below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.conformance.leaning import leaning_runs, shadow
from oracle.conformance.random_problems import Draw
from oracle.error_free import DoubleDouble, DoubleDoubleArithmetic, Floats
from oracle.records.candidate import Array, Candidate, CandidateTask, Declaration
from reference.case import Case
from reference.exact import BINARY_FORMATS
from reference.models import MODELS
from reference.trajectory import states

__all__ = ["FACTOR", "Movement", "Yardstick", "joined", "record", "reordered", "truth_of", "yardstick"]

FACTOR = 8.0
ORDERS = 8
SEED = 5

Order = NDArray[np.int64]


@dataclass(frozen=True)
class Movement:
    """How far a run lies from the truth: the largest distance in yardsticks, and the first step beyond `FACTOR`.

    Parameters
    ----------
    size : float
        Infinite where the run is not finite and the truth is.
    step : int or None
    """

    size: float
    step: int | None

    @property
    def above_rounding(self) -> bool:
        """Whether rounding does not explain the run."""
        return self.step is not None


@dataclass(frozen=True)
class Yardstick:
    """What rounding makes of the right run.

    Parameters
    ----------
    case : Case
    declaration : Declaration
    truth : DoubleDouble, shape (K, D)
    length : float64, shape (K, parameters)
        Y_k of the module docstring.
    leaned : float64, shape (K, parameters)
        How far right runs lie from the truth by then whose roundings lean one way.
    sizes : sequence of int
        Coordinates of each parameter.
    strayed : float
        How far one more correct run lies from the truth, in yardsticks of the others.
    """

    case: Case
    declaration: Declaration
    truth: DoubleDouble
    length: Floats
    leaned: Floats
    sizes: tuple[int, ...]
    strayed: float

    def movement(self, positions: Array) -> Movement:
        """Measure a run, shape (K, D)."""
        with np.errstate(over="ignore"):
            gap = _distances(positions, self.truth, self.sizes)
            ratio = gap / self.length
            apart = self._from_its_shadow(positions)
        beyond = np.flatnonzero(((ratio > FACTOR) & (gap > self.leaned) & (apart > FACTOR)).any(axis=1))
        return Movement(float(ratio.max()), int(beyond[0]) if len(beyond) else None)

    def _from_its_shadow(self, positions: Array) -> Floats:
        """Return how far a run lies from the right run that follows it, in yardsticks, shape (K, parameters)."""
        follower = shadow(self.case, self.declaration, positions.astype(np.float64))
        gap = np.abs(positions.astype(np.float64) - follower)
        ratio: Floats = _largest(np.where(np.isfinite(gap), gap, np.inf), self.sizes) / self.length
        return ratio

    def apart(self, one: Array, other: Array) -> float:
        """Return how far two runs lie from each other, in yardsticks."""
        with np.errstate(all="ignore"):
            same = (one == other) | (np.isnan(one) & np.isnan(other))
            gap = np.nan_to_num(np.abs(one.astype(np.float64) - other), nan=np.inf, posinf=np.inf)
            return float((_largest(np.where(same, 0.0, gap), self.sizes) / self.length).max())


def truth_of(case: Case, last: int) -> DoubleDouble:
    """Return the right trajectory at steps 0 to `last` to some 100 bits, shape (last + 1, D)."""
    with np.errstate(all="ignore"):
        reached = [state.position for state in islice(states(case, DoubleDoubleArithmetic()), last + 1)]
    return DoubleDouble(np.concatenate([p.hi for p in reached]), np.concatenate([p.lo for p in reached]))


def yardstick(candidate: Candidate, task: CandidateTask, case: Case, declaration: Declaration) -> Yardstick:
    """Measure what rounding makes of the right run in a kernel's own arithmetic.

    Parameters
    ----------
    candidate : Candidate
        Without a fault.
    task : CandidateTask
        Its steps are 0, 1, … K − 1.
    case : Case
        The same run, exactly.
    declaration : Declaration
        Of the kernel.
    """
    truth = truth_of(case, len(task.steps) - 1)
    names = MODELS[case.model].names
    sizes = tuple(len(case.init[name]) for name in names)
    draw = Draw(SEED, 0)
    runs = [_in_another_order(candidate, task, names, draw, first=r == 0) for r in range(ORDERS + 1)]
    found = [_distances(run, truth, sizes) for run in runs]
    size = _sizes(truth, sizes)
    half = np.exp2(np.floor(np.log2(np.maximum(size, np.finfo(np.float64).tiny))))
    unit = 2.0 ** -BINARY_FORMATS[declaration.kept_in].precision
    floor = np.maximum(half * unit, np.finfo(np.float64).tiny)
    length = np.maximum.accumulate(np.maximum(np.max(found[:-1], axis=0), floor), axis=0)
    leaning = [_distances(run, truth, sizes) for run in leaning_runs(case, declaration, len(task.steps) - 1)]
    leaned = np.maximum.accumulate(np.max(leaning, axis=0), axis=0)
    return Yardstick(case, declaration, truth, length, leaned, sizes, float((found[-1] / length).max()))


def record(candidate: Candidate, task: CandidateTask) -> dict[str, Array]:
    """Run a candidate; whatever it overflows on is its own affair."""
    with np.errstate(all="ignore"):
        found = candidate(task.problem, task.method, task.steps)
    return {name: np.asarray(array) for name, array in found.items() if name != "steps"}


def joined(arrays: Mapping[str, Array], names: Sequence[str]) -> Array:
    """Return the parameters end to end, shape (K, D)."""
    return np.concatenate([arrays[name] for name in names], axis=1)


def reordered(task: CandidateTask, samples: Order, coordinates: Order) -> CandidateTask:
    """Return the same task told in another order.

    Parameters
    ----------
    task : CandidateTask
    samples, coordinates : int64, shapes (n,) and (d,)
        Row i of the result is row samples[i], its coordinate j is coordinate coordinates[j].
    """
    problem, method = task.problem, task.method
    place = np.argsort(samples)

    def moved(arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {name: array[coordinates] for name, array in arrays.items()}

    return replace(
        task,
        problem=replace(
            problem,
            X=np.ascontiguousarray(problem.X[np.ix_(samples, coordinates)]),
            y=problem.y[samples],
            init=moved(problem.init),
        ),
        method=replace(
            method,
            p0=moved(method.p0),
            batches=tuple(tuple(int(place[i]) for i in batch) for batch in method.batches),
        ),
    )


def _in_another_order(
    candidate: Candidate, task: CandidateTask, names: Sequence[str], draw: Draw, *, first: bool
) -> Array:
    """Return a run in another order, told again in the first one; the first run is in the first order."""
    n, d = task.problem.X.shape
    samples, coordinates = (np.arange(count) if first else _permutation(draw, count) for count in (n, d))
    arrays = record(candidate, reordered(task, samples, coordinates))
    back = np.argsort(coordinates)
    return joined({name: arrays[name][:, back] for name in names}, names)


def _permutation(draw: Draw, count: int) -> Order:
    left = list(range(count))
    return np.array([left.pop(draw.below(len(left))) for _ in range(count)], dtype=np.int64)


def _distances(positions: Array, truth: DoubleDouble, sizes: Sequence[int]) -> Floats:
    """Return ‖β_k − β_k*‖ by step and parameter; infinite where it is no number and the truth is one."""
    with np.errstate(all="ignore"):
        gap = abs(DoubleDouble.exactly(positions) - truth)
    lost = ~np.isfinite(gap)
    gap[lost] = np.where(np.isfinite(truth.hi[lost]), np.inf, 0.0)
    return _largest(gap, sizes)


def _sizes(truth: DoubleDouble, sizes: Sequence[int]) -> Floats:
    return _largest(np.nan_to_num(abs(truth), posinf=np.finfo(np.float64).max), sizes)


def _largest(values: Floats, sizes: Sequence[int]) -> Floats:
    """Return the largest coordinate of each parameter, shape (K, parameters)."""
    parts: list[Any] = np.split(values, np.cumsum(sizes)[:-1], axis=1)
    return np.stack([part.max(axis=1) for part in parts], axis=1)
