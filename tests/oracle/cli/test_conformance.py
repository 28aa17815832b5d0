"""`oracle conformance` at the command line: a user's kernel, right and wrong, its reports and its exit codes."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oracle.cli import conformance_options
from oracle.conformance.problem import DTYPES
from oracle.update_forms import FORMS

KERNELS = """
import numpy as np

def heavy_ball(problem, method, steps):
    return run(problem, method, steps, 1)

def halved(problem, method, steps):
    return run(problem, method, steps, 2)

def run(problem, method, steps, factor):
    if problem.loss != "half_mean_square" or method.batches or method.p0["u"].any():
        raise NotImplementedError("other losses, mini-batches and initial momentum")
    u, v, n = problem.init["u"], problem.init["v"], len(problem.y)
    p, q, rows = np.zeros_like(u), np.zeros_like(v), []
    for _ in range(max(steps) + 1):
        rows.append((u, v))
        g = problem.X.T @ (problem.X @ (u * u - v * v) - problem.y) / u.dtype.type(factor * n)
        p, q = method.momentum * p - method.step_size * (2 * u * g), method.momentum * q + method.step_size * (2 * v * g)
        u, v = u + p, v + q
    return {name: np.stack([rows[k][i] for k in steps]) for i, name in enumerate("uv")}

def buffered(problem, method, steps):
    u, b, rows = problem.init["beta"], np.zeros_like(problem.init["beta"]), []
    for _ in range(max(steps) + 1):
        rows.append(u)
        b = method.momentum * b + problem.X.T @ (problem.X @ u - problem.y) / u.dtype.type(len(problem.y))
        u = u - method.step_size * b
    return {"beta": np.stack([rows[k] for k in steps])}

def crashes(problem, method, steps):
    raise ValueError("no such device")

for kernel in (heavy_ball, halved):
    kernel.methods, kernel.models = {"heavy_ball"}, {"diagonal"}
"""
SPEC = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1", "0.5"], ["0", "1"]], "y": ["1", "-0.5"]},
    "model": "diagonal", "init": {"u": "0.25", "v": "0.5"}, "inputs_as": "float64", "digits": 20,
    "method": {"name": "heavy_ball", "step_size": "0.125", "momentum": "0.5"},
    "want": {"kind": "iterates", "steps": [0, 5]},
}  # fmt: skip


@pytest.fixture(autouse=True)
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a module with kernels into the working directory."""
    (tmp_path / "my_kernels.py").write_text(KERNELS)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "my_kernels", raising=False)


def test_a_right_kernel_agrees(oracle: Any) -> None:
    """Exit code 0, a line a problem, what it does not run, and the line to quote."""
    result = oracle("conformance", "my_kernels:heavy_ball", "--quick")
    assert result.exit_code == 0, result.output
    assert "AGREES: All " in result.stdout
    assert "not asked: " in result.stdout
    assert "does not run nesterov" in result.stdout
    last = result.stdout.splitlines()[-1]
    assert last.startswith("momentum-oracle conformance 1.0: my_kernels:heavy_ball ")
    assert " AGREE (" in last
    assert result.stderr == ""


def test_a_wrong_kernel_is_named_with_a_remedy_and_leaves_with_one(oracle: Any) -> None:
    """A gradient of half the size: what it is, where it shows, what to do and how to see it again."""
    result = oracle("conformance", "my_kernels:halved", "--only", "primes", "--dtype", "float64")
    assert result.exit_code == 1
    for text in (
        "DISAGREES in 1 run (primes)",
        "the candidate works with half the loss, the gradient times 1/2",
        "primes, float64: first at step 1",
        "what to do: look for a factor",
        "see it again: oracle conformance my_kernels:halved --only primes --dtype float64",
        "DISAGREES: 1 of 1 runs is not what the mathematics says.",
    ):
        assert text in result.stdout, text


def test_a_crash_is_undecided_and_says_where(oracle: Any) -> None:
    """Exit code 3: nothing was judged, so nothing is passed."""
    result = oracle("conformance", "my_kernels:crashes", "--only", "primes")
    assert result.exit_code == 3
    assert "ValueError: no such device, in crashes (" in result.stdout
    assert "raise NotImplementedError where it cannot run a problem" in result.stdout


