"""`oracle claims` from the outside: output, files, exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from oracle.claims import verdict
from oracle.claims.paper_000 import p01_linear_limits as p01
from oracle.cli.main import main


def claims(*arguments: str, work: Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["claims", "--work", str(work), "--workers", "1", *arguments])


def test_only_computes_one_and_shows_everything(tmp_path: Path) -> None:
    """Verdict, statement, evidence."""
    found = claims("--only", "p1", work=tmp_path)
    assert found.exit_code == 0, found.output
    assert "P1: holds (certified" in found.output
    assert "✓ as printed" in found.output
    assert found.output.rstrip().endswith("P1 holds")


def test_json_is_all_that_is_printed(tmp_path: Path) -> None:
    """Standard output is one JSON document."""
    found = claims("--only", "P1", "--json", work=tmp_path)
    assert [claim["id"] for claim in json.loads(found.stdout)["claims"]] == ["P1"]
    assert found.stderr == ""


def test_report_is_written_with_its_json(tmp_path: Path) -> None:
    """Into a folder that did not exist."""
    page = tmp_path / "new" / "claims.html"
    found = claims("--only", "P1", "--report", str(page), work=tmp_path)
    assert found.exit_code == 0, found.output
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert json.loads(page.with_suffix(".json").read_text())["claims"][0]["verdict"] == "holds"
    assert f"report: {page}" in found.output


def test_a_finished_claim_is_found_again(tmp_path: Path) -> None:
    """The second run computes nothing, unless it is asked to."""
    claims("--only", "P1", work=tmp_path)
    assert "found finished" in claims("--only", "P1", work=tmp_path).output
    assert "found finished" not in claims("--only", "P1", "--fresh", work=tmp_path).output


def test_compare_leaves_with_1_where_a_verdict_changed(tmp_path: Path) -> None:
    """And says which, and what it was."""
    earlier = tmp_path / "ledger.json"
    earlier.write_text(claims("--only", "P1", "--json", work=tmp_path).stdout)
    assert claims("--only", "P1", "--compare", str(earlier), work=tmp_path).exit_code == 0
    earlier.write_text(earlier.read_text().replace('"verdict": "holds"', '"verdict": "refuted"'))
    found = claims("--only", "P1", "--compare", str(earlier), work=tmp_path)
    assert found.exit_code == 1
    assert "P1: holds, and it was: refuted" in found.output


def test_compare_refuses_what_is_no_ledger_before_computing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Misuse costs no minutes."""
    (tmp_path / "a.json").write_text("{}")
    monkeypatch.setattr(verdict, "rule", lambda *_: pytest.fail("computed"))
    found = claims("--only", "P1", "--compare", str(tmp_path / "a.json"), work=tmp_path / "work")
    assert found.exit_code == 2
    assert "no ledger" in found.output
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "P99"], "no claim is called 'P99'; close to it:"),
        (["--only", "P1", "--paper", "001"], "name different papers"),
        (["--paper", "004"], "'004' is not one of"),
        (["--figures", "nowhere"], "does not exist"),
    ],
)
def test_misuse_leaves_with_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    """The message says what there is."""
    found = claims(*arguments, work=tmp_path)
    assert found.exit_code == 2
    assert message in found.output


def test_list_computes_nothing(tmp_path: Path) -> None:
    """Identifier, place, statement."""
    found = claims("--paper", "000", "--list", work=tmp_path / "work")
    assert found.exit_code == 0
    assert found.output.startswith("P1      paper 000, Sec. 1: For linear")
    assert not (tmp_path / "work").exists()


def test_a_claim_that_breaks_off_leaves_with_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its traceback is shown."""

    def broken(*_: object) -> object:
        raise ArithmeticError("no digits left")

    monkeypatch.setattr(p01, "nearest_interpolating", broken)
    found = claims("--only", "P1", "--fresh", work=tmp_path)
    assert found.exit_code == 3
    assert "ArithmeticError: no digits left" in found.output


def test_an_altered_figure_leaves_with_4(tmp_path: Path) -> None:
    """Damaged data are never drawn."""
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "000-fig-1a.json").write_text('{"schema": "momentum-oracle/figure/1"}')
    page = tmp_path / "a.html"
    found = claims(
        "--only", "P1", "--report", str(page), "--figures", str(tmp_path / "figures"), work=tmp_path
    )
    assert found.exit_code == 4
    assert "altered after it was written" in found.output
