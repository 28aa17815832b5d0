"""A task as the exact spec it is: every float named by the dyadic number that it holds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle.records.candidate import Array, CandidateMethod, CandidateTask
from oracle.spec import Spec, spec_from

__all__ = ["spec_of"]


def spec_of(task: CandidateTask, digits: int = 15) -> Spec:
    """Return the spec that a task states, its numbers as hexadecimal floats.

    Parameters
    ----------
    task : CandidateTask
    digits : int
        Asked of the golden.

    Raises
    ------
    oracle.spec_error.SpecError
        If the task holds what no spec can (numbers that are not finite).
    """
    method = task.method
    stated: dict[str, Any] = {"name": method.name, "step_size": _number(method.step_size)}
    if method.name != "gradient_descent":
        stated["momentum"] = _number(method.momentum)
        stated |= {"p0": {name: _numbers(array) for name, array in method.p0.items()}} if method.p0 else {}
    if len(method.batches):
        stated["batches"] = [[int(i) for i in batch] for batch in method.batches]
    if len(method.step_sizes):
        stated |= {"schedule": _factors(method), "schedule_scales": method.scales}
    return spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": _problem(task),
            "model": task.problem.model,
            "init": {name: _numbers(array) for name, array in task.problem.init.items()},
            "method": stated,
            "inputs_as": "exact",
            "want": {"kind": "iterates", "steps": sorted({int(step) for step in task.steps})},
            "digits": digits,
        }
    )


def _factors(method: CandidateMethod) -> list[str]:
    """Return η_k/η as fractions: times η they are η_k again, exactly."""
    step_size = Fraction(float(method.step_size))
    return [str(Fraction(float(each)) / step_size) for each in method.step_sizes]


def _problem(task: CandidateTask) -> dict[str, Any]:
    problem = task.problem
    if problem.model == "scalar_product" and problem.X.shape == (1, 1):
        return {"kind": "scalar_product", "x": _number(problem.X[0, 0]), "y": _number(problem.y[0])}
    X = [_numbers(row) for row in problem.X]
    return {"kind": "regression", "X": X, "y": _numbers(problem.y), "loss": problem.loss}


def _number(value: Any) -> str:
    return float(value).hex()


def _numbers(array: Array) -> list[str]:
    return [_number(value) for value in array]
