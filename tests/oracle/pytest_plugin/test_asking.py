"""The fixture `oracle`: what passes, what fails and with which words, what is misuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]

PASSING = {
    "a callable in float32": "oracle.assert_agrees(kernel, oracle.spec(**FIELDS))",
    "a callable in float64": 'oracle.assert_agrees(kernel, oracle.spec(**FIELDS), dtype="float64")',
    "a callable at some steps": "oracle.assert_agrees(kernel, oracle.spec(**FIELDS), steps=[0, 3, 8])",
    "a spec as JSON has it": "oracle.assert_agrees(kernel, SPEC)",
    "a golden and no spec": "oracle.assert_agrees(kernel, golden=oracle.golden({**SPEC, 'inputs_as': 'float32'}))",
    "arrays": """
    spec = oracle.spec(**FIELDS, inputs_as="float32")
    problem = type("P", (), dict(X=np.float32(FIELDS["X"]), y=np.float32(FIELDS["y"]),
                                 init=dict(u=np.full(3, 0.25, "f4"), v=np.full(3, 0.25, "f4"))))
    method = type("M", (), dict(step_size=np.float32(0.05), momentum=np.float32(0.9)))
    oracle.assert_agrees(kernel(problem, method, range(9)), spec)
    np.savez("run.npz", steps=np.arange(9), **kernel(problem, method, range(9)))
    oracle.assert_agrees("run.npz", spec)""",
}

MISUSE = {
    "a float that is not what was typed": (
        "oracle.spec(**{**FIELDS, 'step_size': 0.05})",
        '`step_size` is the float 0.05, which is not 0.05 but 0.0500000000000000027756*write "0.05" for the decimal*',
    ),
    "an unknown keyword": (
        "oracle.judge(kernel, SPEC, type='float32')",
        "*asked with `type=`; expected some of dtype, form, accumulate, *",
    ),
    "an unknown dtype": (
        "oracle.judge(kernel, SPEC, dtype='half')",
        "*dtype `half` is unknown: expected one of *",
    ),
    "a candidate that is none": ("oracle.judge(7, SPEC)", "*the candidate is a `int`; expected a callable*"),
    "a spec that is none": (
        "oracle.judge(kernel, 7)",
        "*the spec is a `int`; expected what `oracle.spec(...)`*",
    ),
    "steps and no arrays": (
        "oracle.judge({'steps': np.arange(9)}, SPEC)",
        "*no array besides `steps`: expected each parameter of the model*",
    ),
    "a candidate that returns nothing": (
        "oracle.judge(lambda *task: None, SPEC)",
        "*`<lambda>` returned nothing; expected a mapping of arrays by name*",
    ),
    "a golden of another spec": (
        "oracle.judge(kernel, SPEC, golden=oracle.golden(oracle.spec(**{**FIELDS, 'steps': 2})))",
        "*`golden` answers another spec than the one given*",
    ),
    "steps that do not ascend": (
        "oracle.judge(kernel, SPEC, steps=[3, 2])",
        "*`steps` is [[]3, 2[]]; expected*",
    ),
    "a word for UNDECIDED that is none": (
        "oracle.assert_agrees(kernel, SPEC, undecided='pass')",
        "*`undecided` is 'pass'; expected one of fail, skip, xfail*",
    ),
}

UNDECIDED = """
def test_it(oracle):
    ends = {name: values[[0, -1]] for name, values in kernel_arrays(oracle).items()}
    oracle.assert_agrees({**ends, "steps": np.array([0, 8])}, SPEC, dtype="float32", undecided=WORD)

def kernel_arrays(oracle):
    kept = []
    oracle.judge(lambda *task: kept.append(kernel(*task)) or kept[-1], SPEC)
    return kept[-1]
"""


SEVERAL_DTYPES = """
WITH_LOSS = lambda *task: {**kernel(*task), "loss": np.zeros(len(task[-1]))}

