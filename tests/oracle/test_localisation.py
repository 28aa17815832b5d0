"""Errors made here are told from errors inherited, by runs whose error is put in by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.case import case_of
from oracle.compare import Distance
from oracle.localisation import Localisation, localise
from oracle.records.candidate import Array, Declaration
from oracle.replay import replay
from oracle.spec import spec_from
from oracle.tensors import task_of
from oracle.trace import trace_of

STEPS = 30


def canonical() -> dict[str, Any]:
    """Return gradient descent on a small network."""
    return spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "sparse_regression", "n": 4, "d": 5, "nonzeros": 2, "seed": 3},
            "model": "diagonal",
            "init": {"u": "3/8", "v": "1/4"},
            "method": {"name": "gradient_descent", "step_size": "0.05"},
            "inputs_as": "float64",
            "want": {"kind": "iterates", "steps": list(range(STEPS + 1))},
            "digits": 20,
        }
    ).canonical


def run(disturbances: dict[int, tuple[int, float]]) -> dict[str, Array]:
    """Return a float64 run; at some steps one coordinate of u is moved."""
    task = task_of(canonical(), "float64", range(STEPS + 1))
    X, y, eta = task.problem.X, task.problem.y, task.method.step_size
    u, v = task.problem.init["u"], task.problem.init["v"]
    rows = [(u, v)]
    for k in range(STEPS):
        g = X.T @ (X @ (u * u - v * v) - y) / len(y)
        u, v = u - eta * (2 * u * g), v + eta * (2 * v * g)
        if k + 1 in disturbances:
            coordinate, by = disturbances[k + 1]
            u = u.copy()
            u[coordinate] += by
        rows.append((u, v))
    return {"u": np.stack([row[0] for row in rows]), "v": np.stack([row[1] for row in rows])}


def located(disturbances: dict[int, tuple[int, float]]) -> Localisation | None:
    """Return where the errors of a disturbed run are made; the undisturbed run stands for the golden."""
    case, arrays, right = case_of(canonical()), run(disturbances), run({})
    trace = trace_of(case, arrays, range(STEPS + 1))
    rows = np.arange(STEPS + 1)
    found = {
        name: Distance(
            rows, arrays[name], right[name], arrays[name] - right[name], np.zeros_like(right[name])
        )
        for name in ("u", "v")
    }
    return localise(trace, replay(case, Declaration(), trace), found)


def test_one_error_is_made_once_and_inherited_ever_after() -> None:
    """A single kick at step 7 is the only error; all later steps are right from their own state."""
    place = located({7: (2, 1e-6)})
    assert place is not None
    assert place.made_here == (7,)
    assert (place.observable, place.coordinate) == ("u", 2)
    assert place.inherited == tuple(range(8, STEPS + 1))
    assert "at step 7 alone, in u[2] alone" in place.sentence


@pytest.mark.parametrize(
    ("steps", "pattern"),
    [
        (range(1, STEPS + 1), "at every one of 30 steps"),
        (range(9, STEPS + 1), "at every step from 9 on"),
        (range(5, 9), "at steps 5 to 8"),
        ((3, 10, 20), "at 3 of 30 steps, from 3 to 20"),
    ],
)
def test_pattern_of_steps_is_told(steps: Any, pattern: str) -> None:
    """Whether an error is made always, from some step on, for a while or now and then is said."""
    place = located(dict.fromkeys(steps, (0, 1e-06)))
    assert place is not None
    assert place.pattern.startswith(pattern)
    assert place.made_here == tuple(steps)


def test_pattern_of_coordinates_is_told() -> None:
    """The last coordinates are called the last ones, others are counted."""
    tail = located({step: (3 + step % 2, 1e-6) for step in range(1, STEPS + 1)})
    some = located({step: (2 * (step % 2), 1e-6) for step in range(1, STEPS + 1)})
    assert tail is not None
    assert "in the last 2 coordinates of u alone" in tail.pattern
    assert some is not None
    assert "in 2 of 5 coordinates of u alone" in some.pattern


def test_right_run_has_no_error_anywhere() -> None:
    """Rounding is no error."""
    assert located({}) is None
    assert located({7: (2, 1e-18)}) is None
