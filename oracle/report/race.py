"""What a race found out: rates and their spread, ratios, errors, rooflines and targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from oracle.findings import Outcome

__all__ = [
    "JAX",
    "MOST_CORES",
    "SGD",
    "GrowthPoint",
    "Machine",
    "NotRaced",
    "Race",
    "RaceRow",
    "Ratio",
    "Roof",
    "Target",
]

# the peers that every other racer is set against
SGD, JAX = "sgd_for_loop", "jax_scan"
MOST_CORES = 1.25  # busy a thread: more, and a library takes threads that it was not given


@dataclass(frozen=True)
class Ratio:
    """A median over the rounds of one race, with half its interquartile range as a share of it."""

    median: float
    spread: float


@dataclass(frozen=True)
class RaceRow:
    """One racer at one size.

    Parameters
    ----------
    racer, role : str
        The role is ``candidate`` or ``peer``.
    dtype : str
    runs, threads, steps : int
        Runs of a batch, threads asked for, steps of one timed call.
    seconds : float
        Median of a call.
    spread : float
        Half the interquartile range of the calls, as a share of `seconds`.
    cores : float
        Processor time over wall time: what was in truth kept busy.
    fixed : float
        Share of a call that does not grow with its steps: packing and handing back.
    flop : int
        Useful operations of one run-step, 4 n d: two products, a multiplication and an addition each.
    ratios : mapping of peer to Ratio
        How many times the peer's run-steps a second, by rounds of this race.
    of_gemm : Ratio or None
        Useful operations a second over those of the best GEMM of the same shapes.
    outcome : Outcome
        Of the local replay of a short run of the same kernel.
    error : float or None
        Its largest local error in units of the bound.
    reason : str
    """

    racer: str
    role: str
    dtype: str
    runs: int
    threads: int
    steps: int
    seconds: float
    spread: float
    cores: float
    fixed: float
    flop: int
    outcome: Outcome
    ratios: Mapping[str, Ratio] = field(default_factory=dict)
    of_gemm: Ratio | None = None
    error: float | None = None
    reason: str = ""

    @property
    def rate(self) -> float:
        """Run-steps a second."""
        return self.runs * self.steps / self.seconds

    @property
    def flops(self) -> float:
        """Useful operations a second."""
        return self.flop * self.rate

    @property
    def step_seconds(self) -> float:
        """Seconds of one step of the whole batch."""
        return self.seconds / self.steps


@dataclass(frozen=True)
class Roof:
    """What a library's GEMM does on the shapes of a step, operations a second."""

    engine: str
    dtype: str
    runs: int
    threads: int
    flops: float
    spread: float
    cores: float


@dataclass(frozen=True)
class NotRaced:
    """A racer that is missing, at one size or everywhere, and why."""

    racer: str
    where: str
    reason: str


@dataclass(frozen=True)
class GrowthPoint:
    """Seconds a call, and what one unit of `axis` costs against the first point of that axis."""

    axis: str
    at: float
    seconds: float
    relative_cost: float


@dataclass(frozen=True)
class Target:
    """One row of what is aimed at.

    Parameters
    ----------
    what : str
    found : float or None
        None where it was not measured.
    target : float
    reached : bool or None
    cause : str
        Where it falls short, the figures that say why; where it was not measured, why not.
    """

    what: str
    found: float | None
    target: float
    reached: bool | None
    cause: str = ""


@dataclass(frozen=True)
class Machine:
    """The processor, and what numpy and the engines found it to do.

    Parameters
    ----------
    cpu : str
    cores : int
        That this process may use.
    peak : mapping of dtype to float
        The best engine's operations a second on large square matrices.
    copy_bandwidth : float
        Bytes read and written a second by a large copy on one thread.
    """

    cpu: str
    cores: int
    peak: Mapping[str, float]
    copy_bandwidth: float


@dataclass(frozen=True)
class Race:
    """Everything about one race.

    Parameters
    ----------
    problem : mapping
        n, d, model, method and its coefficients.
    trial : str
        The candidate that the targets are about; empty where none agrees.
    """

    problem: Mapping[str, str | int]
    rounds: int
    threads: int
    trial: str
    machine: Machine
    rows: tuple[RaceRow, ...]
    roofs: tuple[Roof, ...]
    growth: tuple[GrowthPoint, ...]
    targets: tuple[Target, ...]
    not_raced: tuple[NotRaced, ...]
    versions: Mapping[str, str]
    seconds: float

    def row(self, racer: str, dtype: str, runs: int) -> RaceRow | None:
        """Return one row, or None if there is no such."""
        return next((r for r in self.rows if (r.racer, r.dtype, r.runs) == (racer, dtype, runs)), None)

    def winner(self, dtype: str, runs: int) -> str:
        """Return the fastest racer whose steps agree with the mathematics; empty if none does."""
        return fastest(r for r in self.rows if (r.dtype, r.runs) == (dtype, runs))

    def best_roof(self, dtype: str, runs: int) -> Roof | None:
        """Return the fastest GEMM that kept to its threads."""
        return best_roof(roof for roof in self.roofs if (roof.dtype, roof.runs) == (dtype, runs))


def fastest(rows: Iterable[RaceRow]) -> str:
    """Return the racer of most run-steps a second among those that agree; empty if none does."""
    agreeing = [row for row in rows if row.outcome is Outcome.AGREES]
    return max(agreeing, key=lambda row: row.rate).racer if agreeing else ""


def best_roof(roofs: Iterable[Roof]) -> Roof | None:
    """Return the fastest GEMM that kept no more cores busy than it was given threads."""
    honest = [roof for roof in roofs if roof.cores <= MOST_CORES * roof.threads]
    return max(honest, key=lambda roof: roof.flops, default=None)