@pytest.mark.parametrize("dtype", [None, "float32", "float64", "float16", "bfloat16"])
def test_records_are_refused(oracle, dtype):
    kept = []
    oracle.judge(lambda *task: kept.append(kernel(*task)) or kept[-1], SPEC)
    np.savez("run.npz", steps=np.arange(9), **kept[-1], loss=np.zeros(9))
    for record in ({**kept[-1], "loss": np.zeros(9)}, "run.npz"):
        with pytest.raises(Exception, match="float32: `u`, `v`; float64: `loss`.*Leave out what has another"):
            oracle.judge(record, SPEC, dtype=dtype)
    oracle.assert_agrees(kept[-1], {**SPEC, "inputs_as": "float32"})

def test_runs_are_refused(oracle):
    with pytest.raises(Exception, match="float32: `u`, `v`; float64: `loss`.*Leave out what has another"):
        oracle.judge(WITH_LOSS, SPEC)
"""


def test_record_of_several_dtypes_is_refused_with_what_helps(project: Run) -> None:
    """Whatever dtype is named, the words are the same; with `loss` left out, as they say, it passes."""
    project(SEVERAL_DTYPES).assert_outcomes(passed=6)


@pytest.mark.parametrize("body", PASSING.values(), ids=PASSING.keys())
def test_correct_run_passes(project: Run, body: str) -> None:
    """Whatever it comes as, a correct run passes, and the summary counts it."""
    outcome = project(f"def test_it(oracle):\n    {body}\n")
    outcome.assert_outcomes(passed=1)
    outcome.stdout.re_match_lines([r"\d runs? judged, \d agrees?"])


def test_failure_names_step_and_coordinate(project: Run) -> None:
    """A shift of u[1] by 1e-3 at step 3 fails the test there: 1e-3 is some ten thousand roundings of 0.25."""
    outcome = project("def test_it(oracle):\n    oracle.assert_agrees(shifted, oracle.spec(**FIELDS))\n")
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(
        [
            "E*AssertionError: DISAGREES: shifted · heavy_ball · float32",
            "E*where * first divergent step 3, at u[[]1[]]",
            "E*size * times the rounding bound of *",
            "E*why * local replay: *",
            "E*declared * velocity form, float32*",
            "1 run judged, 1 disagrees",
            "DISAGREES test_it.py::test_it: shifted, float32: step 3, u[[]1[]], * times the bound*",
        ]
    )


def test_failure_names_the_misimplementation(project: Run) -> None:
    """A first gradient times 1 − μ is named, with what to do about it."""
    outcome = project("def test_it(oracle):\n    oracle.assert_agrees(scaled, oracle.spec(**FIELDS))\n")
    outcome.stdout.fnmatch_lines(["E*diagnosis *first_gradient_scaled*", "E*do next *"])


def test_failure_shows_no_frame_of_the_plugin(project: Run) -> None:
    """Between the test's own line and the verdict stands nothing of ours."""
    outcome = project("def test_it(oracle):\n    oracle.assert_agrees(shifted, oracle.spec(**FIELDS))\n")
    outcome.stdout.fnmatch_lines([">*oracle.assert_agrees(shifted, oracle.spec(**FIELDS))"])
    outcome.stdout.no_fnmatch_line("*pytest_plugin*py:*")


@pytest.mark.parametrize(
    ("word", "outcomes"), [("fail", "failed"), ("skip", "skipped"), ("xfail", "xfailed")]
)
def test_undecided_is_no_pass(project: Run, word: str, outcomes: str) -> None:
    """Seven of nine states missing leave it UNDECIDED, which fails, or does what the test says."""
    outcome = project(UNDECIDED.replace("WORD", repr(word)), "-rsx")
    outcome.assert_outcomes(**{outcomes: 1})
    outcome.stdout.fnmatch_lines(["*UNDECIDED*heavy_ball*float32*"])


def test_judge_gives_the_verdict_and_fails_nothing(project: Run) -> None:
    """A fault planted on purpose can be asked about, and kept out of the summary."""
    outcome = project(
        "def test_it(oracle):\n"
        "    verdict = oracle.judge(shifted, SPEC, report=False)\n"
        '    assert (verdict.outcome, verdict.findings[0].step) == ("DISAGREES", 3)\n'
    )
    outcome.assert_outcomes(passed=1)
    outcome.stdout.no_re_match_line(r"\d+ runs? judged")


