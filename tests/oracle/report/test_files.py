"""The three files of a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from oracle.report.comparison import Report
from oracle.report.files import write_report


@pytest.mark.parametrize("outcome", ["AGREES", "DISAGREES", "UNDECIDED"])
def test_three_files_say_the_same(report: Callable[..., Report], tmp_path: Path, outcome: str) -> None:
    """HTML, JSON and JUnit of one report carry one outcome."""
    written = write_report(report(outcome), tmp_path / "new" / "place")
    assert f"<title>{outcome}" in written["report.html"].read_text(encoding="utf-8")
    assert json.loads(written["report.json"].read_text(encoding="utf-8"))["verdict"] == outcome
    case = ElementTree.parse(written["junit.xml"]).find("testsuite/testcase")
    assert case is not None
    assert (case.find("failure") is not None) is (outcome == "DISAGREES")


def test_directory_that_cannot_be_made_is_named(report: Callable[..., Report], tmp_path: Path) -> None:
    """A file in the way is an `OSError` with its path, for the door to explain."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(OSError, match="taken"):
        write_report(report("AGREES"), tmp_path / "taken")
