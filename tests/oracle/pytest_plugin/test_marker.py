"""The marker `oracle`: what is judged after a test, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

JUDGED = {
    "returned arrays": "return kernel(oracle_task.problem, oracle_task.method, oracle_task.steps)",
    "recorded arrays": "oracle_task.record(kernel(oracle_task.problem, oracle_task.method, oracle_task.steps))",
}

REFUSED = {
    "nothing to judge": (
        "@pytest.mark.oracle(spec=SPEC)\ndef test_it():\n    pass\n",
        "*the test returned nothing and recorded nothing; return its arrays*",
    ),
    "two things to judge": (
        "@pytest.mark.oracle(spec=SPEC)\ndef test_it(oracle_task):\n"
        "    oracle_task.record({})\n    return {'u': 1}\n",
        "*both returned and recorded arrays; do one of the two*",
    ),
    "two records": (
        "@pytest.mark.oracle(spec=SPEC)\ndef test_it(oracle_task):\n"
        "    oracle_task.record({})\n    oracle_task.record({})\n",
        "*`oracle_task.record` was called twice*",
    ),
    "no spec": ("@pytest.mark.oracle(dtype='float32')\ndef test_it():\n    pass\n", "*it names no `spec`*"),
    "no keyword": (
        "@pytest.mark.oracle(SPEC)\ndef test_it():\n    pass\n",
        "*without a name; expected keywords alone*",
    ),
    "an unknown keyword": (
        "@pytest.mark.oracle(spec=SPEC, typ='float32')\ndef test_it():\n    pass\n",
        "*asked with `typ=`; expected some of dtype, form*",
    ),
    "an unknown word for UNDECIDED": (
        "@pytest.mark.oracle(spec=SPEC, undecided='pass')\ndef test_it():\n    pass\n",
        "*`undecided` is 'pass'; expected one of fail, skip, xfail*",
    ),
    "a coroutine": (
        "@pytest.mark.oracle(spec=SPEC)\nasync def test_it():\n    pass\n",
        "*the test is a coroutine*",
    ),
    "a task without the marker": (
        "def test_it(oracle_task):\n    pass\n",
        "*`oracle_task` was asked for by a test without the marker*",
    ),
    "a spec that is not there": (
        "@pytest.mark.oracle(spec='nowhere.json')\ndef test_it(oracle_task):\n    pass\n",
        "*cannot read the spec*nowhere.json*",
    ),
    "a return value that is no record": (
        "@pytest.mark.oracle(spec=SPEC)\ndef test_it(oracle_task):\n    return 7\n",
        "*`test_it` returned a `int`; expected a mapping of arrays*",
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("body", JUDGED.values(), ids=JUDGED.keys())
def test_marked_test_is_judged(project: Run, body: str, dtype: str) -> None:
    """What a marked test returns or records passes where it is right, in the dtype asked for."""
    outcome = project(
        f"@pytest.mark.oracle(spec=SPEC, dtype={dtype!r})\ndef test_it(oracle_task):\n    {body}\n"
    )
    outcome.assert_outcomes(passed=1)
    outcome.stdout.fnmatch_lines(["1 run judged, 1 agrees"])


@pytest.mark.parametrize("body", JUDGED.values(), ids=JUDGED.keys())
def test_marked_test_fails_where_the_run_departs(project: Run, body: str) -> None:
    """A fault at step 3 fails the test with its verdict and nothing else."""
    outcome = project(
        f"@pytest.mark.oracle(spec=SPEC)\ndef test_it(oracle_task):\n    {body.replace('kernel', 'shifted')}\n"
    )
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(
        ["DISAGREES: test_it · heavy_ball · float32", "*first divergent step 3, at u[[]1[]]"]
    )
    outcome.stdout.no_fnmatch_line("*Traceback*")


def test_marked_test_may_bring_arrays_of_its_own(project: Run) -> None:
    """Without `oracle_task` the returned arrays are judged by the spec as it is, here at float32 inputs."""
    outcome = project(
        '@pytest.mark.oracle(spec={**SPEC, "inputs_as": "float32"})\n'
        "def test_it(oracle):\n"
        "    kept = []\n"
        "    oracle.judge(lambda *task: kept.append(kernel(*task)) or kept[-1], SPEC)\n"
        "    return kept[-1]\n"
    )
    outcome.assert_outcomes(passed=1)
    outcome.stdout.fnmatch_lines(["2 runs judged, 2 agree"])


def test_nearest_marker_has_the_last_word(project: Run) -> None:
    """A class names the spec in a file beside the test, and each test its dtype."""
    outcome = project(
        'import pathlib\npathlib.Path(__file__).with_name("spec.json").write_text(json.dumps(SPEC))\n\n'
        '@pytest.mark.oracle(spec="spec.json", dtype="float32")\n'
        "class TestKernel:\n"
        "    def test_narrow(self, oracle_task):\n"
        '        assert oracle_task.problem.X.dtype == "float32"\n'
        "        return kernel(oracle_task.problem, oracle_task.method, oracle_task.steps)\n\n"
        '    @pytest.mark.oracle(dtype="float64")\n'
        "    def test_wide(self, oracle_task):\n"
        '        assert oracle_task.problem.X.dtype == "float64"\n'
        "        return kernel(oracle_task.problem, oracle_task.method, oracle_task.steps)\n"
    )
    outcome.assert_outcomes(passed=2)


def test_test_that_fails_by_itself_is_not_judged(project: Run) -> None:
    """An assertion of the test's own comes first."""
    outcome = project(
        "@pytest.mark.oracle(spec=SPEC)\ndef test_it(oracle_task):\n    assert False, 'its own'\n"
    )
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["E*AssertionError: its own"])
    outcome.stdout.no_re_match_line(r"\d+ runs? judged")


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_misuse_of_the_marker_is_told(project: Run, text: str, message: str) -> None:
    """Each misuse is one message, before the test where it can be known then."""
    outcome = project(text)
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    outcome.stdout.fnmatch_lines([message])
    outcome.stdout.no_fnmatch_line("*pytest_plugin*py:*")


def test_marker_is_described(project: Run) -> None:
    """`pytest --markers` lists it with what it takes."""
    project("", "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.oracle(spec, *, dtype, form, *): judge the arrays*"]
    )


def test_project_that_uses_nothing_sees_nothing(project: Run) -> None:
    """A test that returns None and asks for no fixture of ours runs as ever, and no summary is printed."""
    outcome = project("def test_it():\n    assert json.loads('1') == 1\n")
    outcome.assert_outcomes(passed=1)
    outcome.stdout.no_fnmatch_line("=* oracle =*")
