"""The shipped suite: small, whole, verified when it is read, and refused when it was altered."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from oracle.conformance.problems import problems
from oracle.conformance.shipped import INDEX, load_suite
from oracle.records.record_errors import DamagedRecordError, MissingRecordError

SHIPPED = Path(str(files("oracle.conformance"))) / "suite"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the suite that may be damaged."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "suite"))


def rewritten(directory: Path, change: Any) -> None:
    """Change the index of a suite."""
    index = json.loads((directory / INDEX).read_text("utf-8"))
    change(index)
    (directory / INDEX).write_text(json.dumps(index), "utf-8")


def test_every_shipped_golden_verifies() -> None:
    """Seal, digest and limbs of each; grade certified; the digest that the index names."""
    suite = load_suite()
    for entry in suite.entries:
        for dtype in entry.goldens:
            golden = suite.golden(entry, dtype)
            assert golden.grade == "certified"
            assert (golden.spec["inputs_as"], golden.spec["model"]) == (dtype, entry.model)


def test_the_shipped_suite_is_the_list_of_problems() -> None:
    """Names, dtypes, reasons and order are those of the source; 4 themes in 5 have bfloat16."""
    shipped = [(e.name, e.theme, e.why, e.sparse, e.quick, tuple(e.goldens)) for e in load_suite().entries]
    assert shipped == [(p.name, p.theme, p.why, p.sparse, p.quick, p.dtypes) for p in problems()]


def test_the_suite_is_small() -> None:
    """Index and goldens take less than 2 MB."""
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 2_000_000


def test_successive_steps_are_recorded_but_for_long_horizons() -> None:
    """Every step up to the last; of a sparse problem those of its golden."""
    suite = load_suite()
    by_name = {entry.name: entry for entry in suite.entries}
    short, long = by_name["primes"], by_name["long-linear"]
    assert short.steps_to_record(suite.golden(short, "float64")) == tuple(range(13))
    assert len(long.steps_to_record(suite.golden(long, "float64"))) == 9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda index: index.update(schema="another/1"), "has schema 'another/1'; this version reads"),
        (lambda index: index["problems"].pop(), "but its problems give"),
        (lambda index: index["problems"][0].update(sparse=True), "but its problems give"),
        (lambda index: index["problems"][0].pop("name"), "is no index"),
        (lambda index: index["problems"][0].update(colour="red"), "is no index"),
    ],
    ids=["schema", "a problem less", "another question", "a field less", "a field more"],
)
def test_an_altered_index_is_refused(copy: Path, change: Any, message: str) -> None:
    """With what is wrong and what makes it whole again."""
    rewritten(copy, change)
    with pytest.raises(DamagedRecordError, match=message) as refused:
        load_suite(copy)
    assert "Install the package anew" in str(refused.value)


def test_an_index_that_is_no_json_is_refused(copy: Path) -> None:
    """Cut off in the middle."""
    text = (copy / INDEX).read_text("utf-8")
    (copy / INDEX).write_text(text[: len(text) // 2], "utf-8")
    with pytest.raises(DamagedRecordError, match="is no index"):
        load_suite(copy)


def test_a_missing_file_is_named(copy: Path, tmp_path: Path) -> None:
    """The index, or a golden."""
    with pytest.raises(MissingRecordError, match=r"`index\.json` of the conformance suite is not there"):
        load_suite(tmp_path)
    suite = load_suite(copy)
    (copy / "primes.float64.npz").unlink()
    entry = next(entry for entry in suite.entries if entry.name == "primes")
    with pytest.raises(MissingRecordError, match=r"`primes\.float64\.npz`"):
        suite.golden(entry, "float64")


@pytest.mark.parametrize("other", ["one-sample.float64.npz", "primes.float32.npz"])
def test_another_golden_in_its_place_is_refused(copy: Path, other: str) -> None:
    """A valid golden of another problem or dtype under this one's name."""
    shutil.copy(copy / other, copy / "primes.float64.npz")
    suite = load_suite(copy)
    entry = next(entry for entry in suite.entries if entry.name == "primes")
    with pytest.raises(DamagedRecordError, match="but its index names"):
        suite.golden(entry, "float64")


def test_a_changed_bit_is_refused(copy: Path) -> None:
    """One bit of one golden."""
    file = copy / "primes.float64.npz"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    suite = load_suite(copy)
    entry = next(entry for entry in suite.entries if entry.name == "primes")
    with pytest.raises(DamagedRecordError, match="damaged or was altered"):
        suite.golden(entry, "float64")