def test_the_form_is_declared_on_the_command_line(oracle: Any) -> None:
    """A buffered update agrees as what it is."""
    arguments = ("conformance", "my_kernels:buffered", "--only", "near-divergent", "--dtype", "float32")
    result = oracle(*arguments, "--form", "buffer")
    assert result.exit_code == 0, result.output
    assert "float32, buffer form" in result.stdout


def test_all_reports_are_written(oracle: Any, tmp_path: Path) -> None:
    """Four files in a directory, and each by itself where it is named."""
    chosen = ("--only", "primes", "--dtype", "float64")
    result = oracle(
        "conformance", "my_kernels:heavy_ball", *chosen, "--out", "all", "--report", "page.html",
        "--junit", "ci.xml", "--badge", "badge.svg",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "report: all/conformance.html" in result.stdout
    names = {"conformance.html", "conformance.json", "junit.xml", "badge.svg"}
    assert {path.name for path in (tmp_path / "all").iterdir()} == names
    for alone, inside in (
        ("page.html", "conformance.html"),
        ("ci.xml", "junit.xml"),
        ("badge.svg", "badge.svg"),
    ):
        assert (tmp_path / alone).read_text("utf-8")[:60] == (tmp_path / "all" / inside).read_text("utf-8")[
            :60
        ]


def test_json_alone_is_printed(oracle: Any) -> None:
    """Standard output is one object, with the exit code of the verdict."""
    result = oracle("conformance", "my_kernels:halved", "--only", "primes", "--dtype", "float64", "--json")
    content = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (content["schema"], content["verdict"]) == ("momentum-oracle/conformance/1", "DISAGREES")


def test_the_problems_are_listed_with_their_reasons(oracle: Any) -> None:
    """No target is needed; the options choose."""
    everything, some = oracle("conformance", "--list"), oracle("conformance", "--list", "--only", "primes")
    assert everything.exit_code == some.exit_code == 0
    assert len(everything.stdout.splitlines()) > 100
    assert "sizes that no tile divides" in some.stdout
    assert "one-sample" not in some.stdout


def test_a_failure_is_shrunk_to_a_test(oracle: Any) -> None:
    """Five lines that call the user's own function."""
    result = oracle(
        "conformance", "my_kernels:halved", "--only", "primes", "--dtype", "float64", "--minimise"
    )
    assert result.exit_code == 1
    assert "from my_kernels import halved" in result.stdout
    assert "oracle.assert_agrees(halved, " in result.stdout


def test_nothing_to_shrink_is_said(oracle: Any) -> None:
    """Where nothing disagrees."""
    result = oracle("conformance", "my_kernels:heavy_ball", "--only", "primes", "--minimise")
    assert result.exit_code == 0
    assert "nothing to minimise" in result.stdout


@pytest.mark.parametrize(
    ("name", "code", "text"), [("heavy_ball", 0, "AGREES"), ("halved", 1, "half the loss")]
)
def test_a_spec_of_the_users_own_is_run(oracle: Any, tmp_path: Path, name: str, code: int, text: str) -> None:
    """Every step up to the last, in the dtype of its inputs, with the diagnosis."""
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    result = oracle("conformance", f"my_kernels:{name}", "--spec", "spec.json")
    assert result.exit_code == code, result.output
    assert text in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing argument 'TARGET': `module:function`, or one of"),
        (("nobody",), "no candidate is called `nobody`"),
        (("my_kernels:havy_ball",), "did you mean `heavy_ball`"),
        (("my_kernels.py:heavy_ball",), "write `my_kernels:heavy_ball`"),
        (("my_kernels:heavy_ball", "--only", "prime"), "did you mean `primes`"),
        (("my_kernels:heavy_ball", "--method", "adam"), "the suite has no method `adam`"),
        (("my_kernels:heavy_ball", "--method", "nesterov"), "nothing of the suite can be asked"),
        (("my_kernels:heavy_ball", "--dtype", "float8"), "--dtype"),
        (("my_kernels:heavy_ball", "--spec", "absent.json"), "cannot read the spec `absent.json`"),
        (("my_kernels:heavy_ball", "--self-test"), "leave one of the two out"),
        (("--self-test", "--form", "buffer"), "has no use for --form"),
    ],
)
def test_misuse_is_explained(oracle: Any, arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2, and what to change."""
    result = oracle("conformance", *arguments)
    assert result.exit_code == 2, result.output
    assert message in result.stderr


def test_a_damaged_suite_leaves_with_four(
    oracle: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An index that is none."""
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "index.json").write_text("{}")
    monkeypatch.setattr("oracle.conformance.shipped.files", lambda package: tmp_path)
    result = oracle("conformance", "my_kernels:heavy_ball")
    assert result.exit_code == 4
    assert "Install the package anew" in result.stderr


