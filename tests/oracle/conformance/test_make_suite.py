"""The suite made anew is the suite that is shipped, byte for byte."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from oracle.conformance.make_suite import DIGITS, main, make_suite
from oracle.conformance.shipped import load_suite
from oracle.records.npz import read_npz

SHIPPED = Path(str(files("oracle.conformance"))) / "suite"
FEW = ("heavy-ball-diagonal", "one-sample", "batches-look-ahead", "schedule-of-the-update")


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with four problems made by the reference now."""
    directory = tmp_path_factory.mktemp("suite")
    make_suite(directory, FEW)
    return directory


@pytest.mark.parametrize("problem", FEW)
def test_recomputed_goldens_are_the_shipped_ones_bit_for_bit(remade: Path, problem: str) -> None:
    """Balls and mpmath, today, give the bytes in the package."""
    found = sorted(remade.glob(f"{problem}.*.npz"))
    assert len(found) == 3
    for file in found:
        assert file.read_bytes() == (SHIPPED / file.name).read_bytes(), file.name


@pytest.mark.slow
def test_the_whole_suite_is_made_anew(tmp_path: Path) -> None:
    """Every file; the index but for the versions it was made with."""
    make_suite(tmp_path)
    for file in sorted(SHIPPED.glob("*.npz")):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name
    made, shipped = (json.loads((place / "index.json").read_text("utf-8")) for place in (tmp_path, SHIPPED))
    del made["made_with"], shipped["made_with"]
    assert made == shipped


def test_what_was_made_can_be_loaded(remade: Path) -> None:
    """The index names what is there, with the digests that are in it."""
    suite = load_suite(remade)
    assert tuple(entry.name for entry in suite.entries) == FEW
    for entry in suite.entries:
        for dtype in entry.goldens:
            assert suite.golden(entry, dtype).spec["inputs_as"] == dtype


def test_goldens_are_certified_and_confirmed_to_the_digits_asked(remade: Path) -> None:
    """Grade, digits and the confirmation by mpmath; no clock and no version among the facts."""
    for file in remade.glob("*.npz"):
        golden = read_npz(file)
        assert golden.grade == "certified"
        assert golden.digits >= DIGITS[golden.spec["inputs_as"]]
        assert golden.provenance["cross_checked_by_mpmath"] is True
        assert not {"seconds", "python", "python_flint"} & set(golden.provenance)


def test_command_without_a_directory_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    """It leaves with 2 and says how it is used."""
    assert main([]) == 2
    assert "make_suite DIR" in capsys.readouterr().err
