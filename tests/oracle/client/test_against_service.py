"""Client, commands and plugin against the service itself, in a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from oracle.cli.main import main
from oracle.client import client as module
from oracle.client.client import Client
from oracle.client.errors import ServerProblemError
from oracle.goldens import compute_golden
from oracle.records.golden import golden_json
from oracle.records.npz import read_npz_bytes
from oracle.spec import spec_from
from tests.service.server_process import ORACLE, Folders, ServerProcess

for name in ("fastapi", "uvicorn", "python_multipart", "structlog", "prometheus_client"):
    pytest.importorskip(name, reason="the extra `service` is not installed")

SPEC: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1", "0.5", "-0.25"], ["0", "1", "0.75"]], "y": ["1", "-0.5"]},
    "model": "diagonal",
    "init": {"u": "0.25", "v": "0.25"},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "float64",
    "want": {"kind": "iterates", "steps": list(range(11))},
    "digits": 20,
}


def run(momentum: float) -> dict[str, Any]:
    """Return a plain numpy run of the spec."""
    X, y = np.array([[1, 0.5, -0.25], [0, 1, 0.75]]), np.array([1, -0.5])
    position, velocity = np.full(6, 0.25), np.zeros(6)
    states = [position]
    for _ in range(10):
        u, v = position[:3], position[3:]
        g = X.T @ (X @ (u * u - v * v) - y) / 2
        velocity = momentum * velocity - 0.05 * np.concatenate([2 * u * g, -2 * v * g])
        position = position + velocity
        states.append(position)
    recorded = np.array(states)
    return {"steps": np.arange(11), "u": recorded[:, :3], "v": recorded[:, 3:]}


def server_in(folder: Path) -> ServerProcess:
    """Return a server that keeps everything in a folder; a context."""
    return ServerProcess(Folders.under(folder), ("--workers", "1"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server that lets everyone in."""
    with server_in(tmp_path_factory.mktemp("service")) as server:
        yield server.address


@pytest.fixture
def asking(service: str, alone: None) -> Iterator[Client]:
    """Return a client of it."""
    with Client(service) as made:
        yield made


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: None) -> Any:
    """Return the command line with a folder of its own that holds the spec and two runs."""
    monkeypatch.setenv("MOMENTUM_ORACLE_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    Path("spec.json").write_text(json.dumps(SPEC))
    np.savez("right.npz", **run(0.9))
    np.savez("wrong.npz", **run(0.81))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, list(arguments))

    return invoke


def test_golden_is_the_one_computed_here(asking: Client) -> None:
    """The same spec gives the same digest there and here, by spec, by digest and as a record, twice."""
    here = compute_golden(spec_from(SPEC))
    there = asking.golden(SPEC)
    assert there.digest == asking.golden(SPEC).digest == here.digest
    assert golden_json(asking.golden_of(here.digest))["values"] == golden_json(here)["values"]
    assert read_npz_bytes(asking.record_of(here.digest), "record").digest == here.digest
    listed = {entry["digest"]: entry for entry in asking.goldens(page=1)}
    assert listed[here.digest]["spec_digest"] == here.spec_digest


def test_computation_that_is_not_waited_for_ends_in_its_golden(
    asking: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By way of a job, whose figures are those of the run; it may be over before any is told."""
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.0)
    figures: list[tuple[int, int]] = []
    spec = {**SPEC, "want": {"kind": "iterates", "steps": [3000]}}
    found = asking.golden(spec, lambda done, total: figures.append((done, total)))
    assert found.steps == (3000,)
    assert all(0 <= done <= total == 3000 for done, total in figures)
    assert any(job.state == "done" and job.kind == "golden" for job in asking.jobs(limit=50))


def test_long_computation_tells_its_progress_and_is_cancelled(
    asking: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of many minutes, cancelled at the first figure that is told; whoever waits is told that."""
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.0)
    figures: list[tuple[int, int]] = []

    def cancel(done: int, total: int) -> None:
        figures.append((done, total))
        if len(figures) == 1:
            (going,) = (job for job in asking.jobs(limit=50) if not job.finished)
            asking.cancel(going.id)

    with pytest.raises(ServerProblemError, match="`cancelled`"):
        asking.golden({**SPEC, "want": {"kind": "iterates", "steps": [100_000]}, "digits": 300}, cancel)
    assert all(0 <= done < total == 100_000 for done, total in figures)
    assert asking.jobs(limit=1)[0].state == "cancelled"


