"""Faults planted in a numpy kernel: measured, judged, named, and their names tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracle.conformance.judging import Judgement
from oracle.conformance.panel import PANEL, panel_spec
from oracle.conformance.power import Planting, plant
from oracle.findings import Finding, Outcome

MOVING = next(i for i, kind in enumerate(PANEL) if kind.moving and kind.model == "diagonal")


def planting(*faults: str, dtype: str = "float64") -> Planting:
    """Return faults to plant on a problem that starts with a momentum."""
    return Planting("plain", dtype, PANEL[MOVING].name, panel_spec(MOVING, 0, dtype), faults)


def saying(*names: str) -> Callable[..., Judgement]:
    """Return a judge that refuses everything at step 1 and gives these names."""
    finding = Finding("local replay", Outcome.DISAGREES, "so it is", 1, excess=2.0)
    return lambda *_: Judgement(Outcome.DISAGREES, (finding,), names)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_fault_is_caught_at_its_step_and_named(crew: Any, dtype: str) -> None:
    """A doubled gradient shows at step 1, a forgotten momentum at the start, where it is recorded."""
    found = plant(crew(), planting("doubled", "forgetful", dtype=dtype)).cases
    assert [(case.fault, case.caught, case.step, case.naming) for case in found] == [
        ("doubled", True, 1, "alone"),
        ("forgetful", True, 0, "alone"),
    ]
    assert all(case.counts and not case.identical and case.moved > 100 for case in found)


def test_fault_that_changes_nothing_is_left_out(crew: Any, plant_as: Any, kernel: Any) -> None:
    """The correct run bit for bit: there was nothing to find."""
    (case,) = plant(crew(plant_as("idle", kernel(), "row_skipped")), planting("idle")).cases
    assert (case.identical, case.counts, case.caught) == (True, False, False)


def test_fault_below_rounding_is_left_out(crew: Any, plant_as: Any, kernel: Any, in_reverse: Any) -> None:
    """Sums in another order are no fault that anyone could see."""
    fault = plant_as("another order", kernel(product=in_reverse), "row_skipped")
    (case,) = plant(crew(fault), planting("another order")).cases
    assert (case.identical, case.counts, case.caught) == (False, False, False)


def test_judge_has_no_say_in_what_counts(crew: Any) -> None:
    """A judge that accepts everything catches nothing, and what there was to catch stays the same."""
    honest = plant(crew(), planting("doubled", "forgetful")).cases
    blind = plant(crew(), planting("doubled", "forgetful"), lambda *_: Judgement(Outcome.AGREES, ())).cases
    assert [case.moved for case in blind] == [case.moved for case in honest]
    assert [(case.counts, case.caught) for case in blind] == [(True, False)] * 2


def test_fault_that_breaks_counts_as_not_caught(crew: Any, plant_as: Any) -> None:
    """Nobody overlooks a fault that could not be tried: it says why."""

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("by nought")

    (case,) = plant(crew(plant_as("broken", broken, "row_skipped")), planting("broken")).cases
    assert (case.counts, case.caught, case.check) == (True, False, "broke: ZeroDivisionError: by nought")


@pytest.mark.parametrize(
    ("given", "naming"),
    [
        (("loss_doubled",), "alone"),
        (("weight_decay", "loss_doubled"), "among several"),
        (("twice_the_step",), "by an equivalent"),
        (("initial_momentum_ignored",), "wrongly"),
        (("something else",), "wrongly"),
        ((), "none"),
    ],
)
def test_names_are_tried(crew: Any, plant_as: Any, kernel: Any, given: tuple[str, ...], naming: str) -> None:
    """A name is right, or that of a fault which, planted, gives the same record, or wrong."""
    same = plant_as("twice", kernel(scaled=lambda k: 2.0), "twice_the_step")
    (case,) = plant(crew(same), planting("doubled"), saying(*given)).cases
    assert case.naming == naming


def test_name_beside_the_right_one_is_refuted_by_its_own_run(crew: Any) -> None:
    """The fault planted under it runs elsewhere: the two could have been told apart."""
    judge = saying("loss_doubled", "initial_momentum_ignored", "never planted")
    (case,) = plant(crew(), planting("doubled"), judge).cases
    assert (case.naming, case.refuted) == ("among several", ("initial_momentum_ignored",))


def test_literal_tolerances_stand_beside_the_verdict(crew: Any, plant_as: Any, kernel: Any) -> None:
    """A gradient off by 2⁻⁴⁰ is caught, and passes every default."""
    pytest.importorskip("torch")
    slight = plant_as("slight", kernel(scaled=lambda k: 1 + 2.0**-40), "step_size_differs")
    (case,) = plant(crew(slight), planting("slight")).cases
    assert (case.counts, case.caught) == (True, True)
    assert case.torch_final is case.torch_all is case.numpy_final is case.numpy_all is True


def test_run_that_overflows_is_moved(crew: Any, plant_as: Any, kernel: Any) -> None:
    """Gradient ascent leaves float64: infinitely far, caught, and no warning on the way."""
    ascent = plant_as("ascent", kernel(scaled=lambda k: -40.0), "gradient_ascent")
    (case,) = plant(crew(ascent), planting("ascent")).cases
    assert (case.caught, case.moved) == (True, np.inf)
