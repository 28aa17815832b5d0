"""The golden store under other processes: many writers, kills at any instant, full and read-only disks."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import pytest

from oracle.records.golden import Golden
from oracle.records.npz import npz_bytes, write_npz
from oracle.store import Store
from reference.decimal_grid import GridArray, GridRow

HEADER = """
import os, signal, sys
from pathlib import Path
from oracle.records.npz import read_npz
from oracle.store import Store, StoreError
root, goldens = Path(sys.argv[1]), [read_npz(path) for path in sorted(Path(sys.argv[2]).glob("*.npz"))]
"""
WRITER = (
    HEADER
    + """
print("ready", flush=True)
for golden in goldens:
    Store(root).put(golden)
"""
)
# forks a writer again and again and kills it as it reaches its 1st, 4th, 7th ... line in the store's modules
KILLED_AT_EACH_LINE = (
    HEADER
    + """
def write_and_die(last):
    seen = 0
    def trace(frame, event, argument):
        nonlocal seen
        if not Path(frame.f_code.co_filename).name.startswith(("store", "atomic_files")):
            return None
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)
    try:
        Store(root / str(last)).put(goldens[0])
        os._exit(0)
    finally:
        os._exit(3)

code, last = -9, -2
while code == -9:
    last += 3
    child = os.fork()
    if child == 0:
        write_and_die(last)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(code, last)
"""
)
FILLS_THE_DISK = (
    HEADER
    + """
stored = []
try:
    for golden in goldens:
        Store(root).put(golden)
        stored.append(golden)
except StoreError as error:
    print(error)
print(bool(stored), {str(finding.state) for finding in Store(root).verify()} <= {"sound", "unindexed"})
print(all(Store(root).get(golden.digest) == golden for golden in stored))
os.system(f"mount -o remount,size=64m {root}")
for golden in goldens:
    Store(root).put(golden)
print([str(finding.state) for finding in Store(root).verify()] == ["sound"] * len(goldens))
"""
)
READS_ONLY = (
    HEADER
    + """
store = Store(root)
print(len(store.entries()), [str(finding.state) for finding in store.verify()])
print(store.get(goldens[0].digest) == store.find(goldens[0].spec_digest) == goldens[0])
for change in (lambda: store.put(goldens[1]), store.rebuild):
    try:
        change()
    except StoreError as error:
        print(error)
"""
)


def make_golden(number: int, width: int = 2) -> Golden:
    """Return the golden of spec `number`."""
    u = GridArray((GridRow(41, (3 * 10**40 + number,) * width, (1,) * width),))
    return Golden({"want": {"steps": [number]}}, {"u": u}, (number,), "certified", 40, {})


def write_goldens(directory: Path, goldens: list[Golden]) -> Path:
    """Lay goldens down for a writer process to pick up."""
    directory.mkdir()
    for place, golden in enumerate(goldens):
        write_npz(golden, directory / f"{place:03}.npz")
    return directory


def start(script: str, *arguments: Path) -> subprocess.Popen[str]:
    """Start Python on a script."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Return what a process printed; it must have ended well."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


def check_sound_after_kill(store: Store, golden: Golden) -> None:
    """Nothing visible is broken, the golden can be stored, and gc leaves it alone."""
    before = store.verify()
    assert not any(finding.is_failure for finding in before), before
    assert all(store.get(entry.digest) for entry in store.entries())
    store.put(golden)
    store.gc()
    assert {str(finding.state) for finding in store.verify()} == {"sound"}
    assert store.find(golden.spec_digest) == golden


PUTS_MANY = KILLED_AT_EACH_LINE.replace(
    "put(goldens[0])", "put_sealed({golden.spec_digest: npz_bytes(golden) for golden in goldens})"
).replace("import read_npz\n", "import npz_bytes, read_npz\n")


@pytest.mark.skipif(os.name == "nt", reason="needs fork")
def test_writer_of_many_killed_at_any_line_leaves_a_sound_store(tmp_path: Path) -> None:
    """SIGKILL as three sealed goldens are stored in one go; put once more, all three are there."""
    three = [make_golden(number) for number in range(3)]
    goldens = write_goldens(tmp_path / "goldens", three)
    code, last = finish(start(PUTS_MANY, tmp_path / "stores", goldens)).split()
    assert (code, int(last) > 150) == ("0", True)
    for killed_at in range(1, int(last), 3):
        store = Store(tmp_path / "stores" / str(killed_at))
        assert not any(finding.is_failure for finding in store.verify())
        assert all(store.get(entry.digest) for entry in store.entries())
        store.put_sealed({golden.spec_digest: npz_bytes(golden) for golden in three})
        store.gc()
        assert [str(finding.state) for finding in store.verify()] == ["sound"] * 3


@pytest.mark.skipif(os.name == "nt", reason="needs fork")
def test_writer_killed_at_any_line_leaves_a_sound_store(tmp_path: Path) -> None:
    """SIGKILL as the first writer of a new store reaches each third line of the store's code."""
    goldens = write_goldens(tmp_path / "goldens", [make_golden(0)])
    code, last = finish(start(KILLED_AT_EACH_LINE, tmp_path / "stores", goldens)).split()
    assert (code, int(last) > 100) == ("0", True)
    for killed_at in range(1, int(last), 3):
        check_sound_after_kill(Store(tmp_path / "stores" / str(killed_at)), make_golden(0))


