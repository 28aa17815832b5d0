"""`oracle bench` at the command line: table, files, comparison, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.bench.racers import Field, Racer
from tests.clock import Clock

ARGUMENTS = ("bench", "--quick", "--runs", "1", "--dtype", "float64", "--steps", "5", "--out", "out")


class HeavyBall:
    """Heavy ball in plain numpy; `factor` other than 1 is a planted fault, `nap` a planted slowness."""

    def __init__(self, factor: int = 1, nap: Callable[[], None] = lambda: None) -> None:
        self.factor, self.nap = factor, nap

    def __call__(self, problem: Any, method: Any, steps: Sequence[int]) -> Any:
        """Run p ← μp − ηg, β ← β + p on θ = u² − v² with the half mean square."""
        self.nap()
        u, v = problem.init["u"], problem.init["v"]
        p, q = np.zeros_like(u), np.zeros_like(v)
        states = [(u, v, p, q)]
        for _ in range(max(steps)):
            g = problem.X.T @ (problem.X @ (u * u - v * v) - problem.y) / len(problem.y)
            p = method.momentum * p - self.factor * method.step_size * 2 * u * g
            q = method.momentum * q + self.factor * method.step_size * 2 * v * g
            u, v = u + p, v + q
            states.append((u, v, p, q))
        rows = np.array(states)[list(steps)]
        return {name: rows[:, i] for i, name in enumerate(("u", "v", "p_u", "p_v"))}


@pytest.fixture
def field(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes one candidate and one peer the only ones installed."""

    def install(candidate: Any) -> None:
        racers = Racer("mine", "candidate", candidate), Racer("jax_scan", "peer", HeavyBall())
        monkeypatch.setattr("oracle.bench.racers.gather", lambda only: Field(racers, {}))

    return install


def test_race_prints_its_table_and_leaves_with_zero(oracle: Any, field: Any, tmp_path: Path) -> None:
    """Rows, targets, and the place of the report."""
    field(HeavyBall())
    result = oracle(*ARGUMENTS)
    assert result.exit_code == 0, result.output
    assert "targets, for `mine`" in result.stdout
    assert "report: out/race.html" in result.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"race.html", "race.json"}


def test_json_alone_is_printed(oracle: Any, field: Any) -> None:
    """Standard output is one object."""
    field(HeavyBall())
    result = oracle(*ARGUMENTS, "--json")
    assert json.loads(result.stdout)["schema"] == "momentum-oracle/race/1"


def test_files_go_beside_the_store_by_default(oracle: Any, field: Any, tmp_path: Path) -> None:
    """Under the time of the race."""
    field(HeavyBall())
    assert oracle(*ARGUMENTS[:-2]).exit_code == 0
    assert len(list((tmp_path / "store" / "races").glob("*/race.json"))) == 1


def test_candidate_that_disagrees_leaves_with_one(oracle: Any, field: Any) -> None:
    """A doubled step size is shown and never wins."""
    field(HeavyBall(factor=2))
    result = oracle(*ARGUMENTS)
    assert result.exit_code == 1
    assert "DISAGREES" in result.stdout
    assert "No candidate on trial" in result.stdout


def test_ratio_that_fell_leaves_with_one(oracle: Any, field: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A candidate planted to be far slower than in the earlier race."""
    clock = Clock(monkeypatch)
    field(HeavyBall())
    oracle(*ARGUMENTS)
    field(HeavyBall(nap=lambda: clock.sleep(0.5)))
    result = oracle(*ARGUMENTS[:-1], "now", "--compare", "out/race.json")
    assert result.exit_code == 1, result.output
    assert "mine, float64, 1 runs, × jax_scan" in result.stdout
    assert ": fell" in result.stdout


def test_ratio_that_held_leaves_with_zero(oracle: Any, field: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same racers again, with all the room that noise could want."""
    Clock(monkeypatch)
    field(HeavyBall())
    oracle(*ARGUMENTS)
    result = oracle(*ARGUMENTS[:-1], "now", "--compare", "out/race.json", "--allow", "0.9")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "nobody"), "no candidate or peer is called `nobody`"),
        (("--runs", "0"), "--runs"),
        (("--dtype", "float16"), "--dtype"),
        (("--compare", "missing.json"), "there is no such file"),
    ],
)
def test_misuse_is_explained(oracle: Any, arguments: tuple[str, ...], message: str) -> None:
    """Unknown names, numbers out of range and files that are not there leave with 2."""
    result = oracle("bench", "--quick", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
