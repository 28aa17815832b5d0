"""Who is found to race."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from oracle.bench.racers import gather
from oracle.candidate_file import CandidateError


class Entry:
    """Something that can be raced."""

    def __call__(self, *arguments: Any) -> Any:
        """Run."""
        return [arguments]


class Descent(Entry):
    """Runs no heavy ball."""

    methods = frozenset({"gradient_descent"})


class Elsewhere(Entry):
    """Runs on other machines alone."""

    def missing(self) -> str:
        """Say what is missing."""
        return "no CUDA device"


class Engine(Entry):
    """No racer."""

    roofline = True


ours, theirs, descent, elsewhere, engine = Entry(), Entry(), Descent(), Elsewhere(), Engine()


def points(**named: str) -> list[EntryPoint]:
    """Return entry points to the objects of this module."""
    return [EntryPoint(name, value, "a group") for name, value in named.items()]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name under which entry points find this module."""
    import sys  # noqa: PLC0415 - one fixture's need

    monkeypatch.setitem(sys.modules, "planted_racers", sys.modules[__name__])
    return "planted_racers"


def test_candidates_peers_and_engines_are_told_apart(module: str) -> None:
    """By group, and by the attribute `roofline`."""
    field = gather(
        (), points(ours=f"{module}:ours"), points(theirs=f"{module}:theirs", blas=f"{module}:engine")
    )
    assert [(racer.name, racer.role) for racer in field.racers] == [("ours", "candidate"), ("theirs", "peer")]
    assert field.engines == {"blas": engine}


def test_who_is_missing_is_said_with_the_reason(module: str) -> None:
    """A package that is not there, a method that is not run, and a device that the machine lacks."""
    candidates = points(ours=f"{module}:ours", other=f"{module}:descent", cuda=f"{module}:elsewhere")
    field = gather((), candidates, points(jax="no_such_package:x"))
    reasons = {entry.racer: entry.reason for entry in field.missing}
    assert "runs no heavy_ball" in reasons["other"]
    assert reasons["cuda"] == "lacks something on this machine: no CUDA device"
    assert "needs `no_such_package`, which is not installed" in reasons["jax"]


def test_only_some_race(module: str) -> None:
    """Names choose, and engines stay."""
    candidates, peers = points(ours=f"{module}:ours"), points(theirs=f"{module}:theirs", b=f"{module}:engine")
    field = gather(("theirs",), candidates, peers)
    assert [racer.name for racer in field.racers] == ["theirs"]
    assert list(field.engines) == ["b"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("nobody", "expected one of ours"), ("gone", "cannot race: it needs `no_such_package`")],
)
def test_unknown_and_missing_names_are_refused(module: str, name: str, message: str) -> None:
    """The message lists the choices, or says what is missing."""
    with pytest.raises(CandidateError, match=message):
        gather((name,), points(ours=f"{module}:ours"), points(gone="no_such_package:x"))


def test_nobody_to_race_is_refused() -> None:
    """With what would bring somebody."""
    with pytest.raises(CandidateError, match=r"nobody to race.*pip install"):
        gather((), [], [])


def test_racer_without_prepare_is_timed_through_together(module: str) -> None:
    """A candidate of the contract alone can race."""
    (racer,) = gather((), points(ours=f"{module}:ours"), []).racers
    assert racer.prepare([], 1)() == []
