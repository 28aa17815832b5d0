"""Peers as the race finds them: cheap to load, exact about what they run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from lightning_runs.peers.torch_peers import cuda_graph, sgd_for_loop
from lightning_runs.tasks import TaskError
from oracle.records.candidate import Declaration


@pytest.mark.parametrize(
    ("module", "heavy"), [("torch_peers", "torch"), ("jax_peers", "jax"), ("gemm", "torch")]
)
def test_loading_a_peer_imports_nothing_heavy(module: str, heavy: str) -> None:
    """Discovery stays cheap: torch and JAX come with the first run."""
    program = f"import sys, lightning_runs.peers.{module}; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("module", "package"),
    [("torch_peers", "torch"), ("jax_peers", "jax"), ("jax_peers", "optax"), ("gemm", "torch")],
)
def test_peers_do_not_load_without_what_they_need(module: str, package: str) -> None:
    """What is missing is named, with the extra that brings it."""
    program = f"""
import importlib.util
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == {package!r} else find_spec(name, *rest)
try:
    import lightning_runs.peers.{module}
except ModuleNotFoundError as error:
    print(error.name, error)
"""
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.startswith(f"{package} the ")
    assert "pip install 'momentum-oracle[" in outcome.stdout


def test_forms_are_declared() -> None:
    """torch holds buffers, the graph velocities, both in the problem's dtype."""
    declared = [peer.declare("float32", "heavy_ball") for peer in (sgd_for_loop, cuda_graph)]
    assert declared == [Declaration(form, "float32", "float32", True) for form in ("buffer", "velocity")]


def test_method_not_held_is_refused(trial: Any, tasks_of: Any) -> None:
    """Plain Nesterov is not what a buffer holds; the message lists what is."""
    with pytest.raises(TaskError, match="`method` is 'nesterov'; `sgd_for_loop` runs gradient_descent"):
        sgd_for_loop.declare("float64", "nesterov")
    with pytest.raises(TaskError, match=r"'nesterov'; choose one of .*`nesterov_lookahead`"):
        sgd_for_loop.together(tasks_of(trial(("nesterov",))))


def test_prepared_runs_start_from_step_0_at_every_call(trial: Any, tasks_of: Any) -> None:
    """Two calls give the same bits."""
    run = sgd_for_loop.prepare(tasks_of(trial()))
    assert np.array_equal(run()[0]["u"], run()[0]["u"])


def test_each_task_gets_its_own_rows_in_order(trial: Any, tasks_of: Any) -> None:
    """Tasks that want different steps, in different groups, each get theirs; the call is a batch of one."""
    tasks = tasks_of(trial())
    asked = [replace(task, steps=steps) for task, steps in zip(tasks, [(0, 5), (7,), (12, 3)], strict=True)]
    together = sgd_for_loop.together(asked)
    alone = [sgd_for_loop(task.problem, task.method, range(13)) for task in tasks]
    for got, whole, steps in zip(together, alone, [[0, 5], [7], [12, 3]], strict=True):
        assert np.array_equal(got["u"], whole["u"][steps])
    assert np.array_equal(together[0]["u"][0], tasks[0].problem.init["u"])
