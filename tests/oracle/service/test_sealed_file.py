"""What is kept beside the store is shown as it was made, or not at all: sealed files, reports, the ledger of claims."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oracle.records.record_errors import DamagedRecordError, StoreError
from oracle.service import claims_ledger
from oracle.service.claims_ledger import ClaimsLedger
from oracle.service.reports import Reports
from oracle.service.sealed_file import read_sealed, write_sealed

ALTERATIONS: dict[str, Callable[[bytes], bytes]] = {
    "one bit": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "cut": lambda data: data[:-1],
    "longer": lambda data: data + b"x",
    "no head": lambda data: data.partition(b"\n")[2],
    "empty": lambda data: b"",
    "head of another kind": lambda data: b"[]\n" + data.partition(b"\n")[2],
}


@pytest.mark.parametrize("content", [b"", b"page", b"a\nb\n", os.urandom(1000)])
def test_content_comes_back(tmp_path: Path, content: bytes) -> None:
    """Byte for byte; what was never written is None."""
    write_sealed(tmp_path / "deep" / "a", content)
    assert (read_sealed(tmp_path / "deep" / "a"), read_sealed(tmp_path / "b")) == (content, None)


@pytest.mark.parametrize("way", ALTERATIONS)
def test_altered_file_is_not_shown(tmp_path: Path, way: str) -> None:
    """Nor changed."""
    path = tmp_path / "a"
    write_sealed(path, b"DISAGREES")
    path.write_bytes(ALTERATIONS[way](path.read_bytes()))
    with pytest.raises(DamagedRecordError, match="altered or damaged"):
        read_sealed(path)


def test_exchanged_files_are_not_shown(tmp_path: Path) -> None:
    """The page of one check is not shown as that of another, though each is as it was written."""
    one, other = tmp_path / "one", tmp_path / "other"
    write_sealed(one, b"AGREES")
    write_sealed(other, b"DISAGREES")
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    for path in (one, other):
        with pytest.raises(DamagedRecordError, match="altered or damaged"):
            read_sealed(path)


def test_disk_in_the_way_is_named(tmp_path: Path) -> None:
    """A file is where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="a file is in the place of a directory"):
        write_sealed(tmp_path / "file" / "a", b"")


def test_ledger_comes_back_in_its_two_parts(tmp_path: Path) -> None:
    """Also where the page begins with digits and line ends."""
    ledger = ClaimsLedger(tmp_path)
    assert ledger.fetch() is None
    ledger.keep(b'{"claims": []}', b"12\n<html>")
    assert ClaimsLedger(tmp_path).fetch() == (b'{"claims": []}', b"12\n<html>")


def test_ledger_of_other_code_is_another_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the program changed."""
    ClaimsLedger(tmp_path).keep(b"{}", b"")
    monkeypatch.setattr(claims_ledger, "code_digest", lambda: "another")
    assert ClaimsLedger(tmp_path).fetch() is None


def test_oldest_reports_go_when_they_come_to_too_much(tmp_path: Path) -> None:
    """Each takes 179 bytes with its seal; the newest stays, however large."""
    reports = Reports(tmp_path, most_bytes=500)
    for age, name in enumerate("abcd"):
        reports.keep(name, bytes(100))
        os.utime(tmp_path / f"{name}.sealed", (age, age))
    reports.keep("e", bytes(100))
    assert [reports.fetch(name) is not None for name in "abcde"] == [False, False, False, True, True]
    reports.keep("f", bytes(5000))
    assert [path.name for path in tmp_path.iterdir()] == ["f.sealed"]
