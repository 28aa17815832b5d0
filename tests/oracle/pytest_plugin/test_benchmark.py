"""The fixture `oracle_benchmark`: no time without an accuracy, and no speed for digits that were promised."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("pytest_benchmark")

Run = Callable[..., pytest.RunResult]
QUICK = ("--benchmark-max-time=0.01", "--benchmark-min-rounds=2")
TIMED = "def test_it(oracle_benchmark):\n    oracle_benchmark({})\n"
DECLARED = """
from oracle.records.candidate import Declaration
def narrow(*task):
    return coarse(*task)
narrow.declare = lambda dtype, method: Declaration(dtype=dtype, operands="bfloat16")
"""


@pytest.fixture
def bench(project: Run, pytester: pytest.Pytester) -> Run:
    """Return a function that runs a test file and writes the JSON of pytest-benchmark."""
    return lambda text, *more, **how: project(text, *QUICK, "--benchmark-json=now.json", *more, **how)


@pytest.fixture
def earlier(bench: Run, pytester: pytest.Pytester) -> Callable[..., str]:
    """Return a function that makes an earlier JSON, with changes to what it says, and names the option."""

    def make(call: str = "kernel, SPEC", **changes: Any) -> str:
        bench(TIMED.format(call)).assert_outcomes(passed=1)
        stored = json.loads((pytester.path / "now.json").read_text())
        stored["benchmarks"][0]["extra_info"]["momentum_oracle"] |= changes
        (pytester.path / "earlier.json").write_text(json.dumps(stored))
        return "--oracle-compare=earlier.json"

    return make


def stored(pytester: pytest.Pytester) -> dict[str, Any]:
    """Return what stands beside the time."""
    (benchmark,) = json.loads((pytester.path / "now.json").read_text())["benchmarks"]
    assert benchmark["stats"]["median"] > 0
    facts: dict[str, Any] = benchmark["extra_info"]["momentum_oracle"]
    return facts


def test_accuracy_is_stored_beside_the_time(bench: Run, pytester: pytest.Pytester) -> None:
    """Verdict, largest and typical error in bounds, and the declaration are in `extra_info`."""
    outcome = bench(TIMED.format("kernel, SPEC, at_most=1.0, form='velocity'"))
    outcome.assert_outcomes(passed=1)
    facts = stored(pytester)
    assert (facts["verdict"], facts["at_most"], facts["candidate"]) == ("AGREES", 1.0, "kernel")
    assert facts["declaration"]["form"] == "velocity"
    assert 0 < facts["accuracy"]["typical"] < facts["in_bounds"] == facts["accuracy"]["largest"] <= 1
    assert facts["accuracy"]["values"] == 6 * 8  # u and v of three coordinates, eight steps


def test_kernel_that_disagrees_has_no_time(bench: Run, pytester: pytest.Pytester) -> None:
    """A fault fails the benchmark with its verdict, and its time reaches no file."""
    outcome = bench(TIMED.format("shifted, SPEC"))
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["E*DISAGREES: shifted*", "E*first divergent step 3, at u[[]1[]]"])
    assert json.loads((pytester.path / "now.json").read_text())["benchmarks"] == []


def test_fault_of_later_calls_is_caught(bench: Run) -> None:
    """A kernel that is right when first called and wrong ever after does not pass by its first call."""
    text = "calls = []\n\ndef spoilt(*task):\n    calls.append(1)\n    return [kernel, shifted][len(calls) > 1](*task)\n\n"
    bench(text + TIMED.format("spoilt, SPEC")).assert_outcomes(failed=1)


def test_fault_of_every_other_call_is_caught(bench: Run) -> None:
    """Two calls that return other bits are both judged, so that the worse one decides."""
    text = "calls = []\n\ndef spoilt(*task):\n    calls.append(1)\n    return [kernel, shifted][len(calls) % 2](*task)\n\n"
    bench(text + TIMED.format("spoilt, SPEC")).assert_outcomes(failed=1)


def test_prepared_run_is_what_is_timed(bench: Run) -> None:
    """`prepare` is called once, and its run, here a wrong one, is timed and judged in place of the candidate."""
    text = (
        "prepared = []\n\ndef prepare(tasks, threads):\n    prepared.append(threads)\n"
        "    return lambda: [shifted(t.problem, t.method, t.steps) for t in tasks]\n\nkernel.prepare = prepare\n\n"
        "def test_it(oracle_benchmark):\n"
        '    with pytest.raises(AssertionError, match="first divergent step 3"):\n'
        "        oracle_benchmark(kernel, SPEC, threads=2)\n"
        "    assert prepared == [2]\n"
    )
    bench(text).assert_outcomes(passed=1)


def test_stated_accuracy_is_a_gate(bench: Run) -> None:
    """A right kernel that states a tenth of the bound, and needs more, fails."""
    outcome = bench(TIMED.format("kernel, SPEC, at_most=0.1"))
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["E*AGREES, but is less accurate than it states: *, and `at_most=0.1`"])


def test_stated_accuracy_needs_successive_steps(bench: Run) -> None:
    """What cannot be measured cannot be stated."""
    outcome = bench(TIMED.format("kernel, SPEC, at_most=0.9, steps=[0, 8]"))
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["E*states an accuracy*no step of it could be replayed*"])


def test_same_kernel_keeps_its_promise(bench: Run, earlier: Callable[..., str]) -> None:
    """Against its own earlier run a kernel passes."""
    outcome = bench(TIMED.format("kernel, SPEC"), earlier())
    outcome.assert_outcomes(passed=1)
    outcome.stdout.no_fnmatch_line("*not compared*")


def test_wider_declaration_is_a_less_accurate_kernel(bench: Run, earlier: Callable[..., str]) -> None:
    """Products of bfloat16, declared, agree by themselves and fall behind what float32 promised."""
    text = DECLARED + TIMED.format("narrow, SPEC")
    bench(text).assert_outcomes(passed=1)
    outcome = bench(text, earlier())
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(
        ["E*AGREES, but is less accurate than before: its largest local error is * times the bound of the arithmetic "
         "declared earlier*times as fast, which does not make up for it"]
    )  # fmt: skip


def test_accuracy_stated_earlier_is_kept(bench: Run, earlier: Callable[..., str]) -> None:
    """What an earlier run stated binds a later one that states nothing."""
    outcome = bench(TIMED.format("kernel, SPEC"), earlier(at_most=0.1))
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["E*of the bound declared earlier, where at most 0.1 was stated*"])


@pytest.mark.parametrize(("allow", "outcomes"), [("1.25", "failed"), ("1000", "passed")])
def test_measured_accuracy_is_kept_to_a_factor(
    bench: Run, earlier: Callable[..., str], allow: str, outcomes: str
) -> None:
    """A typical error a hundred times the earlier one fails, unless more is allowed."""
    was = {"largest": 0.01, "typical": 0.003, "values": 48}
    outcome = bench(TIMED.format("kernel, SPEC"), earlier(accuracy=was), f"--oracle-allow={allow}")
    outcome.assert_outcomes(**{outcomes: 1})


@pytest.mark.parametrize(
    ("call", "changes", "note"),
    [
        ("kernel, {**SPEC, 'init': {'u': '0.5', 'v': '0.5'}}", {}, "it ran on another problem"),
        ("kernel, SPEC", {"verdict": "UNDECIDED"}, "it was UNDECIDED"),
    ],
)
def test_what_cannot_be_compared_is_said(
    bench: Run, earlier: Callable[..., str], call: str, changes: dict[str, Any], note: str
) -> None:
    """Another problem, or an earlier run that did not agree, is no promise, and the summary says so."""
    outcome = bench(TIMED.format(call), earlier(**changes))
    outcome.assert_outcomes(passed=1)
    outcome.stdout.fnmatch_lines([f"test_it.py::test_it: not compared, for in `earlier.json` {note}"])


def test_new_benchmark_has_nothing_to_keep(bench: Run, earlier: Callable[..., str]) -> None:
    """A test of another name is not held to what is not its own."""
    outcome = bench(TIMED.format("kernel, SPEC").replace("test_it", "test_new"), earlier())
    outcome.assert_outcomes(passed=1)
    outcome.stdout.fnmatch_lines(["*test_new: not compared, for `earlier.json` holds no such benchmark"])


def test_gate_holds_where_nothing_is_timed(bench: Run) -> None:
    """With timing switched off, as under xdist, the one call made is judged all the same."""
    outcome = bench(TIMED.format("shifted, SPEC"), "--benchmark-disable")
    outcome.assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("option", "outcomes"), [("--benchmark-only", "passed"), ("--benchmark-skip", "skipped")]
)
def test_pytest_benchmark_knows_it_as_a_benchmark(project: Run, option: str, outcomes: str) -> None:
    """`--benchmark-only` runs it and `--benchmark-skip` does not."""
    project(TIMED.format("kernel, SPEC"), option, *QUICK).assert_outcomes(**{outcomes: 1})


def test_missing_pytest_benchmark_fails_the_test(project: Run) -> None:
    """A gate that cannot be run is no pass."""
    outcome = project(TIMED.format("kernel, SPEC"), "-p", "no:benchmark")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(
        ["*`oracle_benchmark` needs pytest-benchmark*`pip install pytest-benchmark`*"]
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("{}, SPEC", "*the candidate is a `dict`; expected a callable*"),
        ("kernel, SPEC, at_most=2", "*`at_most` is 2; expected a share of the bound*"),
    ],
)
def test_misuse_of_a_benchmark_is_told(project: Run, call: str, message: str) -> None:
    """What cannot be timed or stated is refused in words."""
    outcome = project(TIMED.format(call), apart=True)  # pytest-benchmark warns that nothing was timed
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["E*" + message])


def test_earlier_file_without_verdicts_is_refused(project: Run, pytester: pytest.Pytester) -> None:
    """A JSON of benchmarks that nobody judged cannot be compared with."""
    (pytester.path / "plain.json").write_text('{"benchmarks": [{"fullname": "a", "extra_info": {}}]}')
    outcome = project("def test_it():\n    pass\n", "--oracle-compare=plain.json")
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["*none of the 1 benchmarks in *plain.json` was judged*"])
