"""The file of failures: what is kept from one sweep to the next, and who may write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oracle.spec import spec_from
from oracle.sweep.failures import open_failures
from oracle.sweep.sweep_error import SweepError
from oracle.sweep.sweep_file import Asked
from oracle.sweep.task import Outcome, worker_version


def ask(small_specs: Any, number: int) -> Asked:
    """Return an asked spec."""
    return Asked(f"line {number}", spec_from(small_specs(1, first=number)[0]))


def lines_of(work: Path) -> list[dict[str, Any]]:
    """Return the lines of the file, parsed."""
    return [json.loads(line) for line in (work / "failures.jsonl").read_text().splitlines()]


def test_line_says_which_spec_and_why(tmp_path: Path, small_specs: Any) -> None:
    """Place, digest, outcome, reason, and the spec itself to be tried alone."""
    asked = ask(small_specs, 3)
    assert asked.spec is not None
    with open_failures(tmp_path) as failures:
        failures.add(asked, Outcome.FAULT, "because")
    (line,) = lines_of(tmp_path)
    assert (line["place"], line["outcome"], line["reason"]) == ("line 3", "fault", "because")
    assert (line["spec_digest"], line["spec"]) == (asked.spec.digest, asked.spec.canonical)


def test_line_of_no_spec_has_no_digest(tmp_path: Path) -> None:
    """Only where it stood and what was wrong."""
    with open_failures(tmp_path) as failures:
        failures.add(Asked("line 1", None, "no JSON"), Outcome.MALFORMED, "no JSON")
    assert (lines_of(tmp_path)[0]["spec_digest"], lines_of(tmp_path)[0]["spec"]) == (None, None)


def test_refusals_are_kept_and_the_rest_is_asked_again(tmp_path: Path, small_specs: Any) -> None:
    """What this version refused it would refuse again; a lost worker or a fault may have been chance."""
    with open_failures(tmp_path) as failures:
        for number, outcome in enumerate((Outcome.REFUSED, Outcome.LOST, Outcome.FAULT, Outcome.VIOLATED)):
            failures.add(ask(small_specs, number), outcome, "because")
    with open_failures(tmp_path) as failures:
        assert failures.refused == {lines_of(tmp_path)[0]["spec_digest"]}
    assert [line["outcome"] for line in lines_of(tmp_path)] == ["refused"]


def test_refusals_of_another_version_are_asked_again(tmp_path: Path, small_specs: Any) -> None:
    """It may know more."""
    with open_failures(tmp_path) as failures:
        failures.add(ask(small_specs, 1), Outcome.REFUSED, "because")
    path = tmp_path / "failures.jsonl"
    path.write_text(path.read_text().replace('"version":"', '"version":"0'))
    with open_failures(tmp_path) as failures:
        assert failures.refused == set()


def test_line_that_a_kill_cut_short_is_dropped(tmp_path: Path, small_specs: Any) -> None:
    """The whole lines before it stay."""
    with open_failures(tmp_path) as failures:
        failures.add(ask(small_specs, 1), Outcome.REFUSED, "because")
    with (tmp_path / "failures.jsonl").open("a") as file:
        file.write('{"place": "line')
    with open_failures(tmp_path) as failures:
        assert len(failures.refused) == 1
    assert len(lines_of(tmp_path)) == 1


@pytest.mark.parametrize("content", ["no JSON\n", "[1]\n", '{"outcome": "refused", "version": "VERSION"}\n'])
def test_file_of_something_else_is_left_alone(tmp_path: Path, content: str) -> None:
    """It is named and stays as it is."""
    path = tmp_path / "failures.jsonl"
    path.write_text(content.replace("VERSION", worker_version()))
    before = path.read_bytes()
    with (
        pytest.raises(
            SweepError, match=r"cannot be read as the failures of a sweep .* name another `--work`"
        ),
        open_failures(tmp_path),
    ):
        pass
    assert path.read_bytes() == before


def test_second_sweep_in_one_work_folder_is_refused(tmp_path: Path) -> None:
    """Until the first has ended."""
    with (
        open_failures(tmp_path),
        pytest.raises(
            SweepError, match=r"another sweep is at work in .*: wait for it, or name another `--work`"
        ),
        open_failures(tmp_path),
    ):
        pass
    with open_failures(tmp_path):
        pass
