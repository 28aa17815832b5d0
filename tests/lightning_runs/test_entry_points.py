"""The candidates as `oracle` finds them: by entry point, with what they say of themselves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import lightning_runs.candidates
from lightning_runs.candidates import fused, lightning_trainer, torch_sgd
from lightning_runs.tasks import TaskError
from oracle.records.candidate import CandidateTask, Declaration

TaskMaker = Callable[..., CandidateTask]
GROUP = "momentum_oracle.candidates"
CANDIDATES = [("lightning", lightning_trainer), ("torch_sgd", torch_sgd), ("fused", fused)]


@pytest.mark.parametrize(("name", "candidate"), CANDIDATES)
def test_candidate_is_found_by_entry_point(name: str, candidate: Any) -> None:
    """The installed distribution offers them under the group of the contract."""
    (found,) = entry_points(group=GROUP, name=name)
    assert found.load() is candidate


@pytest.mark.parametrize("candidate", [lightning_trainer, torch_sgd, fused])
def test_candidate_runs_as_the_contract_calls_it(make_task: TaskMaker, candidate: Any) -> None:
    """(problem, method, steps) gives the arrays of those steps."""
    task = make_task()
    arrays = candidate(task.problem, task.method, [0, 5])
    assert np.array_equal(arrays["u"][0], task.problem.init["u"])
    assert arrays["v"].shape == (2, 6)


@pytest.mark.parametrize("candidate", [lightning_trainer, torch_sgd, fused])
def test_candidate_runs_tasks_together_in_order(make_task: TaskMaker, candidate: Any) -> None:
    """`together` gives each task its own arrays, in order."""
    tasks = [make_task(method, seed=seed) for seed, method in enumerate(("heavy_ball", "gradient_descent"))]
    starts = [arrays["u"][0] for arrays in candidate.together(tasks)]
    assert np.array_equal(starts, [task.problem.init["u"] for task in tasks])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_declarations_name_form_and_dtype(dtype: str) -> None:
    """The trainer declares velocity form, torch's SGD buffer form, both in the problem's dtype."""
    declared = [candidate.declare(dtype, "heavy_ball") for candidate in (lightning_trainer, torch_sgd)]
    assert declared == [Declaration(form, dtype, dtype, True) for form in ("velocity", "buffer")]


def test_declaration_of_a_dtype_not_run_is_refused() -> None:
    """Bfloat16 is not run, and the message lists what is."""
    with pytest.raises(TaskError, match="`dtype` is 'bfloat16'; this candidate runs float64, float32"):
        lightning_trainer.declare("bfloat16", "heavy_ball")


def test_methods_leave_out_what_torch_does_not_hold() -> None:
    """torch's SGD runs all methods but plain `nesterov`."""
    assert lightning_trainer.methods - torch_sgd.methods == {"nesterov"}


def test_loading_a_candidate_imports_no_torch() -> None:
    """Discovery stays cheap: torch comes with the first run."""
    program = "import sys, lightning_runs.candidates; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("candidate", "package"),
    [("lightning_trainer", "torch"), ("lightning_trainer", "pytorch_lightning"), ("fused", "llvmlite")],
)
def test_candidates_do_not_load_without_what_they_need(candidate: str, package: str) -> None:
    """A core installation is offered no candidate that cannot run, and told which extra to install."""
    program = f"""
import importlib.util
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == {package!r} else find_spec(name, *rest)
import lightning_runs.candidates
try:
    lightning_runs.candidates.{candidate}
except ModuleNotFoundError as error:
    print(error.name, error)
"""
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.startswith(f"{package} the candidate `{candidate}` needs `{package}`")
    assert "pip install 'momentum-oracle[lightning]'" in outcome.stdout


def test_unknown_candidate_is_no_attribute() -> None:
    """A misspelt name is refused, with the names that there are."""
    with pytest.raises(AttributeError, match="no candidate `fussed`: it has lightning_trainer, "):
        lightning_runs.candidates.fussed  # noqa: B018  # asking is the test
