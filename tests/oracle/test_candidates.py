"""Candidates are found by entry point alone, and each sees the problem in its own dtype."""

from __future__ import annotations

from fractions import Fraction
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError
from oracle.candidates import GROUP, declaration_of, discover, pip_line, runs_method, survey
from oracle.records.candidate import Declaration
from oracle.spec import spec_from
from oracle.tensors import task_of

MODULE = "tests_candidate_module"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Put a module on the path that holds a candidate, something else, and imports that fail."""
    (tmp_path / f"{MODULE}.py").write_text("def run(problem, method, steps):\n    return {}\nnumber = 3\n")
    (tmp_path / f"{MODULE}_needs.py").write_text("import a_package_that_nobody_has.part\n")
    (tmp_path / f"{MODULE}_broken.py").write_text("raise RuntimeError('half a library')\n")
    monkeypatch.syspath_prepend(tmp_path)


def point(name: str, value: str) -> EntryPoint:
    """Return an entry point of the group."""
    return EntryPoint(name, value, GROUP)


@pytest.mark.usefixtures("module")
def test_survey_loads_what_loads() -> None:
    """One broken entry hides no other."""
    found = survey([point("bad", f"{MODULE}_broken:run"), point("good", f"{MODULE}:run")])
    assert list(found.candidates) == ["good"]
    assert [entry.name for entry in found.unavailable] == ["bad"]


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize(
    ("value", "reason", "remedy"),
    [
        (f"{MODULE}_needs:run", "needs `a_package_that_nobody_has`", "pip install a_package_that_nobody_has"),
        (f"{MODULE}_broken:run", "RuntimeError: half a library", "repair or uninstall"),
        (f"{MODULE}:absent", "AttributeError", "repair or uninstall"),
        (f"{MODULE}:number", "is a int, not a callable", "point the entry at a function"),
    ],
)
def test_survey_says_why_and_what_to_do(value: str, reason: str, remedy: str) -> None:
    """Each way of failing is told apart."""
    (entry,) = survey([point("it", value)]).unavailable
    assert reason in entry.reason
    assert remedy in entry.remedy


@pytest.mark.usefixtures("module")
def test_survey_takes_a_name_once() -> None:
    """Of two candidates of one name the second is reported."""
    found = survey([point("it", f"{MODULE}:run"), point("it", f"{MODULE}:run")])
    assert (len(found.candidates), "taken" in found.unavailable[0].reason) == (1, True)


def test_discover_finds_the_shipped_candidates() -> None:
    """The distribution's own entries are found without being named in `oracle`."""
    found = survey()
    unavailable = {entry.name for entry in found.unavailable}
    assert {"lightning", "torch_sgd"} <= (unavailable | set(found.candidates))
    assert discover() == dict(found.candidates)
    if find_spec("torch") and find_spec("pytorch_lightning"):
        assert not {"lightning", "torch_sgd"} & unavailable


REQUIREMENTS = ("numpy>=1", 'torch==2.13.0; python_version < "3.12" and extra == "lightning"',
                "pytorch-lightning>=2.5; extra == 'lightning'")  # fmt: skip


@pytest.mark.parametrize(
    ("module_name", "line"),
    [
        ("torch.nn", 'pip install "momentum-oracle[lightning]"'),
        ("pytorch_lightning", 'pip install "momentum-oracle[lightning]"'),
        ("numpy", "pip install numpy"),
        ("jax", "pip install jax"),
    ],
)
def test_pip_line_names_the_extra_that_brings_the_module(module_name: str, line: str) -> None:
    """What an extra of the distribution brings is asked for by that extra."""
    assert pip_line(module_name, "momentum-oracle", REQUIREMENTS) == line


def test_silence_declares_the_defaults() -> None:
    """A candidate that declares nothing computes in velocity form in its dtype, and runs everything."""

    def candidate(problem: Any, method: Any, steps: Any) -> dict[str, Any]:
        return {}

    assert declaration_of(candidate, "float32", "heavy_ball") == Declaration("velocity", "float32")
    assert runs_method(candidate, "nesterov", "diagonal")


def test_methods_and_models_are_respected() -> None:
    """What a candidate says it cannot run is not asked of it."""

    class Candidate:
        methods = frozenset({"heavy_ball"})
        models = frozenset({"diagonal"})

        def __call__(self, problem: Any, method: Any, steps: Any) -> dict[str, Any]:
            return {}

        def declare(self, dtype: str, method: str) -> Declaration:
            return Declaration("buffer", dtype)

    candidate = Candidate()
    assert runs_method(candidate, "heavy_ball", "diagonal")
    assert not runs_method(candidate, "nesterov", "diagonal")
    assert not runs_method(candidate, "heavy_ball", "linear")
    assert declaration_of(candidate, "float64", "heavy_ball").form == "buffer"


def small_spec(**changes: Any) -> dict[str, Any]:
    """Return the canonical form of a small heavy ball run."""
    spec = {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "regression", "X": [["1/3", "0.5"]], "y": ["0.1"]},
        "model": "diagonal",
        "init": {"u": "0.25", "v": ["1/3", "0.1"]},
        "method": {"name": "heavy_ball", "step_size": "0.03", "momentum": "0.9", "p0": {"u": ["0.1", "0"]}},
        "want": {"kind": "iterates", "steps": [0, 1]},
        "digits": 20,
    }
    return spec_from({**spec, **changes}).canonical


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_task_rounds_every_number_once(dtype: str) -> None:
    """Decimals arrive as numpy itself reads them: correctly rounded, ties to even."""
    task = task_of(small_spec(), dtype, (0, 1))
    numbers = np.dtype(dtype).type
    assert task.method.step_size == numbers("0.03")
    assert task.method.momentum == numbers("0.9")
    assert task.problem.y[0] == numbers("0.1")
    assert task.method.p0["u"][0] == numbers("0.1")
    assert task.problem.X.dtype == task.problem.init["v"].dtype == np.dtype(dtype)


def test_task_rounds_fractions_to_the_nearest() -> None:
    """The float32 nearest 1/3 is 11184811/2^25."""
    value = task_of(small_spec(), "float32", (0,)).problem.X[0, 0]
    assert Fraction(float(value)) == Fraction(11184811, 2**25)


def test_task_fills_one_number_for_all_coordinates() -> None:
    """`u` given once stands for every coordinate."""
    assert task_of(small_spec(), "float64", (0,)).problem.init["u"].tolist() == [0.25, 0.25]


@pytest.mark.parametrize(
    ("dtype", "changes", "message"),
    [
        ("float128", {}, "float64, float32, bfloat16, float16"),
        (
            "float64",
            {
                "problem": {"kind": "polynomial", "terms": [{"coefficient": "1/2", "powers": [2]}]},
                "model": "polynomial",
                "init": {"b": ["1"]},
                "method": {"name": "gradient_descent", "step_size": "0.1"},
            },
            "no X and y",
        ),
    ],
)
def test_task_that_cannot_be_stated_is_refused(dtype: str, changes: dict[str, Any], message: str) -> None:
    """An unknown dtype and a problem without data say what is possible."""
    with pytest.raises(CandidateError, match=message):
        task_of(small_spec(**changes), dtype, (0,))
