"""What the README shows is what happens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.records.candidate import CandidateMethod, CandidateProblem, CandidateTask

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SURROUNDINGS = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "no_proxy": "127.0.0.1",  # tox passes a proxy on, which curl would ask
}


def section(title: str) -> str:
    """Return the text under a heading, up to the next."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the fenced blocks as (language, content)."""
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S)


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the blocks of the tour one after the other, as a reader would; return where they ran."""
    where = tmp_path_factory.mktemp("tour")
    shell = {"sh": ["bash", "-e", "-c"], "python": [sys.executable, "-W", "error", "-c"]}
    surroundings = {**SURROUNDINGS, "HOME": str(where), "XDG_DATA_HOME": str(where)}
    for language, content in blocks(section("A first golden, a first verdict")):
        run = subprocess.run(
            [*shell[language], content],
            cwd=where,
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{content}\n{run.stdout}\n{run.stderr}"
    return where


def test_tour_ends_with_a_report(tour: Path) -> None:
    """Every block exits with 0: golden, digest recomputed, run recorded, verdict AGREES."""
    assert "AGREES" in (tour / "report.html").read_text(encoding="utf-8")


def test_candidate_example_computes_the_run_of_the_tour(tour: Path) -> None:
    """The kernel shown gives bit for bit the arrays that the tour judged."""
    ((_, source), *_) = blocks(section("Your kernel as a candidate"))
    names: dict[str, Any] = {}
    exec(source, names)
    X, y = np.array([[1, 0.5, -0.25], [0, 1, 0.75]]), np.array([1, -0.5])
    start = {"u": np.full(3, 0.25), "v": np.full(3, 0.25)}
    problem = CandidateProblem(X, y, "half_mean_square", "diagonal", start)
    arrays = names["my_kernel"](problem, CandidateMethod("heavy_ball", 0.05, 0.9), range(6))
    with np.load(tour / "run.npz") as recorded:
        assert all(np.array_equal(arrays[name], recorded[name]) for name in ("u", "v"))


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """The line that CI looks for is in the README, once."""
    pattern = re.search(r"-E '(\^python3.*?)'", (ROOT / ".ci/run").read_text(encoding="utf-8"))
    assert pattern
    assert len(re.findall(pattern[1], README, re.M)) == 1


def test_training_example_trains_and_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block that trains with checkpoints, early stopping and the oracle runs as it is shown."""
    pytest.importorskip("pytorch_lightning")
    ((_, source),) = [block for block in blocks(section("Thousands of runs, fast")) if block[0] == "python"]
    monkeypatch.chdir(tmp_path)
    two = np.array([0.25, -0.5])
    problem = CandidateProblem(np.eye(2), two, "half_mean_square", "linear", {"beta": 0 * two})
    method = CandidateMethod("heavy_ball", np.float64(0.125), np.float64(0.5))
    names: dict[str, Any] = {"tasks": [CandidateTask(problem, method, [20_000])]}
    exec(source, names)
    assert names["arrays"][0]["beta"].shape[1] == 2
    assert not list(tmp_path.rglob("*.part"))


