"""What a self-test found out: every planted fault, every correct run, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from oracle.findings import Outcome

__all__ = [
    "NAMED",
    "TOLERANCES",
    "Absent",
    "Alarm",
    "FaultCase",
    "PowerReport",
    "Share",
    "Tally",
    "share",
]

NAMED = 0.9  # of the faults that were caught, the share that must be named rightly
TOLERANCES = ("torch_final", "torch_all", "numpy_final", "numpy_all")
COUNTS = (
    "runs", "agrees", "undecided", "undecided_across_gaps", "disagrees", "across_gaps", "tolerances_asked",
    *TOLERANCES,
)  # fmt: skip


@dataclass(frozen=True)
class FaultCase:
    """One fault planted in one kernel, run in one dtype on one problem.

    Parameters
    ----------
    fault, kernel, dtype, problem : str
    explained_by : tuple of str
        Names that a right diagnosis may give.
    identical : bool
        Whether the run is the correct one's, bit for bit: nothing was there to find.
    moved : float
        Largest distance to the truth, in units of what rounding makes of the correct kernel.
    moved_at : int or None
        First step where that is beyond rounding; None where it never is.
    outcome : Outcome
    check : str
        That decided.
    step : int or None
        First divergent.
    excess : float or None
        Size there, in bounds.
    names : tuple of str
        Of the diagnosis.
    equivalent, refuted : tuple of str
        Names given beside those of `explained_by`: faults planted under them give this very record to within
        rounding, or one that lies apart from it.
    sentence : str
        Of the diagnosis, for a person.
    torch_final, torch_all, numpy_final, numpy_all : bool or None
        Whether a literal tolerance would have passed the record.
    arithmetic : str
        The format that every operation is declared to be in.
    """

    fault: str
    kernel: str
    dtype: str
    problem: str
    explained_by: tuple[str, ...]
    identical: bool
    moved: float
    moved_at: int | None
    outcome: Outcome
    check: str = ""
    step: int | None = None
    excess: float | None = None
    names: tuple[str, ...] = ()
    equivalent: tuple[str, ...] = ()
    refuted: tuple[str, ...] = ()
    sentence: str = ""
    torch_final: bool | None = None
    torch_all: bool | None = None
    numpy_final: bool | None = None
    numpy_all: bool | None = None
    arithmetic: str = ""

    @property
    def coarse(self) -> bool:
        """Whether every operation is declared to be in a format of sixteen bits."""
        return self.arithmetic in ("bfloat16", "float16")

    @property
    def counts(self) -> bool:
        """Whether the fault moved the trajectory above rounding."""
        return self.moved_at is not None

    @property
    def caught(self) -> bool:
        """Whether the verdict is DISAGREES."""
        return self.outcome is Outcome.DISAGREES

    @property
    def naming(self) -> str:
        """``alone``, ``among several``, ``by an equivalent``, ``wrongly``, ``none``, or ``not caught``."""
        if not self.caught:
            return "not caught"
        if not self.names:
            return "none"
        if not set(self.names) & set(self.explained_by):
            return "by an equivalent" if self.equivalent else "wrongly"
        return "alone" if len(self.names) == 1 else "among several"

    @property
    def named_rightly(self) -> bool:
        """Whether the diagnosis gives a right name, alone or among others, or that of a true equivalent."""
        return self.naming in ("alone", "among several", "by an equivalent")


@dataclass(frozen=True)
class Tally:
    """All runs of one correct implementation in one dtype.

    Parameters
    ----------
    implementation, dtype, declared : str
    runs, agrees, undecided, disagrees : int
    undecided_across_gaps : int
        Those undecided by the envelope.
    across_gaps : int
        Runs of which only some states were recorded, so that the envelope decides.
    largest, largest_across_gaps : float
        Largest error in bounds of local replay, and of the envelope.
    torch_final, torch_all, numpy_final, numpy_all : int
        Runs that a literal tolerance would have refused.
    tolerances_asked : int
        Runs of which torch was asked.
    """

    implementation: str
    dtype: str
    declared: str
    runs: int = 0
    agrees: int = 0
    undecided: int = 0
    undecided_across_gaps: int = 0
    disagrees: int = 0
    across_gaps: int = 0
    largest: float = 0.0
    largest_across_gaps: float = 0.0
    torch_final: int = 0
    torch_all: int = 0
    numpy_final: int = 0
    numpy_all: int = 0
    tolerances_asked: int = 0

    def plus(self, other: Tally) -> Tally:
        """Return both together."""
        counts = {name: getattr(self, name) + getattr(other, name) for name in COUNTS}
        return Tally(
            self.implementation,
            self.dtype,
            self.declared,
            largest=max(self.largest, other.largest),
            largest_across_gaps=max(self.largest_across_gaps, other.largest_across_gaps),
            **counts,
        )


@dataclass(frozen=True)
class Alarm:
    """A correct run that was refused, or that did not come to an end, and how to make it again.

    Parameters
    ----------
    implementation, dtype : str
    seed, index, stride : int
        Of `oracle.conformance.random_problems.random_problem`.
    reason : str
    broke : bool
        Whether the implementation failed, rather than the judge refusing it.
    spec : str
        The canonical spec as JSON.
    """

    implementation: str
    dtype: str
    seed: int
    index: int
    stride: int
    reason: str
    broke: bool
    spec: str


@dataclass(frozen=True)
class Absent:
    """Something that could not take part, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    found: int
    of: int

    @property
    def whole(self) -> bool:
        """Whether it is all of them; of none it is not."""
        return 0 < self.of == self.found

    @property
    def value(self) -> float:
        """The share; 0 of none."""
        return self.found / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.found}/{self.of}"


