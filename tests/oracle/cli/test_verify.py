"""`oracle verify` at the command line: reports, table, exit codes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from oracle.candidates import Survey

ARGUMENTS = ("verify", "--quick", "--steps", "5", "--out", "out")


class Descent:
    """Gradient descent in plain numpy; `factor` other than 1 is a planted fault."""

    methods = frozenset({"gradient_descent"})

    def __init__(self, factor: int = 1) -> None:
        self.factor = factor

    def __call__(self, problem: Any, method: Any, steps: Any) -> Mapping[str, Any]:
        """Run β ← β − ηg on θ = u² − v² with the half mean square."""
        u, v = problem.init["u"], problem.init["v"]
        states = []
        eta = problem.X.dtype.type(self.factor) * method.step_size
        for _ in range(max(steps) + 1):
            states.append((u, v))
            g = problem.X.T @ (problem.X @ (u * u - v * v) - problem.y) / problem.X.dtype.type(len(problem.y))
            u, v = u - eta * (2 * u * g), v + eta * (2 * v * g)
        return {
            "u": np.array([u for u, _ in states])[list(steps)],
            "v": np.array([v for _, v in states])[list(steps)],
        }


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that makes one candidate the only one installed."""
    return lambda candidate: monkeypatch.setattr(
        "oracle.verify.survey", lambda: Survey({"mine": candidate}, ())
    )


@pytest.fixture
def runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the measurements of theory out, which no candidate changes; the first test has them."""
    monkeypatch.setattr("oracle.verify._theory", lambda *_: ())


def test_agreement_leaves_with_zero(oracle: Any, installed: Any) -> None:
    """The table, the sentence and the place of the report are printed."""
    installed(Descent())
    result = oracle(*ARGUMENTS)
    assert result.exit_code == 0, result.output
    assert "AGREES: All 2 runs agree" in result.stdout
    assert "Orders of the flows: 10 of 10 statements hold" in result.stdout
    assert "out/report.html" in result.stdout


def test_planted_fault_leaves_with_one_and_is_in_every_report(
    oracle: Any, installed: Any, runs_alone: None, tmp_path: Path
) -> None:
    """A doubled step size: HTML, JUnit and JSON all say so."""
    installed(Descent(factor=2))
    assert oracle(*ARGUMENTS).exit_code == 1
    out = tmp_path / "out"
    assert "2 of 2 runs are not what the mathematics says" in (out / "report.html").read_text(
        encoding="utf-8"
    )
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["verdict"] == "DISAGREES"
    assert len(ElementTree.parse(out / "junit.xml").findall("testsuite/testcase/failure")) == 2


def test_report_is_whole_before_it_is_there(
    oracle: Any, installed: Any, runs_alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that fails leaves the report of the run before, and nothing half."""
    installed(Descent())
    oracle(*ARGUMENTS)
    before = (tmp_path / "out" / "report.html").read_bytes()
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full", "out")))
    assert oracle(*ARGUMENTS).exit_code == 2
    assert (tmp_path / "out" / "report.html").read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "junit.xml",
        "report.html",
        "report.json",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--candidate", "yours"), "expected one of mine"),
        (("--steps", "0"), "--steps"),
        (("--seed", "x"), "--seed"),
    ],
)
def test_misuse_is_explained(oracle: Any, installed: Any, arguments: tuple[str, ...], message: str) -> None:
    """Unknown names and numbers out of range leave with 2."""
    installed(Descent())
    result = oracle("verify", "--quick", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
