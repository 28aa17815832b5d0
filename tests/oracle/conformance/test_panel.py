"""The problems that faults are planted on."""

from __future__ import annotations

import numpy as np
import pytest

from oracle.case import case_of
from oracle.conformance.movement import truth_of
from oracle.conformance.panel import PANEL, panel_spec
from oracle.spec import spec_from


@pytest.mark.parametrize("index", range(len(PANEL)), ids=lambda index: PANEL[index].name)
def test_problem_is_a_canonical_spec_that_moves_and_stays(index: int) -> None:
    """It is read back as it is written; its run moves, and stays below ten."""
    spec = panel_spec(index, 0, "float64")
    assert spec_from(spec).canonical == spec
    run = truth_of(case_of(spec), spec["want"]["steps"][-1]).hi
    assert (np.abs(run).max(axis=0) < 10).all()
    assert (np.abs(run[1:] - run[:-1]).max(axis=1)[:20] > 1e-6).all()


def test_problems_have_names_of_their_own() -> None:
    """A name says which problem it was."""
    assert len({kind.name for kind in PANEL}) == len(PANEL)


@pytest.mark.parametrize("index", [i for i, kind in enumerate(PANEL) if kind.settles])
def test_some_runs_come_to_rest(index: int) -> None:
    """The last ten moves are below 10⁻⁶: what a final iterate can tell is little."""
    spec = panel_spec(index, 0, "float64")
    run = truth_of(case_of(spec), spec["want"]["steps"][-1]).hi
    assert np.abs(np.diff(run[-11:], axis=0)).max() < 1e-6


def test_panel_has_what_faults_need() -> None:
    """Every method and every model with momentum, batches, initial momenta, both kinds of schedule."""
    assert {kind.method for kind in PANEL} == {
        "gradient_descent",
        "heavy_ball",
        "nesterov",
        "nesterov_lookahead",
    }
    assert {kind.model for kind in PANEL} == {"diagonal", "hadamard", "linear", "scalar_product"}
    assert {kind.scales for kind in PANEL} == {"", "gradient", "update"}
    assert sum(kind.batches for kind in PANEL) >= 3
    assert sum(kind.moving for kind in PANEL) >= 3


def test_data_have_all_bits() -> None:
    """In float64 no entry of X is a float32 number, so that a rounding too early shows."""
    case = case_of(panel_spec(0, 0, "float64"))
    entries = [float(x) for row in getattr(case.problem, "X") for x in row]  # noqa: B009 - one kind of problem
    assert all(float(np.float32(x)) != x for x in entries)
