"""The suite runs where there is nothing but numpy: no flint, no mpmath, no pydantic, no click."""

from __future__ import annotations

import subprocess
import sys

BLOCKED = (
    "pydantic", "pydantic_core", "mpmath", "flint", "gmpy2", "torch", "click", "rich", "jinja2", "markupsafe",
    "matplotlib", "platformdirs", "scipy",
)  # fmt: skip
PROGRAM = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(f"{{name}} is blocked", name=name)

sys.meta_path.insert(0, Blocked())
import numpy as np
from oracle.conformance.runner import Selection, run_suite
from oracle.conformance.shipped import load_suite
from oracle.conformance.target import Target
from oracle.report.conformance import summary_line
from oracle.report.conformance_badge import render_conformance_badge
from oracle.report.conformance_json import render_conformance_json
from oracle.report.conformance_junit import render_conformance_junit
from oracle.report.conformance_text import conformance_lines

def kernel(problem, method, steps):
    beta, p, rows = problem.init["beta"], np.zeros_like(problem.init["beta"]), []
    for k in range(max(steps) + 1):
        rows.append(beta)
        g = problem.X.T @ (problem.X @ beta - problem.y) / beta.dtype.type(FACTOR * len(problem.y))
        p = method.momentum * p - method.step_size * g
        beta = beta + p
    return {{"beta": np.stack([rows[k] for k in steps])}}

for FACTOR in (1, 2):
    chosen = Selection(problems=("mixed-columns", "near-divergent", "long-linear", "large-linear"))
    found = run_suite(Target("mine", kernel), load_suite(), chosen, lambda name: lambda done, total: None)
    for render in (conformance_lines, render_conformance_json, render_conformance_junit, render_conformance_badge):
        assert render(found)
    print(found.outcome, found.rows[0].diagnosis and "loss_halved" in found.rows[0].diagnosis.names)
    print(summary_line(found))
"""


def test_suite_runs_with_numpy_alone() -> None:
    """In a fresh interpreter: goldens read, runs judged and diagnosed, told on the terminal, as JSON, JUnit and badge."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "AGREES None"
    assert "mine 8/8 AGREE" in lines[1]
    assert lines[2] == "DISAGREES True"
