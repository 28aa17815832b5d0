"""Every expected failure has its exit code and says what to do; only faults show a traceback."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reference.iterates import CertificateViolationError

HEAVY_BALL = {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"}
URL = "http://127.0.0.1:9"
WANT = {"kind": "iterates", "steps": [0, 1]}

# what is changed in a good spec, and what the message must name
BAD_SPECS: dict[str, tuple[dict[str, Any], str]] = {
    "double": ({"digits": 20.5}, "digits"),
    "double step size": ({"method": {**HEAVY_BALL, "step_size": 0.05}}, "step_size"),
    "unknown method": ({"method": {**HEAVY_BALL, "name": "adam"}}, "adam"),
    "unknown model": ({"model": "cubic"}, "cubic"),
    "unknown field": ({"metod": 1}, "metod"),
    "eta zero": ({"method": {**HEAVY_BALL, "step_size": "0"}}, "step_size"),
    "mu one": ({"method": {**HEAVY_BALL, "momentum": "1"}}, "momentum"),
    "mu negative": ({"method": {**HEAVY_BALL, "momentum": "-0.1"}}, "momentum"),
    "shape": ({"init": {"u": ["1", "2"], "v": "1"}}, "init.u"),
    "digits few": ({"digits": 14}, "digits"),
    "digits many": ({"digits": 1001}, "digits"),
    "not a number": ({"init": {"u": "a lot", "v": "1"}}, "a lot"),
    "diverges": (
        {
            "method": {**HEAVY_BALL, "step_size": "1000"},
            "want": {"kind": "iterates", "steps": [0, 1000]},
        },
        "diverge",
    ),
    "too small for a record": (
        {
            "problem": {"kind": "regression", "X": [["1"]], "y": ["0"], "loss": "half_sum_square"},
            "model": "linear",
            "init": {"beta": ["1"]},
            "method": {"name": "gradient_descent", "step_size": f"{2**53 - 1}/{2**53}"},
            "want": {"kind": "iterates", "steps": [0, 1300]},  # times 2^-53 each step
        },
        "`beta` at step 1300 is about 10^-20741,",
    ),
    "unknown flow": (
        {"method": {"name": "gradient_flew"}, "want": {"kind": "flow", "times": ["1"]}},
        "`gradient_flow`",
    ),
    "order 0": (
        {"method": {"name": "gd_flow", "step_size": "0.1", "order": 0}, "want": {"kind": "limit"}},
        "method.order",
    ),
    "negative time": (
        {"method": {"name": "gradient_flow"}, "want": {"kind": "flow", "times": ["-1"]}},
        "a time of at least 0",
    ),
    "xi not positive": ({"want": {"kind": "kkt", "xi": "0"}}, "want.xi"),
    "xi that rounds to zero": (
        {"want": {"kind": "kkt", "xi": "1e-60"}, "inputs_as": "float32"},
        "rounds to 0",
    ),
    "shifted piecewise flow": (
        {
            "method": {
                "name": "hb_flow", "step_size": "0.1", "momentum": "0.5", "order": 2,
                "variant": "piecewise", "start": "shifted",
            },
            "want": {"kind": "flow", "times": ["1"]},
        },
        "method.start",
    ),
    "batches of a stationary flow": (
        {
            "method": {
                "name": "hb_flow", "step_size": "0.1", "momentum": "0.5", "order": 2,
                "variant": "stationary", "batches": [[0]],
            },
            "want": {"kind": "flow", "times": ["1"]},
        },
        "method.batches",
    ),
    "infeasible": (
        {
            "problem": {"kind": "regression", "X": [["1", "2"], ["2", "4"]], "y": ["1", "3"]},
            "init": {"u": "1", "v": "1"},
            "want": {"kind": "kkt", "xi": "0.1"},
        },
        "has no solution",
    ),
    "rank deficient": (
        {
            "problem": {"kind": "regression", "X": [["1", "2"], ["2", "4"]], "y": ["1", "2"]},
            "init": {"u": "1", "v": "1"},
            "want": {"kind": "kkt", "xi": "0.1"},
        },
        "linearly dependent",
    ),
    "flow that blows up": (
        {
            "problem": {"kind": "polynomial", "terms": [{"coefficient": "-1/4", "powers": [4]}]},
            "model": "polynomial",
            "init": {"b": ["1"]},
            "method": {"name": "gradient_flow"},
            "want": {"kind": "flow", "times": ["1"]},
        },
        "blows up: a coordinate exceeds 1e+12 at time 0.5",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "named"), BAD_SPECS.values(), ids=BAD_SPECS)
def test_bad_spec_is_misuse(oracle: Any, spec: Any, changes: dict[str, Any], named: str) -> None:
    """2, the field or value by name, no traceback, and nothing on standard output."""
    result = oracle("golden", spec(**changes))
    assert result.exit_code == 2, result.output
    assert named in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '"spec"', "\x00", "{'a': 1}"])
def test_text_that_is_no_spec_is_misuse(oracle: Any, text: str) -> None:
    """Malformed JSON and JSON of another kind leave with 2."""
    result = oracle("golden", "-", input=text)
    assert result.exit_code == 2
    assert "spec" in result.stderr


@pytest.mark.parametrize("name", ["absent.json", "."])
def test_path_that_is_no_file_is_misuse(oracle: Any, name: str) -> None:
    """A missing file and a directory are named."""
    result = oracle("golden", name)
    assert result.exit_code == 2
    assert name in result.stderr


@pytest.mark.parametrize("name", ["absent.npz", "."])
def test_candidate_path_that_is_no_file_is_misuse(oracle: Any, spec: Any, name: str) -> None:
    """So for candidates."""
    result = oracle("check", spec(), name)
    assert result.exit_code == 2
    assert name in result.stderr


def test_store_in_the_place_of_a_file_is_misuse(oracle: Any, spec: Any, tmp_path: Path) -> None:
    """A store that cannot be made says what to do, with 2: the record is not damaged."""
    (tmp_path / "taken").write_text("")
    result = oracle("golden", spec(), "--store", tmp_path / "taken")
    assert result.exit_code == 2
    assert "another store" in result.stderr


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "permission")],
)
def test_disk_that_refuses_is_explained(
    oracle: Any, spec: Any, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    """A full disk, a read-only one and a forbidden one leave with 2 and what to do."""

    def refuse(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number), "the disk")

    monkeypatch.setattr(os, "fsync", refuse)
    result = oracle("golden", spec())
    assert result.exit_code == 2
    assert advice in result.stderr
    assert "Traceback" not in result.stderr


def test_full_disk_loses_nothing(oracle: Any, spec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stored before stays sound, and the same command succeeds once there is room."""
    assert oracle("golden", spec()).exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        assert oracle("golden", spec(digits=30)).exit_code == 2
    assert "1 sound, 0 damaged" in oracle("store", "verify").stdout
    assert oracle("golden", spec(digits=30)).exit_code == 0


