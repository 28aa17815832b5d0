"""`oracle store`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def stored(oracle: Any, spec: Any, tmp_path: Path) -> Path:
    """Store one golden and return its file."""
    assert oracle("golden", spec()).exit_code == 0
    (path,) = (tmp_path / "store").glob("objects/*/*.npz")
    return path


def test_ls_names_what_is_stored(oracle: Any, stored: Path) -> None:
    """One line, with digest and method; one object in JSON."""
    assert stored.stem[:8] in oracle("store", "ls").stdout
    (entry,) = json.loads(oracle("store", "ls", "--json").stdout)
    assert (entry["digest"], entry["method"]) == (f"sha256:{stored.stem}", "heavy_ball")


def test_ls_of_a_store_that_is_not_there_is_empty(oracle: Any) -> None:
    """Nothing stored yet is no failure."""
    result = oracle("store", "ls")
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("prefix", ["", "sha256:"])
def test_show_takes_the_start_of_a_digest(oracle: Any, stored: Path, prefix: str) -> None:
    """A few digits are enough where they are unique."""
    printed = json.loads(oracle("store", "show", prefix + stored.stem[:6], "--json").stdout)
    assert printed["digest"] == f"sha256:{stored.stem}"


@pytest.mark.usefixtures("stored")
def test_show_of_an_unknown_digest_is_a_missing_record(oracle: Any) -> None:
    """4, and where to look."""
    result = oracle("store", "show", "sha256:" + "0" * 64)
    assert result.exit_code == 4
    assert "oracle store ls" in result.stderr


@pytest.mark.usefixtures("stored")
def test_verify_of_a_sound_store_passes(oracle: Any) -> None:
    """One record, sound."""
    result = oracle("store", "verify")
    assert result.exit_code == 0
    assert "1 sound, 0 damaged or missing" in result.stdout


@pytest.mark.parametrize("at", [0, 100, -1])
def test_altered_record_is_damage_everywhere(oracle: Any, spec: Any, stored: Path, at: int) -> None:
    """One flipped bit: verify, show and golden all leave with 4 and name the file."""
    data = bytearray(stored.read_bytes())
    data[at] ^= 1
    stored.write_bytes(data)
    for arguments in (["store", "verify"], ["store", "show", stored.stem[:8]], ["golden", spec()]):
        result = oracle(*arguments)
        assert result.exit_code == 4
        assert stored.name in result.output.replace("\n", "")


def test_lost_record_is_missing(oracle: Any, stored: Path) -> None:
    """A row without its file is named, with 4."""
    stored.unlink()
    result = oracle("store", "verify", "--json")
    assert result.exit_code == 4
    assert json.loads(result.stdout)[0]["state"] == "missing"


def test_gc_removes_leftovers_and_nothing_else(oracle: Any, stored: Path) -> None:
    """A dry run says what would go; the golden stays."""
    leftover = stored.with_name(".half.unfinished")
    leftover.write_bytes(b"half")
    assert "would clear" in oracle("store", "gc", "--dry-run").stdout
    assert leftover.exists()
    assert "1 cleared, 4 bytes" in oracle("store", "gc").stdout
    assert not leftover.exists()
    assert stored.exists()


def test_gc_sets_damaged_records_aside_when_asked(oracle: Any, spec: Any, stored: Path) -> None:
    """After that the golden can be computed anew, and is the same."""
    stored.write_bytes(stored.read_bytes()[:100])
    assert oracle("store", "gc", "--set-aside").exit_code == 0
    assert oracle("golden", spec()).exit_code == 0
    assert stored.exists()
