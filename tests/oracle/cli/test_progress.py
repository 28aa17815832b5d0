"""Progress is drawn on a terminal and nowhere else."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from oracle.cli.progress import progress_stages


class Terminal(StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.mark.parametrize(("stream", "drawn"), [(Terminal(), True), (StringIO(), False)])
def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch, stream: StringIO, drawn: bool) -> None:
    """The stage's name appears on a terminal; a file stays empty."""
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress_stages() as stage:
        stage("certify heavy_ball")(3, 10)
    assert ("certify heavy_ball" in stream.getvalue()) is drawn


def test_work_that_starts_over_is_another_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar that falls back says why; the next stage begins with its first pass."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress_stages() as stage:
        advance = stage("certify")
        for done in (1, 10, 10, 2, 10, 1):
            advance(done, 10)
    assert "certify, pass 3" in terminal.getvalue()
    with progress_stages() as stage:
        stage("judge")(1, 10)
    assert "pass" not in terminal.getvalue().rpartition("certify")[2].partition("judge")[2]


def test_progress_leaves_the_terminal_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a stage without a name nothing is drawn, so that a candidate's own bar stays whole."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress_stages() as stage:
        stage("")(1, 2)
        before = terminal.getvalue()
        sys.stderr.write("bar of its own\n")
        assert terminal.getvalue() == before + "bar of its own\n"
        stage("judge")
    assert "judge" in terminal.getvalue()