def raising(error: BaseException) -> Callable[..., Any]:
    """Return a function that raises."""

    def fail(*_arguments: Any, **_options: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "run it again"),
        (CertificateViolationError("u[0] outside its ball"), 4, "u[0] outside its ball"),
        (ZeroDivisionError("a fault"), 70, "please report"),
    ],
    ids=["interrupt", "violation", "fault"],
)
def test_what_no_input_causes_has_its_own_code(
    oracle: Any, spec: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    """An interrupt, a contradicted certificate and a fault of the program; only the last has a traceback."""
    monkeypatch.setattr("oracle.goldens.compute_golden", raising(error))
    result = oracle("golden", spec())
    assert result.exit_code == code
    assert message in result.stderr
    assert ("Traceback" in result.stderr) is (code == 70)


def test_json_output_stays_json_when_it_fails(oracle: Any, spec: Any) -> None:
    """A failure says nothing on standard output, so that no program reads half an answer."""
    result = oracle("golden", spec(model="cubic"), "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    with pytest.raises(json.JSONDecodeError):
        json.loads(result.stdout)


@pytest.mark.parametrize(
    ("words", "interrupted", "told"),
    [
        (("golden", "spec.json"), "oracle.goldens.compute_golden", "nothing was stored; run it again"),
        (
            ("check", "spec.json", "run.npz"),
            "oracle.goldens.compute_golden",
            "no verdict was given; a golden that",
        ),
        (
            ("--server", URL, "golden", "spec.json"),
            "oracle.client.client.Client.golden",
            "wait for the same job",
        ),
        (
            ("--server", URL, "check", "spec.json", "run.npz"),
            "oracle.client.client.Client.check",
            "goes on there",
        ),
        (("store", "verify"), "oracle.store.Store.verify", "what was stored is kept; run it again"),
    ],
)
def test_interrupt_says_what_is_true_of_the_command(  # noqa: PLR0917 - the fixtures of one scene
    oracle: Any, spec: Any, candidate: Any, monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...], interrupted: str, told: str,
) -> None:  # fmt: skip
    """Nothing is said to be finished that was not, and a server goes on without its client."""
    spec(), candidate()
    monkeypatch.setattr(interrupted, raising(KeyboardInterrupt()))
    result = oracle(*words)
    assert (result.exit_code, result.stderr.count("\n")) == (130, 1)
    assert result.stderr.startswith("oracle: interrupted: ")
    assert told in result.stderr


@pytest.mark.parametrize(("text", "told"), [("{", "the spec is not JSON"), ("{}", "the spec has ")])
def test_what_is_wrong_with_a_spec_is_said_of_its_file(
    oracle: Any, tmp_path: Path, text: str, told: str
) -> None:
    """Of several files on a command line only one is meant."""
    (tmp_path / "bad.json").write_text(text)
    assert oracle("golden", "bad.json").stderr.startswith(f"oracle: `bad.json`: {told}")