@dataclass(frozen=True)
class PowerReport:
    """Everything about one self-test.

    Parameters
    ----------
    cases : tuple of FaultCase
    tallies : tuple of Tally
    alarms : tuple of Alarm
    absent : tuple of Absent
    strayed : float
        Farthest of a correct run from the truth in the units in which a fault must move more than `factor`.
    factor : float
    settings : mapping of str to str
    versions : mapping of str to str
    seconds : float
    """

    cases: tuple[FaultCase, ...]
    tallies: tuple[Tally, ...]
    alarms: tuple[Alarm, ...]
    absent: tuple[Absent, ...] = ()
    strayed: float = 0.0
    factor: float = 0.0
    settings: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def moving(self) -> tuple[FaultCase, ...]:
        """Planted runs that moved above rounding."""
        return tuple(case for case in self.cases if case.counts)

    @property
    def below(self) -> tuple[FaultCase, ...]:
        """Planted runs that did not, and are left out of the count."""
        return tuple(case for case in self.cases if not case.counts)

    @property
    def missed(self) -> tuple[FaultCase, ...]:
        """Planted runs above rounding that were not refused."""
        return tuple(case for case in self.moving if not case.caught)

    @property
    def caught(self) -> Share:
        """Of the planted runs above rounding, in arithmetic of float32 or wider, those that were refused."""
        return share(case.caught for case in self.moving if not case.coarse)

    @property
    def caught_in_coarse(self) -> Share:
        """The same where every operation is in bfloat16 or float16.

        There a fault may move a run by many times what independent roundings do, and every step of it still lies
        within what the roundings of that step may do: a judge that refused it would refuse correct programs.
        """
        return share(case.caught for case in self.moving if case.coarse)

    @property
    def named(self) -> Share:
        """Of those refused, the ones that were named rightly."""
        caught = [case for case in self.moving if case.caught]
        return share(case.named_rightly for case in caught)

    @property
    def correct_runs(self) -> int:
        """Runs of correct implementations that were judged."""
        return sum(tally.runs for tally in self.tallies)

    @property
    def implementations(self) -> tuple[str, ...]:
        """Correct implementations that ran."""
        return tuple(dict.fromkeys(tally.implementation for tally in self.tallies if tally.runs))

    @property
    def false_alarms(self) -> int:
        """Correct runs that were refused."""
        return sum(tally.disagrees for tally in self.tallies)

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """What keeps the self-test from being passed, in words; empty where nothing does."""
        broke = sum(alarm.broke for alarm in self.alarms)
        reasons = (
            (not self.moving, "no planted fault moved a trajectory above rounding: nothing was tried"),
            (
                bool(self.caught.of) and not self.caught.whole,
                f"{self.caught.of - self.caught.found} of {self.caught.of} planted runs were not caught",
            ),
            (
                bool(self.moving) and self.named.value < NAMED,
                f"{self.named} of the caught are named rightly, {100 * NAMED:.0f} % are asked",
            ),
            (
                self.strayed > self.factor,
                "a correct run counts as moved above rounding: the count is not fair",
            ),
            (not self.correct_runs, "no correct implementation ran: false alarms were not counted"),
            (
                bool(self.false_alarms),
                f"{self.false_alarms} false alarms in {self.correct_runs} correct runs",
            ),
            (bool(broke), f"{broke} correct runs did not come to an end"),
        )
        return tuple(reason for holds, reason in reasons if holds)

    @property
    def passed(self) -> bool:
        """All faults above rounding caught, nine in ten named rightly, no false alarm."""
        return not self.shortfalls


def share(flags: Iterable[bool]) -> Share:
    """Return how many are true, of how many."""
    found = list(flags)
    return Share(sum(found), len(found))
