"""Every fault finds its places, and there are as many correct runs as are asked for."""

from __future__ import annotations

import json
from typing import Any

from oracle.conformance.crew import Crew, crew_of
from oracle.conformance.false_alarms import problem_at, runnable
from oracle.conformance.panel import PANEL
from oracle.conformance.plan import PLACES, SelfTestSettings, plan_of

BOTH = ("float64", "float32")


def in_two_kernels(crew: Any, plant_as: Any, kernel: Any) -> Crew:
    """Return a crew whose faults are planted in another kernel as well."""
    from dataclasses import replace  # noqa: PLC0415 - here alone

    own = crew().faults
    control = plant_as("no_fault", kernel())
    both = [replace(fault, kernel=name) for fault in (control, *own) for name in ("plain", "other")]
    return crew_of({}, both)


def test_full_plan_plants_every_fault_in_every_kernel_and_dtype(
    crew: Any, plant_as: Any, kernel: Any
) -> None:
    """Each on three problems on which it does something."""
    plan = plan_of(in_two_kernels(crew, plant_as, kernel), SelfTestSettings(runs=0, dtypes=BOTH))
    planted = [(f, w["kernel"], w["dtype"]) for w in plan.plantings for f in w["faults"]]
    for fault in ("doubled", "forgetful"):
        for name in ("plain", "other"):
            for dtype in BOTH:
                assert planted.count((fault, name, dtype)) == PLACES
    moving = {kind.name for kind in PANEL if kind.moving}
    assert {w["problem"] for w in plan.plantings if "forgetful" in w["faults"]} <= moving


def test_quick_plan_plants_every_fault_once_in_a_dtype(crew: Any, plant_as: Any, kernel: Any) -> None:
    """Kernels take turns."""
    plan = plan_of(in_two_kernels(crew, plant_as, kernel), SelfTestSettings(quick=True, runs=0, dtypes=BOTH))
    planted = sorted((f, w["dtype"]) for w in plan.plantings for f in w["faults"])
    assert planted == sorted((f, dtype) for f in ("doubled", "forgetful") for dtype in BOTH)
    assert {w["kernel"] for w in plan.plantings} == {"plain", "other"}


def test_fault_without_a_place_is_named(crew: Any, plant_as: Any, kernel: Any) -> None:
    """One that changes nothing anywhere, and one in a kernel whose right form nobody knows."""
    idle = plant_as("idle", kernel(), "row_skipped", applies=lambda task: False)
    stray = crew(idle)
    (lost,) = [fault for fault in stray.faults if fault.name == "doubled"]
    unknown = Crew({}, (lost,), {})
    settings = SelfTestSettings(runs=0, dtypes=("float64",))
    assert [entry.name for entry in plan_of(stray, settings).absent] == ["idle"]
    assert [entry.name for entry in plan_of(unknown, settings).absent] == ["doubled", "plain"]


def test_correct_runs_are_as_many_as_asked_for(crew: Any) -> None:
    """At least so many; counted again from the work itself."""
    everybody = crew()
    plan = plan_of(everybody, SelfTestSettings(runs=50, dtypes=("float64", "bfloat16")))
    problems = [
        problem_at(w["seed"], i, w["dtypes"])
        for w in plan.correct
        for i in range(w["first"], w["first"] + w["count"])
    ]
    runs = sum(len(runnable(everybody.correct, problem)) for problem in problems)
    assert 50 <= runs <= 70


def test_nobody_to_run_ends_the_search() -> None:
    """No implementation: no work, and no search without end."""
    assert plan_of(Crew({}, (), {}), SelfTestSettings(runs=10)).correct == []


def test_work_is_plain_json(crew: Any) -> None:
    """It travels to other processes and into files."""
    plan = plan_of(crew(), SelfTestSettings(runs=10, quick=True, dtypes=("float64",)))
    for work in (*plan.plantings, *plan.correct):
        assert json.loads(json.dumps(work)) == json.loads(json.dumps(work, default=str))