def test_writer_killed_at_any_time_leaves_a_sound_store(tmp_path: Path) -> None:
    """SIGKILL from outside, inside system calls too, again and again on one store."""
    goldens = write_goldens(tmp_path / "goldens", [make_golden(number) for number in range(60)])
    store, source = Store(tmp_path / "store"), random.Random(3)
    for _ in range(8):
        with start(WRITER, store.root, goldens) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(source.uniform(0, 0.1))
            writer.kill()
        assert not any(finding.is_failure for finding in store.verify())
    finish(start(WRITER, store.root, goldens))
    check_sound_after_kill(store, make_golden(0))


def test_many_writers_and_a_reader_at_once(tmp_path: Path) -> None:
    """Four processes store the same 15 goldens and 10 of their own while the store is made and read."""
    shared = [make_golden(number) for number in range(15)]
    own = [[make_golden(100 * writer + number) for number in range(10)] for writer in range(1, 5)]
    laid = [write_goldens(tmp_path / f"goldens{place}", shared + some) for place, some in enumerate(own)]
    store = Store(tmp_path / "store")
    writers = [start(WRITER, store.root, goldens) for goldens in laid]
    while any(writer.poll() is None for writer in writers):
        assert all(store.get(entry.digest) for entry in store.entries())
        assert store.find(shared[0].spec_digest) in (None, shared[0])
    for writer in writers:
        finish(writer)
    assert [str(finding.state) for finding in store.verify()] == ["sound"] * 55
    assert {entry.digest for entry in store.entries()} == {g.digest for g in [*shared, *chain(*own)]}


def test_file_size_limit_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    """A real refusal by the system in the middle of a file."""
    goldens = write_goldens(tmp_path / "goldens", [make_golden(0), make_golden(1, 20_000)])
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
    script = limit + WRITER.replace(
        "Store(root).put(golden)", "golden in goldens[1:] and Store(root).put(golden)"
    )
    store = Store(tmp_path / "store")
    store.put(make_golden(0))
    errors = start(script, store.root, goldens).communicate(timeout=60)[1]
    assert "the file would exceed a size limit: raise the limit" in errors
    assert [str(finding.state) for finding in store.verify()] == ["sound"]


@pytest.fixture
def namespace() -> list[str]:
    """Return the command that runs a shell line with mounts of its own; skip where there is none."""
    if shutil.which("unshare") is None:
        pytest.skip("needs `unshare`")
    command = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "sh", "-c"]
    if subprocess.run([*command, "mount -t tmpfs none /mnt"], check=False, capture_output=True).returncode:
        pytest.skip("may not mount here")
    return command


def run_mounted(namespace: list[str], mount: str, script: str, *arguments: Path) -> list[str]:
    """Run a script after a mount, in a namespace of its own; return its lines."""
    command = [*namespace, f'{mount} && exec "$@"', "sh", sys.executable, "-c", script, *map(str, arguments)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


@pytest.mark.parametrize("kilobytes", [100, 180, 400])
def test_full_disk_is_named_and_nothing_is_lost(tmp_path: Path, namespace: list[str], kilobytes: int) -> None:
    """A real file system that fills up: what was stored is sound; with more space the rest goes in."""
    goldens = write_goldens(tmp_path / "goldens", [make_golden(number, 500) for number in range(30)])
    (tmp_path / "store").mkdir()
    mount = f"mount -t tmpfs -o size={kilobytes}k none {tmp_path / 'store'}"
    message, *rest = run_mounted(namespace, mount, FILLS_THE_DISK, tmp_path / "store", goldens)
    assert "full" in message
    assert "No stored record was lost" in message
    assert rest == ["True True", "True", "True"]


@pytest.mark.parametrize("log_left", [False, True])
def test_read_only_store_is_read_and_refuses_writing(
    tmp_path: Path, namespace: list[str], log_left: bool
) -> None:
    """A real read-only mount; also with a write-ahead log that a killed process left behind."""
    goldens = write_goldens(tmp_path / "goldens", [make_golden(0), make_golden(1)])
    store = Store(tmp_path / "store")
    store.put(make_golden(2))
    holder = sqlite3.connect(store.root / "index.sqlite3")
    if log_left:
        holder.execute("SELECT * FROM records").fetchall()
    store.put(make_golden(0))
    shutil.copytree(store.root, tmp_path / "copy")
    holder.close()
    assert (tmp_path / "copy" / "index.sqlite3-wal").exists() == log_left
    copy = tmp_path / "copy"
    mount = f"mount --bind {copy} {copy} && mount -o remount,bind,ro {copy}"
    listed, found, *refusals = run_mounted(namespace, mount, READS_ONLY, copy, goldens)
    assert (listed, found) == ("2 ['sound', 'sound']", "True")
    assert len(refusals) == 2
    assert all("cannot be written" in line or "read-only" in line for line in refusals)


def test_goldens_differ_in_their_bytes() -> None:
    """The writers above do store different files."""
    assert npz_bytes(make_golden(0)) != npz_bytes(make_golden(1))
