"""Every part of the evidence in a tiny form: it runs to its end and finds nothing wrong."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.service.evidence import PARTS
from tests.service.figures import Findings, Setting

UNCLOSED = "Exception ignored in. <function SpooledTemporaryFile"


class Tiny(Setting):
    """The smallest sizes that still try everything."""

    def size(self, full: int, quick: int) -> int:
        """Return a third of the quick size."""
        return max(2 if quick > 1 else 1, quick // 3)


# of a form that breaks off Starlette leaves the file to the garbage collector, which closes it
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("name", PARTS)
def test_part_runs_and_finds_nothing_wrong(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing lost, altered, crashed or wrongly judged; figures of speed are held to nothing here."""
    monkeypatch.syspath_prepend(Path(__file__).parents[3])  # processes of its own find `tests` there
    lines: list[str] = []
    found: Findings = import_module(f"tests.service.{name}").run(Tiny(tmp_path, 7, True, lines.append))
    assert found.failures == []
    assert found.figures


def test_every_part_has_its_module() -> None:
    """The command names no part that is not there."""
    folder = Path(str(import_module("tests.service.evidence").__file__)).parent
    assert all((folder / f"{name}.py").exists() for name in PARTS)
