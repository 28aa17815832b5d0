"""The main job: every candidate on every method in both dtypes, whatever the candidates do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError
from oracle.candidates import Survey, Unavailable
from oracle.case import case_of
from oracle.records.candidate import CandidateMethod, CandidateProblem, CandidateTask
from oracle.report.comparison import Report
from oracle.verify import METHODS, Settings, Size, paper_spec, verify

SIZE = Size(n=4, d=6, nonzeros=2, steps=12)
Arrays = Mapping[str, np.ndarray[Any, Any]]


class Plain:
    """Heavy ball and gradient descent in plain numpy, with what a planted fault needs."""

    methods = frozenset({"heavy_ball", "gradient_descent"})

    def __init__(self, momentum: float | None = None) -> None:
        self.momentum = momentum
        self.calls: list[int] = []

    def __call__(self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]) -> Arrays:
        """Run p ← μp − ηg, β ← β + p on θ = u² − v² with the half mean square."""
        self.calls.append(len(steps))
        dtype = problem.X.dtype.type
        momentum = method.momentum if self.momentum is None else dtype(self.momentum)
        momentum = dtype(0) if method.name == "gradient_descent" else momentum
        u, v = problem.init["u"], problem.init["v"]
        pu, pv = np.zeros_like(u), np.zeros_like(v)
        recorded = []
        for _ in range(max(steps) + 1):
            recorded.append((u, v))
            g = problem.X.T @ (problem.X @ (u * u - v * v) - problem.y) / dtype(len(problem.y))
            pu, pv = (
                momentum * pu - method.step_size * (2 * u * g),
                momentum * pv + method.step_size * (2 * v * g),
            )
            u, v = u + pu, v + pv
        kept = [recorded[step] for step in steps]
        return {"u": np.array([u for u, _ in kept]), "v": np.array([v for _, v in kept])}


class Together(Plain):
    """The same, many runs in one call."""

    def together(self, tasks: Sequence[CandidateTask]) -> list[Arrays]:
        """Run them one after the other."""
        return [self(task.problem, task.method, task.steps) for task in tasks]


class Short(Together):
    """Loses its last run."""

    def together(self, tasks: Sequence[CandidateTask]) -> list[Arrays]:
        """Return one run too few."""
        return super().together(tasks)[1:]


def failing(error: Exception) -> Callable[..., Any]:
    """Return a candidate that raises."""

    def candidate(*_arguments: Any) -> Any:
        raise error

    return candidate


def silent(_name: str) -> Callable[[int, int], None]:
    """Show no progress."""
    return lambda done, total: None


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for all tests: the goldens are computed once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def job(store: Path) -> Callable[..., Report]:
    """Return the job on a small problem, with candidates given by name."""

    def run(only: tuple[str, ...] = (), broken: tuple[Unavailable, ...] = (), **candidates: Any) -> Report:
        return verify(Settings(store, SIZE, only=only, theory=False), silent, Survey(candidates, broken))

    return run


def test_correct_candidate_agrees_in_both_dtypes(job: Callable[..., Report]) -> None:
    """Two methods in two dtypes, each against the golden of its own inputs."""
    report = job(plain=Plain())
    found = {(c.method, c.dtype, c.golden.spec["inputs_as"]) for c in report.comparisons}
    methods = ("gradient_descent", "heavy_ball")
    assert found == {(method, dtype, dtype) for method in methods for dtype in ("float64", "float32")}
    assert report.outcome == "AGREES"


def test_wrong_momentum_disagrees_where_momentum_matters(job: Callable[..., Report]) -> None:
    """μ = 0.875 is refused in heavy ball, and gradient descent, which has none, still agrees."""
    report = job(plain=Plain(momentum=0.875))
    outcomes = {(c.method, c.dtype): str(c.verdict.outcome) for c in report.comparisons}
    assert {outcome for (method, _), outcome in outcomes.items() if method == "heavy_ball"} == {"DISAGREES"}
    assert outcomes["gradient_descent", "float64"] == "AGREES"


def test_runs_of_one_call_share_its_time(job: Callable[..., Report]) -> None:
    """`together` gets all methods of a dtype at once; each comparison says so."""
    report = job(batch=Together())
    assert [c.runs_together for c in report.comparisons] == [2, 2, 2, 2]
    assert len({c.run_seconds for c in report.comparisons}) == 2


def test_libraries_load_before_the_clock_starts(job: Callable[..., Report]) -> None:
    """The first call of each dtype records two steps and is not timed."""
    candidate = Plain()
    job(plain=candidate)
    assert candidate.calls == [2, 13, 13, 2, 13, 13]


@pytest.mark.parametrize("bad", [failing(ValueError("no luck")), Short()], ids=["raises", "loses a run"])
def test_candidate_that_fails_hides_no_other(job: Callable[..., Report], bad: Any) -> None:
    """The rest is compared; the failure is reported, and the whole is not called agreement."""
    report = job(bad=bad, plain=Plain())
    assert {c.candidate for c in report.comparisons} == {"plain"}
    assert {entry.crashed for entry in report.not_run} == {True}
    assert report.outcome == "UNDECIDED"


class Elsewhere(Plain):
    """Runs on other machines alone."""

    def missing(self) -> str:
        """Say what is missing."""
        return "no CUDA device; use another kernel"

    def __call__(self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]) -> Arrays:
        """Do not run."""
        raise AssertionError("a candidate that says what it lacks is not run")


def test_candidate_that_lacks_something_here_is_no_failure(job: Callable[..., Report]) -> None:
    """It is listed with what it lacks, and takes nothing from what agrees."""
    report = job(plain=Plain(), elsewhere=Elsewhere())
    (entry,) = report.not_run
    assert (entry.candidate, entry.remedy, entry.crashed) == (
        "elsewhere",
        "no CUDA device; use another kernel",
        False,
    )
    assert report.outcome == "AGREES"


def test_candidate_without_its_library_is_not_a_failure(job: Callable[..., Report]) -> None:
    """A missing package is reported once with the pip line, and the rest decides."""
    report = job(lacking=failing(ModuleNotFoundError("no", name="jax")), plain=Plain())
    (entry,) = report.not_run
    assert (entry.candidate, entry.remedy, entry.crashed) == ("lacking", "pip install jax", False)
    assert report.outcome == "AGREES"


def test_entry_that_does_not_load_is_listed(job: Callable[..., Report]) -> None:
    """What cannot be loaded is named with its remedy."""
    report = job(broken=(Unavailable("gpu", "needs `triton`", "pip install triton"),), plain=Plain())
    assert [(entry.candidate, entry.remedy) for entry in report.not_run] == [("gpu", "pip install triton")]


def test_only_the_named_candidate_runs(job: Callable[..., Report]) -> None:
    """The others are left alone."""
    other = Plain()
    report = job(only=("plain",), plain=Plain(), other=other)
    assert {c.candidate for c in report.comparisons} == {"plain"}
    assert other.calls == []


BROKEN = (Unavailable("gpu", "needs `triton`", "pip install triton"),)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"only": ("plan",), "plain": Plain()}, "`plan`: expected one of plain"),
        ({"only": ("gpu",), "broken": BROKEN}, "needs `triton`; pip install triton"),
        ({"broken": BROKEN}, "nothing to verify.*pip install triton"),
        ({}, r"momentum-oracle\[lightning\]"),
    ],
    ids=["unknown", "unavailable", "none loads", "none installed"],
)
def test_nothing_to_run_is_misuse(job: Callable[..., Report], fields: dict[str, Any], message: str) -> None:
    """A job that would compare nothing says what to install or which names there are."""
    with pytest.raises(CandidateError, match=message):
        job(**fields)


def test_goldens_are_fetched_the_second_time(
    job: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that was stopped goes on where it stopped: nothing stored is computed again."""
    job(plain=Plain())
    monkeypatch.setattr("oracle.goldens.compute_golden", failing(AssertionError("computed again")))
    assert job(plain=Plain()).outcome == "AGREES"


@pytest.mark.parametrize("method", METHODS)
def test_inputs_are_exact_in_float32_but_for_the_coefficients(method: str) -> None:
    """X, y and the start are the same rationals whatever `inputs_as`: c = 9/256 is dyadic."""
    exact, single = (case_of(paper_spec(method, form, SIZE).canonical) for form in ("exact", "float32"))
    assert exact.problem == single.problem
    assert exact.init == single.init
    assert exact.method.step_size != single.method.step_size


def test_start_has_the_scale_of_the_paper() -> None:
    """‖ξ‖₁ = c²d is 0.1240 to within half a percent at d = 100."""
    u = case_of(paper_spec("heavy_ball", "exact").canonical).init["u"]
    assert abs(sum(c * c for c in u) - Fraction("0.1240")) < Fraction("0.1240") / 200