@dataclass(frozen=True)
class Power:
    """A self-test's report, of which only this is looked at."""

    passed: bool


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1)])
def test_self_test_prints_its_table(
    oracle: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, passed: bool, code: int
) -> None:
    """The settings reach it, its own renderers are used, and its outcome is the exit code."""
    asked: list[Any] = []

    def planted(settings: Any, stage: Any) -> Power:
        asked.append(settings)
        return Power(passed)

    monkeypatch.setattr("oracle.conformance.self_test.self_test", planted)
    monkeypatch.setattr("oracle.report.power_text.power_lines", lambda report: ["the table"])
    monkeypatch.setattr("oracle.report.power_html.render_power_html", lambda report: "<p>page</p>")
    monkeypatch.setattr("oracle.report.power_json.render_power_json", lambda report: "{}\n")
    options = ("--quick", "--runs", "20", "--seed", "3", "--dtype", "float32", "--processes", "1")
    result = oracle("conformance", "--self-test", *options, "--out", "power")
    assert result.exit_code == code, result.output
    assert result.stdout.splitlines() == ["the table", "report: power/power.html"]
    assert (asked[0].quick, asked[0].runs, asked[0].seed, asked[0].dtypes) == (True, 20, 3, ("float32",))
    assert (tmp_path / "power" / "power.json").read_text() == "{}\n"


def test_choices_are_those_of_the_suite_and_the_judge() -> None:
    """What `--help` knows without importing them."""
    assert conformance_options.DTYPES == DTYPES
    assert set(conformance_options.FORMS) == set(FORMS)


LEAVES = """
import sys

def leaves(problem, method, steps):
    print("on my way")
    sys.exit(0)

leaves.methods, leaves.models = frozenset({"heavy_ball"}), frozenset({"diagonal"})
"""


def test_kernel_that_leaves_the_program_is_no_pass(oracle: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """`sys.exit(0)` in a kernel counts as a crash; what it prints is no part of the JSON."""
    (tmp_path / "leaving.py").write_text(LEAVES)
    monkeypatch.syspath_prepend(tmp_path)
    asked = (
        "conformance",
        "leaving:leaves",
        "--only",
        "one-by-one",
        "--dtype",
        "float32",
        "--state",
        "bfloat16",
    )
    result = oracle(*asked)
    assert result.exit_code == 3
    assert "SystemExit: 0" in result.stdout
    assert "--only one-by-one --dtype float32 --state bfloat16" in result.stdout
    assert json.loads(oracle(*asked, "--json").stdout)["verdict"] == "UNDECIDED"


def test_module_that_leaves_the_program_is_misuse(oracle: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """A script without a guard is refused with its name."""
    (tmp_path / "scripted.py").write_text("import sys\nsys.exit(0)\n")
    monkeypatch.syspath_prepend(tmp_path)
    result = oracle("conformance", "scripted:f")
    assert result.exit_code == 2
    assert "`scripted` fails on import: SystemExit" in result.stderr


def test_spec_of_ones_own_refuses_what_only_the_suite_can_do(oracle: Any, spec: Any) -> None:
    """No option is taken in silence."""
    result = oracle("conformance", "numpy_matmul", "--spec", spec(), "--json", "--minimise")
    assert result.exit_code == 2
    assert "`--spec` has no use for --json, --minimise" in result.stderr
