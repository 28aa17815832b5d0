"""What watches processes must itself bear that they vanish at any instant."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import descendants, lives, runs

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
WAITS = (sys.executable, "-c", "input()")


def test_process_runs_until_it_has_ended() -> None:
    """Killed and not waited for it is a zombie, which does not run; waited for, it is gone."""
    with subprocess.Popen(WAITS, stdin=subprocess.PIPE) as child:
        kin = next(kin for kin in descendants(os.getpid()) if kin[0] == child.pid)
        assert runs(child.pid)
        assert lives(kin)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not runs(child.pid)
        child.wait()
    assert not runs(child.pid)
    assert not lives(kin)


@pytest.mark.parametrize("error", [errno.ENOENT, errno.ESRCH])
def test_process_that_ends_while_it_is_read_does_not_run(monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    """Its file may be gone before it is opened, and after."""

    def vanish(*_: object) -> str:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(Path, "read_text", vanish)
    assert not runs(os.getpid())
    assert descendants(os.getpid()) == []
