"""`oracle sweep`: exit codes, what is said, interrupts, kills, and two at once."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from oracle.goldens import compute_golden
from oracle.spec import spec_from
from oracle.store import Store
from oracle.sweep import task
from oracle.sweep.grid import SCHEMA
from reference.iterates import CertificateViolationError

BASE: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "sparse_regression", "n": 2, "d": 3, "nonzeros": 1, "seed": 0},
    "model": "diagonal",
    "init": {"u": "0.25", "v": "0.25"},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "float64",
    "want": {"kind": "iterates", "steps": [0, 10]},
    "digits": 15,
}


@pytest.fixture
def grid(tmp_path: Path) -> Any:
    """Return a maker of sweep files: `count` seeds, and changes of the base spec."""

    def make(count: int, **changes: Any) -> Path:
        path = tmp_path / "grid.json"
        axis = {"problem.seed": {"from": 0, "count": count}}
        path.write_text(json.dumps({"schema": SCHEMA, "spec": BASE | changes, "grid": axis}))
        return path

    return make


def expected(count: int) -> dict[str, str]:
    """Return the digests of specs and goldens, computed with no sweep."""
    specs = [BASE | {"problem": BASE["problem"] | {"seed": seed}} for seed in range(count)]
    goldens = [compute_golden(spec_from(spec)) for spec in specs]
    return {golden.spec_digest: golden.digest for golden in goldens}


def stored(root: Path) -> dict[str, str]:
    """Return what a store answers, once all of it is found sound (files without a row are no harm)."""
    store = Store(root)
    assert {str(finding.state) for finding in store.verify()} <= {"sound", "unindexed", "leftover"}
    return {entry.spec_digest: entry.digest for entry in store.entries()}


# what runs in the background inherits a SIGINT that is ignored; at a prompt it is not
AT_A_PROMPT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"


# stops before its next record once so many are stored, so that it cannot end before it is killed
STOPS = """
import os, signal
from oracle.sweep import coordinator
coordinator.KEPT_RECORDS, write = 2, coordinator._Run.write_kept
def write_and_stop(run):
    write(run)
    if run.counts["computed"] >= {count}:
        os.kill(os.getpid(), signal.SIGSTOP)
coordinator._Run.write_kept = write_and_stop
"""


def start(*arguments: Any, stops: int = 0) -> subprocess.Popen[str]:
    """Start `oracle sweep` in a process group of its own, as a shell does; asked so, one that stops half-way."""
    command = [
        sys.executable,
        "-c",
        f"{STOPS.format(count=stops) if stops else ''}\n{AT_A_PROMPT}; from oracle.cli.main import main; main()",
        "sweep",
        *map(str, arguments),
    ]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_for_records(root: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until some records have their files."""
    while process.poll() is None and len(list(root.glob("objects/*/*.npz"))) < count:
        time.sleep(0.02)
    assert process.poll() is None


def test_sweep_computes_once_and_says_so(oracle: Any, grid: Any, tmp_path: Path) -> None:
    """Then everything is stored before."""
    path = grid(3)
    first, again = (oracle("sweep", path, "--serial") for _ in range(2))
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "3 asked: 0 stored before, 3 computed, 0 duplicates, 0 without a golden" in first.stdout
    assert "3 asked: 3 stored before, 0 computed" in again.stdout
    assert stored(tmp_path / "store") == expected(3)


def test_summary_as_json_is_all_that_is_printed(oracle: Any, grid: Any, tmp_path: Path) -> None:
    """With where the store and the reasons are."""
    done = json.loads(oracle("sweep", grid(2), "--workers", 1, "--json").stdout)
    assert (done["asked"], done["computed"], done["complete"], done["workers"]) == (2, 2, True, 1)
    assert (done["store"], done["hands"]) == (str(tmp_path / "store"), "process pool")
    assert done["failures"] == str(tmp_path / "grid.json.work" / "failures.jsonl")


def test_spec_without_a_golden_leaves_with_3_and_says_where_the_reason_is(
    oracle: Any, tmp_path: Path
) -> None:
    """The other is stored."""
    path = tmp_path / "specs.jsonl"
    path.write_text(json.dumps(BASE) + "\n" + json.dumps(BASE | {"digits": 3}) + "\n")
    done = oracle("sweep", path, "--serial", "--work", tmp_path / "why")
    assert (done.exit_code, len(stored(tmp_path / "store"))) == (3, 1)
    assert f"{tmp_path / 'why' / 'failures.jsonl'}: 1 malformed" in done.stdout
    (line,) = (tmp_path / "why" / "failures.jsonl").read_text().splitlines()
    assert "`digits` is 3" in json.loads(line)["reason"]