def test_problems_carry_the_commands_exit_codes(asking: Client) -> None:
    """A run that leaves every bound is misuse there as it is here; what is not there is told by name."""
    wild = {
        **SPEC,
        "method": {**SPEC["method"], "step_size": "1000"},
        "want": {"kind": "iterates", "steps": [60]},
    }
    with pytest.raises(ServerProblemError, match="422 `cannot-be-computed`") as refused:
        asking.golden(wild)
    assert refused.value.exit_code == 2
    with pytest.raises(ServerProblemError, match="404 `not-found`"):
        asking.golden_of("sha256:" + "0" * 64)
    with pytest.raises(ServerProblemError, match="404 `not-found`"):
        list(asking.watch("0" * 32))


@pytest.mark.parametrize(("momentum", "verdict"), [(0.9, "AGREES"), (0.81, "DISAGREES")])
def test_check_is_the_same_check_twice(asking: Client, momentum: float, verdict: str) -> None:
    """The planted fault is refused, the right run is not; asked again it is the same check, with its report."""
    first, second = (asking.check(SPEC, run(momentum), {"form": "velocity"}) for _ in range(2))
    assert (first.verdict, first.id) == (verdict, second.id)
    assert first.comparison == second.comparison == asking.check_of(first.id).comparison
    assert f"<title>{verdict}" in asking.report(first.id)


def test_golden_command_prints_the_same_bytes(command: Any, service: str) -> None:
    """`oracle --server URL golden --json` and `oracle golden --json` differ in who computed, and nothing else."""
    here = json.loads(command("golden", "spec.json", "--json").stdout)
    printed = command("--server", service, "golden", "spec.json", "--json").stdout
    there = json.loads(printed)
    assert printed == json.dumps({**here, "provenance": there["provenance"]}) + "\n"


@pytest.mark.parametrize(("file", "code"), [("right.npz", 0), ("wrong.npz", 1)])
def test_check_command_says_the_same(command: Any, service: str, file: str, code: int) -> None:
    """Text, exit code and JSON are those of the local command, but for the time it took."""
    here, there = (
        command("check", "spec.json", file),
        command("--server", service, "check", "spec.json", file),
    )
    assert (there.stdout, there.exit_code) == (here.stdout, here.exit_code)
    assert there.exit_code == code
    printed = [json.loads(command(*option, "check", "spec.json", file, "--json").stdout)
               for option in ((), ("--server", service))]  # fmt: skip
    for one in printed:
        one.pop("seconds")
    assert printed[0] == printed[1]
    options = ("--report", "out.html", "--junit", "out.xml")
    command("--server", service, "check", "spec.json", file, *options)
    assert f"<title>{there.stdout.split(':')[0]}" in Path("out.html").read_text(encoding="utf-8")
    assert ("<failure" in Path("out.xml").read_text(encoding="utf-8")) is (code == 1)


def test_bad_candidate_is_misuse_there_as_here(command: Any, service: str) -> None:
    """An array that the golden lacks is refused with the same exit code."""
    np.savez("odd.npz", w=np.zeros((11, 3)), **run(0.9))
    for option in ((), ("--server", service)):
        result = command(*option, "check", "spec.json", "odd.npz")
        assert result.exit_code == 2
        assert "an array `w`" in result.stderr


def test_token_opens_what_is_closed(tmp_path: Path, alone: None) -> None:
    """With tokens made, a server lets nobody in without one; the client says what to do about it."""
    making = [*ORACLE, "token", "create", "ci", "--data", str(tmp_path / "data")]
    scopes = ["--scope", "read", "--scope", "compute"]
    made = subprocess.run([*making, *scopes], capture_output=True, text=True, check=True).stdout.strip()
    with server_in(tmp_path) as server:
        with (
            Client(server.address) as nobody,
            pytest.raises(ServerProblemError, match=r"401 `unauthorised`.*--token-file"),
        ):
            nobody.jobs()
        with (
            Client(server.address, "mistyped") as nobody,
            pytest.raises(ServerProblemError, match=r"none that it knows \(mistyped.*--token-file") as caught,
        ):
            nobody.jobs()
        assert "Bearer" not in str(caught.value)
        with Client(server.address, made) as client:
            assert client.golden(SPEC).spec_digest == spec_from(SPEC).digest
            with pytest.raises(ServerProblemError, match="403 `forbidden`"):
                client.check(SPEC, run(0.9))
