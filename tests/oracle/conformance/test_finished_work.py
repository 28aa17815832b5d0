"""Finished work is kept line by line, and trusted only where it is whole and of the same self-test."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.candidate_file import CandidateError
from oracle.conformance.finished_work import FinishedWork

SETTINGS = {"seed": "0"}


def test_work_is_found_by_what_it_is(tmp_path: Path) -> None:
    """Whatever the order of its fields; other work is not found."""
    path = tmp_path / "deep" / "work.jsonl"
    FinishedWork(path, SETTINGS).put({"a": 1, "b": [2]}, {"found": [0.1, None]})
    again = FinishedWork(path, SETTINGS)
    assert again.get({"b": [2], "a": 1}) == {"found": [0.1, None]}
    assert again.get({"a": 1, "b": [3]}) is None


def test_infinities_are_kept(tmp_path: Path) -> None:
    """A run may lie infinitely far from the truth."""
    path = tmp_path / "work.jsonl"
    FinishedWork(path, SETTINGS).put("w", {"moved": float("inf")})
    assert FinishedWork(path, SETTINGS).get("w") == {"moved": float("inf")}


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a memory alone."""
    monkeypatch.chdir(tmp_path)
    kept = FinishedWork(None, SETTINGS)
    kept.put("w", 1)
    assert kept.get("w") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no json\n", "cannot be read as the work of a self-test"),
        ('{"schema": "another/1"}\n', "holds the work of another self-test"),
        ('"only a text, cut short', "cannot be read as the work of a self-test"),
    ],
)
def test_what_is_no_work_is_refused(tmp_path: Path, content: str, message: str) -> None:
    """With what to do about it; the file stays as it is."""
    path = tmp_path / "work.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CandidateError, match=message):
        FinishedWork(path, SETTINGS)
    assert path.read_text(encoding="utf-8") == content


def test_altered_line_is_refused(tmp_path: Path) -> None:
    """A whole line that cannot be read is damage, not an interruption."""
    path = tmp_path / "work.jsonl"
    FinishedWork(path, SETTINGS).put("w", 1)
    path.write_text(path.read_text(encoding="utf-8").replace('{"work"', '{"wrok"'), encoding="utf-8")
    with pytest.raises(CandidateError, match="KeyError"):
        FinishedWork(path, SETTINGS)
