"""Reports on disk, within their bound, however many are kept at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.service.reports import Reports


def test_oldest_reports_go_beyond_the_bound(tmp_path: Path) -> None:
    """The newest stays, however large."""
    reports = Reports(tmp_path, most_bytes=3000)
    for name in ("a", "b", "c"):
        reports.keep(name, bytes(1200))
    assert [reports.fetch(name) is not None for name in ("a", "b", "c")] == [False, True, True]
    reports.keep("d", bytes(9000))
    assert [reports.fetch(name) is not None for name in ("b", "c", "d")] == [False, False, True]


def test_report_that_another_thread_deletes_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the listing of the folder and the look at the file."""
    reports = Reports(tmp_path, most_bytes=1000)
    reports.keep("a", bytes(900))
    listed = Path.glob

    def glob(folder: Path, pattern: str) -> list[Path]:
        found = list(listed(folder, pattern))
        (tmp_path / "a.sealed").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(Path, "glob", glob)
    reports.keep("b", bytes(900))
    assert (reports.fetch("a"), reports.fetch("b")) == (None, bytes(900))
