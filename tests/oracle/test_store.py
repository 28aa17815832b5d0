"""The golden store: what is put comes back, and damage, contradiction and misuse are named."""

from __future__ import annotations

import errno
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from oracle.records.golden import Golden
from oracle.records.npz import npz_bytes
from oracle.records.record_errors import DamagedRecordError, MissingRecordError, StoreError
from oracle.store import Store, default_root
from reference.decimal_grid import GridArray, GridRow

SCANDIR = os.scandir


def make_golden(number: int = 0, value: int = 3) -> Golden:
    """Return the golden of spec `number`; another `value` contradicts it."""
    spec = {
        "problem": {"kind": "regression", "X": [["1", "0.5", "2"], ["0", "1", "3"]], "y": ["1", "2"]},
        "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
        "want": {"kind": "iterates", "steps": [number]},
    }
    u = GridArray((GridRow(41, (value * 10**40 + number, -(10**40)), (1, 1)),))
    return Golden(spec, {"u": u}, (number,), "certified", 40, {"python": "3.11"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store that is not there yet."""
    return Store(tmp_path / "deep" / "store")


def file_of(store: Store, golden: Golden) -> Path:
    """Return where the layout documented puts a golden."""
    name = golden.digest.removeprefix("sha256:")
    return store.root / "objects" / name[:2] / f"{name}.npz"


def flip(path: Path, place: int) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[place // 8] ^= 1 << place % 8
    path.write_bytes(data)


def states(store: Store) -> list[str]:
    """Return the states that `verify` finds, sorted."""
    return sorted(str(finding.state) for finding in store.verify())


def test_golden_comes_back_by_digest_and_by_spec(store: Store) -> None:
    """Put, get, find."""
    golden = make_golden()
    digest = store.put(golden)
    assert (digest, store.get(digest), store.find(golden.spec_digest)) == (golden.digest, golden, golden)


def test_record_lies_where_the_layout_says(store: Store) -> None:
    """objects/ab/<hex>.npz, byte for byte the sealed archive."""
    store.put(make_golden())
    assert file_of(store, make_golden()).read_bytes() == npz_bytes(make_golden())


def test_store_that_is_not_there_is_empty_and_stays_so(store: Store) -> None:
    """Reading makes nothing."""
    found = (
        store.find(make_golden().spec_digest),
        store.entries(),
        store.verify(),
        store.rebuild(),
        store.gc(),
    )
    assert (found, store.root.exists()) == ((None, [], [], [], []), False)


def test_entry_describes_the_golden(store: Store) -> None:
    """What `oracle store ls` shows."""
    store.put(make_golden())
    (entry,) = store.entries()
    shown = (entry.kind, entry.n, entry.d, entry.method, entry.want, entry.digits, entry.grade, entry.bytes)
    assert shown == (
        "regression",
        2,
        3,
        "heavy_ball",
        "iterates",
        40,
        "certified",
        len(npz_bytes(make_golden())),
    )


def test_putting_twice_changes_nothing(store: Store) -> None:
    """The first file stays, with its provenance and its row."""
    golden = make_golden()
    store.put(golden)
    before = store.entries()
    again = Golden(golden.spec, golden.arrays, golden.steps, "certified", 40, {"python": "3.13"})
    store.put(again)
    assert (store.get(golden.digest).provenance, store.entries()) == ({"python": "3.11"}, before)


def sealed(*goldens: Golden) -> dict[str, bytes]:
    """Return goldens as other processes hand them over."""
    return {golden.spec_digest: npz_bytes(golden) for golden in goldens}


def test_sealed_goldens_are_stored_as_put_stores_them(store: Store) -> None:
    """Files byte for byte, rows but for the time."""
    goldens, other = [make_golden(number) for number in range(5)], Store(store.root.parent / "other")
    store.put_sealed(sealed(*goldens))
    for golden in goldens:
        other.put(golden)
    assert [store.find(golden.spec_digest) for golden in goldens] == goldens
    assert [file_of(store, g).read_bytes() for g in goldens] == [
        file_of(other, g).read_bytes() for g in goldens
    ]
    assert (states(store), store.entries()[0].bytes) == (["sound"] * 5, other.entries()[0].bytes)


def test_sealed_golden_that_was_altered_is_refused_with_all_that_came_with_it(store: Store) -> None:
    """Planted fault: one bit of the second of three."""
    files = sealed(*(make_golden(number) for number in range(3)))
    altered = bytearray(files[make_golden(1).spec_digest])
    altered[500] ^= 1
    with pytest.raises(
        DamagedRecordError, match=f"computed for the spec {make_golden(1).spec_digest}. is damaged"
    ):
        store.put_sealed(files | {make_golden(1).spec_digest: bytes(altered)})
    assert store.entries() == []


def test_sealed_golden_of_another_spec_is_refused(store: Store) -> None:
    """Planted fault: a sound answer to what was not asked."""
    with pytest.raises(
        DamagedRecordError, match=f"a golden of the spec {make_golden(2).spec_digest} arrived for"
    ):
        store.put_sealed({make_golden(1).spec_digest: npz_bytes(make_golden(2))})
    assert store.entries() == []


def test_contradiction_among_many_keeps_what_came_before_it(store: Store) -> None:
    """Planted fault: the second of three contradicts the store; the first is stored, the third is not."""
    store.put(make_golden(1, value=3))
    files = sealed(make_golden(0), make_golden(1, value=4), make_golden(2))
    with pytest.raises(StoreError, match="one of them is wrong"):
        store.put_sealed(files)
    found = [store.find(make_golden(number).spec_digest) for number in range(3)]
    assert (found, states(store)) == ([make_golden(0), make_golden(1, value=3), None], ["sound", "sound"])


def test_names_reach_the_disk_before_the_rows_do(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: the directories of new records cannot be flushed; then there are no rows of them."""
    store.put(make_golden(0))

    def fail(directory: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(directory))

    with monkeypatch.context() as patch:
        patch.setattr("oracle.store.sync_directory", fail)
        with pytest.raises(StoreError, match="No stored record was lost"):
            store.put_sealed(sealed(make_golden(1), make_golden(2)))
    assert [entry.digest for entry in store.entries()] == [make_golden(0).digest]
    store.put_sealed(sealed(make_golden(1), make_golden(2)))
    assert states(store) == ["sound"] * 3


def test_index_says_which_of_many_specs_are_answered(store: Store) -> None:
    """More than one query takes; and none where there is no store."""
    goldens = [make_golden(number) for number in range(3)]
    others = [make_golden(number).spec_digest for number in range(100, 1300)]
    asked = [goldens[0].spec_digest, *others, goldens[2].spec_digest]
    before = store.answered(asked)
    store.put_sealed(sealed(*goldens))
    found = {spec: entry.digest for spec, entry in store.answered(asked).items()}
    assert (before, found) == ({}, {golden.spec_digest: golden.digest for golden in (goldens[0], goldens[2])})
    assert store.answered([]) == {}


class CountedListing:
    """`os.scandir` that counts the entries it gives out."""

    given = 0

    def __init__(self, path: Any) -> None:
        self.listing = SCANDIR(path)

    def __enter__(self) -> CountedListing:
        return self

    def __exit__(self, *_: object) -> None:
        self.listing.close()

    def __iter__(self) -> CountedListing:
        return self

    def __next__(self) -> os.DirEntry[str]:
        CountedListing.given += 1
        return next(self.listing)


@pytest.mark.parametrize(
    ("look", "most"),
    [
        (lambda store: store.find(make_golden().spec_digest), 4),
        (lambda store: store.root.glob("objects/*/*.npz").__next__(), None),
    ],
)
def test_use_of_a_store_lists_no_more_of_it_however_many_records_there_are(
    store: Store, monkeypatch: pytest.MonkeyPatch, look: Callable[[Store], Any], most: int | None
) -> None:
    """Two entries among three thousand are enough; planted fault: a look that lists a whole directory."""
    store.put(make_golden())
    directory = file_of(store, make_golden()).parent
    for number in range(3000):
        (directory / f"{directory.name}{number:062x}.npz").touch()
    monkeypatch.setattr(CountedListing, "given", 0)
    monkeypatch.setattr(os, "scandir", CountedListing)
    look(store)
    assert (CountedListing.given <= most) if most is not None else (CountedListing.given > 3000)


def test_contradicting_golden_is_refused_and_the_first_stays(store: Store) -> None:
    """Planted fault: other values for the same spec."""
    store.put(make_golden(value=3))
    with pytest.raises(StoreError, match=r"one of them is wrong\. Nothing was stored or changed"):
        store.put(make_golden(value=4))
    assert (store.find(make_golden().spec_digest), states(store)) == (make_golden(value=3), ["sound"])


@pytest.mark.parametrize("cut", [12, 20, 71])
def test_digest_is_resolved_from_its_beginning(store: Store, cut: int) -> None:
    """With and without `sha256:`."""
    digest = store.put(make_golden())
    assert store.resolve(digest[:cut]) == store.resolve(digest[7:cut]) == digest


def test_page_of_the_store_has_those_alone_that_are_looked_for(store: Store) -> None:
    """By the beginning of the digest, by kind, by method, in the order of digests, from the first beyond another on."""
    digests = sorted(store.put(make_golden(number)) for number in range(40))
    entry = store.entry(digests[0])
    assert entry is not None
    assert [found.digest for found in store.page("", 100)] == digests
    assert [found.digest for found in store.page(digests[9], 5)] == digests[10:15]
    kind = {"kind": entry.kind, "method": entry.method}
    assert [found.digest for found in store.page(digests[9], 5, **kind)] == digests[10:15]
    for prefix in {digest[:8] for digest in digests}:
        beginning = [digest for digest in digests if digest.startswith(prefix)]
        assert [found.digest for found in store.page("", 100, prefix=prefix)] == beginning
        assert [found.digest for found in store.page(beginning[0], 100, prefix=prefix, **kind)] == beginning[
            1:
        ]
        assert store.page(beginning[-1], 100, prefix=prefix) == []
    assert store.page("", 100, prefix="sha256:zz") == []
    assert store.page("", 100, kind="another") == store.page("", 100, method="another") == []


def test_unknown_beginning_of_a_digest_is_refused(store: Store) -> None:
    """Named, with what to do."""
    with pytest.raises(
        MissingRecordError, match="no golden begins with `sha256:abc`; `oracle store ls` lists"
    ):
        store.resolve("abc")


def test_ambiguous_beginning_of_a_digest_is_refused(store: Store) -> None:
    """Both candidates are listed."""
    digests = [store.put(make_golden(number)) for number in (1, 2)]
    with pytest.raises(StoreError, match=f"2 goldens begin with `sha256:`: .*{digests[0]}"):
        store.resolve("sha256:")


def test_beginning_of_very_many_digests_is_refused_without_listing_them(store: Store) -> None:
    """Sixteen begin with nothing at all."""
    store.put_sealed(sealed(*(make_golden(number) for number in range(16))))
    with pytest.raises(StoreError, match="more than 10 goldens begin with `sha256:`, among them sha256:"):
        store.resolve("")


@pytest.mark.parametrize("text", ["sha256:zz", "g", "\udcff", "é", "%", "sha256:" + "f" * 70])
def test_text_that_begins_no_digest_is_missing(store: Store, text: str) -> None:
    """Also what no database could store."""
    store.put(make_golden())
    with pytest.raises(MissingRecordError, match="no golden begins with"):
        store.resolve(text)


def test_unknown_digest_is_missing(store: Store) -> None:
    """No file, no row."""
    with pytest.raises(MissingRecordError, match=r"no golden sha256:0+ in this store"):
        store.get("sha256:" + "0" * 64)


@pytest.mark.parametrize("digest", ["", "sha256:../../etc/passwd", "sha256:" + "A" * 64, "0" * 64])
def test_text_that_is_no_digest_is_refused(store: Store, digest: str) -> None:
    """Nothing outside the layout can be named."""
    store.put(make_golden())
    with pytest.raises(StoreError, match="is no digest; expected `sha256:` and 64 hexadecimal digits"):
        store.get(digest)


def test_bit_flips_in_a_stored_record_are_detected(store: Store) -> None:
    """Planted fault: a hundred bits in turn, each read refused, each named by verify."""
    digest, path = store.put(make_golden()), file_of(store, make_golden())
    source = random.Random(1)
    for place in source.sample(range(8 * path.stat().st_size), 100):
        flip(path, place)
        with pytest.raises(DamagedRecordError, match=path.name):
            store.get(digest)
        flip(path, place)
    assert store.get(digest) == make_golden()


@pytest.mark.parametrize("use", [lambda s: s.find(make_golden().spec_digest), lambda s: s.put(make_golden())])
def test_damaged_record_stops_every_use_of_it(store: Store, use: Callable[[Store], Any]) -> None:
    """It is neither recomputed nor overwritten in silence."""
    store.put(make_golden())
    path = file_of(store, make_golden())
    flip(path, 4000)
    before = path.read_bytes()
    with pytest.raises(DamagedRecordError, match=path.name):
        use(store)
    assert path.read_bytes() == before


def test_other_record_under_the_name_is_detected(store: Store) -> None:
    """Planted fault: a sound file copied over another."""
    first, second = make_golden(1), make_golden(2)
    store.put(first)
    store.put(second)
    shutil.copyfile(file_of(store, first), file_of(store, second))
    with pytest.raises(DamagedRecordError, match=f"it holds the golden {first.digest}"):
        store.get(second.digest)


def test_altered_grade_under_a_fitting_seal_is_detected(store: Store) -> None:
    """Planted fault: the grade is no part of the digest, but the index knows the file."""
    golden = make_golden()
    store.put(golden)
    forged = Golden(golden.spec, golden.arrays, golden.steps, "confirmed", 40, golden.provenance)
    file_of(store, golden).write_bytes(npz_bytes(forged))
    with pytest.raises(DamagedRecordError, match="the index expects a file with sha256:"):
        store.get(golden.digest)


def test_missing_file_of_a_listed_record_is_named(store: Store) -> None:
    """Planted fault: the file was removed by hand."""
    store.put(make_golden())
    file_of(store, make_golden()).unlink()
    with pytest.raises(MissingRecordError, match="is missing, though the index lists it"):
        store.find(make_golden().spec_digest)


def test_putting_a_record_whose_file_is_missing_restores_it(store: Store) -> None:
    """The values are the same: nothing is overwritten."""
    store.put(make_golden())
    file_of(store, make_golden()).unlink()
    store.put(make_golden())
    assert states(store) == ["sound"]


def test_verify_names_every_kind_of_finding(store: Store) -> None:
    """One of each: sound, damaged, missing, unindexed, leftover, strange."""
    for number in range(3):
        store.put(make_golden(number))
    flip(file_of(store, make_golden(1)), 999)
    file_of(store, make_golden(2)).unlink()
    unindexed = Store(store.root.parent / "other")
    unindexed.put(make_golden(3))
    target = file_of(store, make_golden(3))
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(file_of(unindexed, make_golden(3)), target)
    (target.parent / ".x.unfinished").write_bytes(b"x")
    (store.root / "objects" / "notes.txt").write_bytes(b"x")
    assert states(store) == ["damaged", "leftover", "missing", "sound", "strange", "unindexed"]


def test_verify_reports_its_progress(store: Store) -> None:
    """Done and all, once a file."""
    for number in range(3):
        store.put(make_golden(number))
    seen: list[tuple[int, int]] = []
    store.verify(lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_verify_detects_a_row_that_disagrees_with_its_file(store: Store) -> None:
    """Planted fault: a row that claims more digits than its record."""
    store.put(make_golden())
    with sqlite3.connect(store.root / "index.sqlite3") as index:
        index.execute("UPDATE records SET digits = 99")
    index.close()
    (finding,) = store.verify()
    assert "`digits` is 40 in the file, but 99 in the index" in finding.reason


def test_gc_removes_leftovers_and_nothing_else(store: Store) -> None:
    """Also a damaged record stays."""
    store.put(make_golden())
    flip(file_of(store, make_golden()), 999)
    leftover = file_of(store, make_golden()).parent / ".u.npz.1.aa.unfinished"
    leftover.write_bytes(b"123")
    (removal,) = store.gc()
    assert ((removal.path, removal.bytes), states(store)) == ((leftover, 3), ["damaged"])


def test_gc_in_a_dry_run_changes_nothing(store: Store) -> None:
    """It says what it would do."""
    store.put(make_golden())
    flip(file_of(store, make_golden()), 999)
    (file_of(store, make_golden()).parent / ".u.npz.1.aa.unfinished").write_bytes(b"123")
    removals = store.gc(dry_run=True, set_aside=True)
    assert (len(removals), states(store)) == (2, ["damaged", "leftover"])


@pytest.mark.parametrize("damage", [lambda path: flip(path, 999), Path.unlink])
def test_lost_record_can_be_set_aside_and_computed_anew(store: Store, damage: Callable[[Path], Any]) -> None:
    """The way out of damage, taken on purpose; the damaged file is kept."""
    store.put(make_golden())
    path = file_of(store, make_golden())
    damage(path)
    kept = path.read_bytes() if path.exists() else None
    store.gc(set_aside=True)
    aside = store.root / "set-aside" / path.name
    assert store.find(make_golden().spec_digest) is None
    assert (aside.read_bytes() if kept else None) == kept
    store.put(make_golden())
    assert states(store) == ["sound"]


def test_files_set_aside_never_replace_one_another(store: Store) -> None:
    """Damaged twice, kept twice."""
    for place in (999, 1999):
        store.put(make_golden())
        flip(file_of(store, make_golden()), place)
        store.gc(set_aside=True)
    assert len(list((store.root / "set-aside").iterdir())) == 2


def lose_index(index: Path) -> None:
    """Remove the index."""
    index.unlink()


def cut_index(index: Path) -> None:
    """Cut the index in half."""
    index.write_bytes(index.read_bytes()[: index.stat().st_size // 2])


def empty_index(index: Path) -> None:
    """Leave an empty file."""
    index.write_bytes(b"")


def garble_index(index: Path) -> None:
    """Leave something else."""
    index.write_bytes(b"no database" * 1000)


def age_index(index: Path) -> None:
    """Claim another version."""
    with sqlite3.connect(index) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()


def drop_table(index: Path) -> None:
    """Leave a database without its table."""
    with sqlite3.connect(index) as connection:
        connection.execute("DROP TABLE records")
    connection.close()


def spoil_row(index: Path) -> None:
    """Put a number where a digest belongs."""
    with sqlite3.connect(index) as connection:
        connection.execute(
            "UPDATE records SET digest = 7 WHERE spec_digest IN (SELECT min(spec_digest) FROM records)"
        )
    connection.close()


INDEX_DAMAGE = [lose_index, cut_index, empty_index, garble_index, age_index, drop_table, spoil_row]


@pytest.mark.parametrize("damage", INDEX_DAMAGE)
@pytest.mark.parametrize(
    "use", [Store.entries, lambda s: s.put(make_golden()), Store.gc, lambda s: s.gc(True, True)]
)
def test_damaged_index_stops_every_use_of_it(
    store: Store, damage: Callable[[Path], None], use: Callable[[Store], Any]
) -> None:
    """It is never made anew in silence; the message says how to rebuild it."""
    store.put(make_golden())
    damage(store.root / "index.sqlite3")
    with pytest.raises(DamagedRecordError, match="`oracle store verify --rebuild`"):
        use(store)


@pytest.mark.parametrize("damage", INDEX_DAMAGE)
def test_index_is_rebuilt_from_the_records(store: Store, damage: Callable[[Path], None]) -> None:
    """Every golden is found again, and the rows are as before but for the time."""
    for number in range(4):
        store.put(make_golden(number))
    before = {(entry.spec_digest, entry.digest, entry.file_sha256, entry.d) for entry in store.entries()}
    damage(store.root / "index.sqlite3")
    store.rebuild()
    assert {
        (entry.spec_digest, entry.digest, entry.file_sha256, entry.d) for entry in store.entries()
    } == before


def test_verify_names_a_damaged_index(store: Store) -> None:
    """The index is a finding, the records are still verified."""
    store.put(make_golden())
    garble_index(store.root / "index.sqlite3")
    assert states(store) == ["damaged", "unindexed"]


def test_bit_flips_in_the_index_never_give_a_wrong_answer(store: Store) -> None:
    """Planted fault: 200 bits in turn; each answer is right, or an error, or `not there`."""
    goldens = [make_golden(number) for number in range(3)]
    for golden in goldens:
        store.put(golden)
    index, source = store.root / "index.sqlite3", random.Random(2)
    for place in source.sample(range(8 * index.stat().st_size), 200):
        flip(index, place)
        for golden in goldens:
            with suppress(DamagedRecordError, MissingRecordError, StoreError):
                assert store.find(golden.spec_digest) in (golden, None)
        flip(index, place)


def test_rebuilding_reports_damaged_records_and_indexes_the_others(store: Store) -> None:
    """None is skipped in silence."""
    for number in range(2):
        store.put(make_golden(number))
    flip(file_of(store, make_golden(1)), 999)
    lose_index(store.root / "index.sqlite3")
    findings = sorted(str(finding.state) for finding in store.rebuild())
    assert (findings, [entry.digest for entry in store.entries()]) == (
        ["damaged", "sound"],
        [make_golden(0).digest],
    )


def test_rebuilding_refuses_records_that_contradict_each_other(store: Store) -> None:
    """Planted fault: two sound records for one spec."""
    store.put(make_golden(value=3))
    other = Store(store.root.parent / "other")
    other.put(make_golden(value=4))
    shutil.copytree(other.root / "objects", store.root / "objects", dirs_exist_ok=True)
    with pytest.raises(StoreError, match=r"are both sound and answer the same spec"):
        store.rebuild()


def test_record_without_its_row_is_taken_over(store: Store) -> None:
    """What a kill between the two leaves: found by digest, indexed by the next writer of it."""
    store.put(make_golden(0))
    path = file_of(store, make_golden(1))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(npz_bytes(make_golden(1)))
    assert store.find(make_golden(1).spec_digest) is None
    assert store.get(make_golden(1).digest) == make_golden(1)
    store.put(make_golden(1))
    assert states(store) == ["sound", "sound"]


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "the disk is full: free some space"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "the file system is read-only: name a writable store"),
        (errno.EACCES, "access is not permitted: change its permissions"),
        (errno.EIO, "see the system's words"),
    ],
)
def test_failing_disk_is_named_and_nothing_is_lost(
    store: Store, number: int, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault: the system refuses to flush a record."""

    def fail(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    store.put(make_golden(0))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StoreError, match=f"{advice}.* No stored record was lost"):
            store.put(make_golden(1))
    assert (states(store), store.find(make_golden(1).spec_digest)) == (["sound"], None)


def test_busy_index_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds the write lock for longer than we wait."""
    store.put(make_golden(0))
    monkeypatch.setattr("oracle.store_index._SECONDS_TO_WAIT", 0.05)
    other = sqlite3.connect(store.root / "index.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another process has been writing"):
        store.put(make_golden(1))
    other.close()


def test_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """Misuse is named."""
    (tmp_path / "store").write_bytes(b"")
    with pytest.raises(StoreError, match="a file is in the place of a directory: name another store"):
        Store(tmp_path / "store").put(make_golden())


def test_default_root_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MOMENTUM_ORACLE_STORE goes first."""
    monkeypatch.setenv("MOMENTUM_ORACLE_STORE", str(tmp_path))
    assert default_root() == Store().root == tmp_path


def test_default_root_is_otherwise_the_users_data_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where platformdirs puts it."""
    monkeypatch.delenv("MOMENTUM_ORACLE_STORE", raising=False)
    assert default_root().name == "momentum-oracle"


def test_importing_the_store_imports_no_platformdirs() -> None:
    """Reading a record needs numpy and the standard library alone."""
    heavy = ("platformdirs", "pydantic", "mpmath", "flint", "torch")
    script = f"import sys, oracle.store; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_index_tells_of_a_golden_without_reading_it(store: Store) -> None:
    """Though its file is gone: digest of a spec, entry of a digest, count."""
    golden = make_golden()
    store.put(golden)
    file_of(store, golden).unlink()
    (entry,) = store.entries()
    assert (store.digest_of(golden.spec_digest), store.entry(golden.digest)) == (golden.digest, entry)
    assert (store.digest_of("sha256:" + "0" * 64), store.entry("sha256:" + "0" * 64)) == (None, None)
    assert store.count() == 1


def test_pages_go_through_everything_in_the_order_of_digests(store: Store) -> None:
    """Each golden once, however long a page is."""
    digests = sorted(store.put(make_golden(number)) for number in range(7))
    for length in (1, 3, 7, 100):
        seen: list[str] = []
        while page := store.page(seen[-1] if seen else "", length):
            assert len(page) <= length
            seen += [entry.digest for entry in page]
        assert seen == digests


def test_newest_goldens_come_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are asked for; each is put a minute after the one before (planted clock)."""
    digests = []
    for number in range(4):
        monkeypatch.setattr("oracle.store.time.time", lambda number=number: 1e9 + 60 * number)
        digests.append(store.put(make_golden(number)))
    assert [entry.digest for entry in store.newest(3)] == digests[:0:-1]


def test_file_comes_back_byte_for_byte_and_damage_is_refused(store: Store) -> None:
    """Planted: one bit; without its row all of the file is verified."""
    golden = make_golden()
    store.put(golden)
    assert store.file_bytes(golden.digest) == npz_bytes(golden)
    flip(file_of(store, golden), 4000)
    with pytest.raises(DamagedRecordError, match="is not the file that was stored"):
        store.file_bytes(golden.digest)
    file_of(store, golden).unlink()
    with pytest.raises(MissingRecordError, match="the index lists it"):
        store.file_bytes(golden.digest)


def test_empty_store_answers_every_question(store: Store) -> None:
    """And is not made by being asked."""
    found = store.digest_of("sha256:" + "0" * 64), store.page("", 5), store.newest(5), store.count()
    assert (found, store.root.exists()) == ((None, [], [], 0), False)


def test_golden_that_the_index_gives_for_another_spec_is_refused(store: Store) -> None:
    """Two rows whose specs were exchanged: each record is sound, and neither answers what was asked."""
    goldens = [make_golden(number) for number in (1, 2)]
    for golden in goldens:
        store.put(golden)
    one, other = (golden.spec_digest for golden in goldens)
    with closing(sqlite3.connect(store.root / "index.sqlite3", isolation_level=None)) as connection:
        for old, new in ((one, "sha256:x"), (other, one), ("sha256:x", other)):
            connection.execute("UPDATE records SET spec_digest = ? WHERE spec_digest = ?", (new, old))
    for golden in goldens:
        with pytest.raises(DamagedRecordError, match=r"the index was altered or damaged.*verify --rebuild"):
            store.find(golden.spec_digest)
    store.rebuild()
    assert [store.find(golden.spec_digest) for golden in goldens] == goldens
