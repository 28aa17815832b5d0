"""Who takes part: found by entry point, chosen by name, and missed with a reason."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from oracle.candidate_file import CandidateError
from oracle.conformance import crew as module
from oracle.conformance.crew import CORRECT, FAULTS, can_run, chosen, crew_of, installed
from oracle.conformance.panel import PANEL, panel_spec
from oracle.conformance.power import task_for


def test_fault_that_nothing_explains_is_the_kernel_itself(kernel: Any, plant_as: Any) -> None:
    """It is what the others are compared with, runs among the correct, and is no fault."""
    right = kernel()
    found = crew_of({}, [plant_as("no_fault", right), plant_as("wrong", kernel(), "loss_doubled")])
    assert found.kernels == found.correct == {"plain": right}
    assert [fault.name for fault in found.faults] == ["wrong"]


@pytest.mark.parametrize(
    ("only", "faults", "correct"),
    [
        (("doubled",), ["doubled"], []),
        (("plain",), ["doubled", "forgetful"], ["plain"]),
        (("backwards",), [], ["backwards"]),
        (("plain", "forgetful", "backwards"), ["forgetful"], ["plain", "backwards"]),
        ((), ["doubled", "forgetful"], ["plain", "backwards"]),
    ],
)
def test_names_choose(
    crew: Callable[..., Any], only: tuple[str, ...], faults: list[str], correct: list[str]
) -> None:
    """Faults in all kernels, kernels with all faults, both together; correct ones by their own name."""
    found = chosen(crew(), only)
    assert [fault.name for fault in found.faults] == faults
    assert sorted(found.correct) == sorted(correct)


def test_name_of_nobody_is_refused(crew: Callable[..., Any]) -> None:
    """With the names that there are."""
    with pytest.raises(CandidateError, match=r"`nobody` is no planted fault.*backwards, plain.*doubled"):
        chosen(crew(), ["nobody"])


def test_schedule_needs_a_candidate_that_follows_it(kernel: Any) -> None:
    """One that says nothing of schedules is not asked to follow one, nor for a dtype it does not name."""
    index = next(i for i, kind in enumerate(PANEL) if kind.scales == "gradient")
    task = task_for(panel_spec(index, 0, "float64"), "float64")

    class Follows(type(kernel())):  # type: ignore[misc]  # the class is known by its maker alone
        schedules = frozenset({"gradient"})

    assert [can_run(candidate, task) for candidate in (kernel(), Follows())] == [False, True]
    assert not can_run(kernel(), task_for(panel_spec(0, 0, "bfloat16"), "bfloat16"))


def test_what_cannot_be_planted_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group of faults that fails on import hides nothing else."""
    points = {FAULTS: [EntryPoint("broken", "no_such_module:planted", FAULTS)], CORRECT: []}
    monkeypatch.setattr(module, "entry_points", lambda group: points.get(group, []))
    found = installed()
    assert found.faults == ()
    assert any(entry.name == "broken" and "ModuleNotFoundError" in entry.reason for entry in found.absent)
