"""The script that gathers evidence on a GPU, tried without one: Triton's interpreter, small sizes."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
# Triton imported here would be no interpreter for the tests that need it to be one
if find_spec("triton") is None:
    pytest.skip("triton is not installed", allow_module_level=True)

from oracle.case import case_of
from oracle.spec import spec_from

SCRIPT = Path(__file__).with_name("evidence.py")


def gathered(out: Path, *prelude: str) -> tuple[int, dict[str, Any]]:
    """Run the script in its quick form, after some statements; return its exit code and its JSON."""
    arguments = ["evidence.py", "--quick", "--out", str(out)]
    program = [
        f"import sys, runpy; sys.argv = {arguments!r}",
        *prelude,
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')",
    ]
    command = [sys.executable, "-c", "\n".join(program)]
    interpreted = {**os.environ, "TRITON_INTERPRET": "1"}
    outcome = subprocess.run(
        command, env=interpreted, capture_output=True, text=True, check=False, timeout=200
    )
    assert out.exists(), outcome.stderr
    return outcome.returncode, json.loads(out.read_text())


def test_checks_and_figures_are_written(tmp_path: Path) -> None:
    """Every trial agrees, and limits, races and the reason of each absentee are in the JSON."""
    code, evidence = gathered(tmp_path / "evidence.json")
    assert code == 0
    assert {check["outcome"] for check in evidence["checks"]} == {"AGREES"}
    assert {row["loop"] for row in evidence["speed"]} >= {"triton", "eager"}
    assert all(row.get("reason") or row["useful_flops"] > 0 for row in evidence["speed"])
    assert evidence["limits"]["gemm_float64"] > 0


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("states['v'][7, 2] *= 1 + 2.0**-7", "DISAGREES"), ("raise MemoryError('planted')", "FAILED")],
)
def test_wrong_kernel_is_not_measured(tmp_path: Path, fault: str, outcome: str) -> None:
    """One coordinate off, or a loop that does not run, leaves with 1 and without a figure of speed."""
    code, evidence = gathered(
        tmp_path / "evidence.json",
        "from lightning_runs.prepared_runs import PreparedRuns",
        "call = PreparedRuns.__call__",
        "def faulty(runs):",
        "    for states in (results := call(runs)):",
        "        if len(states['v']) > 7 and states['v'].shape[1] > 2:",
        f"            {fault}",
        "    return results",
        "PreparedRuns.__call__ = faulty",
    )
    assert code == 1
    assert outcome in {check["outcome"] for check in evidence["checks"]}
    assert "speed" not in evidence


def test_trials_are_specs_that_the_oracle_takes() -> None:
    """What the script states by hand, since the box has no pydantic, is what a validated spec says."""
    trials = runpy.run_path(str(SCRIPT), run_name="evidence")["trials"]
    for trial in trials(quick=False):
        if trial.n * trial.d <= 100:
            stated = trial.spec(2)
            read = {key: value for key, value in stated["method"].items() if value}
            assert case_of(spec_from({**stated, "method": read}).canonical) == case_of(stated)
