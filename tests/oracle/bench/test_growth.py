"""How time grows, on a racer whose growth is planted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from oracle.bench import growth as module
from oracle.bench.growth import growth, thread_gain
from oracle.bench.problem import RaceProblem
from oracle.bench.racers import Racer


class Sleeper:
    """Sleeps so long a step; `power` other than 1 is growth that is not linear; two threads halve it."""

    def __init__(self, sleep: Callable[[float], None], power: float = 1.0) -> None:
        self.sleep = sleep
        self.power = power

    def __call__(self, problem: Any, method: Any, steps: Any) -> Any:
        """Do not run alone."""
        raise NotImplementedError

    def prepare(self, tasks: Sequence[Any], threads: int) -> Callable[[], list[Any]]:
        """Return the nap."""
        steps = tasks[0].steps[-1]
        nap = 0.001 * (steps / 8) ** self.power / threads

        def run() -> list[Any]:
            self.sleep(nap)
            return []

        return run


@pytest.fixture
def short_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the steps alone as an axis."""
    problem = RaceProblem(4, 6)
    ladder = {float(k): (problem, 2, k) for k in (40, 80, 160)}
    monkeypatch.setattr(module, "_ladders", lambda steps: {"steps": ladder})
    monkeypatch.setattr(module, "RUNS", 2)


@pytest.mark.usefixtures("short_ladder")
@pytest.mark.parametrize(("power", "last"), [(1.0, 1.0), (2.0, 4.0)])
def test_cost_of_a_unit_is_set_against_the_first(rules: Any, sleep: Any, power: float, last: float) -> None:
    """Linear growth costs the same everywhere, quadratic four times as much at four times the steps."""
    points = growth(Racer("sleeper", "candidate", Sleeper(sleep, power)), "float64", rules)
    assert points[0].relative_cost == 1
    assert points[-1].relative_cost == pytest.approx(last, rel=0.2)


@pytest.mark.usefixtures("short_ladder")
def test_two_threads_that_halve_the_time_gain_two(rules: Any, sleep: Any) -> None:
    """The rest is what a nap costs beyond its length."""
    gain = thread_gain(Racer("sleeper", "candidate", Sleeper(sleep)), "float64", rules)
    assert gain.ratio.median == pytest.approx(2, rel=0.25)


def test_ladders_span_a_decade_with_three_points() -> None:
    """On steps, runs and n·d; each point changes its own axis alone."""
    for ladder in module._ladders(20).values():
        low, middle, high = sorted(ladder)
        assert high / low == pytest.approx(10, rel=0.01)
        assert middle / low == pytest.approx(10**0.5, rel=0.02)
