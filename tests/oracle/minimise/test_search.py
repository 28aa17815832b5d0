"""What counts as a failure, what is refused, and that no more is spent than allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from oracle.candidate_file import CandidateError
from oracle.findings import Outcome
from oracle.minimise.search import Settings
from oracle.minimise.shrink import minimise
from oracle.records.candidate import Array, Candidate, Declaration
from oracle.spec import spec_from
from oracle.spec_error import SpecError
from oracle.step_check import StepCheck
from oracle.tensors import task_of

Kernels = Mapping[str, Callable[[], Candidate]]

SINGLE = Declaration(dtype="float32")


@pytest.mark.parametrize(("same", "check", "d"), [(True, "local replay", 2), (False, "start", 1)])
def test_failure_is_not_exchanged_for_another(
    kernels: Kernels, spec_of: Any, same: bool, check: str, d: int
) -> None:
    """A case that fails otherwise is smaller, but not what was asked about; on request it is taken."""
    settings = Settings(same_failure=same)
    found = minimise(kernels["FaultBesideAnother"](), spec_of(), SINGLE, settings)
    assert (found.finding.check, found.shrunk_to.d) == (check, d)


def test_wrong_observable_is_shrunk_too(kernels: Kernels, spec_of: Any) -> None:
    """A loss that is not the one of the parameters needs no step at all."""
    found = minimise(kernels["Overestimated"](), spec_of(), SINGLE)
    assert (found.finding.observable, found.shrunk_to) == ("loss", (1, 1, 0, 1))


def test_initial_momentum_is_asked_for_only_where_the_case_had_one(kernels: Kernels, spec_of: Any) -> None:
    """A candidate that never saw an initial momentum is not refused for one."""
    zeros = {"u": ["0"], "v": ["0"]}
    found = minimise(kernels["MomentumReset"](), spec_of(), SINGLE)
    assert found.canonical["method"]["p0"] == zeros
    moving = minimise(kernels["MomentumReset"](), spec_of(p0={"u": "1/8", "v": "1/8"}), SINGLE)
    assert moving.shrunk_to[:3] == (1, 1, 8)


def test_correct_candidate_is_refused(kernels: Kernels, spec_of: Any) -> None:
    """There is nothing to minimise, and the message says what was found instead."""
    with pytest.raises(CandidateError, match=r"nothing to minimise: recorded at steps 0 to 20, .* AGREES"):
        minimise(kernels["Kernel"](), spec_of(), SINGLE)


def test_overflow_of_the_method_itself_is_refused(kernels: Kernels, spec_of: Any) -> None:
    """Where the exact run leaves the format's range too, nothing is decided and nothing shrunk."""
    with pytest.raises(CandidateError, match=r"UNDECIDED .* Ask for fewer steps"):
        minimise(kernels["Kernel"](), spec_of(step_size="1000"), SINGLE)


def test_candidate_that_raises_on_the_spec_is_refused(spec_of: Any) -> None:
    """A crash is no failure of the arithmetic: the message names it."""

    def broken(problem: Any, method: Any, steps: Any) -> Mapping[str, Array]:
        raise RuntimeError("no device")

    with pytest.raises(CandidateError, match="RuntimeError: no device"):
        minimise(broken, spec_of(), SINGLE)


def test_candidate_that_hands_back_nothing_is_refused(spec_of: Any) -> None:
    """A record without its parameters cannot be judged at all."""
    with pytest.raises(CandidateError, match="no array `u`"):
        minimise(lambda *_: {}, spec_of(), SINGLE)


def test_polynomial_is_refused() -> None:
    """A polynomial has no data that a candidate could be handed."""
    canonical = spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "polynomial", "terms": [{"coefficient": "1", "powers": [2]}]},
            "init": {"b": "1"},
            "method": {"name": "heavy_ball", "step_size": "0.1", "momentum": "0.5"},
            "want": {"kind": "iterates", "steps": [0, 1]},
            "digits": 20,
        }
    ).canonical
    with pytest.raises(CandidateError, match="`polynomial` problem has no X and y to shrink"):
        minimise(lambda *_: {}, canonical, SINGLE)


def test_flow_is_refused(spec_of: Any) -> None:
    """Only iterates have steps to shrink."""
    with pytest.raises(SpecError, match="names no steps"):
        minimise(lambda *_: {}, {**spec_of(), "want": {"kind": "limit"}}, SINGLE)


@pytest.mark.parametrize("calls", [1, 2, 7, 15])
def test_budget_of_calls_is_kept(kernels: Kernels, spec_of: Any, calls: int) -> None:
    """No more runs than allowed beside the three that confirm, and what was reached still fails."""
    found = minimise(kernels["SecondTileSkipped"](), spec_of(), SINGLE, Settings(budget_calls=calls))
    assert found.calls <= calls + 3
    assert not found.reached_minimum
    steps = found.canonical["want"]["steps"]
    task = task_of(found.canonical, "float32", steps)
    arrays = kernels["SecondTileSkipped"]()(task.problem, task.method, steps)
    assert StepCheck(found.canonical, SINGLE)(steps, arrays).outcome is Outcome.DISAGREES


def test_budget_of_seconds_is_kept(kernels: Kernels, spec_of: Any) -> None:
    """Without any time left the case is the one that came, cut after its first divergent step."""
    found = minimise(kernels["FactorMissing"](), spec_of(), SINGLE, Settings(budget_seconds=0.0))
    assert found.shrunk_to[:3] == (6, 10, 1)
    assert not found.reached_minimum


def test_case_that_passes_when_run_again_is_said_to_be_flaky(kernels: Kernels, spec_of: Any) -> None:
    """The last case is run three times more."""
    found = minimise(kernels["Flaky"](), spec_of(), SINGLE)
    assert (found.flaky, found.repeats, found.reproduced) == (True, 3, 0)


def test_progress_is_told_at_every_run(kernels: Kernels, spec_of: Any) -> None:
    """Calls done, and how many there may be."""
    told: list[tuple[int, int]] = []
    found = minimise(kernels["FactorMissing"](), spec_of(), SINGLE, progress=lambda *x: told.append(x))
    assert told == [(i + 1, 2000) for i in range(found.calls - found.repeats)]
