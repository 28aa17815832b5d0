"""Which computation of the reference answers which want: one table, and what each hands back.

A new want is one function and one row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.case import case_of, flow_case_of, kkt_of, steps_of, times_of
from reference.certified import CERTIFIED, Certified
from reference.decimal_grid import GridArray
from reference.discrete_integrals import certified_integrals
from reference.discrete_limit import certified_limit
from reference.exact import number_text
from reference.flows.certified_flow import certified_flow
from reference.flows.integrals import certified_flow_integrals
from reference.flows.limit import certified_flow_limit
from reference.iterates import certified_iterates
from reference.kkt import certified_minimiser
from reference.methods import METHODS

__all__ = ["Computed", "Request", "computation_of"]

Progress = Callable[[int, int], None]
Facts = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What is to be computed.

    Parameters
    ----------
    canonical : mapping
        A canonical spec.
    progress : callable, optional
    cross_check : bool
        Whether mpmath must confirm what the balls enclose.
    """

    canonical: Mapping[str, Any]
    progress: Progress | None
    cross_check: bool

    @property
    def digits(self) -> int:
        """The digits asked for."""
        return int(self.canonical["digits"])


@dataclass(frozen=True)
class Computed:
    """The arrays of a golden, and the rows they have; see `oracle.records.golden.Golden`."""

    arrays: dict[str, GridArray]
    digits: int
    grade: str
    facts: Facts
    steps: tuple[int, ...] = ()
    times: tuple[str, ...] = ()
    used: dict[str, int | str] = field(default_factory=dict)


def computation_of(canonical: Mapping[str, Any]) -> Callable[[Request], Computed]:
    """Return what computes a canonical spec."""
    want = canonical["want"]["kind"]
    if want == "kkt":
        return _minimiser
    kind = "discrete" if canonical["method"]["name"] in METHODS else "flow"
    return TABLE[want, kind]


def _iterates(request: Request) -> Computed:
    found = certified_iterates(
        case_of(request.canonical),
        steps_of(request.canonical),
        request.digits,
        cross_check=request.cross_check,
        progress=request.progress,
    )
    last = max(found.steps)
    facts = {
        "enclosure": found.way,
        "precision_bits": found.bits,
        "bits_lost": round(found.bits_lost, 2),
        "bits_lost_per_step": round(found.bits_lost / last, 5) if last else 0.0,
        "cross_checked_by_mpmath": found.cross_checked,
    }
    return Computed(found.arrays, found.digits, CERTIFIED, facts, steps=found.steps)


def _flow(request: Request) -> Computed:
    times = times_of(request.canonical)
    found = certified_flow(
        flow_case_of(request.canonical),
        times,
        request.digits,
        cross_check=request.cross_check,
        progress=request.progress,
    )
    return _from(found, times=tuple(number_text(time) for time in times))


def _minimiser(request: Request) -> Computed:
    problem, xi, linear = kkt_of(request.canonical)
    found = certified_minimiser(
        problem, xi, linear, request.digits, cross_check=request.cross_check, progress=request.progress
    )
    return _from(found)


def _limit(request: Request) -> Computed:
    found = certified_limit(
        case_of(request.canonical), request.digits, cross_check=request.cross_check, progress=request.progress
    )
    return _from(found, used={"steps": int(found.facts["steps"])})


def _flow_limit(request: Request) -> Computed:
    found = certified_flow_limit(flow_case_of(request.canonical), request.digits, progress=request.progress)
    return _from(found, used={"time": str(found.facts["time"])})


def _integrals(request: Request) -> Computed:
    steps = tuple(request.canonical["want"].get("steps", ()))
    found = certified_integrals(
        case_of(request.canonical),
        steps or None,
        request.digits,
        cross_check=request.cross_check,
        progress=request.progress,
    )
    return _from(found, steps=steps, used={} if steps else {"steps": int(found.facts["steps"])})


def _flow_integrals(request: Request) -> Computed:
    finite = "times" in request.canonical["want"]
    times = times_of(request.canonical) if finite else None
    found = certified_flow_integrals(
        flow_case_of(request.canonical), times, request.digits, progress=request.progress
    )
    if times is None:
        return _from(found, used={"time": str(found.facts["time"])})
    return _from(found, times=tuple(number_text(time) for time in times))


def _from(
    found: Certified,
    *,
    steps: tuple[int, ...] = (),
    times: tuple[str, ...] = (),
    used: dict[str, int | str] | None = None,
) -> Computed:
    return Computed(found.arrays, found.digits, found.grade, dict(found.facts), steps, times, used or {})


TABLE: Mapping[tuple[str, str], Callable[[Request], Computed]] = {
    ("iterates", "discrete"): _iterates,
    ("flow", "flow"): _flow,
    ("limit", "discrete"): _limit,
    ("limit", "flow"): _flow_limit,
    ("integrals", "discrete"): _integrals,
    ("integrals", "flow"): _flow_integrals,
}
