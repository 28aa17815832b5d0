"""A small project whose kernels are right, wrong in known ways, or not decidable, run by a pytest of its own."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

# what an inner session imports first is thrown away with it, and numpy cannot be imported twice
import matplotlib.pyplot  # noqa: F401
import pytest

import oracle.goldens
import oracle.pytest_plugin.benchmark
import oracle.report.html
import oracle.spec
import oracle.verdict  # noqa: F401

INSTALLED = any(point.name == "momentum_oracle" for point in entry_points(group="pytest11"))
# hypothesis would be imported anew by every inner session, at a second each
OPTIONS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--strict-markers")
PLUGIN = () if INSTALLED else ("-p", "oracle.pytest_plugin.plugin")

KERNELS = '''
"""Heavy ball on u² − v², as one would write it in numpy; and faults at known places."""
import numpy as np

def kernel(problem, method, steps, fault=None):
    u, v, n = problem.init["u"], problem.init["v"], problem.y.dtype.type(len(problem.y))
    eta, mu, p, q, rows = method.step_size, method.momentum, np.zeros_like(u), np.zeros_like(v), []
    for k in range(max(steps) + 1):
        rows.append((u, v))
        g = problem.X.T @ (problem.X @ (u * u - v * v) - problem.y) / n
        if fault == "first gradient" and k == 0:
            g = g * (1 - mu)
        p, q = mu * p - eta * (2 * u * g), mu * q + eta * (2 * v * g)
        u, v = u + p, v + q
        if fault == "u[1] at step 3" and k == 2:
            u = u + np.array([0, 1e-3, 0], u.dtype)
    return {"u": np.stack([rows[k][0] for k in steps]), "v": np.stack([rows[k][1] for k in steps])}

def scaled(problem, method, steps):
    return kernel(problem, method, steps, "first gradient")

def shifted(problem, method, steps):
    return kernel(problem, method, steps, "u[1] at step 3")

def coarse(problem, method, steps):
    """Operands of both products in bfloat16, all else as in `kernel`."""
    def narrow(a):
        bits = a.astype(np.float32).view(np.uint32).astype(np.uint64)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    u, v, n = problem.init["u"], problem.init["v"], np.float32(len(problem.y))
    eta, mu, p, q, rows = method.step_size, method.momentum, np.zeros_like(u), np.zeros_like(v), []
    for k in range(max(steps) + 1):
        rows.append((u, v))
        g = problem.X.T @ narrow(problem.X @ narrow(u * u - v * v) - problem.y) / n  # X is exact in bfloat16
        p, q = mu * p - eta * (2 * u * g), mu * q + eta * (2 * v * g)
        u, v = u + p, v + q
    return {"u": np.stack([rows[k][0] for k in steps]), "v": np.stack([rows[k][1] for k in steps])}

FIELDS = dict(X=[[1, 0.5, -0.25], [0, 1, 0.75]], y=[1, -0.5], u=0.25, v="1/4",
              step_size="0.05", momentum="0.9", steps=8)
SPEC = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1", "0.5", "-0.25"], ["0", "1", "0.75"]], "y": ["1", "-0.5"]},
    "model": "diagonal", "init": {"u": "0.25", "v": "0.25"},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "want": {"kind": "iterates", "steps": list(range(9))}, "digits": 40,
}
'''

HEAD = """
import json, sys
import numpy as np
import pytest
from kernels import FIELDS, SPEC, coarse, kernel, scaled, shifted
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that all tests share: what one computes the next one finds."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def project(pytester: pytest.Pytester, store: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a test file with the plugin, in this process or, asked so, in its own."""
    monkeypatch.setenv("MOMENTUM_ORACLE_STORE", str(store))
    for name in (
        "PYTEST_ADDOPTS",
        "PYTEST_XDIST_WORKER",
        "PYTEST_XDIST_WORKER_COUNT",
        "MOMENTUM_ORACLE_SERVER",
    ):
        monkeypatch.delenv(name, raising=False)  # of the outer session: an inner one is no worker
    pytester.makepyfile(kernels=KERNELS)
    pytester.syspathinsert()

    def run(text: str, *arguments: str, apart: bool = False) -> pytest.RunResult:
        pytester.makepyfile(test_it=HEAD + text)
        runner = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return runner(*PLUGIN, *OPTIONS, *arguments)

    return run
