"""Progress: on a terminal, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from lightning_runs.sweeps.progress import progress_of


@pytest.mark.parametrize(("terminal", "silent"), [(True, False), (False, True)])
def test_progress_shows_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, terminal: bool, silent: bool
) -> None:
    """Run-steps a second on standard error, or nothing at all."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    with progress_of("4 runs", 10) as advanced:
        advanced(10)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("run-steps/s" not in captured.err) == silent
