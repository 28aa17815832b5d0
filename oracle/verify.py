"""The main job: goldens for the paper's problem, every candidate run on it, every comparison.

The problem is the over-parameterised sparse regression of paper 000: n = 40, d = 100, five
non-zeros, a diagonal network from the unbiased start u = v = c.  X, y and c are exact in float32,
so for each dtype only η and μ differ, and each dtype has a golden of just those inputs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from oracle.candidate_file import CandidateError
from oracle.candidates import (
    Survey,
    declaration_of,
    missing_for,
    remedy_for,
    runs_method,
    survey,
)
from oracle.case import steps_of
from oracle.goldens import fetch_or_compute
from oracle.records.candidate import Array, Candidate, CandidateTask, Declaration
from oracle.records.golden import Golden
from oracle.report.comparison import Comparison, NotRun, Report
from oracle.report.theory import TheorySection
from oracle.spec import Spec, spec_from
from oracle.store import Store
from oracle.tensors import task_of
from oracle.theory import QUICK_LINKS, QUICK_ORDER, QUICK_PROBLEMS, flow_orders, limits_and_minimisers
from oracle.verdict import judge
from oracle.versions import versions

__all__ = ["FULL", "METHODS", "QUICK", "Settings", "Size", "paper_spec", "verify"]

METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
DTYPES = ("float64", "float32")
MODEL = "diagonal"
# c = 9/256: the dyadic nearest the paper's scale, c²d = 0.1236 against 0.1240 there
START = "9/256"
STEP_SIZE, MOMENTUM = "0.03", "0.9"
DIGITS = 40

Advance = Callable[[int, int], None]
Stage = Callable[[str], Advance]


@dataclass(frozen=True)
class Size:
    """How large the job is.

    Parameters
    ----------
    n, d, nonzeros : int
        Samples, coordinates, non-zeros of the truth.
    steps : int
        Every state from 0 to here is compared.
    """

    n: int
    d: int
    nonzeros: int
    steps: int


FULL = Size(n=40, d=100, nonzeros=5, steps=1000)
QUICK = Size(n=10, d=20, nonzeros=3, steps=100)


@dataclass(frozen=True)
class Settings:
    """What to verify.

    Parameters
    ----------
    store : Path or None
        Where goldens are kept, None for the default place; what is there is not computed again.
    size : Size
    seed : int
        Of the generated problem.
    only : tuple of str
        Names of the candidates; empty means all that are installed.
    theory : bool
        Whether the orders of the flows and the limits are measured too.
    """

    store: Path | None = None
    size: Size = FULL
    seed: int = 0
    only: tuple[str, ...] = ()
    theory: bool = True


@dataclass(frozen=True)
class Run:
    """What one candidate recorded of one spec.

    Parameters
    ----------
    candidate : str
    spec : Spec
    declaration : Declaration
    arrays : mapping of name to ndarray
    seconds : float
        An even share of the call's wall time.
    in_call : int
        How many runs were made in that call.
    """

    candidate: str
    spec: Spec
    declaration: Declaration
    arrays: Mapping[str, Array]
    seconds: float
    in_call: int


def verify(settings: Settings, stage: Stage, found: Survey | None = None) -> Report:
    """Run the whole job and return its report.

    The candidates run first: one that cannot is known within seconds, and only the goldens that
    some run needs are certified.

    Parameters
    ----------
    settings : Settings
    stage : callable
        Called with the name of each stage, empty for one that draws its own progress; what it
        returns is told (done, total).
    found : Survey, optional
        The candidates, in place of those installed.

    Raises
    ------
    CandidateError
        If a name in `only` is no installed candidate, or no candidate runs at all.
    oracle.records.record_errors.DamagedRecordError
        If a stored golden is damaged.
    """
    began = time.perf_counter()
    found = survey() if found is None else found
    runs, not_run = _run_all(_chosen(found, settings.only), settings, stage)
    if not settings.only:
        not_run += [NotRun(entry.name, entry.reason, entry.remedy) for entry in found.unavailable]
    if not runs:
        raise _nothing_ran(not_run)
    comparisons = _judge_all(runs, settings, stage)
    theory = _theory(settings, stage) if settings.theory else ()
    title = f"sparse regression, n = {settings.size.n}, d = {settings.size.d}, {settings.size.steps} steps"
    seconds = time.perf_counter() - began
    return Report(title, tuple(comparisons), tuple(not_run), versions(), seconds, theory)


def paper_spec(method: str, inputs_as: str, size: Size = FULL, seed: int = 0) -> Spec:
    """Return the spec of one golden: every state of one method, inputs rounded to one dtype.

    Source: paper 000, Section 5 (problem, start and scale).
    """
    momentum = {} if method == "gradient_descent" else {"momentum": MOMENTUM}
    problem = {"kind": "sparse_regression", "n": size.n, "d": size.d, "nonzeros": size.nonzeros, "seed": seed}
    return spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": problem,
            "model": MODEL,
            "init": {"u": START, "v": START},
            "method": {"name": method, "step_size": STEP_SIZE, **momentum},
            "inputs_as": inputs_as,
            "want": {"kind": "iterates", "steps": list(range(size.steps + 1))},
            "digits": DIGITS,
        }
    )


def _chosen(found: Survey, only: Sequence[str]) -> Mapping[str, Candidate]:
    unavailable = {entry.name: entry for entry in found.unavailable}
    for name in only:
        if name in unavailable:
            entry = unavailable[name]
            raise CandidateError(f"candidate `{name}` cannot be loaded: it {entry.reason}; {entry.remedy}")
        if name not in found.candidates:
            choices = ", ".join(sorted(found.candidates)) or "none is installed"
            raise CandidateError(f"no candidate is called `{name}`: expected one of {choices}")
    return {name: found.candidates[name] for name in only or found.candidates}


def _run_all(
    chosen: Mapping[str, Candidate], settings: Settings, stage: Stage
) -> tuple[list[Run], list[NotRun]]:
    """Run every candidate in every dtype; one that fails hides no other."""
    runs: list[Run] = []
    failures: list[NotRun] = []
    stage("")
    for name, candidate in chosen.items():
        missing = missing_for(candidate)
        if missing:
            failures.append(NotRun(name, "lacks something on this machine", missing))
        for dtype in () if missing else DTYPES:
            try:
                runs += _run(name, candidate, dtype, settings)
            except ModuleNotFoundError as error:
                failures.append(_not_installed(name, error))
                break
            except Exception as error:  # somebody else's code may raise anything
                failures.append(_crash(f"{name}, {dtype}", error))
    return runs, failures


def _run(name: str, candidate: Candidate, dtype: str, settings: Settings) -> list[Run]:
    """Run one candidate on every method it has, in one dtype and in one call where it can."""
    methods = [method for method in METHODS if runs_method(candidate, method, MODEL)]
    specs = [paper_spec(method, dtype, settings.size, settings.seed) for method in methods]
    tasks = [task_of(spec.canonical, dtype, steps_of(spec.canonical)) for spec in specs]
    _record(candidate, [replace(task, steps=(0, 1)) for task in tasks[:1]])  # loads its libraries, untimed
    timed = _record(candidate, tasks)
    return [
        Run(name, spec, declaration_of(candidate, dtype, method), *share)
        for method, spec, share in zip(methods, specs, timed, strict=True)
    ]


def _record(candidate: Candidate, tasks: list[CandidateTask]) -> list[tuple[dict[str, Array], float, int]]:
    """Return for each task what was recorded, its share of the time and the runs of the call."""
    together: Any = getattr(candidate, "together", None)
    if together is not None:
        return _timed(together, tasks)
    return [
        _timed(lambda one: [candidate(t.problem, t.method, t.steps) for t in one], [task])[0]
        for task in tasks
    ]


def _timed(
    call: Callable[[list[CandidateTask]], Sequence[Mapping[str, Array]]], tasks: list[CandidateTask]
) -> list[tuple[dict[str, Array], float, int]]:
    began = time.perf_counter()
    recorded = call(tasks) if tasks else []
    seconds = (time.perf_counter() - began) / max(len(tasks), 1)
    if len(recorded) != len(tasks):
        raise CandidateError(f"{len(tasks)} runs were asked of a candidate, {len(recorded)} came back")
    return [({k: np.asarray(v) for k, v in arrays.items()}, seconds, len(tasks)) for arrays in recorded]


def _judge_all(runs: list[Run], settings: Settings, stage: Stage) -> list[Comparison]:
    """Judge every run; a golden is fetched or certified when the first run needs it, and stored at once."""
    store = Store(settings.store)
    goldens: dict[str, Golden] = {}
    comparisons = []
    for run in runs:
        method = run.spec.canonical["method"]["name"]
        if run.spec.digest not in goldens:
            advance = stage(f"certify {method}, inputs as {run.spec.canonical['inputs_as']}")
            goldens[run.spec.digest], _ = fetch_or_compute(run.spec, store, advance)
        stage(f"judge {run.candidate}, {method}, {run.declaration.dtype}")
        golden = goldens[run.spec.digest]
        verdict = judge(golden, run.arrays, run.declaration, golden.steps)
        comparisons.append(
            Comparison(run.candidate, golden, run.arrays, golden.steps, verdict, run.seconds, run.in_call)
        )
    return comparisons


def _theory(settings: Settings, stage: Stage) -> tuple[TheorySection, ...]:
    """Measure the formulas: every flow's order, and every limit against its minimiser."""
    orders, links = stage("measure the orders of the flows"), "link limits to minimisers"
    if settings.size.n < FULL.n:
        found = flow_orders(QUICK_PROBLEMS, QUICK_ORDER, orders)
        return found, limits_and_minimisers(QUICK_LINKS, stage(links))
    return flow_orders(advance=orders), limits_and_minimisers(advance=stage(links))


def _not_installed(name: str, error: ModuleNotFoundError) -> NotRun:
    return NotRun(name, f"needs `{error.name}`, which is not installed", remedy_for(error, name))


def _crash(name: str, error: Exception) -> NotRun:
    reason = f"{type(error).__name__}: {error}"
    return NotRun(name, reason, "repair the candidate; the other runs are unaffected", crashed=True)


def _nothing_ran(not_run: Sequence[NotRun]) -> CandidateError:
    reasons = "; ".join(f"`{entry.candidate}`: {entry.reason}, {entry.remedy}" for entry in not_run)
    return CandidateError(
        "no candidate ran, so there is nothing to verify: "
        + (reasons or 'none is installed, `pip install "momentum-oracle[lightning]"` brings some')
    )
