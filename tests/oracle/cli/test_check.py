"""`oracle check`: a correct run passes, each planted fault is refused, and each form of output says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from oracle import check as library
from oracle.cli import check as door
from oracle.cli import options
from oracle.data_checks import CONTAINERS
from reference.exact import BINARY_FORMATS


def test_correct_run_agrees(oracle: Any, spec: Any, candidate: Any) -> None:
    """A plain numpy heavy ball leaves with 0."""
    result = oracle("check", spec(), candidate())
    assert result.exit_code == 0
    assert result.stdout.startswith("AGREES")


def test_wrong_momentum_disagrees(oracle: Any, spec: Any, candidate: Any) -> None:
    """μ = 0.9001 shows at step 2, the first that momentum enters, and leaves with 1."""
    result = oracle("check", spec(), candidate(momentum=0.9001))
    assert result.exit_code == 1
    assert result.stdout.startswith("DISAGREES")
    assert "first divergent step 2" in result.stdout


def test_swapped_parameters_disagree(oracle: Any, spec: Any, candidate: Any) -> None:
    """u and v exchanged is another trajectory."""
    good = np.load(candidate())
    assert oracle("check", spec(), candidate(u=good["v"], v=good["u"])).exit_code == 1


def test_not_a_number_disagrees(oracle: Any, spec: Any, candidate: Any) -> None:
    """One NaN among good values is refused."""
    u = np.load(candidate())["u"]
    u[7, 1] = np.nan
    assert oracle("check", spec(), candidate(u=u)).exit_code == 1


def test_json_is_the_verdict_and_nothing_else(oracle: Any, spec: Any, candidate: Any) -> None:
    """Programs get one object, whatever the outcome."""
    result = oracle("check", spec(), candidate(momentum=0.8), "--json")
    printed = json.loads(result.stdout)
    assert (printed["verdict"], result.exit_code) == ("DISAGREES", 1)
    assert printed["findings"][0]["step"] == 2


def test_wrong_momentum_is_named(oracle: Any, spec: Any, candidate: Any, tmp_path: Path) -> None:
    """Where errors are made, what explains them and what to do is told on the terminal, in JUnit, JSON and HTML."""
    html, junit = tmp_path / "run.html", tmp_path / "run.xml"
    files = ("--report", html, "--junit", junit)
    told = oracle("check", spec(), candidate(momentum=0.81), *files).stdout
    printed = json.loads(oracle("check", spec(), candidate(momentum=0.81), "--json").stdout)
    assert "momentum_squared" in printed["diagnosis"]["names"]
    assert printed["localisation"]["made_here"][0] == 2
    for text in (told, html.read_text(encoding="utf-8"), junit.read_text(encoding="utf-8")):
        assert "multiplies by μ twice" in text
        assert "at every step from 2 on" in text
        assert "apply μ once a step" in text


def in_float32_states(momentum: float) -> dict[str, Any]:
    """Return the run of the spec in float64, its state rounded to float32 after every step."""
    X, y = np.array([[1, 0.5, -0.25], [0, 1, 0.75]]), np.array([1, -0.5])
    position, velocity = np.full(6, 0.25), np.zeros(6)
    states = [position]
    for _ in range(20):
        u, v = position[:3], position[3:]
        g = X.T @ (X @ (u * u - v * v) - y) / 2
        velocity = momentum * velocity - 0.05 * np.concatenate([2 * u * g, -2 * v * g])
        position = (position + velocity).astype(np.float32).astype(np.float64)
        velocity = velocity.astype(np.float32).astype(np.float64)
        states.append(position)
    recorded = np.array(states).astype(np.float32)
    return {"steps": np.arange(21), "u": recorded[:, :3], "v": recorded[:, 3:]}


@pytest.mark.parametrize(("momentum", "code"), [(0.9, 0), (0.8999, 1)])
def test_declared_narrow_state_is_judged_as_declared(
    oracle: Any, spec: Any, candidate: Any, momentum: float, code: int
) -> None:
    """float64 arithmetic with a state in float32 agrees where that is declared; a wrong μ shows through it."""
    path = candidate(**in_float32_states(momentum))
    assert oracle("check", spec(), path, "--dtype", "float64", "--state", "float32").exit_code == code


def test_reports_are_written(oracle: Any, spec: Any, candidate: Any, tmp_path: Path) -> None:
    """HTML and JUnit stand where asked, and say the same as the command."""
    html, junit = tmp_path / "run.html", tmp_path / "run.xml"
    oracle("check", spec(), candidate(momentum=0.8), "--report", html, "--junit", junit)
    assert "<title>DISAGREES" in html.read_text(encoding="utf-8")
    assert ElementTree.parse(junit).find("testsuite/testcase/failure") is not None


def test_record_of_more_steps_than_the_golden_is_judged(oracle: Any, spec: Any, candidate: Any) -> None:
    """A golden of two steps judges a run of all: the steps between are replayed, and reported on."""
    wanted = spec(want={"kind": "iterates", "steps": [0, 20]})
    assert oracle("check", wanted, candidate(), "--report", "run.html").exit_code == 0
    assert oracle("check", wanted, candidate(momentum=0.9001)).exit_code == 1


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"w": np.zeros((21, 3))}, [], "expected some of"),
        ({"steps": np.arange(100, 121)}, [], "none of which"),
        ({"steps": None}, [], "no array `steps`"),
        ({"v": np.zeros((21, 3), dtype=np.float32)}, [], "Leave out what has another"),
        ({"u": None}, [], "`u`"),
        ({"u": np.zeros((21, 4))}, [], "`u`"),
        ({}, ["--dtype", "float8"], "float16"),
        ({}, ["--form", "polar"], "buffer"),
        ({}, ["--report", "run.npz/place.html"], "a file is in the place of a directory"),
    ],
    ids=["name", "steps", "no steps", "dtypes", "missing", "shape", "--dtype", "--form", "--report"],
)
def test_misuse_is_explained(
    oracle: Any, spec: Any, candidate: Any, changes: dict[str, Any], options: list[str], message: str
) -> None:
    """Each leaves with 2, says what to change, and shows no traceback."""
    result = oracle("check", spec(), candidate(**changes), *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_reports_make_their_folder(oracle: Any, spec: Any, candidate: Any) -> None:
    """A report into a folder that does not exist is written, not lost after the work is done."""
    assert (
        oracle("check", spec(), candidate(), "--report", "new/run.html", "--junit", "new/run.xml").exit_code
        == 0
    )
    assert {path.name for path in Path("new").iterdir()} == {"run.html", "run.xml"}


def test_door_and_library_offer_the_same_choices() -> None:
    """The choices are spelled out at the door so that help imports nothing; the two lists are one."""
    assert door.DTYPES == library.DTYPES
    assert door.FORMS == library.FORMS
    assert tuple(CONTAINERS) == options.KEPT
    assert set(options.OPERANDS) == {name for name, form in BINARY_FORMATS.items() if form.precision < 24}


def test_report_in_the_place_of_a_directory_names_the_directory(
    oracle: Any, spec: Any, candidate: Any, tmp_path: Path
) -> None:
    """And no file that nobody named."""
    (tmp_path / "adir").mkdir()
    result = oracle("check", spec(), candidate(), "--report", "adir")
    assert (result.exit_code, result.stderr) == (2, "oracle: `adir`: this is a directory: name a file\n")