@pytest.mark.parametrize(("body", "message"), MISUSE.values(), ids=MISUSE.keys())
def test_misuse_is_told_in_one_message(project: Run, body: str, message: str) -> None:
    """What cannot be judged is refused in words, and shows no frame of ours."""
    outcome = project(f"def test_it(oracle):\n    {body}\n")
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["E*" + message])
    outcome.stdout.no_fnmatch_line("*pytest_plugin*py:*")


def test_exception_of_a_candidate_is_its_own(project: Run) -> None:
    """A candidate that raises fails the test where it raised, and is counted."""
    outcome = project(
        "def broken(problem, method, steps):\n    return 1 / 0\n\n"
        "def test_it(oracle):\n    oracle.assert_agrees(broken, SPEC)\n"
    )
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(
        [">*return 1 / 0", "1 run judged, 1 failed to run", "FAILED*ZeroDivisionError*"]
    )


def test_candidate_that_misses_something_is_skipped(project: Run) -> None:
    """What says that this machine lacks something is skipped with its own words."""
    outcome = project(
        'kernel.missing = lambda: "no CUDA device; run it on a machine that has one"\n\n'
        "def test_it(oracle):\n    oracle.assert_agrees(kernel, SPEC)\n",
        "-rs",
    )
    outcome.assert_outcomes(skipped=1)
    outcome.stdout.fnmatch_lines(["*`kernel` cannot run on this machine: no CUDA device*"])


def test_declaration_of_the_candidate_is_used(project: Run) -> None:
    """Products of bfloat16 disagree undeclared, and agree where the candidate declares them."""
    outcome = project(
        "from oracle.records.candidate import Declaration\n\n"
        "def declared(*task):\n    return coarse(*task)\n\n"
        'declared.declare = lambda dtype, method: Declaration(dtype=dtype, operands="bfloat16")\n\n'
        "def test_it(oracle):\n"
        '    assert oracle.judge(coarse, SPEC).outcome == "DISAGREES"\n'
        "    oracle.assert_agrees(declared, SPEC)\n"
        '    oracle.assert_agrees(coarse, SPEC, operands="bfloat16")\n'
    )
    outcome.assert_outcomes(passed=1)


WITHOUT_FLINT = 'import sys\nsys.modules["flint"] = sys.modules["mpmath"] = None\n'


def test_local_replay_decides_where_no_golden_can_be_had(project: Run, tmp_path: Path) -> None:
    """With an empty store and no flint, steps are judged one by one, and the summary says so."""
    outcome = project(
        WITHOUT_FLINT + "\n"
        "def test_right(oracle):\n    oracle.assert_agrees(kernel, SPEC)\n\n"
        "def test_wrong(oracle):\n    oracle.assert_agrees(shifted, SPEC)\n",
        f"--oracle-store={tmp_path}",
        apart=True,
    )
    outcome.assert_outcomes(passed=1, failed=1)
    outcome.stdout.fnmatch_lines(
        [
            "E*where *first divergent step 3, at u[[]1[]]",
            "E*golden *none: local replay alone decided, because the store holds none, and `*",
            "2 judged without a golden, step by step*",
        ]
    )


def test_golden_in_a_file_needs_numpy_alone(project: Run, store: Path) -> None:
    """A run is judged by a golden's file where pydantic, flint and mpmath are missing."""
    made = project(
        "def test_it(oracle):\n"
        "    from oracle.records.npz import write_npz\n"
        '    write_npz(oracle.golden({**SPEC, "inputs_as": "float32"}), "golden.npz")\n'
    )
    made.assert_outcomes(passed=1)
    outcome = project(
        WITHOUT_FLINT + 'sys.modules["pydantic"] = None\n\n'
        'def test_it(oracle):\n    oracle.assert_agrees(kernel, golden="golden.npz")\n',
        apart=True,
    )
    outcome.assert_outcomes(passed=1)


def test_named_store_is_used(project: Run, pytester: pytest.Pytester) -> None:
    """A golden is kept where the ini file says, beside that file."""
    pytester.makeini("[pytest]\noracle_store = goldens\n")
    project("def test_it(oracle):\n    oracle.assert_agrees(kernel, SPEC)\n").assert_outcomes(passed=1)
    assert len(list((pytester.path / "goldens").rglob("*.npz"))) == 1