def test_limit_that_leaves_some_leaves_with_3(oracle: Any, grid: Any) -> None:
    """And with 0 when the rest is done."""
    path = grid(3)
    first, second = (oracle("sweep", path, "--serial", "--limit", 2) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (3, 0)
    assert "left     some, for the limit was reached; ask again to go on" in first.stdout


def test_golden_that_mpmath_contradicts_leaves_with_4(
    oracle: Any, grid: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault in the computation."""

    def disagree(_: Any) -> None:
        raise CertificateViolationError("mpmath gives another value")

    monkeypatch.setattr(task, "compute_golden", disagree)
    done = oracle("sweep", grid(1), "--serial")
    assert (done.exit_code, "1 contradicted by mpmath" in done.stdout) == (4, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--serial", "--workers", "2"], "`--workers`, `--serial` and `--dask` exclude each other"),
        (["--workers", "0"], "0 is not in the range"),
        (["--dask", "nowhere"], "no Dask scheduler answers at `nowhere`|needs the package `distributed`"),
    ],
)
def test_misuse_leaves_with_2(
    oracle: Any, grid: Any, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named, with what to do."""
    monkeypatch.setattr("oracle.sweep.dask_cluster.SECONDS_TO_CONNECT", 0.5)
    done = oracle("sweep", grid(1), *arguments)
    assert done.exit_code == 2
    assert re.search(message, done.output)


def test_file_that_is_no_sweep_leaves_with_2(oracle: Any, tmp_path: Path) -> None:
    """And makes nothing."""
    done = oracle("sweep", tmp_path / "none.json")
    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "No such file" in done.output


def test_store_that_cannot_be_used_leaves_with_2(oracle: Any, grid: Any, tmp_path: Path) -> None:
    """The store's own words."""
    (tmp_path / "file").write_bytes(b"")
    done = oracle("sweep", grid(1), "--serial", "--store", tmp_path / "file")
    assert done.exit_code == 2
    assert "a file is in the place of a directory: name another store" in done.output


def test_damaged_index_leaves_with_4(oracle: Any, grid: Any, tmp_path: Path) -> None:
    """It is not swept over."""
    path = grid(2)
    oracle("sweep", path, "--serial", "--limit", 1)
    (tmp_path / "store" / "index.sqlite3").write_bytes(b"no database" * 1000)
    done = oracle("sweep", path, "--serial")
    assert (done.exit_code, "`oracle store verify --rebuild`" in done.output) == (4, True)


def test_plan_tells_costs_and_stores_nothing(oracle: Any, grid: Any, tmp_path: Path) -> None:
    """Core time with its spread, bytes, files; also as JSON."""
    path = grid(30)
    text = oracle("sweep", path, "--serial", "--plan").stdout
    told = json.loads(oracle("sweep", path, "--serial", "--plan", "--json").stdout)
    for part in (
        "30 asked",
        "30 to compute",
        "measured     12 of them",
        "at two standard errors",
        "of index",
    ):
        assert part in text
    assert told["core_seconds"]["low"] < told["core_seconds"]["total"] < told["core_seconds"]["high"]
    assert (told["missing"], sorted(tmp_path.iterdir())) == (30, [path])


def test_help_shows_examples_and_every_option(oracle: Any) -> None:
    """A newcomer can begin from it."""
    text = oracle("sweep", "--help").stdout
    for part in ("oracle sweep specs.jsonl", "--plan", "--dask", "golden-sweep/1", "dask worker", "--limit"):
        assert part in text


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_coordinator_killed_in_the_middle_loses_nothing(grid: Any, tmp_path: Path) -> None:
    """SIGKILL twice, once after some records each time; asked again, all are there, and as without a sweep."""
    path, root = grid(60), tmp_path / "store"
    for count in (5, 25):
        with start(path, "--store", root, "--workers", 2, stops=count) as process:
            wait_for_records(root, count, process)
            process.kill()
        before = stored(root)
    with start(path, "--store", root, "--workers", 2, "--json") as process:
        done = json.loads(process.communicate(timeout=120)[0])
    assert (done["stored_before"], done["computed"]) == (len(before), 60 - len(before))
    assert stored(root) == expected(60)
    Store(root).gc()  # the unfinished file that a kill in the middle of writing leaves
    assert {str(finding.state) for finding in Store(root).verify()} == {"sound"}


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT to a process group")
def test_interrupt_leaves_with_130_and_everything_finished_stored(grid: Any, tmp_path: Path) -> None:
    """Ctrl-C reaches the coordinator and its workers alike; no traceback is shown."""
    path, root = grid(5000), tmp_path / "store"
    with start(path, "--store", root, "--workers", 2) as process:
        wait_for_records(root, 3, process)
        os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert errors == "oracle: interrupted: everything finished is stored; run it again to go on\n"
    assert 3 <= len(stored(root)) < 5000
    assert {str(finding.state) for finding in Store(root).verify()} == {"sound"}


def test_two_sweeps_at_once_share_one_store(grid: Any, tmp_path: Path) -> None:
    """Each finds every golden there in the end; each spec has one record."""
    path, root = grid(30), tmp_path / "store"
    pair = [start(path, "--store", root, "--workers", 1, "--work", tmp_path / f"work{i}") for i in range(2)]
    outputs = [process.communicate(timeout=120) for process in pair]
    assert [process.returncode for process in pair] == [0, 0], outputs
    assert stored(root) == expected(30)
    assert {str(finding.state) for finding in Store(root).verify()} == {"sound"}


def test_second_sweep_of_the_same_work_folder_is_refused(oracle: Any, grid: Any, tmp_path: Path) -> None:
    """While the first is at it."""
    path = grid(400)
    with start(path, "--store", tmp_path / "store", "--workers", 1, stops=1) as process:
        wait_for_records(tmp_path / "store", 1, process)
        second = oracle("sweep", path, "--serial")
        process.kill()
    assert (second.exit_code, "another sweep is at work" in second.output) == (2, True)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs `unshare`")
def test_full_disk_stops_the_sweep_with_the_stores_words(grid: Any, tmp_path: Path) -> None:
    """A real file system that fills up; what was stored is sound, and with more space the sweep goes on."""
    path, root = grid(40), tmp_path / "store"
    root.mkdir()
    command = [*(["unshare", "--mount"]), *(["--map-root-user"] if os.geteuid() else [])]
    if subprocess.run(
        [*command, "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True
    ).returncode:
        pytest.skip("may not mount here")
    run = f"{sys.executable} -c 'from oracle.cli.main import main; main()'"
    script = (
        f"mount -t tmpfs -o size=160k none {root}; "
        f"{run} sweep {path} --serial --store {root}; echo code $?; "
        f"mount -o remount,size=64m {root}; "
        f"{run} sweep {path} --serial --store {root}; echo code $?; {run} store verify --store {root}"
    )
    found = subprocess.run(
        [*command, "sh", "-c", script], check=False, capture_output=True, text=True, timeout=120
    )
    assert "the disk is full: free some space and run the same command again" in found.stderr
    assert re.findall("code (.)", found.stdout) == ["2", "0"]
    assert "40 sound, 0 damaged or missing, 0 to look at" in found.stdout


@pytest.mark.parametrize("name", [".", "/", "", ".."])
def test_directory_is_no_sweep(oracle: Any, name: str) -> None:
    """However it is called: some have no name that `.work` could follow."""
    result = oracle("sweep", name)
    assert (result.exit_code, "Is a directory; check the path" in result.stderr) == (2, True)


def test_grid_of_the_help_works_as_typed(oracle: Any, tmp_path: Path) -> None:
    """Cut out of the help and saved, it plans, and computes a golden."""
    text = oracle("sweep", "--help").stdout
    (tmp_path / "grid.json").write_text(text.partition("A grid:")[2].partition("A cluster")[0])
    planned = oracle("sweep", "grid.json", "--serial", "--plan")
    done = json.loads(oracle("sweep", "grid.json", "--serial", "--limit", 1, "--json").stdout)
    assert "200 asked, 0 duplicates, 0 malformed, 0 stored, 200 to compute" in planned.stdout
    assert (planned.exit_code, done["computed"], done["malformed"]) == (0, 1, 0)


def test_plan_tells_the_first_reason_and_how_many_more(oracle: Any, tmp_path: Path) -> None:
    """For what is no spec and for what has no golden; a reason of several lines stays in its column."""
    fast = BASE | {
        "method": {"name": "heavy_ball", "step_size": "1000", "momentum": "0.9"},
        "want": {"kind": "iterates", "steps": [0, 1000]},
    }
    lines = [
        BASE,
        BASE | {"digits": 3, "model": "cubic"},
        fast,
        fast | {"digits": 16},
        fast | {"digits": 17},
        0,
    ]
    (tmp_path / "specs.jsonl").write_text("\n".join(map(json.dumps, [*lines, BASE])))
    told = oracle("sweep", "specs.jsonl", "--serial", "--plan").stdout
    assert "7 asked, 1 duplicate, 2 malformed" in told
    assert "  malformed    line 2: the spec has 2 problems:\n               - `" in told
    assert re.search(r"^               - .*\(1 more\)$", told, re.MULTILINE)
    assert re.search(r"^  no golden    line 3: the run diverges.*\(2 more\)$", told, re.MULTILINE)


def test_interrupted_plan_does_not_claim_that_anything_is_stored(
    oracle: Any, grid: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted interrupt."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("oracle.sweep.plan.plan_sweep", interrupt)
    result = oracle("sweep", grid(1), "--serial", "--plan")
    assert (result.exit_code, result.stderr) == (
        130,
        "oracle: interrupted: a plan stores nothing; run it again\n",
    )
