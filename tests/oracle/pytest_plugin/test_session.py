"""One report over a session, however it ran and however it ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

Run = Callable[..., pytest.RunResult]

SESSION = """
def test_right(oracle):
    oracle.assert_agrees(kernel, SPEC)

def test_wrong(oracle):
    oracle.assert_agrees(shifted, SPEC)

def test_broken(oracle):
    oracle.assert_agrees(lambda *task: 1 / 0, SPEC)

@pytest.fixture(scope="module")
def before(oracle):
    return oracle.assert_agrees(kernel, SPEC, dtype="float64")

def test_after_a_fixture(before):
    assert before.outcome == "AGREES"
"""


def written(pytester: pytest.Pytester, name: str = "report.json") -> dict[str, Any]:
    """Return the JSON report."""
    found: dict[str, Any] = json.loads((pytester.path / name).read_text())
    return found


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    """Return the verdict of each run by its name."""
    return {entry["candidate"]: entry["verdict"] for entry in report["comparisons"]}


EXPECTED = {
    "test_it.py::test_right: kernel": "AGREES",
    "test_it.py::test_wrong: shifted": "DISAGREES",
    "test_it.py::test_after_a_fixture: kernel": "AGREES",
}


def test_report_holds_every_run_of_a_session_that_failed(project: Run, pytester: pytest.Pytester) -> None:
    """JSON, HTML and JUnit hold the same runs, named by their tests, and what failed to run."""
    outcome = project(SESSION, *(f"--oracle-report=out/report.{kind}" for kind in ("json", "html", "xml")))
    outcome.assert_outcomes(passed=2, failed=2)
    report = written(pytester, "out/report.json")
    assert (report["verdict"], verdicts(report)) == ("DISAGREES", EXPECTED)
    assert [entry["candidate"] for entry in report["not_run"]] == ["test_it.py::test_broken: <lambda>"]
    page = (pytester.path / "out/report.html").read_text()
    assert all(name in page for name in EXPECTED)
    suite = ElementTree.parse(pytester.path / "out/report.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "1")
    outcome.stdout.fnmatch_lines(
        ["4 runs judged, 2 agree, 1 disagrees, 1 failed to run", "report: *report.json, *"]
    )


def test_report_is_the_same_under_xdist(project: Run, pytester: pytest.Pytester) -> None:
    """Runs judged in two workers arrive in the controller's one report and summary."""
    outcome = project(SESSION, "-n2", "--oracle-report=report.json", apart=True)
    outcome.assert_outcomes(passed=2, failed=2)
    assert verdicts(written(pytester)) == EXPECTED
    outcome.stdout.fnmatch_lines(["4 runs judged, 2 agree, 1 disagrees, 1 failed to run"])


def test_report_is_written_when_a_worker_dies(project: Run, pytester: pytest.Pytester) -> None:
    """What was judged before a crash of the interpreter is in the report."""
    text = (
        "import os\n\ndef test_a(oracle):\n    oracle.assert_agrees(kernel, SPEC)\n\n"
        "def test_b():\n    os._exit(1)\n"
    )
    project(text, "-n1", "--oracle-report=report.json", apart=True)
    assert verdicts(written(pytester)) == {"test_it.py::test_a: kernel": "AGREES"}


def test_report_is_written_when_interrupted(project: Run, pytester: pytest.Pytester) -> None:
    """Ctrl-C leaves the report of what was judged until then."""
    text = (
        "def test_a(oracle):\n    oracle.assert_agrees(kernel, SPEC)\n\n"
        "def test_b():\n    raise KeyboardInterrupt\n"
    )
    outcome = project(text, "--oracle-report=report.json", apart=True)
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    assert verdicts(written(pytester)) == {"test_it.py::test_a: kernel": "AGREES"}


def test_report_says_so_where_nothing_was_judged(project: Run, pytester: pytest.Pytester) -> None:
    """An empty session is no pass in its report."""
    project("def test_it():\n    pass\n", "--oracle-report=report.json").assert_outcomes(passed=1)
    assert (written(pytester)["verdict"], written(pytester)["comparisons"]) == ("UNDECIDED", [])


def test_runs_judged_without_a_golden_are_reported(
    project: Run, pytester: pytest.Pytester, tmp_path: Path
) -> None:
    """Where flint is missing, the report holds the run against its exact start."""
    text = 'sys.modules["flint"] = sys.modules["mpmath"] = None\n' + SESSION
    project(text, "--oracle-report=report.json", f"--oracle-store={tmp_path}", apart=True)
    assert verdicts(written(pytester)) == EXPECTED


def test_junit_of_pytest_holds_the_figures(project: Run, pytester: pytest.Pytester) -> None:
    """`--junit-xml` has verdict, accuracy and place as properties of each test, a second run numbered."""
    text = "def test_it(oracle):\n    oracle.assert_agrees(kernel, SPEC)\n    oracle.assert_agrees(shifted, SPEC)\n"
    project(text, "--junit-xml=junit.xml")
    found = {
        entry.get("name"): entry.get("value")
        for entry in ElementTree.parse(pytester.path / "junit.xml").iter("property")
    }
    assert (found["oracle.verdict"], found["oracle.candidate"]) == ("AGREES", "kernel")
    assert 0 < float(str(found["oracle.in_bounds"])) <= 1
    assert (found["oracle.2.verdict"], found["oracle.2.candidate"]) == ("DISAGREES", "shifted")
    assert str(found["oracle.2.where"]).startswith("step 3, u[1], ")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            "--oracle-report=report.pdf",
            "*`report.pdf` has the suffix `.pdf`; expected one of .html, .json, .xml*",
        ),
        ("--oracle-store=kernels.py", "*kernels.py` is a file; expected a directory"),
        ("--oracle-compare=nowhere.json", "*nowhere.json` is no file; expected what*"),
        ("--oracle-compare=test_it.py", "*test_it.py` cannot be used (*expected what*"),
        ("--oracle-allow=0.5", "*0.5 is no factor to fall behind by; expected a number of at least 1"),
    ],
)
def test_options_that_cannot_be_used_stop_the_session(project: Run, argument: str, message: str) -> None:
    """Misuse of an option is told before any test runs."""
    outcome = project("def test_it():\n    pass\n", argument)
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines([message])


def test_report_that_cannot_be_written_is_no_success(project: Run) -> None:
    """A directory that is a file fails a session whose tests all passed, and says why."""
    outcome = project(
        "def test_it(oracle):\n    oracle.assert_agrees(kernel, SPEC)\n",
        "--oracle-report=kernels.py/report.html",
    )
    assert outcome.ret == pytest.ExitCode.INTERNAL_ERROR
    outcome.stdout.fnmatch_lines(["the report was not written: *; name another place with --oracle-report"])