@contextmanager
def served(data: Path) -> Iterator[str]:
    """Serve with everything below a folder, on loopback; yield the address."""
    pytest.importorskip("fastapi", reason="the extra `service` is not installed")
    command = [str(Path(sys.executable).with_name("oracle")), "serve", "--port", "0", "--log-format", "json"]
    folders = ["--store", str(data / "goldens"), "--data", str(data)]
    with subprocess.Popen([*command, *folders], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        told = (re.search(r"serving on (http://\S+)", line) for line in server.stderr)
        found = next(match for match in told if match)
        threading.Thread(target=server.stderr.read, daemon=True).start()  # or the pipe fills, and it waits
        try:
            yield found[1]
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def address(tour: Path) -> Iterator[str]:
    """Serve beside the tour's files; return the address."""
    with served(tour / "data") as found:
        yield found


def test_service_answers_each_line_as_typed(tour: Path, address: str) -> None:
    """Every curl line under "As a service" gets an answer, none of them a problem document; the verdict is AGREES."""
    lines = [line for _, text in blocks(section("As a service")) for line in text.splitlines()]
    answers = []
    for line in lines:
        if line.startswith(("curl", "sed")) and "$MOMENTUM" not in line:
            typed = line.replace("http://127.0.0.1:8765", address)
            run = subprocess.run(
                ["bash", "-c", typed], cwd=tour, env=SURROUNDINGS, capture_output=True, text=True, check=True
            )
            answers.append(run.stdout)
    assert len(answers) == 7
    assert not [answer for answer in answers if '"/problems/' in answer]
    assert json.loads(answers[1])["verdict"] == "AGREES"


def test_token_of_the_readme_opens_a_closed_server(tour: Path, tmp_path: Path) -> None:
    """The block that makes a token and sends it gets its golden, from a server that refuses who sends none."""
    ((_, typed),) = [block for block in blocks(section("As a service")) if "oracle token create" in block[1]]
    making, serving, asking = typed.splitlines()
    assert serving == "oracle serve --host 0.0.0.0 --open-to-network &"  # here on loopback, beside others
    answers: list[dict[str, Any]] = []
    surroundings = {**SURROUNDINGS, "MOMENTUM_ORACLE_DATA": str(tmp_path)}
    with served(tmp_path) as found:
        shown = asking.replace("http://127.0.0.1:8765", found)
        for script in (f"{making}\n{shown}", shown):  # the second without a token
            run = subprocess.run(
                ["bash", "-c", script], cwd=tour, env=surroundings, capture_output=True, text=True, check=True
            )
            answers.append(json.loads(run.stdout))
    assert answers[0]["spec"]["digits"] == 40
    assert answers[1]["type"] == "/problems/unauthorised"


def test_sweep_of_the_readme_computes_what_its_plan_says(tmp_path: Path) -> None:
    """The block under "Many goldens" makes its grid, plans 30 goldens and computes them."""
    ((_, typed),) = [block for block in blocks(section("As a service")) if "<<'GRID'" in block[1]]
    surroundings = {**SURROUNDINGS, "XDG_DATA_HOME": str(tmp_path)}
    run = subprocess.run(
        ["bash", "-e", "-c", typed],
        cwd=tmp_path,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "30 to compute" in run.stdout
    assert "30 computed, 0 duplicates, 0 without a golden" in run.stdout


def test_client_of_the_readme_gets_its_verdict(tour: Path, address: str) -> None:
    """The Python block and the command lines under "From a server" run as they are shown."""
    ((_, source),) = [block for block in blocks(section("As a service")) if block[0] == "python"]
    lines = [line for _, text in blocks(section("As a service")) for line in text.splitlines()]
    typed = [line for line in lines if line.startswith("oracle --server http://127")]
    assert len(typed) == 2
    for program in ([sys.executable, "-c", source], *(["bash", "-c", line] for line in typed)):
        shown = [part.replace("http://127.0.0.1:8765", address) for part in program]
        run = subprocess.run(shown, cwd=tour, env=SURROUNDINGS, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
    assert "AGREES" in (tour / "run.html").read_text(encoding="utf-8")


def test_commands_shown_are_commands() -> None:
    """Every `python -m lightning_runs…` and every file it names in the README is there."""
    shown = re.findall(r"^python -m (lightning_runs[\w.]*) .*?(lightning_runs/experiments/\S+)", README, re.M)
    assert {module for module, _ in shown} == {
        "lightning_runs",
        "lightning_runs.sweeps",
        "lightning_runs.vision",
    }
    for module, path in shown:
        folder = ROOT / module.replace(".", "/")
        assert (folder / "__main__.py").is_file()
        assert (ROOT / path).is_file()
