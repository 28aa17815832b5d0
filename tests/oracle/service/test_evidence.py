"""The command that gathers evidence: one table, one JSON, an exit code that a failure or a missed target turns to 1."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.service import evidence
from tests.service.figures import Findings, Setting, table


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Findings]:
    """Put stand-ins in the place of two parts; what they find can be changed."""
    found = {"load": Findings(), "kills": Findings()}
    found["load"].add("how fast", "9/s", "≥ 5/s", True)
    found["kills"].add("survived", "3 of 3", "3 of 3", True)
    monkeypatch.setattr(evidence, "PARTS", tuple(found))
    for name, findings in found.items():
        module = ModuleType(name)
        module.run = lambda setting, findings=findings: findings  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"tests.service.{name}", module)
    return found


def test_evidence_is_one_table_and_one_json(
    parts: dict[str, Findings], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every figure is a row of the table; the JSON has them with machine, versions, seed and date."""
    out = tmp_path / "out.json"
    assert evidence.main(["--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert (
        "| load | how fast | 9/s | ≥ 5/s | yes |\n| kills | survived | 3 of 3 | 3 of 3 | yes |" in printed.out
    )
    assert not printed.err
    told = json.loads(out.read_text())
    assert told["machine"]["cores"] >= 1
    assert told["versions"]["numpy"]
    assert (told["seed"], told["quick"]) == (7, False)
    assert told["date"].startswith("20")
    assert told["parts"]["load"]["figures"][0]["value"] == "9/s"


def test_failure_leaves_with_1_and_is_printed(
    parts: dict[str, Findings], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One broken promise is enough, in a quick run too."""
    parts["kills"].fail(["the golden sha256:0 is lost"])
    assert evidence.main(["--out", str(tmp_path / "out.json"), "--quick"]) == 1
    assert "- kills: the golden sha256:0 is lost" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "code"), [((), 1), (("--quick",), 0)])
def test_missed_target_leaves_with_1_unless_the_run_is_quick(
    parts: dict[str, Findings], tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    """Figures of a quick run are held to no target."""
    parts["load"].add("how slow", "9 s", "< 5 s", False)
    assert evidence.main(["--out", str(tmp_path / "out.json"), *arguments]) == code


def test_resumed_run_keeps_what_is_there_and_asked_part_is_run_anew(
    parts: dict[str, Findings], tmp_path: Path
) -> None:
    """`--resume` runs what the JSON lacks; `--only` replaces one part and keeps the others."""
    out = tmp_path / "out.json"
    evidence.main(["--out", str(out), "--only", "load"])
    parts["load"].add("another", "1")
    evidence.main(["--out", str(out), "--resume"])
    told = json.loads(out.read_text())["parts"]
    assert {name: len(part["figures"]) for name, part in told.items()} == {"load": 1, "kills": 1}
    evidence.main(["--out", str(out), "--only", "load"])
    told = json.loads(out.read_text())["parts"]
    assert {name: len(part["figures"]) for name, part in told.items()} == {"load": 2, "kills": 1}


def test_other_file_is_not_overwritten(parts: dict[str, Findings], tmp_path: Path) -> None:
    """A JSON of something else stays as it is."""
    out = tmp_path / "out.json"
    out.write_text("{}")
    with pytest.raises(SystemExit, match="another file than this program writes"):
        evidence.main(["--out", str(out), "--resume"])
    assert out.read_text() == "{}"


def test_quick_and_whole_runs_are_not_mixed(parts: dict[str, Findings], tmp_path: Path) -> None:
    """Figures of a trial never stand beside those of evidence."""
    out = tmp_path / "out.json"
    evidence.main(["--out", str(out), "--quick", "--only", "load"])
    with pytest.raises(SystemExit, match="of a quick run"):
        evidence.main(["--out", str(out), "--resume"])


def test_table_marks_what_was_missed() -> None:
    """A target is reached, missed, or there was none."""
    found = Findings()
    found.add("a", "1", "2", False)
    found.add("b", "3")
    lines = table({"part": found.content()}).splitlines()
    assert lines[2:] == ["| part | a | 1 | 2 | **no** |", "| part | b | 3 |  |  |"]


def test_quick_setting_takes_the_small_size(tmp_path: Path) -> None:
    """The sizes of a quick run are those of a trial."""
    sizes = [Setting(tmp_path, 7, quick, print).size(200, 6) for quick in (False, True)]
    assert sizes == [200, 6]
